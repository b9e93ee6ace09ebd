"""Every series is born before it counts, and no value from outside makes one."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitor.census import BANDS, Census, Depth, Room
from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Health, Standing
from monitor.domain.incidents import ChangeKind
from monitor.domain.portfolio import AtRisk, Portfolio
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Look, Outcome, SourceState, after
from monitor.exposition import Family, Registry
from monitor.metrics import LARGEST, Metrics
from monitor.store.faults import Kind

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def watching(*sources: str, channels: Iterable[str] = ("email",)) -> Metrics:
    metrics = Metrics()
    metrics.configure(dict.fromkeys(sources or ("shop-news",), EVERY), channels)
    return metrics


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"sellerwatch_{name}", labels)


def series(metrics: Metrics) -> Counter[str]:
    return Counter(one.name for family in metrics.registry.collect() for one in family.samples)


def look(outcome: Outcome, reason: FailureReason | None = None) -> Look:
    return Look("shop-news", NOW, outcome, reason=reason)


# --- born at zero


def test_every_outcome_is_born_at_zero_and_then_counted():
    metrics = watching()
    assert sample(metrics, "fetch_requests_total", outcome="private_address") == 0
    assert sample(metrics, "outbox_oldest_pending_timestamp_seconds", channel="email") == 0
    state = SourceState("shop-news", NOW)
    refused = look(Outcome.FAILED, FailureReason.PRIVATE_ADDRESS)
    metrics.looked(refused, after(state, refused, EVERY, 0), EVERY)
    assert sample(metrics, "fetch_requests_total", outcome="private_address") == 1
    assert sample(metrics, "ssrf_blocked_total") == 1
    assert sample(metrics, "source_consecutive_failures", source="shop-news") == 1


def test_every_failure_that_a_look_or_a_reading_can_have_is_a_label_that_exists():
    families = {family.name: family for family in Metrics().registry.collect()}
    outcomes = {one.labels["outcome"] for one in families["sellerwatch_fetch_requests"].samples}
    reasons = {one.labels["reason"] for one in families["sellerwatch_parse_failures"].samples}
    assert {reason.value for reason in FailureReason} == reasons
    assert outcomes < {"ok", "unchanged"} | reasons


def test_every_kind_of_database_error_and_of_change_is_born_at_zero():
    metrics = Metrics()
    assert {sample(metrics, "db_errors_total", kind=kind.value) for kind in Kind} == {0}
    assert {sample(metrics, "incident_events_total", kind=kind.value) for kind in ChangeKind} == {0}
    metrics.db_failed("unavailable")
    metrics.healthy(NOW)
    metrics.delivered(timedelta(seconds=20))
    assert sample(metrics, "db_errors_total", kind="unavailable") == 1
    assert sample(metrics, "pipeline_last_success_timestamp_seconds") == NOW.timestamp()
    assert sample(metrics, "alert_end_to_end_seconds_bucket", le="60.0") == 1


@pytest.mark.case(52)
def test_no_series_is_born_by_use_alone():
    metrics = watching(channels=["email", "slack"])
    before = series(metrics)
    use(metrics, ["shop-news"], ["email", "slack", "gone"])
    metrics.show_census(Census({(DeadlineRole.REFUND, "7d"): 2}, {Severity.HIGH: [NOW]}, 3))
    metrics.show_incidents({(EventType.BAN, Status.RUMOR): 1})
    metrics.show_room(Room(4096, 0, 10**9))
    metrics.lagged(0.002)
    assert series(metrics) == before
    assert sample(metrics, "deadlines_open", role="refund", within="7d") == 2
    assert sample(metrics, "alerts_unanswered", severity="high") == 1
    assert sample(metrics, "alerts_oldest_unanswered_timestamp_seconds", severity="critical") == 0
    assert sample(metrics, "incidents_open", event="ban", rung="rumor") == 1


# --- bounded


def use(metrics: Metrics, sources: Iterable[str], others: Iterable[str]) -> None:
    """Offer them wherever a label is made of what is handed in."""
    for id in sources:
        state = SourceState(id, NOW, last_success_at=NOW, failures=1)
        metrics.looked(replace(look(Outcome.FAILED, FailureReason.DNS), source_id=id), state, EVERY)
        metrics.read(id, ReadResult(failure=FailureReason.RAISED), 0)
        metrics.show_health([Health(id, Standing.BLOCKED)])
    for name in others:
        delivery = SimpleNamespace(channel=name, repeat=True)
        for result, state in ((AttemptClass.TRANSIENT, DeliveryState.RETRY), (AttemptClass.OK, DeliveryState.SENT)):
            metrics.attempted(delivery, Attempt(result, "", ""), state, 0.1)  # type: ignore[arg-type]
        metrics.decided("send", name)
        metrics.db_failed(name)
        metrics.drilled({name: NOW})
        metrics.show_outbox({name: Depth(1, 0, NOW, 1)})


@pytest.mark.case(52)
def test_a_hundred_thousand_hostile_values_make_no_series():  # case 52
    metrics = watching(*(f"feed-{n}" for n in range(60)), channels=["email", "slack"])
    born = series(metrics)
    hostile = [f'x{n}"}}\n# HELP evil {n}' for n in range(50_000)]
    use(metrics, hostile, hostile)
    assert series(metrics) == born
    lines = tuple(AtRisk(f"shop {name}", "PL", at_once=Decimal(n)) for n, name in enumerate(hostile))
    metrics.show_value_at_risk([Portfolio("acme", "EUR", lines)])
    due = {("acme", line.platform, "PL", "1d"): 1 for line in lines}
    metrics.show_census(Census({}, {}, 0, due | {(one, one, one, one): 1 for one in hostile}))
    assert series(metrics).total() < 2500
    waiting = [f for f in metrics.registry.collect() if f.name == "sellerwatch_position_deadlines_open"]
    assert sum(one.value for one in waiting[0].samples) == len(lines), "those of no position that is shown are none"
    assert sample(metrics, "notifications_sent_total", channel="other") == len(hostile)


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=300), min_size=1, max_size=6))
def test_however_many_positions_there_are_all_of_a_sellers_value_is_shown(worths: list[list[int]]):
    metrics = Metrics()
    portfolios = [
        Portfolio(f"s{n}", "EUR", tuple(AtRisk(f"p{m}", "PL", at_once=Decimal(worth)) for m, worth in enumerate(some)))
        for n, some in enumerate(worths)
    ]
    metrics.show_value_at_risk(portfolios)
    [family] = [one for one in metrics.registry.collect() if one.name == "sellerwatch_value_at_risk"]
    assert len(family.samples) <= LARGEST + len(portfolios)
    for portfolio in portfolios:
        mine = [one for one in family.samples if one.labels["seller"] == portfolio.seller_id]
        assert sum(one.value for one in mine) == float(portfolio.worst)
        named = sorted((one.value for one in mine if one.labels["platform"] != "other"), reverse=True)
        assert named == sorted((float(line.worst) for line in portfolio.lines), reverse=True)[: len(named)]


def shown(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """The series of that name that are not zero, by the values of their labels."""
    [family] = [one for one in metrics.registry.collect() if one.name == f"sellerwatch_{name}"]
    return {tuple(one.labels.values()): one.value for one in family.samples if one.value}


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 4)), max_size=120), min_size=1, max_size=4),
    st.booleans(),
)
def test_all_incidents_and_deadlines_of_a_sellers_positions_are_shown_whichever_are_the_largest(some, census_first):
    metrics, portfolios, due = Metrics(), [], Counter[tuple[str, str, str, str]]()
    for n, positions in enumerate(some):
        lines = [
            AtRisk(f"p{m}", "PL", at_once=Decimal(worth), incidents=tuple("i" * m for m in range(number)))
            for m, (worth, number) in enumerate(positions)
        ]
        portfolios.append(Portfolio(f"s{n}", "EUR", tuple(lines)))
        due.update({(f"s{n}", line.platform, "PL", BANDS[len(line.incidents)]): 1 for line in lines})
    steps = [lambda: metrics.show_census(Census({}, {}, 0, due)), lambda: metrics.show_value_at_risk(portfolios)]
    for step in steps if census_first else reversed(steps):
        step()
    for portfolio in portfolios:
        hit = {at: n for at, n in shown(metrics, "position_incidents_open").items() if at[0] == portfolio.seller_id}
        assert sum(hit.values()) == sum(len(line.incidents) for line in portfolio.lines)
    by_band = Counter[tuple[str, str]]()
    for (whose, _, _, within), number in due.items():
        by_band[whose, within] += number
    told = Counter[tuple[str, str]]()
    for (whose, _, _, within), value in shown(metrics, "position_deadlines_open").items():
        told[whose, within] += int(value)
    assert told == by_band


def test_a_source_that_is_remembered_but_watched_no_more_is_not_shown():
    metrics = watching("new")
    for id in ("old", "new"):
        metrics.remember(SourceState(id, NOW, last_success_at=NOW, failures=2))
    assert sample(metrics, "source_consecutive_failures", source="old") is None
    assert sample(metrics, "source_consecutive_failures", source="new") == 2


def test_a_reload_drops_the_series_of_removed_sources_and_keeps_what_the_others_show():
    metrics = watching("old", "kept")
    use(metrics, ["old", "kept"], [])
    metrics.configure({"kept": EVERY, "new": EVERY}, ["email"])
    for name in (
        "source_interval_seconds",
        "items_seen_total",
        "source_blind",
        "source_last_success_timestamp_seconds",
    ):
        assert sample(metrics, name, source="old") is None
        assert sample(metrics, name, source="new") is not None
    assert sample(metrics, "source_consecutive_failures", source="kept") == 1
    assert sample(metrics, "source_blind", source="kept") == 1


def test_what_waits_on_a_channel_that_a_reload_removed_is_warned_of_no_longer_by_its_name():
    metrics = watching(channels=["email", "slack"])
    metrics.show_outbox({"slack": Depth(2, 0, NOW, 1), "email": Depth(1, 0, NOW, 0)})
    use(metrics, [], ["email"])
    metrics.configure({"shop-news": EVERY}, ["email"])
    for name in ("outbox_oldest_pending_timestamp_seconds", "dead_letters", "notification_attempts_total"):
        assert sample(metrics, name, channel="slack") is None
    assert sample(metrics, "notifications_failed_total", channel="slack", reason="transient") is None
    assert sample(metrics, "notifications_sent_total", channel="email") == 1, "what stays keeps what it shows"
    metrics.show_outbox({"slack": Depth(2, 0, NOW, 1)})
    assert sample(metrics, "outbox_oldest_pending_timestamp_seconds", channel="other") == NOW.timestamp()


def test_what_is_at_risk_says_in_which_currency():
    metrics = Metrics()
    line = AtRisk("Shopee", "PL", at_once=Decimal(70))
    metrics.show_value_at_risk([Portfolio("acme", "EUR", (line,)), Portfolio("best", "PLN", (line,))])
    for whose, currency in (("acme", "EUR"), ("best", "PLN")):
        labels = {"seller": whose, "currency": currency, "platform": "Shopee", "country": "PL"}
        assert sample(metrics, "value_at_risk", **labels) == 70


def test_a_position_has_its_incidents_and_deadlines_at_zero_too_and_is_gone_with_its_position():
    metrics = Metrics()
    lines = AtRisk("Shopee", "PL", at_once=Decimal(70), incidents=("i1", "i2")), AtRisk("Shopee", "ES")
    metrics.show_census(Census({}, {}, 0, {("acme", "Shopee", "PL", "7d"): 3}))
    assert series(metrics)["sellerwatch_position_deadlines_open"] == 0, "nobody said yet which positions there are"
    metrics.show_value_at_risk([Portfolio("acme", "EUR", lines)])
    poland, spain = ({"seller": "acme", "platform": "Shopee", "country": country} for country in ("PL", "ES"))
    assert sample(metrics, "position_incidents_open", **poland) == 2
    assert sample(metrics, "position_incidents_open", **spain) == 0
    assert sample(metrics, "position_deadlines_open", **poland, within="7d") == 3
    assert {sample(metrics, "position_deadlines_open", **spain, within=band) for band in BANDS} == {0}
    metrics.show_value_at_risk([Portfolio("acme", "EUR", lines[1:])])
    assert sample(metrics, "position_incidents_open", **poland) is None
    assert sample(metrics, "position_deadlines_open", **poland, within="7d") is None
    assert series(metrics)["sellerwatch_position_deadlines_open"] == len(BANDS), "no position, no series"


# --- as a scrape reads it


WORDS = st.text(st.characters(codec="utf-8"), max_size=9)


@settings(max_examples=50)
@given(st.dictionaries(st.tuples(WORDS, WORDS), st.floats() | st.integers(-(10**9), 10**18), max_size=5), WORDS)
def test_lines_that_are_kept_ready_are_those_that_the_client_library_makes(values, text):
    registry = Registry()
    gauge = Family("gauge", "depth", text, ("where", "what"), registry)
    counter = Family("counter", "steps", text, ("where", "what"), registry)
    for labels, value in values.items():
        gauge.labels(*labels).set(value)
        counter.labels(*labels).inc(abs(value))
    assert sorted(registry.text().split(b"\n")) == sorted(generate_latest(registry).split(b"\n"))


def test_a_scrape_shows_every_metric_once_and_nothing_else():
    metrics = watching(*(f"feed-{n}" for n in range(20)))
    use(metrics, [f"feed-{n}" for n in range(9)], ["email"])
    metrics.show_value_at_risk([Portfolio("acme", "EUR", (AtRisk('Shop "x"', "PL", at_once=Decimal("1234567.5")),))])
    shown, wanted = metrics.registry.text().decode(), generate_latest(metrics.registry).decode()
    of_the_process = re.compile(r"^process_(?:cpu|resident|virtual|open).*$", re.MULTILINE)  # they move meanwhile
    assert sorted(of_the_process.sub("", shown).splitlines()) == sorted(of_the_process.sub("", wanted).splitlines())
    names = [family.name for family in text_string_to_metric_families(shown)]
    assert len(set(names)) == len(names)


# --- what stands


def test_the_share_of_blind_sources_is_of_those_that_are_used():
    metrics = watching()
    stands = [Standing.LIVE, Standing.LIVE, Standing.UNKNOWN, Standing.BLOCKED, Standing.OFF]
    metrics.show_health(Health(f"s{n}", one) for n, one in enumerate(stands))
    assert sample(metrics, "blind_ratio") == 0.25
    metrics.show_health([Health("s", Standing.OFF)])
    assert sample(metrics, "blind_ratio") == 0


def test_what_waits_on_channels_that_are_configured_no_more_is_shown_together():
    metrics = watching(channels=["email"])
    early, late = NOW - timedelta(hours=1), NOW
    metrics.show_outbox({"slack": Depth(2, 1, late, 0), "gone": Depth(1, 0, early, 4)})
    shown = {name: sample(metrics, name, channel="other") for name in ("outbox_pending", "outbox_held", "dead_letters")}
    assert shown == {"outbox_pending": 3, "outbox_held": 1, "dead_letters": 4}
    assert sample(metrics, "outbox_oldest_pending_timestamp_seconds", channel="other") == early.timestamp()
    metrics.show_outbox({})
    assert sample(metrics, "outbox_oldest_pending_timestamp_seconds", channel="other") == 0
