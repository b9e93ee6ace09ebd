"""The settings of a second opinion: off by default, strict, each mistake at its line; what wiring and metrics make of
them; how explain shows a vote."""

from pathlib import Path

import pytest
from oracles import KEY, NO, Desk, Oracle, asks, assessment, completion, document_of, running
from rich.console import Console

from monitor import wiring
from monitor.config import ConfigError, describe, load, warnings
from monitor.domain.opinions import Heard, Turn, Weighing
from monitor.domain.signals import Assessment
from monitor.explain.document import DocumentExplained
from monitor.metrics import Metrics
from monitor.opinion.second import SecondOpinion
from monitor.opinion.settings import AnswerFormat

SHIPPED = Path(__file__).parents[2] / "config"
ON = 'enabled: true, model: tiny, base_url: "http://127.0.0.1:8080/v1"'


def explained(known: Assessment) -> str:
    out = Console(width=200)
    with out.capture() as captured:
        DocumentExplained(document_of(), known).show(out)
    return captured.get()


def written(directory: Path, section: str) -> Path:
    """A small configuration's directory."""
    config = directory / "config"
    config.mkdir(exist_ok=True)
    shopee = "- {name: Shopee, id: shopee, owner: Sea Limited, kind: marketplace}\n"
    (config / "platforms.yaml").write_text(shopee, encoding="utf-8")
    (config / "settings.yaml").write_text(f"second_opinion: {{{section}}}\n", encoding="utf-8")
    (config / "settings.yaml").chmod(0o600)
    return config


@pytest.fixture
def configured(tmp_path: Path):
    """A small configuration with this for a second opinion, loaded."""

    def _configured(section: str = "", environ: dict[str, str] | None = None):
        directory = written(tmp_path, section)
        return load(directory, {"STATE_DIRECTORY": str(tmp_path / "state")} | (environ or {}))

    return _configured


def test_out_of_the_box_nobody_is_asked():
    assert wiring.second_opinion(load(SHIPPED, {})) is None


def test_an_endpoint_that_is_not_enabled_may_be_half_written(configured):
    half = 'base_url: "http://far.example.com/v1", api_key: "secret:nowhere"'
    assert wiring.second_opinion(configured(half)) is None


def test_every_setting_reaches_the_one_who_asks(configured, tmp_path: Path):
    given = configured(
        f'{ON}, api_key: "secret:second-opinion-key", band: [0.3, 0.6], weight: 0.5, requests_per_day: 9,'
        " tokens_per_day: 99, timeout: 5s, most_characters: 999, answer_tokens: 99, remembered: 7, format: json_object",
        {"SELLERWATCH_SECOND_OPINION_KEY": KEY},
    )
    built = wiring.second_opinion(given)
    assert built is not None
    assert (built.api_key, built.rule, built.formats) == (KEY, Weighing(0.3, 0.6, 0.5), (AnswerFormat.JSON_OBJECT,))
    assert (built.requests_per_day, built.tokens_per_day, built.remembered) == (9, 99, 7)
    assert (built.timeout, built.most_characters, built.answer_tokens) == (5.0, 999, 99)
    assert built.memory == tmp_path / "state" / "second-opinion.db"
    assert KEY in set(wiring.secrets(given))
    assert KEY not in "".join(map(str, [repr(built), given, *describe(given), *warnings(given)]))
    assert ("second opinion", "tiny") in {(row.topic, row.value) for row in describe(given)}


def test_left_to_itself_it_tries_the_strictest_format_first(configured):
    built = wiring.second_opinion(configured(ON))
    assert built is not None
    assert built.formats == (AnswerFormat.JSON_SCHEMA, AnswerFormat.JSON_OBJECT, AnswerFormat.TEXT)


@pytest.mark.parametrize("url", ["https://api.example.com/v1", "http://localhost:11434/v1", "http://[::1]:8000/v1"])
def test_tls_and_this_machine_are_private_enough(configured, url):
    assert wiring.second_opinion(configured(f'enabled: true, model: m, base_url: "{url}"')) is not None


def test_plain_http_in_a_network_of_ones_own_is_allowed_and_warned_of(configured):
    given = configured('enabled: true, model: m, base_url: "http://10.0.0.7:8000/v1", insecure: true')
    assert any("in the clear" in warning for warning in warnings(given))


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("enabled: true", "model: is missing (the name under which the endpoint serves it)"),
        ("enabeld: true", "enabeld: unknown key 'enabeld' (did you mean enabled?)"),
        ("weight: 0.6", "weight: should be less than or equal to 0.5"),
        ("weight: 0", "weight: should be greater than 0"),
        ("band: [0.7, 0.3]", "band: must rise (such as [0.25, 0.75])"),
        ("band: [0.3]", "band[1]: is missing"),
        ("band: [0, 0.5]", "band[0]: should be greater than 0"),
        ("timeout: 5m", "timeout: must be 1m or shorter (documents wait meanwhile)"),
        ("timeout: 0.1s", "timeout: must be 1s or longer"),
        ("requests_per_day: -1", "requests_per_day: should be greater than or equal to 0"),
        ('base_url: "ftp://h/v1"', "base_url: must begin with https:// or http://"),
        (
            'base_url: "https://h/v1?key=abc"',
            "base_url: holds a query (write the address up to /v1, and a key as api_key)",
        ),
        (
            'base_url: "https://me:pw@h/v1"',
            "base_url: holds a user name or password (addresses are shown and logged; leave it out)",
        ),
        (
            'enabled: true, model: m, base_url: "http://far.example.com/v1"',
            "base_url: is plain http to another machine (write https://, or insecure: true in a network of your own)",
        ),
        (
            'enabled: true, model: m, base_url: "http://127.0.0.1.example.com/v1"',
            "base_url: is plain http to another machine (write https://, or insecure: true in a network of your own)",
        ),
        (
            'enabled: true, model: m, api_key: "two words"',
            "api_key: is no key: it goes into a request header (ASCII letters, digits and signs alone)",
        ),
    ],
)
def test_a_mistake_is_refused_at_its_line(configured, section, complaint):
    with pytest.raises(ConfigError) as caught:
        configured(section)
    assert list(map(str, caught.value.problems)) == [f"settings.yaml:1: second_opinion.{complaint}"]


def test_a_key_that_cannot_be_found_is_refused(configured):
    with pytest.raises(ConfigError, match=r"settings\.yaml:1: second_opinion\.api_key: secret llm-key was not found"):
        configured(f'{ON}, api_key: "secret:llm-key"')


def test_it_can_be_turned_on_from_outside(configured):
    given = configured("model: m", {"SELLERWATCH_SECOND_OPINION__ENABLED": "true"})
    assert wiring.second_opinion(given) is not None


def test_every_series_is_there_before_it_counts_and_no_label_comes_from_outside():
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    for heard in Heard:
        assert value("sellerwatch_second_opinions_total", {"outcome": heard.value}) == 0
    for turn in Turn:
        assert value("sellerwatch_second_opinions_turned_total", {"how": turn.value}) == 0
    assert value("sellerwatch_second_opinion_tokens_total") == 0


async def test_what_happens_is_measured(desk: Desk):
    metrics = Metrics()
    desk.tally = metrics  # type: ignore[assignment]
    desk.inner.score = 0.3
    desk.oracle.says = lambda body: completion(NO, usage={"total_tokens": 321})
    second = desk.opens()
    await asks(second)
    await asks(second)
    value = metrics.registry.get_sample_value
    assert value("sellerwatch_second_opinions_total", {"outcome": "answered"}) == 1
    assert value("sellerwatch_second_opinions_total", {"outcome": "remembered"}) == 1
    assert value("sellerwatch_second_opinions_turned_total", {"how": "withdrawn"}) == 2
    assert value("sellerwatch_second_opinion_tokens_total") == 321
    assert value("sellerwatch_second_opinion_duration_seconds_count") == 1


async def test_explain_shows_the_vote_by_its_name_and_its_quotes_once(desk: Desk):
    for says, sees, quotes in (({}, "yes", 1), (NO, "no", 0)):
        desk.oracle.says = (lambda body: completion(NO)) if says else Oracle().says
        after = await asks(desk.opens(model=f"[bold]{sees}[/bold]"))
        shown = explained(after)
        assert f"opinion of [bold]{sees}[/bold]: " in shown
        assert "(score 0.50 -> 0." in shown
        assert shown.count("[opinion: will close its Polish shop]") == quotes
        assert shown.count("]  will close its Polish shop") == quotes, "once among the reasons"
    assert DocumentExplained(document_of(), assessment()).value["assessment"]["votes"] == []


async def test_a_withdrawn_event_is_explained_by_who_withdrew_it(desk: Desk):
    desk.oracle.says, desk.inner.score = (lambda body: completion(NO)), 0.3
    shown = explained(await asks(desk.opens()))
    assert "market_exit was seen, and withdrawn by the opinion of tiny" in shown
    assert "no signal" not in shown


async def test_a_document_without_event_or_vote_says_so(desk: Desk):
    assert "no signal: it reports no risk event" in explained(assessment(0.1, None))


async def test_an_event_that_only_the_opinion_saw_is_explained_as_its_own(desk: Desk):
    desk.inner.sees = None
    shown = explained(await asks(desk.opens()))
    assert "market_exit, rumor, 0.76" in shown
    assert "seen by the opinion of tiny alone" in shown
    assert "made: market_exit" in shown


async def test_the_service_asks_and_a_reload_stops_it(tmp_path: Path, monkeypatch):
    """The composition root end to end, but for the sources."""
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    async with running(Oracle()) as oracle:
        section = f'enabled: true, model: tiny, base_url: "{oracle.url}", band: [0.0001, 0.9999]'
        service = await wiring.open_service(load(written(tmp_path, section)))
        try:
            opinion = service._opinion
            assert isinstance(opinion, SecondOpinion)
            text = "Shopee will close its Polish shop in January, two people said."
            assert [vote.who for vote in (await asks(opinion, text=text)).votes] == ["tiny"]
            written(tmp_path, "enabled: false")
            await service.reload()
            assert (await asks(opinion, text=text)).votes == ()
        finally:
            await service.close()
        assert len(oracle.asked) == 1
