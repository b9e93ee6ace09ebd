"""What is told live is found in the store alone, on both databases."""

from dataclasses import replace
from datetime import timedelta

from store_examples import NOON as NOW
from store_examples import incident

from monitor.domain.rulings import Act, ActKind
from monitor.domain.vigils import Vigil
from monitor.steps import Step
from monitor.store.changes import standing

SINCE = NOW - timedelta(days=1)


async def test_words_and_acts_move_an_incident_and_the_earlier_are_passed_over(database, sql):
    assert (await standing(database, None)).moved == []
    one, other = (replace(incident(f"incident-{n}"), updated_at=NOW + timedelta(minutes=n)) for n in (1, 2))
    await sql.ledger.keep(Step(NOW, incidents=[one, other]))
    await sql.ledger.keep(Step(NOW, acts=[Act("act", one.id, ActKind.ACK, NOW + timedelta(minutes=3), "otto")]))
    known = await standing(database, SINCE)
    assert [(moved.id, moved.acted) for moved in known.moved] == [(one.id, False), (other.id, False), (one.id, True)]
    assert (known.latest, known.more) == (other.updated_at, False)
    later = await standing(database, NOW + timedelta(minutes=2))
    assert [(moved.id, moved.revision, moved.acted) for moved in later.moved] == [(one.id, one.revision, True)]
    assert (await standing(database, SINCE, limit=1)).more


async def test_a_digest_differs_when_what_it_stands_for_did(database, sql):
    first = await standing(database, None)
    await sql.ledger.keep(Step(NOW, vigils=[Vigil("a-source", NOW)]))
    second = await standing(database, None)
    assert (first.blind, second.blind) == (0, 1)
    assert (first.sources == second.sources, first.deliveries == second.deliveries) == (False, True)
    assert await standing(database, None) == second
