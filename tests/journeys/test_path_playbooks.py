"""The steps of a playbook on the path: what a message carries of them, and how what is done follows its incident."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from given import NOW, day, due, evidence, position, seller
from newsroom import Newsroom, source

from monitor.acts import ActRefusedError, Acts, Hand
from monitor.domain.alerts import Delivery, Message
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Anchor, Offset, Playbook, PlaybookStep
from monitor.domain.signals import EventType, Status
from monitor.store import codec

LEAD = PlaybookStep("lead", "Name a lead", "operations", (Offset(Anchor.FIRST_WORD, 1),), Status.RUMOR)
EXPORT = PlaybookStep(
    "export", "Export orders", "operations", (Offset(Anchor.DEADLINE, -3, DeadlineRole.DATA_EXPORT),), Status.RUMOR
)
RECALL = PlaybookStep("recall", "Recall stock", "warehouse", (Offset(Anchor.FIRST_WORD, 5),), Status.CONFIRMED)
CLOSING = Playbook("closing", (EventType.SHUTDOWN,), (RECALL, EXPORT, LEAD))
FEES = Playbook("fees", (EventType.POLICY,), (replace(LEAD, id="fees"),))
TEMU = {"platforms": ["Temu"], "regions": ["ID"]}


@pytest.fixture
def room() -> Newsroom:
    positions = position(country="ID"), position("Temu", "ID")
    desks = source("newsroom", "official"), source("presse"), source("warta"), source("shibao")
    room = Newsroom(*desks, sellers=(seller(*positions), seller(*positions, id="zeta")))
    room.watch = replace(room.watch, playbooks=(CLOSING, FEES))
    room.pipeline.configure(room.watch)
    return room


def acts(room: Newsroom) -> Acts:
    return Acts(room.store, room.watch)


def hand(at: datetime = NOW, seller_id: str = "") -> Hand:
    return Hand("anna", at, seller_id=seller_id)


def asked(deliveries: Sequence[Delivery]) -> dict[str, list[str]]:
    """The steps that each seller's message carries."""
    return {one.seller_id: [task.step.id for task in one.message.tasks] for one in deliveries}


async def incident_of(room: Newsroom, document: str) -> Incident:
    (found,) = [
        one
        for one in await room.store.open_incidents(NOW)
        if any(item.document_id == document for item in one.evidence)
    ]
    return found


async def test_a_message_carries_the_steps_that_are_open_for_its_seller_soonest_first(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a", "rumor"))
    await room.works(NOW)
    heard = await room.delivers(day(0.1))
    assert asked(heard) == {"acme": ["lead", "export"], "zeta": ["lead", "export"]}, "a stock is recalled for no rumor"
    one = await incident_of(room, "a")
    await acts(room).done(one.id, LEAD.subject, hand(day(0.2), "acme"))
    await room.publishes("newsroom", evidence("b", deadlines=[due("2024-10-28")], at=day(1)), at=day(1))
    await room.works(day(1))
    heard = await room.delivers(day(1.1))
    assert asked(heard) == {"acme": ["recall", "export"], "zeta": ["lead", "recall", "export"]}
    assert str(heard[0].message.tasks[-1].due) == "2024-10-25"
    await room.publishes("newsroom", evidence("c", "reversed", at=day(2)), at=day(2))
    await room.works(day(2))
    heard = await room.delivers(day(2.1))
    assert asked(heard) == {"acme": [], "zeta": []}


async def test_what_was_done_before_two_incidents_became_one_is_not_asked_again(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a", "rumor"))
    await room.works(NOW)
    await room.delivers(day(0.005))
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_of(room, "a"), await incident_of(room, "b")
    await acts(room).done(other.id, RECALL.subject, hand(day(0.01)))
    await acts(room).merge(one.id, other.id, hand(day(0.01)))
    assert asked(await room.delivers(day(0.02))) == {"acme": ["lead", "export"], "zeta": ["lead", "export"]}


async def test_a_step_that_no_playbook_of_the_event_has_is_refused_with_those_that_it_has(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    one = await incident_of(room, "a")
    for unknown in ("step:exprt", "step:fees", "export"):
        with pytest.raises(ActRefusedError, match=r"it has step:recall, step:export, step:lead$"):
            await acts(room).done(one.id, unknown, hand())
    await acts(room).done(one.id, RECALL.subject, hand())


async def test_a_message_kept_before_there_were_playbooks_is_read_without_steps(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.works(NOW)
    message = next(iter(await room.delivers(day(0.1)))).message
    assert isinstance(message, Message)
    assert codec.load(Message, codec.dump(message)).tasks == message.tasks
    assert codec.load(Message, codec.dump(message, without=frozenset({"tasks"}))).tasks == ()
