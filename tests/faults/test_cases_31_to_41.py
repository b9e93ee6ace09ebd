"""Cases 31 to 41 of the faults that we must survive, as far as they are the outbox's: real mail and web servers on
loopback, a real database, and a clock of our own. Case 34 has a file of its own.
"""

import asyncio
import socket
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from letters import NOW
from outbox_house import MAIL, House, about, post
from smtp_sink import DROP, smtp_sink
from test_deliverer import LEASE, MINUTE, SECOND
from test_slack_channel import webhook

from monitor.domain.alerts import DeliveryState, Target
from monitor.domain.exposure import Seller, Severity
from monitor.notify.email import EmailChannel
from monitor.notify.slack import SlackChannel
from monitor.notify.trial import trial
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.instance import SqlInstance
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

HOUR = timedelta(hours=1)


@pytest.mark.case(31)
@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, DeliveryState.SENT),
        ({"DATA": "451 try again"}, DeliveryState.RETRY),
        ({"RCPT": "550 no such user"}, DeliveryState.DEAD),
        ({"RCPT": "552 mailbox full"}, DeliveryState.DEAD),
        ({"MAIL": "421 shutting down"}, DeliveryState.RETRY),
    ],
    ids=["250", "451", "550", "552", "421"],
)
async def test_case_31_each_answer_of_a_mail_server_leads_on_or_to_an_end(database, mail, answers, state):
    house = House(database, MAIL, email=post(mail))
    mail.answers.update(answers)
    await house.put(about(1))
    await house.deliverer.step(house.now)
    assert await house.fates() == {"mail 1": state}
    mail.answers.clear()
    await house.live(MINUTE, every=5 * SECOND)
    expected = DeliveryState.DEAD if state is DeliveryState.DEAD else DeliveryState.SENT
    assert await house.fates() == {"mail 1": expected}


@pytest.mark.case(31)
@pytest.mark.parametrize("way", ["silent", "refused", "unknown"])
async def test_case_31_a_mail_server_that_is_silent_or_not_there_is_tried_until_it_answers(
    database, mail, way, monkeypatch
):
    def nobody(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = "mail.example" if way == "unknown" else "127.0.0.1", listener.getsockname()[1]
        if way == "refused":
            listener.close()
        monkeypatch.setattr(socket, "getaddrinfo", nobody)
        away = EmailChannel(host, port, security="none", sender="a@shop.example", timeout=0.5)
        house = House(database, MAIL, email=away)
        await house.put(about(1))
        await house.deliverer.step(house.now)
    assert await house.fates() == {"mail 1": DeliveryState.RETRY}
    monkeypatch.undo()
    mended = House(database, MAIL, email=post(mail))
    await mended.live(MINUTE, every=5 * SECOND)
    assert await mended.fates() == {"mail 1": DeliveryState.SENT}
    assert len(mail.mails) == 1


@pytest.mark.case(31)
async def test_case_31_of_two_recipients_one_may_be_refused_and_the_other_gets_one_copy(database, mail):
    async def only_anna(server, session, envelope, address, options):
        if address != "anna@example.com":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    mail.handle_RCPT = only_anna
    anna, bo = Target("anna", "email", "anna@example.com"), Target("bo", "email", "bo@example.com")
    house = House(database, anna, bo, email=post(mail))
    await house.put(about(1, "anna"), about(1, "bo"))
    await house.live(HOUR, every=MINUTE)
    assert await house.fates() == {"anna 1": DeliveryState.SENT, "bo 1": DeliveryState.DEAD}
    assert mail.recipients == ["anna@example.com"]


@pytest.mark.case(32)
async def test_case_32_a_lost_acknowledgement_is_one_marked_resend_with_the_same_message_id(database, mail):
    house = House(database, MAIL, email=post(mail))
    mail.answers["DATA"] = DROP
    await house.put(about(1))
    await house.deliverer.step(house.now)
    assert await house.fates() == {"mail 1": DeliveryState.UNKNOWN}
    mail.answers.clear()
    await house.live(HOUR, every=MINUTE)
    assert await house.fates() == {"mail 1": DeliveryState.SENT}
    first, second = mail.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Sellerwatch-Repeat"], second["X-Sellerwatch-Repeat"]) == (None, "1")
    assert "may be a repeat" in second["Subject"]
    assert Counter(house.meter.seen)["disconnected", DeliveryState.UNKNOWN] == 1


@pytest.mark.case(32)
async def test_case_32_a_mail_whose_second_copy_is_lost_too_is_shown_and_goes_to_another(database, mail):
    async with smtp_sink({"DATA": DROP}) as broken:
        away = EmailChannel("127.0.0.1", broken.port, security="none", sender="a@shop.example", timeout=20)
        targets = replace(MAIL, fallback="bo"), Target("bo", "other", "bo@example.com")
        house = House(database, *targets, email=away, other=post(mail))
        await house.put(about(1))
        await house.live(HOUR, every=MINUTE)
        assert len(broken.mails) == 2
    [(dead, instead)] = await house.desk.dead()
    assert (dead.key, dead.repeat, instead.target, instead.state) == ("mail 1", True, "bo", DeliveryState.SENT)
    [copy] = mail.mails
    assert copy["Message-ID"] != broken.mails[0]["Message-ID"], "another delivery to another person"


@pytest.mark.case(33)
@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_case_33_what_slack_refuses_for_good_pages_by_mail_at_once(database, mail, status):
    async with webhook(status=status, body="no_service") as slack:
        chat = Target("chat", "slack", slack.url, fallback="mail")
        house = House(database, chat, MAIL, slack=SlackChannel(timeout=20, allow_private=True), email=post(mail))
        await house.put(about(1, "chat"))
        await house.live(5 * SECOND)
    assert len(slack.posts) == 1
    [page] = mail.mails
    body = page.get_body(("plain",))
    assert body is not None
    assert "chat could not be reached" in body.get_content()


@pytest.mark.case(33)
async def test_case_33_a_retry_after_of_thirty_seconds_is_thirty_seconds_for_the_whole_target(database):
    async with webhook(status=429, headers={"Retry-After": "30"}) as slack:
        chat = Target("chat", "slack", slack.url)
        house = House(database, chat, slack=SlackChannel(timeout=20, allow_private=True))
        await house.put(*(about(n, "chat") for n in range(3)))
        await house.live(30 * SECOND)
        assert len(slack.posts) == 1
        slack.status, slack.headers = 200, {}
        await house.live(MINUTE)
        assert set((await house.fates()).values()) == {DeliveryState.SENT}


@pytest.mark.case(36)
async def test_case_36_two_daemons_on_one_database_claim_every_delivery_once(tmp_path, record_property):
    """Eight claimers, a daemon's share each half; PostgreSQL plays the same in tests/ports/test_claimers.py."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    databases = [await Database.open(url) for _ in range(2)]
    first, second = (SqlInstance(database) for database in databases)
    assert await first.hold_instance("one", NOW, LEASE)
    assert not await second.hold_instance("two", NOW + MINUTE, LEASE), "it exits with 75"
    assert await second.hold_instance("two", NOW + LEASE + SECOND, LEASE), "and takes over when the first is dead"
    new = [about(number, f"t{number}") for number in range(400)]
    await SqlLedger(databases[0]).keep(Step(NOW, deliveries=new))
    claimed: list[str] = []

    async def claimer(outbox: SqlOutbox) -> None:
        while claim := await outbox.claim_delivery(NOW, LEASE):
            claimed.append(claim.item.key)

    await asyncio.gather(*(claimer(SqlOutbox(databases[number % 2])) for number in range(8)))
    record_property("figure", f"8 claimers, {len(set(claimed))} of {len(new)} once")
    assert sorted(claimed) == sorted(one.key for one in new)
    for database in databases:
        await database.close()


@pytest.mark.case(37)
async def test_case_37_a_storm_is_an_hours_worth_and_one_message_that_names_the_rest(database, mail, record_property):
    house = House(database, replace(MAIL, cap=20, pace=600), email=post(mail))
    await house.put(*(about(n, severity=Severity.CRITICAL if n < 3 else Severity.MEDIUM) for n in range(300)))
    await house.live(MINUTE)
    assert len(mail.mails) == 3 + 20
    rows = {one.key: one for one in await house.desk.deliveries(limit=1000)}
    [whole] = [one for one in rows.values() if one.reason.value == "more"]
    assert len(whole.message.keys) == 300 - 3 - 19
    assert all(rows[key].into == whole.key for key in whole.message.keys)
    assert {item.incident_id for item in whole.message.items} == {rows[key].incident_id for key in whole.message.keys}
    assert "278" in mail.mails[-1]["Subject"]
    record_property("figure", f"300 alerts: {len(mail.mails)} mails, {len(whole.message.keys)} named in the last")
    assert {one.state for one in rows.values()} == {DeliveryState.SENT, DeliveryState.SUPERSEDED}


@pytest.mark.case(41)
async def test_case_41_a_test_goes_the_whole_way_and_is_marked(database, mail):
    """Outbox, claim, channel, attempt: no cap holds it, and no fallback answers in its place."""
    house = House(
        database, replace(MAIL, cap=1, fallback="chat"), Target("chat", "email", "b@x.example"), email=post(mail)
    )
    await house.put(about(1, severity=Severity.LOW), trial(MAIL, Seller("acme", "Acme", "EUR", ()), NOW))
    await house.live(5 * SECOND)
    assert sorted(one["Subject"].startswith("[Test]") for one in mail.mails) == [False, True]
    mail.answers["RCPT"] = "550 no such user"
    tried = trial(MAIL, Seller("acme", "Acme", "EUR", ()), house.now)
    await house.put(tried)
    await house.live(5 * SECOND)
    [(dead, instead)] = await house.desk.dead()
    assert (dead.key, instead) == (tried.key, None)
    assert [row.attempt.code for row in await house.desk.attempts(tried.key)] == ["550"]
