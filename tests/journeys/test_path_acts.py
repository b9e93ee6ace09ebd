"""What people do to incidents, beside a path that works on: merged, split, closed, done; and what is told of it."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from given import NOW, day, due, evidence
from handwork import TEMU, acts, hand, incident_with
from newsroom import Newsroom

from monitor.acts import ActRefusedError, Acts
from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState
from monitor.domain.errors import ConflictError
from monitor.domain.handling import answered
from monitor.domain.incidents import Incident
from monitor.steps import Step


async def two_incidents(room: Newsroom, **more: Any) -> tuple[Incident, Incident]:
    await room.publishes("presse", evidence("a", **more))
    await room.works(NOW)
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    return await incident_with(room, "a"), await incident_with(room, "b")


async def test_what_a_person_put_together_stays_one_and_is_told_once(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    assert len(await room.delivers(day(0.02))) == 2, "two events, told apart"
    whole = await acts(room).merge(other.id, one.id, hand(day(1), "the same closing"))
    assert (whole.id, len(whole.evidence), whole.history[-1].kind) == (one.id, 2, "merged")
    assert await room.delivers(day(2)) == [], "all of it was told"
    await room.publishes("shibao", evidence("c", at=day(2), **TEMU), at=day(2))
    await room.works(day(2))
    assert (await incident_with(room, "c")).id == one.id
    assert [act.kind for act in await room.store.acts(one.id)] == ["merge"]
    with pytest.raises(ActRefusedError, match="one incident already"):
        await acts(room).merge(one.id, other.id, hand(day(3)))


async def test_two_first_words_that_nobody_heard_yet_become_one(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    await acts(room).merge(one.id, other.id, hand(day(0.01)))
    (heard,) = await room.delivers(day(0.02))
    assert (heard.reason, heard.incident_id) == ("first", one.id)
    assert {item.document_id for item in heard.message.incident.evidence} == {"a", "b"}


async def test_a_merge_that_makes_it_more_certain_than_was_heard_says_so(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a", "rumor"))
    await room.works(NOW)
    assert [one.rung for one in await room.delivers(day(0.005))] == ["rumor"]
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_with(room, "a"), await incident_with(room, "b")
    await acts(room).merge(one.id, other.id, hand(day(0.01)))
    (heard,) = await room.delivers(day(0.02))
    assert (heard.reason, heard.rung, heard.incident_id) == ("new_rung", "confirmed", one.id)


async def test_what_leaves_an_incident_is_not_told_again_and_stays_apart(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01)), at=day(0.01))
    await room.works(day(0.01))
    await room.delivers(day(0.02))
    whole = await incident_with(room, "a")
    assert len(whole.evidence) == 2
    new = await acts(room).split(whole.id, ["b"], hand(day(1)))
    assert new.id != whole.id
    assert [item.document_id for item in new.evidence] == ["b"]
    assert await room.delivers(day(2)) == []
    await room.publishes("shibao", evidence("c", at=day(2)), at=day(2))
    await room.works(day(2))
    assert (await incident_with(room, "a")).id != (await incident_with(room, "b")).id


async def test_a_split_wants_some_of_the_documents_and_not_all(room: Newsroom) -> None:
    one, _ = await two_incidents(room)
    for documents, why in ((["a", "nothing"], "is no document"), (["a"], "all its documents"), ([], "name the")):
        with pytest.raises(ActRefusedError, match=why):
            await acts(room).split(one.id, documents, hand(day(1)))


async def test_of_a_closed_incident_nothing_is_told_and_a_person_opens_it_again(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a", "rumor"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    closed = await acts(room).close(one.id, hand(NOW, "a joke"))
    assert (closed.closed.who, closed.closed.note) == ("anna", "a joke")
    assert await room.delivers(day(0.01)) == [], "what nobody heard yet was taken back"
    await room.publishes("newsroom", evidence("b", at=day(1)), at=day(1))
    await room.works(day(1))
    assert await room.delivers(day(1.1)) == []
    still = await incident_with(room, "b")
    assert (still.id, still.closed) == (one.id, closed.closed)
    with pytest.raises(ActRefusedError, match="closed already, by anna"):
        await acts(room).close(one.id, hand(day(2)))
    await acts(room).reopen(one.id, hand(day(2)))
    (heard,) = await room.delivers(day(2.1))
    assert (heard.reason, heard.rung) == ("first", "confirmed")
    with pytest.raises(ActRefusedError, match="is not closed"):
        await acts(room).reopen(one.id, hand(day(2)))


async def test_what_was_taken_back_unheard_is_told_when_somebody_opens_it_again(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    one = await incident_with(room, "a")
    for number in (1, 2):
        await acts(room).close(one.id, hand(day(number)))
        assert await room.delivers(day(number + 0.1)) == []
        await acts(room).reopen(one.id, hand(day(number + 0.2)))
    (heard,) = await room.delivers(day(3))
    assert (heard.reason, heard.incident_id, heard.message.made_at) == ("first", one.id, day(2.2))


async def test_an_answer_goes_with_its_incident_into_another_and_is_given_once(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    heard = {word.incident_id: word.alert_id for word in await room.delivers(day(0.02))}
    first = await acts(room).ack(other.id, hand(day(0.03)))
    assert (first.again, first.act.subject) == (False, heard[other.id])
    await acts(room).merge(one.id, other.id, hand(day(0.04)))
    kept = await room.store.acts(one.id)
    assert answered(kept, heard[other.id], "acme") == first.act
    assert answered(kept, heard[one.id], "acme") is None
    again = await acts(room).ack(other.id, hand(day(0.05)))
    assert (again.again, again.act, again.incident.id) == (True, first.act, one.id), "it answers the last of the words"


async def test_a_false_alarm_is_told_to_whom_it_was_told_and_is_no_news_to_others(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    told = [word.incident_id for word in await room.delivers(day(0.02))]
    assert sorted(told) == sorted([one.id, other.id])
    outcome = await acts(room).false_alarm(one.id, hand(day(1), "a joke"))
    closure = outcome.incident.closed
    assert closure is not None
    assert (closure.false_alarm, closure.who, closure.note) == (True, "anna", "a joke")
    (heard,) = await room.delivers(day(1.1))
    assert (heard.reason, heard.incident_id, heard.rung) == ("all_clear", one.id, "reversed")
    assert (await acts(room).false_alarm(one.id, hand(day(2)))).again
    assert await room.delivers(day(2.1)) == []
    with pytest.raises(ActRefusedError, match="is closed, by anna"):
        await acts(room).ack(one.id, hand(day(2)))


async def test_a_deadline_is_done_once_undone_and_follows_its_incident(room: Newsroom) -> None:
    one, other = await two_incidents(room, deadlines=[due("2024-10-28")])
    subject = "deadline:data_export:2024-10-28"
    await acts(room).done(one.id, subject, hand(day(1)))
    for what, why in (
        (subject, "done on .* by anna"),
        ("deadline:refund:2024-10-28", "is neither"),
        ("step:", "neither"),
        ("step:export", "neither .* it has deadline:data_export:2024-10-28$"),
    ):
        with pytest.raises(ActRefusedError, match=why):
            await acts(room).done(one.id, what, hand(day(1)))
    with pytest.raises(ActRefusedError, match="has nothing to do"):
        await acts(room).done(other.id, subject, hand(day(1)))
    whole = await acts(room).merge(one.id, other.id, hand(day(2)))
    split = await acts(room).split(whole.id, [whole.evidence[0].document_id], hand(day(3)))
    assert [act.subject for act in await room.store.acts(split.id) if act.kind == "done"] == [subject]
    await acts(room).undone(one.id, subject, hand(day(4)))
    with pytest.raises(ActRefusedError, match="is not done"):
        await acts(room).undone(one.id, subject, hand(day(4)))


async def test_an_act_is_decided_again_when_the_path_was_quicker(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    keep, tries = room.store.keep, []

    async def beaten(step: Step) -> None:
        tries.append(step)
        if len(tries) == 1:
            await room.publishes("shibao", evidence("c", at=day(1), **TEMU), at=day(1))
            await room.works(day(1))
            raise ConflictError("somebody was quicker")
        await keep(step)

    ledger = room.store
    watched = Acts(_With(ledger, keep=beaten), room.watch)
    whole = await watched.merge(one.id, other.id, hand(day(1)))
    assert {item.document_id for item in whole.evidence} == {"a", "b", "c"}
    assert len(tries) == 2
    with pytest.raises(ActRefusedError, match="no incident"):
        await acts(room).close("nothing", hand(day(1)))


class _With:
    """A ledger with one of its methods replaced."""

    def __init__(self, ledger: Any, **methods: Any) -> None:
        self._ledger, self._methods = ledger, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._ledger, name)


async def test_a_word_that_is_under_way_counts_as_heard_and_what_it_leaves_out_goes_on(room: Newsroom) -> None:
    one, other = await two_incidents(room)
    later = day(0.01) + timedelta(minutes=1)
    claim = await room.store.claim_delivery(later, timedelta(minutes=1))
    assert claim is not None
    assert claim.item.incident_id == one.id
    await acts(room).merge(one.id, other.id, hand(later))
    await room.store.settle(claim, Attempt(AttemptClass.OK, "250", ""), DeliveryState.SENT, later, later)
    (rest,) = await room.delivers(day(0.03))
    assert (rest.incident_id, rest.message.incident.platforms) == (one.id, ("Temu",)), "one word alone adds no platform"


async def test_documents_that_bridge_two_incidents_make_them_one_whose_first_words_are_one(room: Newsroom) -> None:
    await room.publishes("presse", evidence("b", regions=["BR"]))
    await room.works(NOW)
    await room.publishes("warta", evidence("a", regions=["ID"], at=day(-9)), at=day(0.0001))
    await room.works(day(0.0001))
    first, second = await incident_with(room, "b"), await incident_with(room, "a")
    assert first.id != second.id
    bridges = [evidence(name, regions=["ID", "BR"], at=day(10)) for name in "cdef"]
    await room.publishes("shibao", *bridges, at=day(0.0002))
    await room.works(day(0.0002))
    whole = await incident_with(room, "a")
    assert (whole.id, len(whole.evidence)) == (first.id, 6)
    assert [one.reason for one in await room.delivers(day(0.01))] == ["first"]
    (gone,) = await room.store.incidents([second.id])
    assert (gone.merged_into, gone.evidence, gone.deadlines) == (first.id, (), ())


async def test_a_storm_of_documents_is_one_incident_and_one_alert_a_rung(room: Newsroom) -> None:
    told: Counter[str] = Counter()
    for number in range(60):
        at, status = day(number / 10_000), ("rumor", "proposed", "confirmed")[number // 20]
        words = [evidence(f"d{number}-{n}", status, by=f"paper {number % 7}-{n}", at=at) for n in range(3)]
        await room.publishes(("presse", "warta", "shibao")[number % 3], *words, at=at)
        await room.works(at)
        told.update(one.rung.value for one in await room.delivers(at))
    told.update(one.rung.value for one in await room.delivers(day(1)))
    (incident,) = await room.store.open_incidents(NOW)
    assert len(incident.evidence) == 180
    assert max(told.values()) == 1
    assert told["confirmed"] == 1
