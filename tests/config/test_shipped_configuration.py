"""The configuration that is shipped: it loads as it stands, and covers what it promises."""

import shutil
from pathlib import Path

import pytest
import yaml

from monitor.config import load, warnings
from monitor.domain.sources import Authority, SourceKind

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def shipped():
    return load(SHIPPED, {})


def test_it_watches_thirty_real_feeds_in_many_languages(shipped):
    watched = [source for source in shipped.sources if source.enabled]

    assert len(watched) == 30
    assert {source.kind for source in watched} == {SourceKind.FEED}
    assert len({language for source in watched for language in source.languages}) >= 8


def test_it_hears_platforms_regulators_trade_press_and_news(shipped):
    heard = {source.authority for source in shipped.sources if source.enabled}

    assert heard >= {Authority.OFFICIAL, Authority.REGULATOR, Authority.TRADE, Authority.NEWS}


def test_every_source_says_where_its_address_comes_from_and_in_which_language_it_speaks(shipped):
    assert [source.id for source in shipped.sources if not source.provenance or not source.languages] == []


def test_no_address_is_a_template_or_an_example(shipped):
    assert [source.url for source in shipped.sources if "{" in source.url or "example." in source.url] == []


def test_only_the_platforms_own_sources_claim_to_speak_of_a_platform(shipped):
    claims = {source.authority for source in shipped.sources if source.platforms}

    assert claims == {Authority.OFFICIAL}


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


def test_common_words_count_only_with_support(shipped):
    ambiguous = {alias for platform in shipped.platforms for alias in platform.ambiguous}

    assert ambiguous >= {"Amazon", "Wish", "Wise", "Noon", "Stripe", "TTS", "Озон", "نون", "虾皮"}


def test_the_example_of_a_stake_loads(tmp_path):
    directory = tmp_path / "config"
    shutil.copytree(SHIPPED, directory)
    (directory / "exposure.example.yaml").rename(directory / "exposure.yaml")

    (acme,) = load(directory, {}).sellers

    assert {position.platform for position in acme.positions} == {"TikTok Shop", "Amazon", "eBay"}


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
