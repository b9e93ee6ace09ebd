"""What a closed incident takes back of what is not sent yet, and what the parts of a split one say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from given import NOW, day, due, evidence
from handwork import acts, hand, incident_with
from newsroom import MAIL, Newsroom

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Target

REFUSED = Attempt(AttemptClass.TRANSIENT, "refused", "connection refused")
ACCEPTED = Attempt(AttemptClass.OK, "250", "")
IN_DOUBT = Attempt(AttemptClass.AMBIGUOUS, "timeout", "no answer after the body was sent")
NOW_IT = {
    AttemptClass.OK: DeliveryState.SENT,
    AttemptClass.TRANSIENT: DeliveryState.RETRY,
    AttemptClass.AMBIGUOUS: DeliveryState.UNKNOWN,
}


def with_journal(room: Newsroom) -> None:
    room.watch = replace(room.watch, targets=(MAIL, Target("journal", "journal", "")))
    room.pipeline.configure(room.watch)


async def tries(room: Newsroom, at: datetime, ends: Mapping[str, Attempt]) -> list[Delivery]:
    """One try at all that is due: how it ends, by target."""
    tried: list[Delivery] = []
    while claim := await room.store.claim_delivery(at, timedelta(minutes=1)):
        end = ends[claim.item.target]
        await room.store.settle(claim, end, NOW_IT[end.result], at + timedelta(minutes=5), at)
        tried.append(claim.item)
    return tried


async def test_a_mail_that_waits_for_its_retry_does_not_arrive_after_the_close_and_nobody_was_told(
    room: Newsroom,
) -> None:
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    for number in (1, 2):
        assert len(await tries(room, day(number), {"mail": REFUSED})) == 1
        await acts(room).close(one.id, hand(day(number + 0.1)))
        assert await room.delivers(day(number + 0.2)) == []
        assert await room.store.told([one.id]) == []
        await acts(room).reopen(one.id, hand(day(number + 0.3)))
    (heard,) = await room.delivers(day(3))
    assert (heard.reason, heard.message.made_at) == ("first", day(2.3))


async def test_closing_takes_back_the_mail_though_the_journal_was_told_which_stays_told(room: Newsroom) -> None:
    with_journal(room)
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    assert len(await tries(room, day(1), {"mail": REFUSED, "journal": ACCEPTED})) == 2
    told = await room.store.told([one.id])
    await acts(room).close(one.id, hand(day(1.1)))
    assert await room.delivers(day(1.2)) == []
    assert await room.store.told([one.id]) == told
    await acts(room).reopen(one.id, hand(day(1.3)))
    assert await room.delivers(day(1.4)) == [], "the seller has it in the journal"


async def test_closing_leaves_alone_what_may_have_arrived(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    await tries(room, day(1), {"mail": IN_DOUBT})
    told = await room.store.told([one.id])
    await acts(room).close(one.id, hand(day(1.1)))
    assert await room.store.told([one.id]) == told
    (again,) = await room.delivers(day(1.2))
    assert again.repeat


async def test_closing_takes_back_two_unsent_words_down_to_the_last_that_was_heard(room: Newsroom) -> None:
    with_journal(room)
    await room.publishes("presse", evidence("a", "rumor"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    await tries(room, day(0.1), {"mail": REFUSED, "journal": ACCEPTED})
    (told,) = await room.store.told([one.id])
    await room.publishes("newsroom", evidence("b", at=day(0.2)), at=day(0.2))
    await room.works(day(0.2))
    assert [new.rung for new in await room.store.told([one.id])] == ["confirmed"]
    await acts(room).close(one.id, hand(day(0.2)))
    assert await room.store.told([one.id]) == [told]
    assert await room.delivers(day(0.3)) == []
    await acts(room).reopen(one.id, hand(day(0.4)))
    assert {(new.target, new.reason) for new in await room.delivers(day(0.5))} == {
        ("mail", "new_rung"),
        ("journal", "new_rung"),
    }


async def test_after_a_split_nothing_that_lives_on_in_the_other_part_is_said_to_be_withdrawn(room: Newsroom) -> None:
    late = {"date": "2024-12-20", "deadlines": [due("2024-12-19")], "authority": "official"}
    await room.publishes("newsroom", evidence("b", at=day(0.01), **late), at=day(0.01))
    await room.publishes("presse", evidence("a"), at=day(0.01))
    await room.works(day(0.01))
    await room.delivers(day(0.02))
    whole = await incident_with(room, "a")
    assert (str(whole.effective_date), len(whole.deadlines)) == ("2024-12-20", 1)
    new = await acts(room).split(whole.id, ["a"], hand(day(1)))
    assert await room.delivers(day(2)) == [], "no date and no deadline that was not told"
    told = {one.incident_id: one for one in await room.store.told([whole.id, new.id])}
    for part in (await incident_with(room, "a"), await incident_with(room, "b")):
        assert told[part.id].effective_date == part.effective_date
        assert told[part.id].deadlines == part.deadlines


async def test_a_date_that_only_a_split_brings_to_light_is_told_with_where_the_other_one_went(room: Newsroom) -> None:
    late = {"date": "2024-12-20", "deadlines": [due("2024-12-19")], "authority": "official"}
    await room.publishes("newsroom", evidence("b", at=day(0.01), **late), at=day(0.01))
    await room.publishes("presse", evidence("a", date="2024-12-10"), at=day(0.01))
    await room.works(day(0.01))
    await room.delivers(day(0.02))
    whole = await incident_with(room, "a")
    assert (str(whole.effective_date), len(whole.evidence)) == ("2024-12-20", 2)
    await acts(room).split(whole.id, ["a"], hand(day(1)))
    early, other = await incident_with(room, "a"), await incident_with(room, "b")
    (heard,) = await room.delivers(day(2))
    assert (heard.incident_id, heard.reason) == (early.id, "date_moved")
    assert "now dated 2024-12-10" in heard.message.why
    assert f"goes on as an incident of its own: {other.headline} ({other.id[:10]})" in heard.message.why
    assert (heard.message.before.effective_date, heard.message.before.deadlines) == (None, ())
