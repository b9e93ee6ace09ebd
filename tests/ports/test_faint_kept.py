"""Faint texts wait for what opens later, in every store alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from store_examples import NOON, assessment, document, incident

from monitor.domain.blocking import keys
from monitor.domain.errors import ConflictError
from monitor.domain.incidents import Evidence
from monitor.domain.signals import Assessment, EventType
from monitor.steps import Step
from monitor.store.retention import SqlRetention
from monitor.store.tables import faint, faint_keys

DAY = timedelta(days=1)


def waiting(no: int = 1) -> Evidence:
    (one,) = incident().evidence
    weak = replace(one.signal, score=0.3, leanings=((EventType.SHUTDOWN, 1.0), (EventType.POLICY, 0.4)))
    return replace(one, document_id=document(no).id, signal=weak)


def understood(one: Evidence, no: int = 1) -> Assessment:
    return replace(assessment(no), signals=(), faint=one.signal)


def step(no: int = 1) -> Step:
    one = waiting(no)
    return Step(NOON, documents=[document(no)], assessments=[understood(one, no)], faint=[one])


async def test_a_faint_text_is_found_by_its_keys_and_in_its_time(store):
    await store.ledger.keep(step())
    named = keys(waiting(), {})
    assert list(await store.ledger.faint_near(named, [(NOON - DAY, NOON + DAY)])) == [waiting()]
    assert list(await store.ledger.faint_near(named, [(NOON + DAY, NOON + 2 * DAY)])) == []
    assert list(await store.ledger.faint_near({"on temu"}, [(NOON - DAY, NOON + DAY)])) == []
    assert list(await store.ledger.incidents_near(named, (), NOON)) == []


async def test_of_very_many_that_wait_those_nearest_in_time_are_found(store, monkeypatch):
    for module in ("monitor.store.faint", "fakes"):
        monkeypatch.setattr(f"{module}.MOST_WAITING", 2)
    for no in (1, 2, 3):
        at = NOON + (no - 2) * 5 * DAY
        one = replace(waiting(no), published=at)
        await store.ledger.keep(replace(step(no), faint=[one]))

    async def near(middle):
        found = await store.ledger.faint_near(keys(waiting(), {}), [(middle - 30 * DAY, middle + 30 * DAY)])
        return {one.document_id for one in found}

    assert await near(NOON - 4 * DAY) == {document(1).id, document(2).id}
    assert await near(NOON + 4 * DAY) == {document(2).id, document(3).id}


async def test_they_are_sought_in_several_spells_at_once(store):
    for no in (1, 2, 3):
        await store.ledger.keep(replace(step(no), faint=[replace(waiting(no), published=NOON + no * 100 * DAY)]))
    spells = [(NOON + day * DAY, NOON + (day + 5) * DAY) for day in (98, 298)]
    found = await store.ledger.faint_near(keys(waiting(), {}), spells)
    assert sorted(one.document_id for one in found) == sorted((document(1).id, document(3).id))


async def test_a_text_that_is_understood_anew_is_faint_no_more(store):
    await store.ledger.keep(step())
    await store.ledger.keep(step())
    assert list(await store.ledger.faint_near(keys(waiting(), {}), [(NOON, NOON)])) == [waiting()]
    await store.ledger.keep(replace(step(), assessments=[assessment()], faint=()))
    assert list(await store.ledger.faint_near(keys(waiting(), {}), [(NOON, NOON)])) == []


async def test_what_opened_meanwhile_is_seen_before_a_faint_text_is_kept_and_the_other_way_round(store):
    turn = await store.ledger.turn()
    await store.ledger.keep(step())
    opened = Step(NOON, documents=[document(2)], incidents=[incident()], turn=turn)
    with pytest.raises(ConflictError):
        await store.ledger.keep(opened)
    turn = await store.ledger.turn()
    await store.ledger.keep(Step(NOON, incidents=[incident()]))
    with pytest.raises(ConflictError):
        await store.ledger.keep(replace(step(3), turn=turn))


async def test_it_goes_with_its_document(sql, database):
    await sql.ledger.keep(step())
    await SqlRetention(database).forget_documents("", NOON + DAY)

    async def left(connection):
        return [await connection.scalar(select(func.count()).select_from(table)) for table in (faint, faint_keys)]

    assert await database.read(left) == [0, 0]
