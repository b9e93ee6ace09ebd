"""By what the desk renews what it keeps in mind, on both databases."""

from dataclasses import replace
from datetime import timedelta

from store_examples import NOON, Store, incident

from monitor.domain.rulings import Act, ActKind
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.glance import Stamp, answers, last_sent, stamps


async def test_what_moved_comes_first_with_where_it_went(sql: Store, database: Database) -> None:
    hour = timedelta(hours=1)
    await sql.ledger.keep(Step(NOON, incidents=[incident("a"), incident("b", at=NOON + hour)]))
    gone = replace(incident("a", 2, NOON + 2 * hour), merged_into="b", evidence=())
    await sql.ledger.keep(Step(NOON, incidents=[gone]))
    late, early = Stamp("a", 2, NOON + 2 * hour, "b"), Stamp("b", 1, NOON + hour)
    assert await stamps(database) == [late, early]
    assert await stamps(database, NOON + 2 * hour) == [late]
    assert await stamps(database, NOON + 3 * hour) == []


async def test_what_people_answered_comes_in_its_order_and_without_what_else_they_did(
    sql: Store, database: Database
) -> None:
    def act(number: int, kind: ActKind) -> Act:
        return Act(f"act {number}", "a", kind, NOON + timedelta(minutes=number), "otto", "alert", "a note", "anna")

    done = [act(3, ActKind.DONE), act(1, ActKind.ACK), act(2, ActKind.CLOSE), act(4, ActKind.NOT_FOR_US)]
    await sql.ledger.keep(Step(NOON, acts=done))
    assert await answers(database) == [done[1], done[0], done[3]]
    assert await answers(database, NOON + timedelta(minutes=3)) == [done[0], done[3]]


async def test_nothing_was_sent_from_an_empty_outbox(database: Database) -> None:
    assert await last_sent(database) is None
