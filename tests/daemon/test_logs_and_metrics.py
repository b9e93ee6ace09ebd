"""No secret leaves by the logs; every series is born before it counts; labels stay within the configuration."""

import io
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs
from monitor.domain.errors import FailureReason
from monitor.domain.incidents import ChangeKind
from monitor.domain.sources import Look, Outcome, SourceState, after
from monitor.metrics import Metrics
from monitor.store.faults import Kind

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


@pytest.fixture
def written():
    """What reaches standard error, as the JSON lines that an operator's log store would read."""
    logs.setup("debug", "json")
    out = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(out)
    logs.REDACT.configure(["hunter2-token"])
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_secrets_never_reach_the_log_by_value_by_url_or_by_exception(written):
    logs.log("test").info("told", detail="sent with hunter2-token", to=["https://user:pa55@mail.example.com/x"])
    try:
        raise ValueError("cannot reach https://hooks.slack.com/services/T0/B0/abcdef with hunter2-token")
    except ValueError:
        logs.log("test").exception("failed")
    logging.getLogger("somebody.else").warning("theirs: %s", "hunter2-token")
    text = json.dumps(written())
    assert len(written()) == 3
    assert "[hidden]" in text
    for secret in ("hunter2-token", "pa55", "T0/B0", "abcdef"):
        assert secret not in text


@given(st.lists(st.text("0123456789", min_size=4), min_size=1), st.lists(st.text("abc /\\n\u4e2d")))
def test_configured_secrets_are_gone_from_any_text_even_when_one_holds_another(secrets, words):
    text = "".join(secret + word for secret, word in zip(secrets, [*words, *" " * len(secrets)], strict=False))
    safe = logs.Redactor(secrets).text(text)
    assert all(secret not in safe for secret in secrets)


def test_what_is_neither_text_nor_number_is_made_safe_as_text(written):
    logs.REDACT.configure(["hunter2-token"])
    logs.log("test").info("told", path=PurePath("/keys/hunter2-token"), to={"hunter2-token"}, tries=3, at=None)
    [line] = written()
    assert (line["path"], line["to"], line["tries"], line["at"]) == ("/keys/[hidden]", ["[hidden]"], 3, None)


def look(outcome: Outcome, reason: FailureReason | None = None) -> Look:
    return Look("shop-news", NOW, outcome, reason=reason)


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"sellerwatch_{name}", labels)


def test_every_outcome_of_a_configured_source_is_born_at_zero_and_then_counted():
    metrics = Metrics()
    metrics.configure({"shop-news": timedelta(minutes=5)}, ["email"])
    assert sample(metrics, "fetch_requests_total", source="shop-news", outcome="private_address") == 0
    assert sample(metrics, "outbox_oldest_pending_timestamp_seconds", channel="email") == 0
    state = SourceState("shop-news", NOW)
    refused = look(Outcome.FAILED, FailureReason.PRIVATE_ADDRESS)
    metrics.looked(refused, after(state, refused, timedelta(minutes=5), 0), timedelta(minutes=5))
    assert sample(metrics, "fetch_requests_total", source="shop-news", outcome="private_address") == 1
    assert sample(metrics, "ssrf_blocked_total") == 1
    assert sample(metrics, "source_consecutive_failures", source="shop-news") == 1


def test_every_failure_that_a_look_can_have_is_a_label_that_exists():
    metrics = Metrics()
    metrics.configure({"shop-news": timedelta(minutes=5)}, [])
    families = {m.name: m for m in metrics.registry.collect()}
    outcomes = {s.labels["outcome"] for s in families["sellerwatch_fetch_requests"].samples}
    reasons = {s.labels["reason"] for s in families["sellerwatch_parse_failures"].samples}
    assert {r.value for r in FailureReason} <= outcomes | reasons


def test_a_source_that_is_remembered_but_watched_no_more_is_not_shown():
    metrics = Metrics()
    metrics.configure({"new": timedelta(minutes=5)}, [])
    for id in ("old", "new"):
        metrics.remember(SourceState(id, NOW, last_success_at=NOW, failures=2))
    assert sample(metrics, "source_consecutive_failures", source="old") is None
    assert sample(metrics, "source_consecutive_failures", source="new") == 2


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


def test_a_source_that_is_removed_from_the_configuration_leaves_the_freshness_gauges():
    metrics = Metrics()
    metrics.configure({"old": timedelta(minutes=5)}, [])
    metrics.configure({"new": timedelta(minutes=5)}, [])
    assert sample(metrics, "source_interval_seconds", source="old") is None
    assert sample(metrics, "source_interval_seconds", source="new") == 300
