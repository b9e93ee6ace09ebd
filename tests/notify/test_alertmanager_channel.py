"""Alerts in a Prometheus Alertmanager: each fires once, however often it is said, and resolves when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alertmanager_sink import PROGRAM, Alertmanager, alertmanager
from given_targets import at
from http_sink import http_sink
from letters import all_clear, closing

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Reason
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Change, ChangeKind, Closure
from monitor.domain.signals import Status
from monitor.domain.vigils import Notice
from monitor.notify.alertmanager import AlertmanagerChannel, alert

HOUR = timedelta(hours=1)


def of_today(delivery: Delivery, **changes: object) -> Delivery:
    """The same word, said now."""
    now = datetime.now(UTC)
    message = delivery.message
    incident = replace(message.incident, opened_at=now - HOUR, updated_at=now, **changes)  # type: ignore[arg-type]
    return replace(delivery, message=replace(message, incident=incident, made_at=now))


async def send(manager: Alertmanager, delivery: Delivery) -> Attempt:
    return await AlertmanagerChannel(timeout=20, allow_private=True).send(at(manager.url), delivery)


@pytest.mark.parametrize("which", ["real" if PROGRAM else "played"])
async def test_an_incident_fires_once_and_resolves_when_it_is_closed(which: str, tmp_path: Path):
    async with alertmanager(tmp_path) as manager:
        told = [await send(manager, of_today(closing()))]
        await manager.desk.until(1)

        # Said again after a crash, more certain, louder, and of more places: the same alert, and nobody is told anew.
        told.append(await send(manager, of_today(closing())))
        worse = replace(of_today(closing(), status=Status.EFFECTIVE, regions=("ID", "VN")), severity=Severity.HIGH)
        told.append(await send(manager, worse))
        (standing,) = await manager.alerts()
        assert standing["annotations"]["regions"] == "ID, VN"

        shut = Closure(datetime.now(UTC), "kim")
        told.append(await send(manager, of_today(closing(), closed=shut)))
        await manager.desk.until(2)
        (first, fired), (last, ended) = manager.told
        assert await manager.alerts() == []

    assert {attempt.result for attempt in told} == {AttemptClass.OK}
    assert (first, last) == ("firing", "resolved")
    assert fired["labels"] == ended["labels"]
    summary = "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert fired["annotations"]["summary"] == summary


async def test_an_all_clear_resolves_what_fired(tmp_path: Path):
    said = all_clear()
    alarm = replace(said, message=replace(said.message, reason=Reason.FIRST), reason=Reason.FIRST)
    async with alertmanager(tmp_path) as manager:
        await send(manager, of_today(alarm, status=Status.CONFIRMED))
        await manager.desk.until(1)
        await send(manager, of_today(said))
        await manager.desk.until(2)
        assert [status for status, _ in manager.told] == ["firing", "resolved"]


async def test_an_incident_that_is_opened_again_fires_again(tmp_path: Path):
    async with alertmanager(tmp_path) as manager:
        await send(manager, of_today(closing()))
        await manager.desk.until(1)
        await send(manager, of_today(closing(), merged_into="another"))
        await manager.desk.until(2)
        await send(manager, of_today(closing()))
        await manager.desk.until(3)
        assert [status for status, _ in manager.told] == ["firing", "resolved", "firing"]


async def test_what_went_into_another_incident_resolves_with_the_next_word_of_that(tmp_path: Path):
    async with alertmanager(tmp_path) as manager:
        await send(manager, of_today(closing(), id="gone"))
        await send(manager, of_today(closing()))
        await manager.desk.until(2)
        both = Change(ChangeKind.MERGED, datetime.now(UTC), "gone", "inc-music", None, "both report one event")
        never = replace(both, before="never told")
        await send(manager, of_today(closing(), history=(never, both)))
        await manager.desk.until(3)
        (standing,) = await manager.alerts()
    assert standing["labels"]["incident"] == "inc-music"
    status, over = manager.told[-1]
    assert (status, over["labels"]["incident"]) == ("resolved", "gone")
    assert len(manager.told) == 3, "nobody hears of the end of what never fired"


def test_whatever_moves_in_an_incident_its_labels_stay():
    was = closing()
    incident = replace(
        was.message.incident,
        revision=9,
        status=Status.EFFECTIVE,
        platforms=("TikTok Music", "TikTok"),
        regions=("WORLD",),
        effective_date=PartialDate("2025-01"),
        headline="another",
        evidence=(),
    )
    moved = replace(
        was,
        severity=Severity.LOW,
        reason=Reason.WORSE,
        repeat=True,
        language="ja",
        message=replace(was.message, incident=incident),
    )
    assert (
        alert(moved)["labels"]
        == alert(was)["labels"]
        == {
            "alertname": "SellerwatchIncident",
            "incident": "inc-music",
            "seller": "acme",
            "target": "ops",
        }
    )
    assert alert(moved)["annotations"] != alert(was)["annotations"]


def test_when_a_person_closes_it_no_source_is_said_to_have_taken_it_back():
    was = all_clear()
    shut = replace(was.message.incident, closed=Closure(datetime(2024, 10, 3, tzinfo=UTC), "anna", "not ours"))
    description = alert(replace(was, message=replace(was.message, incident=shut)))["annotations"]["description"]
    assert "How sure: closed by anna\n" in description
    assert "How sure: closed by anna\n" not in alert(was)["annotations"]["description"]


def test_it_fires_for_a_month_from_each_word_of_it():
    one = alert(closing())
    assert (one["startsAt"], one["endsAt"]) == ("2024-10-02T06:30:00Z", "2024-11-01T09:30:00Z")


@pytest.mark.parametrize(("reason", "name"), [(Reason.TEST, "SellerwatchTest"), (Reason.DRILL, "SellerwatchDrill")])
def test_a_test_is_an_alert_of_its_own_and_soon_over(reason: Reason, name: str):
    said = closing()
    one = alert(replace(said, reason=reason, message=replace(said.message, reason=reason)))
    assert one["labels"]["alertname"] == name
    assert one["endsAt"] == "2024-10-02T09:35:00Z"


def test_our_own_blindness_is_one_alert_that_ends_when_all_see_again():
    now = datetime(2024, 10, 2, 9, 30, tzinfo=UTC)
    notice = replace(closing(), message=Notice("n1", now, 100), reason=Reason.BLIND, incident_id="sight", seller_id="")
    one = alert(notice)
    assert one["labels"] == {"alertname": "SellerwatchBlind", "target": "ops"}
    assert one["endsAt"] == "2024-10-02T09:30:00Z", "nothing is blind any more"


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ({"status": 400, "body": '"bad label"'}, AttemptClass.PERMANENT, "400"),
        ({"status": 401}, AttemptClass.PERMANENT, "401"),
        ({"status": 302}, AttemptClass.PERMANENT, "302"),
        ({"status": 500}, AttemptClass.TRANSIENT, "500"),
        ({"status": 503}, AttemptClass.TRANSIENT, "503"),
        ({"stall": "hang up"}, AttemptClass.TRANSIENT, "disconnected"),
    ],
)
async def test_each_answer_has_its_class_and_a_lost_one_is_no_doubt(
    how: dict[str, object], result: AttemptClass, code: str
):
    async with http_sink(**how) as sink:
        attempt = await AlertmanagerChannel(20, allow_private=True).send(at(sink.url), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert [post.path for post in sink.posts] == ["/api/v2/alerts"]


@pytest.mark.parametrize(("secret", "header"), [("", None), ("kim:pass", "Basic a2ltOnBhc3M="), ("abc", "Bearer abc")])
async def test_it_logs_in_as_the_secret_says(secret: str, header: str | None):
    async with http_sink() as sink:
        await AlertmanagerChannel(20, allow_private=True).send(at(sink.url + "prefix/", secret=secret), closing())
    (post,) = sink.posts
    assert post.path == "/prefix/api/v2/alerts"
    assert post.headers.get("Authorization") == header


async def test_a_private_address_is_refused_unless_it_is_allowed():
    async with http_sink() as sink:
        url = sink.url.replace("http:", "https:")
        attempt = await AlertmanagerChannel(20).send(at(url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "private_address")
