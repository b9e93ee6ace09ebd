"""A calendar to subscribe to: valid, stable, at a secret address, and honest about what was called off."""

from dataclasses import replace
from datetime import UTC, datetime

import icalendar
import pytest
from fastapi.testclient import TestClient
from given import day, due, evidence, incident
from prometheus_client import CollectorRegistry

from monitor.domain.agenda import agenda
from monitor.domain.deadlines import Deadline
from monitor.notify.calendar import calendar_file
from monitor.notify.tongue import tongue
from monitor.web.calendar import calendar_key, routes
from monitor.web.health import app

SECRET = b"k" * 32


def closing(title: str = "Service closes", quote: str = "Export your data by 20 November.", **more: object):
    ask: Deadline = replace(due("2024-11-20", quote=quote), zone="Asia/Jakarta")
    return incident(evidence(title=title, date="2024-11-28", deadlines=[ask], authority="official", **more))


def written(*incidents, language: str = "en", reminders=(7, 1)) -> bytes:
    entries = [entry for one in incidents for entry in agenda(one)]
    return calendar_file(entries, "Acme Ltd", tongue(language), reminders)


def events(content: bytes) -> dict[str, icalendar.Event]:
    parsed = icalendar.Calendar.from_ical(content)
    return {str(event["SUMMARY"]): event for event in parsed.walk("VEVENT")}


def test_each_date_is_an_entry_of_the_whole_day_with_its_alarms():
    found = events(written(closing()))
    assert set(found) == {"TikTok Music closes", "TikTok Music: export your data"}
    export = found["TikTok Music: export your data"]
    assert export.decoded("DTSTART").isoformat() == "2024-11-20"
    assert export["DTSTART"].params["VALUE"] == "DATE"
    assert "Export your data by 20 November." in export["DESCRIPTION"]
    assert "Asia/Jakarta" in export["DESCRIPTION"]
    rings = [str(alarm["TRIGGER"].to_ical().decode()) for alarm in export.walk("VALARM")]
    assert rings == ["-P6DT15H", "-PT15H"]  # nine in the morning, seven days and one day before
    assert (export["STATUS"], export["SEQUENCE"]) == ("CONFIRMED", 0)


@pytest.mark.case(23)
def test_every_line_is_folded_and_ended_as_the_standard_asks_whatever_a_source_says():
    hostile = "Ends; now, \\ or\r\nBEGIN:VALARM\r\n" + "終了" * 200
    content = written(closing(quote=hostile, by=hostile))
    lines = content.split(b"\r\n")
    assert content.endswith(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    assert b"BEGIN:VALARM" in lines  # our own alarms ...
    assert len([one for one in lines if one == b"BEGIN:VALARM"]) == 4  # ... and none that a source slipped in
    assert len(events(content)) == 2


def test_what_is_called_off_keeps_its_name_and_says_cancelled_without_an_alarm():
    first = closing()
    denial = evidence("d2", "reversed", at=day(2), authority="official", by="publisher of d1")
    off = incident(first.evidence[0], denial, now=day(2), previous=first)
    before, after = events(written(first)).values(), events(written(off))
    assert {str(one["UID"]) for one in before} == {str(one["UID"]) for one in after.values()}
    assert all(one["STATUS"] == "CANCELLED" and one["SEQUENCE"] > 0 for one in after.values())
    assert all(name.startswith("Called off: ") for name in after)
    assert not any(one.walk("VALARM") for one in after.values())


def test_a_rumour_is_tentative():
    rumour = incident(evidence(status="rumor", date="2024-11-28"))
    assert {str(one["STATUS"]) for one in events(written(rumour)).values()} == {"TENTATIVE"}


@pytest.fixture
def client():
    async def calendar(seller_id: str, language: str) -> bytes | None:
        return written(closing(), language=language) if seller_id == "acme" else None

    async def ready() -> dict[str, str]:
        return {}

    return TestClient(app(CollectorRegistry(), ready, more=[routes(calendar, SECRET)]))


def test_the_secret_address_gives_the_file_and_then_says_unchanged(client):
    address = f"/calendar/{calendar_key(SECRET, 'acme')}/acme.ics"
    first = client.get(address)
    assert (first.status_code, first.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert first.headers["cache-control"].startswith("private")
    assert events(first.content)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.case(25)
@pytest.mark.parametrize(
    "path",
    [
        f"/calendar/{calendar_key(SECRET, 'acme')}/other.ics",  # another seller's dates
        f"/calendar/{calendar_key(SECRET, 'other')}/other.ics",  # no such seller
        f"/calendar/{'0' * 32}/acme.ics",
        "/calendar/é/acme.ics",
        "/calendar/",
        "/calendar",
    ],
)
def test_any_other_address_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_an_unchanged_calendar_is_the_same_to_the_byte():
    made = closing()
    assert written(made) == written(made)
    assert events(written(made))["TikTok Music closes"].decoded("DTSTAMP") <= datetime.now(UTC)


def test_one_event_with_a_date_of_its_own_in_each_country_names_the_country_in_every_title():
    notice = evidence("notice", authority="official", by="TikTok", date="2024-11-28", regions=["ID", "BR"])
    later = evidence("later", authority="official", by="TikTok", date="2024-12-31", regions=["ID"], at=day(5))
    found = events(written(incident(notice, later)))
    assert {name: one.decoded("DTSTART").isoformat() for name, one in found.items()} == {
        "TikTok Music closes (Brazil)": "2024-11-28",
        "TikTok Music closes (Indonesia)": "2024-12-31",
    }
    assert "Where: Brazil\n" in str(found["TikTok Music closes (Brazil)"]["DESCRIPTION"])
