"""Decoded incidents are kept for the next look at them, as many as memory has room for."""

from dataclasses import replace

from store_examples import incident

from monitor.store.database import Database
from monitor.store.incidents import _PIECES, _REMEMBERED, SqlIncidents


def of(number: int, pieces: int):
    """An incident with so many pieces of evidence."""
    one = incident(f"incident-{number}")
    return replace(one, evidence=tuple(replace(one.evidence[0], document_id=f"d{n}") for n in range(pieces)))


async def test_a_storm_of_evidence_makes_room_for_itself_among_what_is_remembered(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    known = SqlIncidents(database, {})
    known._remember(of(number, 1) for number in range(2 * _REMEMBERED))
    assert len(known._remembered) == _REMEMBERED
    known._remember(of(number, _PIECES // 4) for number in range(9))
    assert sum(len(one.evidence) for one in known._remembered.values()) <= _PIECES
    assert list(known._remembered)[-4:] == [f"incident-{number}" for number in range(5, 9)]
    known._remember([of(10, 2 * _PIECES)])
    assert list(known._remembered) == ["incident-10"], "the largest stays while it is in use"
    await database.close()
