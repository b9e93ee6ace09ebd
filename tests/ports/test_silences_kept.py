"""Silences that stand are listed page by page: the database cuts a page out, the first made first."""

from datetime import timedelta

import pytest
from store_examples import MINUTE, NOON, Store

from monitor.domain.silences import Silence
from monitor.steps import Step
from monitor.store import codec


def silence(id: str, made: timedelta, lasts: timedelta = timedelta(hours=3)) -> Silence:
    return Silence(id, NOON + made, NOON + lasts, "otto", '"at":"1999-01-01T00:00:00Z"', platforms=("Temu",))


async def test_a_page_of_silences_begins_where_it_is_asked_for_and_leaves_out_what_is_over(store: Store) -> None:
    whole, fraction = timedelta(seconds=1), timedelta(seconds=1, microseconds=200_000)
    made = [silence("d", fraction), silence("c", whole), silence("b", whole), silence("a", 5 * MINUTE)]
    await store.ledger.keep(Step(NOON, silences=[*made, silence("over", timedelta(0), MINUTE)]))
    now = NOON + 10 * MINUTE
    every = [one.id for one in await store.ledger.silences(now)]
    assert every == ["b", "c", "d", "a"], "by the microsecond, and then by id"
    assert [[one.id for one in await store.ledger.silences(now, start, 3)] for start in (0, 3, 6)] == [
        every[:3], every[3:], []
    ]  # fmt: skip


async def test_only_the_rows_of_a_page_are_fetched(sql: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await sql.ledger.keep(Step(NOON, silences=[silence(f"s{no}", no * MINUTE) for no in range(9)]))
    came, loads = [], codec.load
    monkeypatch.setattr(codec, "load", lambda kind, text: came.append(kind) or loads(kind, text))
    assert len(await sql.ledger.silences(NOON, 2, 4)) == 4
    assert came == [Silence] * 4
