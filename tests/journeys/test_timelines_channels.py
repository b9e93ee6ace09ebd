"""One story from the first word to the all clear, over real SMTP and HTTP; and the answers as they are typed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from desks import Desk, notice, rss
from given import due, evidence
from local_sites import LocalSite
from smtp_sink import smtp_sink
from timeline import DAY, HOUR, Timeline, between, on_day

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Level, Policy, Target
from monitor.notify.email import EmailChannel
from monitor.notify.slack import SlackChannel
from monitor.ports import Channel
from monitor.store.database import Database


class Noted:
    """A channel that tells the story what was accepted on the other side."""

    def __init__(self, channel: Channel, story: Timeline) -> None:
        self.name, self._channel, self._story = channel.name, channel, story

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        attempt = await self._channel.send(target, delivery)
        if attempt.result is AttemptClass.OK:
            self._story.hears(target, delivery)
        return attempt


@pytest.mark.long
async def test_a_closing_from_the_first_word_to_the_all_clear(tmp_path: Path, site: LocalSite) -> None:
    desk = Target("desk", "email", "desk@example.com", language="de", zone="Europe/Berlin")
    lead, boss = Target("lead", "slack", site.url("/slack")), Target("boss", "email", "boss@example.com")
    levels = (Level(timedelta(minutes=15), ("lead",)), Level(timedelta(hours=1), ("boss",)))
    site.says("/slack", b"ok")
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    async with smtp_sink() as mail:
        t = Timeline(database, Policy(escalation=levels), [desk, lead, boss])
        email = EmailChannel("127.0.0.1", mail.port, "none", sender="Sellerwatch <w@example.com>")
        t.channels |= {"email": Noted(email, t), "slack": Noted(SlackChannel(allow_private=True), t)}
        t.restarts()
        words = {"date": "2024-11-28", "deadlines": [due("2024-10-08")]}
        t.at(0, t.publishes("newsroom", evidence("a", **words)))
        t.expect(between(0, 1), "desk", "first")
        t.expect(between(15, 16), "lead", "escalated", level=1)
        t.expect(between(60, 61), "boss", "escalated", level=2)
        for who in ("desk", "lead", "boss"):
            t.expect(between(4 * HOUR, 5 * HOUR), who, "repeat")
        t.at(5 * HOUR, t.does("take", who="bob"))
        t.at(3 * DAY, t.publishes("newsroom", evidence("b", date="2024-12-15", deadlines=[due("2024-10-08")])))
        t.at(3 * DAY + 30, t.does("ack", who="bob"))
        for who in ("desk", "lead", "boss"):
            t.expect(between(3 * DAY, 3 * DAY + 60), who, "date_moved")
            t.expect(on_day(7, 6 if who == "desk" else 8), who, "due", due=["data_export"])  # by the target's own zone
        t.at(8 * DAY, t.does("done", "deadline:data_export:2024-10-08"))
        t.at(20 * DAY, t.publishes("newsroom", evidence("c", "reversed")))
        for who in ("desk", "lead", "boss"):
            t.expect(between(20 * DAY, 20 * DAY + 130), who, "all_clear")
        await t.lives(65, every=1)
        await t.lives(8 * DAY, every=30)
        await t.plays(21 * DAY, every=120)
        arrived = [one.delivery.key for one in t.arrived]
        assert len(arrived) == len(set(arrived))
        assert [one["X-Sellerwatch-Id"] for one in mail.mails] == [
            one.delivery.key for one in t.arrived if one.target != "lead"
        ]
        assert len(site.asked) == sum(one.target == "lead" for one in t.arrived)
        threads = {one["References"] for one in mail.mails if "desk" in one["To"]}
        assert len(threads) == 1, "all mails of one incident to one target are one conversation"
    await database.close()


async def test_answers_are_typed_once_and_typed_again_they_say_who_gave_them(desk: Desk, site: LocalSite) -> None:
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(news=site.url("/feed.xml"))
    assert (await desk.command("once")).exit_code == 0
    (incident,) = json.loads((await desk.command("incidents", "--json")).stdout)
    id = incident["id"]
    for words, says in (
        (("ack", id[:8], "--who", "anna"), "acknowledged: "),
        (("ack", id, "--who", "bob"), "acknowledged already, by anna at "),
        (("take", id, "--by", "bob", "--note", "mine"), "taken on: "),
        (("take", id, "--who", "carl"), "taken on already, by bob at "),
        ((), "taken on by bob"),
        (("not-for-us", id, "--who", "carl"), "noted as no concern for acme: "),
        (("not-for-us", id, "--who", "anna"), "noted as no concern already, by carl at "),
        (("for-us", id, "--who", "anna"), "noted as a concern for acme: "),
        (("false-alarm", id, "--who", "anna"), "closed as a false alarm: "),
        (("false-alarm", id, "--who", "bob"), "closed as a false alarm already, by anna at "),
    ):
        result = await desk.command("incidents", *words)
        shown = " ".join(word for word in result.output.split() if word != "│")
        assert (result.exit_code, says in shown) == (0, True), result.output
    again = json.loads((await desk.command("incidents", "false-alarm", id, "--json", "--who", "x")).stdout)
    assert (again["already"], again["act"]["who"], again["act"]["kind"]) == (True, "anna", "false_alarm")
    refused = await desk.command("incidents", "ack", id, "--who", "dora", "--seller", "zeta")
    assert (refused.exit_code, "no seller is called zeta" in refused.stderr) == (1, True)
    told = [mail["Subject"] for mail in desk.mail.mails]
    assert len(told) == 1, "the all clear is in the outbox until the daemon runs"
    assert (await desk.command("once")).exit_code == 0
    assert len(desk.mail.mails) == 2
    assert len(desk.slack) == 2
