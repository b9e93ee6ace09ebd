"""A message is answered by its links: a page that shows, a button that acts, once, for that seller."""

from datetime import datetime, timedelta

import pytest
from given import NOW, day, due, evidence
from handwork import ACME, acts, incident_with
from newsroom import MAIL, Newsroom

from monitor.acting import SILENT_FOR, Acting
from monitor.domain.alerts import Delivery
from monitor.links import Links

LINKS = Links("https://watch.example.com", b"k" * 32)


class Desk:
    """Whoever reads the mail of a newsroom."""

    def __init__(self, room: Newsroom) -> None:
        self.room, self.now = room, day(0.1)
        self.acting = Acting(LINKS, room.store, lambda: acts(room), lambda id: ACME.name, self._now)

    def _now(self) -> datetime:
        return self.now

    async def mail(self) -> Delivery:
        """The one mail of a closing."""
        await self.room.publishes("presse", evidence("a"))
        await self.room.works(NOW)
        (heard,) = await self.room.delivers(day(0.01))
        return heard

    @staticmethod
    def token(delivery: Delivery, kind: str) -> str:
        return dict(LINKS.of(delivery))[kind].rpartition("/")[2]


@pytest.fixture
def desk(room: Newsroom) -> Desk:
    return Desk(room)


async def kinds(desk: Desk, heard: Delivery) -> list[str]:
    return [act.kind.value for act in await desk.room.store.acts(heard.incident_id)]


@pytest.mark.case(25)
async def test_a_mail_scanner_that_follows_every_link_changes_nothing(desk: Desk) -> None:
    heard = await desk.mail()
    for _, url in LINKS.of(heard):
        page = await desk.acting.offer(url.rpartition("/")[2])
        assert (page.status, bool(page.button)) == (200, True)
    assert await kinds(desk, heard) == []
    assert not await desk.room.store.silences(desk.now)


async def test_pressing_twice_acts_once_and_says_who_did_it(desk: Desk) -> None:
    heard = await desk.mail()
    token = desk.token(heard, "take")
    first = await desk.acting.act(token, "Ana", "calling them")
    desk.now = day(0.2)
    again = await desk.acting.act(token, "Ben", "")
    assert (first.title, again.title) == ("You see to it", "You see to it")
    assert "Ana (mail)" in again.lines[0]
    (act,) = await desk.room.store.acts(heard.incident_id)
    assert (act.kind, act.who, act.note, act.seller_id) == ("take", "Ana (mail)", "calling them", heard.seller_id)
    assert not (await desk.acting.offer(token)).button


async def test_a_false_alarm_closes_it_and_whoever_was_told_hears_that_it_was_false(desk: Desk) -> None:
    heard = await desk.mail()
    await desk.acting.act(desk.token(heard, "false_alarm"), "", "it is a park")
    incident = await incident_with(desk.room, "a")
    assert incident.closed is not None
    assert [one.reason for one in await desk.room.delivers(day(0.3))] == ["all_clear"]


async def test_not_for_us_is_of_that_seller_alone(desk: Desk) -> None:
    heard = await desk.mail()
    page = await desk.acting.act(desk.token(heard, "not_for_us"), "", "")
    assert page.status == 200
    assert [one.seller_id for one in await desk.room.store.acts(heard.incident_id)] == [heard.seller_id]
    assert (await incident_with(desk.room, "a")).closed is None


async def test_what_is_done_is_ticked_on_the_page_and_done_at_that_desk_once(desk: Desk) -> None:
    export, refund = due("2024-10-28"), due("2024-11-10", "refund")
    await desk.room.publishes("presse", evidence("a", deadlines=[export, refund]))
    await desk.room.works(NOW)
    (heard,) = await desk.room.delivers(day(0.01))
    token, name = desk.token(heard, "done"), "deadline:data_export:2024-10-28"
    shown = await desk.acting.offer(token)
    assert [one for one, _ in shown.choices] == [name, "deadline:refund:2024-11-10"]
    assert "28 Oct 2024: export your data" in shown.choices[0][1]
    assert await kinds(desk, heard) == []
    unticked = await desk.acting.act(token, "Ana", "", [])
    assert unticked.choices == shown.choices
    marked = await desk.acting.act(token, "Ana", "all of it", [name, "deadline:payout:2024-01-01"])
    assert (marked.title, "export your data" in marked.lines[0]) == ("Marked as done", True)
    (act,) = await desk.room.store.acts(heard.incident_id)
    assert (act.kind, act.subject, act.who, act.seller_id) == ("done", name, "Ana (mail)", heard.seller_id)
    again = await desk.acting.act(token, "Ben", "", [name])
    assert "Ana (mail)" in again.lines[0]
    assert [one for one, _ in (await desk.acting.offer(token)).choices] == ["deadline:refund:2024-11-10"]
    await desk.acting.act(token, "Ben", "", ["deadline:refund:2024-11-10"])
    assert (await desk.acting.offer(token)).title == "Nothing is left to do"
    assert await kinds(desk, heard) == ["done", "done"]


async def test_where_nothing_is_to_be_done_no_link_offers_to_mark_it(desk: Desk) -> None:
    assert "done" not in dict(LINKS.of(await desk.mail()))


async def test_an_old_link_says_until_when_it_held(desk: Desk) -> None:
    heard = await desk.mail()
    desk.now = NOW + timedelta(days=31)
    for page in (
        await desk.acting.offer(desk.token(heard, "ack")),
        await desk.acting.act(desk.token(heard, "ack"), "", ""),
    ):
        assert (page.status, page.title) == (410, "This link has expired")
    assert await kinds(desk, heard) == []


@pytest.mark.case(25)
async def test_what_was_not_made_here_is_refused(desk: Desk) -> None:
    heard = await desk.mail()
    good = desk.token(heard, "ack")
    for bad in (good[:-3], good + "x", "", "é" * 40, "a" * 5_000):
        assert (await desk.acting.act(bad, "", "")).status == 403
    assert await kinds(desk, heard) == []


async def test_to_unsubscribe_is_a_silence_of_that_target_with_an_end_and_an_author(desk: Desk) -> None:
    heard = await desk.mail()
    token = desk.token(heard, "unsubscribe")
    await desk.acting.act(token, "", "")
    desk.now = day(0.5)
    await desk.acting.act(token, "", "")  # a mail program that asks twice does not make it longer
    (silence,) = await desk.room.store.silences(desk.now)
    assert (silence.target, silence.until) == (MAIL.id, day(0.1) + SILENT_FOR)
    assert silence.who == MAIL.id
