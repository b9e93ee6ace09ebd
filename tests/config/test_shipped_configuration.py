"""The configuration that is shipped: it loads as it stands, and covers what it promises."""

import re
import shutil
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from monitor.config import load, warnings
from monitor.config.searches import length_in_words
from monitor.domain.documents import canonical_url
from monitor.domain.sources import Authority, Source, SourceKind

SHIPPED = Path(__file__).parents[2] / "config"


def searched(source: Source) -> bool:
    return source.publisher in {"Google News", "Bing News", "GDELT"}


@pytest.fixture(scope="module")
def shipped():
    return load(SHIPPED, {})


def test_it_watches_at_least_180_places_beside_what_templates_give(shipped):
    written = [source for source in shipped.sources if source.kind is not SourceKind.PROBE and not searched(source)]
    watched = [source for source in written if source.enabled]

    assert len(written) >= 180
    assert len(watched) >= 180
    assert len({language for source in watched for language in source.languages}) >= 18
    assert len({country for source in watched for country in source.countries}) >= 50


def test_every_kind_of_source_is_watched(shipped):
    assert {source.kind for source in shipped.sources if source.enabled} == {*SourceKind} - {SourceKind.PAGE}


def test_it_hears_everybody_who_may_know(shipped):
    assert {source.authority for source in shipped.sources if source.enabled} == {*Authority}


def test_every_source_says_where_its_address_comes_from(shipped):
    assert [source.id for source in shipped.sources if not source.provenance] == []
    assert [source.id for source in shipped.sources if "fetched by us" not in source.provenance] == []


def test_every_source_but_a_probe_says_in_which_language_it_speaks(shipped):
    silent = [source for source in shipped.sources if not source.languages]

    assert {source.kind for source in silent} == {SourceKind.PROBE}


def test_every_source_says_where_it_matters(shipped):
    assert [source.id for source in shipped.sources if not source.countries] == []


def test_what_is_off_is_off_for_a_reason_and_what_is_on_gives_none(shipped):
    assert {source.id for source in shipped.sources if bool(source.off_reason) is source.enabled} == set()


def test_no_two_sources_are_one(shipped):
    assert max(Counter(source.id for source in shipped.sources).values()) == 1
    assert max(Counter(canonical_url(source.url) for source in shipped.sources).values()) == 1
    assert max(Counter((source.name, source.kind) for source in shipped.sources).values()) == 1


def test_no_address_is_an_example_and_only_days_are_left_to_fill(shipped):
    assert [source.url for source in shipped.sources if "example." in source.url] == []
    marked = [source for source in shipped.sources if "{" in source.url]

    assert {mark for source in marked for mark in re.findall(r"{.*?}", source.url)} == {"{since}", "{until}"}
    assert {source.told("sees") for source in marked} == {"ooni"}


def test_only_platforms_mirrors_of_them_and_probes_claim_to_speak_of_a_platform(shipped):
    claims = {source.authority for source in shipped.sources if source.platforms}

    assert claims == {Authority.OFFICIAL, Authority.COMMUNITY, Authority.OBSERVED}


def test_every_platform_that_a_source_names_exists(shipped):
    known = {platform.name for platform in shipped.platforms}

    assert {name for source in shipped.sources for name in source.platforms} <= known


@pytest.mark.parametrize(
    "name",
    ["Noon", "Takealot", "Depop", "Cdiscount", "Kaufland", "Bukalapak", "LianLian Global", "PingPong", "WorldFirst"],
)
def test_a_platform_that_sellers_depend_on_has_a_source_of_its_own_that_is_on(name, shipped):
    own = {source.authority for source in shipped.sources if source.enabled and name in source.platforms}
    assert Authority.OFFICIAL in own


def test_every_search_says_what_it_asks_for(shipped):
    known = {platform.name for platform in shipped.platforms}
    searches = [source for source in shipped.sources if searched(source)]
    asked = {name for source in searches for name in source.asks}
    assert all(source.asks for source in searches if "{query}" not in source.url)
    assert {"Temu", "Noon", "Takealot", "Depop", "Bukalapak"} <= asked <= known
    assert [source.id for source in shipped.sources if source.asks and not searched(source)] == []


def test_a_probe_looks_at_one_platform_in_one_country(shipped):
    probes = [source for source in shipped.sources if source.kind is SourceKind.PROBE]

    assert {(len(probe.platforms), len(probe.countries), probe.authority) for probe in probes} == {
        (1, 1, Authority.OBSERVED)
    }
    assert {probe.told("sees") for probe in probes} == {"app_store", "google_play", "ooni"}
    assert len({probe.platforms for probe in probes}) >= 12


def test_news_searches_stay_within_what_their_services_read(shipped):
    asked = {source.id: parse_qs(urlsplit(source.url).query) for source in shipped.sources if searched(source)}
    words = {name: length_in_words((query.get("q") or query["query"])[0]) for name, query in asked.items()}

    assert 40 <= len(asked) <= 80
    assert max(words[name] for name in asked if name.startswith("google-news-")) <= 32
    assert max(words[name] for name in asked if name.startswith("bing-news-")) <= 10
    assert max(len(query["query"][0]) for query in asked.values() if "query" in query) <= 250


def test_every_service_that_is_searched_or_probed_has_a_pace_of_its_own(shipped):
    often = Counter(urlsplit(source.url).hostname for source in shipped.sources if source.enabled)

    assert {host for host, count in often.items() if count > 8} <= shipped.settings.fetch.pace.keys()


def test_it_tells_somebody_out_of_the_box(shipped):
    assert [target.channel for target in shipped.targets] == ["journal"]
    assert not any(warning.startswith("no targets") for warning in warnings(shipped))


@pytest.mark.parametrize(
    "name", ["TikTok Music", "Resso", "Xiami Music", "Interpark Commerce", "WeChat", "Vinted", "Mercari"]
)
def test_the_platforms_of_past_events_are_known(name, shipped):
    assert name in {platform.name for platform in shipped.platforms}


def test_parts_of_a_platform_name_it_as_their_ancestor(shipped):
    ancestors = {platform.name: platform.ancestors for platform in shipped.platforms}

    assert "TikTok" in ancestors["TikTok Shop"]
    assert "TikTok" in ancestors["TikTok Music"]
    assert ancestors["Amazon"] == ()


def test_no_platform_is_at_home_where_another_bears_the_name(shipped):
    by_name = {re.sub(r"[^\w+]", "", platform.name.casefold()): platform for platform in shipped.platforms}

    def at_home(domain: str):  # "ymatou.com" is where the platform Ymatou is at home
        name, _, rest = domain.partition(".")
        return by_name.get(name) if rest in {"com", "net", "app", "shop"} else None

    twins = [
        (platform.name, other.name)
        for platform in shipped.platforms
        for domain in platform.domains
        if (other := at_home(domain)) not in {None, platform} and other.name not in platform.ancestors
    ]
    assert twins == []
    assert len(by_name) == len(shipped.platforms)


def test_common_words_count_only_with_support(shipped):
    ambiguous = {alias for platform in shipped.platforms for alias in platform.ambiguous}

    assert ambiguous >= {"Amazon", "Wish", "Wise", "Noon", "Stripe", "TTS", "Озон", "نون", "虾皮"}


def test_the_example_of_a_stake_loads(tmp_path):
    directory = tmp_path / "config"
    shutil.copytree(SHIPPED, directory)
    (directory / "exposure.example.yaml").rename(directory / "exposure.yaml")

    (acme,) = load(directory, {}).sellers

    assert {position.platform for position in acme.positions} == {"TikTok Shop", "Amazon", "eBay"}


def test_the_example_of_a_spreadsheet_is_the_same_stake(tmp_path):
    directory = tmp_path / "config"
    shutil.copytree(SHIPPED, directory)
    (directory / "exposure.example.yaml").rename(directory / "exposure.yaml")
    (acme,) = load(directory, {}).sellers
    (directory / "exposure.yaml").unlink()
    (directory / "exposure.example.csv").rename(directory / "exposure.csv")

    (seller,) = load(directory, {}).sellers

    assert seller.positions == acme.positions
    assert seller.elsewhere > 0, "what its shares leave to an own shop"
    assert {peak.name for peak in seller.peaks} >= {"Black Friday", "Prime Day", "Boxing Day"}


def test_the_commented_defaults_of_the_settings_are_the_defaults(shipped, tmp_path):
    """Uncommented, they change nothing but what is told to whom."""
    directory = tmp_path / "config"
    shutil.copytree(SHIPPED, directory)
    lines = (directory / "settings.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index("# channels:")
    text = "\n".join(line.removeprefix("# ") for line in lines[start:])
    (directory / "settings.yaml").write_text(text, encoding="utf-8")

    settings = load(directory, {}).settings

    assert yaml.safe_load(text).keys() == settings.model_fields_set - {"targets"}
    assert settings == shipped.settings.model_copy(update={"targets": ()})


def test_the_record_in_the_readme_is_all_that_a_new_source_needs(tmp_path):
    directory = tmp_path / "config"
    shutil.copytree(SHIPPED, directory)
    readme = (directory / "README.md").read_text(encoding="utf-8")
    record = readme.split("```yaml\n")[1].split("```")[0]
    with (directory / "sources" / "press.yaml").open("a", encoding="utf-8") as press:
        press.write(f"\n{record}")

    assert "my-marketplace-news" in {source.id for source in load(directory, {}).sources}
