"""What was given up and is asked for again: told once, as it stands now, and never in old words that pass for new."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from store_examples import LEASE, NOON, REFUSED, SENT, delivery, incident, told

from monitor.deciding import Watch
from monitor.domain.alerts import DeliveryState, Reason, Target
from monitor.domain.exposure import Position, Seller
from monitor.domain.incidents import Closure
from monitor.domain.restating import overtaken
from monitor.domain.signals import Status
from monitor.ledger_check import check
from monitor.notify.grounds import notes
from monitor.notify.tongue import tongue
from monitor.once_more import once_more
from monitor.steps import SentAlert, Step
from monitor.store.audit import books

HOUR = timedelta(hours=1)
ANNA = Seller("anna", "Anna", "EUR", (Position("TikTok Music", "DE", *map(Decimal, (80, 1200, 0, 0))),))
WATCH = Watch(sellers=(ANNA,), targets=(Target("mail-anna", "mail", "anna@example"),))
ALERT = SentAlert("alert-incident-a", "incident-a", 1, "anna", NOON, Reason.FIRST, "first", ("mail-anna",))


def first(key: str = "one", at=NOON, one=None):
    made = delivery(key)
    says = replace(made.message, before=None, incident=one or incident())
    return replace(made, message=says, created_at=at)


@pytest.fixture
async def house(sql, database, desk):
    """One word was given up."""
    await sql.ledger.keep(Step(NOON, incidents=[incident()], told=[told()], deliveries=[first()], alerts=[ALERT]))
    await give_up(sql)
    return SimpleNamespace(ledger=sql.ledger, outbox=sql.outbox, database=database, desk=desk)


async def give_up(store) -> None:
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON)


async def dead(store):
    return [one for one in await store.ledger.spoken("incident-a") if one.state is DeliveryState.DEAD]


async def becomes(store, **changes: object):
    one = replace(incident(revision=2, at=NOON + HOUR), **changes)
    await store.ledger.keep(Step(NOON + HOUR, incidents=[one]))
    return one


async def sound(store) -> None:
    assert check(await books(store.database)).findings == ()


async def test_what_is_still_so_goes_out_in_its_own_words_and_says_when_they_were_written(house):
    tried = await once_more(house, WATCH, await dead(house), NOON + HOUR, "otto")
    assert (tried.again, tried.fresh, tried.over) == (["one"], {}, [])
    claim = await house.outbox.claim_delivery(NOON + HOUR, LEASE)
    assert claim.item.message == first().message
    (note,) = notes(claim.item, tongue("en", "UTC"))
    assert "held back until now: it could not be delivered." in note
    await sound(house)


async def test_what_moved_on_is_told_as_it_stands_now_and_once(house):
    now = await becomes(house, status=Status.EFFECTIVE)
    asked = await dead(house)
    tried = await once_more(house, WATCH, asked, NOON + 2 * HOUR, "otto")
    again = await once_more(house, WATCH, asked, NOON + 2 * HOUR, "ada")
    assert (tried.again, list(tried.fresh)) == ([], ["one"])
    assert (again.again, again.fresh) == ([], {}), "whoever comes second changes nothing"
    old, new = await house.ledger.spoken("incident-a")
    assert (old.state, old.into, new.key) == (DeliveryState.SUPERSEDED, new.key, tried.fresh["one"])
    claim = await house.outbox.claim_delivery(NOON + 2 * HOUR, LEASE)
    said = claim.item
    assert (said.key, said.rung, said.reason, said.repeat) == (new.key, Status.EFFECTIVE, Reason.FIRST, False)
    assert not overtaken(said.message, now)
    assert "did not reach you when it was written" in said.message.why
    assert said.message.impact.exposed
    await house.outbox.settle(claim, SENT, DeliveryState.SENT, NOON + 2 * HOUR, NOON + 2 * HOUR)
    assert await house.outbox.claim_delivery(NOON + 9 * HOUR, LEASE) is None
    await sound(house)


async def test_a_date_that_moved_is_enough(house):
    await becomes(house, effective_date=incident(date="2024-12-05").effective_date)
    tried = await once_more(house, WATCH, await dead(house), NOON + 2 * HOUR, "otto")
    assert list(tried.fresh) == ["one"]


async def test_several_words_of_one_incident_become_one(house):
    await house.ledger.keep(Step(NOON, deliveries=[first("two", NOON + timedelta(minutes=1))]))
    await give_up(house)
    await becomes(house, status=Status.EFFECTIVE)
    tried = await once_more(house, WATCH, await dead(house), NOON + 2 * HOUR, "otto")
    assert set(tried.fresh) == {"one", "two"}
    assert len(set(tried.fresh.values())) == 1


async def test_the_word_of_today_that_was_given_up_too_goes_out_in_its_place(house):
    now = await becomes(house, status=Status.EFFECTIVE)
    await house.ledger.keep(Step(NOON, deliveries=[first("two", NOON + HOUR, now)]))
    await give_up(house)
    tried = await once_more(house, WATCH, (await dead(house))[:1], NOON + 2 * HOUR, "otto")
    assert (tried.again, tried.fresh) == (["two"], {"one": "two"})


async def test_who_was_told_of_it_since_is_not_told_again(house):
    now = await becomes(house, status=Status.EFFECTIVE)
    await house.ledger.keep(Step(NOON, deliveries=[first("two", NOON + HOUR, now)]))
    tried = await once_more(house, WATCH, await dead(house), NOON + 2 * HOUR, "otto")
    assert (tried.again, tried.fresh) == ([], {"one": "two"})
    assert [one.key for one in await house.ledger.spoken("incident-a")] == ["one", "two"]


@pytest.mark.parametrize("end", [{"status": Status.REVERSED}, {"closed": Closure(NOON + HOUR, "ada")}])
async def test_what_is_over_is_told_to_nobody_who_never_heard_of_it_but_by_its_old_words(house, end):
    await becomes(house, **end)
    tried = await once_more(house, WATCH, await dead(house), NOON + 2 * HOUR, "otto")
    assert (tried.again, tried.fresh, tried.over) == ([], {}, ["one"])
    assert [one.key for one in await dead(house)] == ["one"]
    tried = await once_more(house, WATCH, await dead(house), NOON + 2 * HOUR, "otto", old_words=True)
    assert tried.again == ["one"]
    (old,) = await house.ledger.spoken("incident-a")
    assert "It was written on 2" in notes(old, tongue("en", "UTC"))[0]


async def test_an_all_clear_reaches_whom_the_alarm_reached(house):
    heard = replace(first("two"), message=replace(first().message, before=told()), created_at=NOON + HOUR)
    await house.ledger.keep(Step(NOON, deliveries=[heard]))
    await give_up(house)
    await becomes(house, status=Status.REVERSED)
    tried = await once_more(house, WATCH, (await dead(house))[1:], NOON + 2 * HOUR, "otto")
    new = await house.desk.delivery(tried.fresh["two"])
    assert (new.reason, new.rung) == (Reason.ALL_CLEAR, Status.REVERSED)


async def test_whose_target_or_seller_is_gone_from_the_settings_keeps_its_words(house):
    await becomes(house, status=Status.EFFECTIVE)
    tried = await once_more(house, Watch(), await dead(house), NOON + 2 * HOUR, "otto")
    assert tried.again == ["one"]
