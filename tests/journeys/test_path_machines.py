"""Incidents that become one, or two: a machine that remembers what is open hears of each end and of each part."""

from dataclasses import replace

import pytest
from given import day, evidence
from handwork import TEMU, acts, hand, incident_with
from newsroom import MAIL, Newsroom

from monitor.domain.alerts import Delivery, Target
from monitor.notify.facts import facts

HOOK, ALARMS = Target("hook", "webhook", ""), Target("alarms", "alertmanager", "")


@pytest.fixture(autouse=True)
def _machines(room: Newsroom) -> None:
    room.watch = replace(room.watch, targets=(MAIL, HOOK, ALARMS))
    room.pipeline.configure(room.watch)


def said(words: list[Delivery], target: str) -> list[tuple[str, str, bool]]:
    """What a target heard: the reason, of which incident, and whether that is over."""
    data = [(one, facts(one)) for one in words if one.target == target]
    return [(one.reason.value, it["incident"]["id"], it["resolved"]) for one, it in data]


def open_there(*rounds: list[Delivery], target: str = "hook") -> set[str]:
    """What a program holds open that goes by `resolved`, as the page of webhooks says."""
    known: dict[str, bool] = {}
    for words in rounds:
        known |= {id: not over for _, id, over in said(words, target)}
    return {id for id, stands in known.items() if stands}


async def test_what_went_into_another_is_resolved_at_machines_once_and_people_hear_nothing(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_with(room, "a"), await incident_with(room, "b")
    before = await room.delivers(day(0.02))
    assert open_there(before) == {one.id, other.id}
    whole = await acts(room).merge(one.id, other.id, hand(day(1)))
    (gone,) = {one.id, other.id} - {whole.id}
    after = await room.delivers(day(2))
    assert said(after, "hook") == said(after, "alarms") == [("all_clear", gone, True)]
    assert said(after, "mail") == []
    assert open_there(before, after) == open_there(before, after, target="alarms") == {whole.id}
    (over,) = [facts(word)["incident"] for word in after if word.target == "hook"]
    assert (over["merged_into"], over["status"]) == (whole.id, "confirmed"), "nobody called it off"
    assert await room.delivers(day(3)) == []


async def test_what_a_machine_was_never_told_does_not_end_there(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_with(room, "a"), await incident_with(room, "b")
    whole = await acts(room).merge(one.id, other.id, hand(day(0.01)))
    heard = await room.delivers(day(1))
    assert open_there(heard) == {whole.id}
    assert len(said(heard, "hook")) == 1


async def test_the_one_that_goes_on_is_open_where_only_the_other_was(room: Newsroom) -> None:
    room.watch = replace(room.watch, targets=(MAIL, replace(HOOK, platforms=("Temu",))))
    room.pipeline.configure(room.watch)
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_with(room, "a"), await incident_with(room, "b")
    before = await room.delivers(day(0.02))
    assert open_there(before) == {other.id}
    whole = await acts(room).merge(one.id, other.id, hand(day(1)))
    assert open_there(before, await room.delivers(day(2))) == {whole.id}


async def test_a_part_that_was_split_off_is_open_at_machines_and_its_end_reaches_people_too(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01)), at=day(0.01))
    await room.works(day(0.01))
    before = await room.delivers(day(0.02))
    whole = await incident_with(room, "a")
    part = await acts(room).split(whole.id, ["b"], hand(day(1)))
    after = await room.delivers(day(2))
    assert said(after, "hook") == [("repeat", part.id, False)]
    assert said(after, "mail") == []
    assert open_there(before, after) == {whole.id, part.id}
    await acts(room).false_alarm(part.id, hand(day(3)))
    end = await room.delivers(day(4))
    assert said(end, "hook") == [("all_clear", part.id, True)]
    assert open_there(before, after, end) == {whole.id}


async def test_what_is_left_after_a_split_and_hits_nobody_is_over_at_machines(room: Newsroom) -> None:
    await room.publishes("presse", evidence("a", regions=("ID",)))
    await room.publishes("warta", evidence("b", at=day(0.01), regions=("BR",)), at=day(0.01))
    await room.works(day(0.01))
    one = await incident_with(room, "a")
    before = await room.delivers(day(0.02))
    assert open_there(before) == {one.id}
    abroad = await incident_with(room, "b")
    if abroad.id != one.id:
        one = await acts(room).merge(one.id, abroad.id, hand(day(0.1)))
        before += await room.delivers(day(0.2))
    await acts(room).split(one.id, ["a"], hand(day(1)))
    here, there = await incident_with(room, "a"), await incident_with(room, "b")
    assert here.id != there.id
    assert open_there(before, await room.delivers(day(2))) == {here.id}


async def test_the_all_clear_of_a_part_goes_to_people_too_though_only_machines_heard_of_it_by_its_name(
    room: Newsroom,
) -> None:
    await room.publishes("presse", evidence("a"))
    await room.publishes("warta", evidence("b", at=day(0.01), **TEMU), at=day(0.01))
    await room.works(day(0.01))
    one, other = await incident_with(room, "a"), await incident_with(room, "b")
    whole = await acts(room).merge(one.id, other.id, hand(day(0.01)))
    assert open_there(await room.delivers(day(0.02))) == {whole.id}
    await acts(room).split(whole.id, ["b"], hand(day(1)))
    await room.delivers(day(2))
    part = await incident_with(room, "b")
    await room.publishes("newsroom", evidence("c", "reversed", authority="official", at=day(3), **TEMU), at=day(3))
    await room.works(day(3))
    assert (await incident_with(room, "c")).id == part.id
    end = await room.delivers(day(4))
    assert said(end, "mail") == said(end, "hook") == [("all_clear", part.id, True)]
