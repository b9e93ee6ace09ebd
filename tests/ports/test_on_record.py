"""What was decided, done and tried is written once: the database itself refuses to change or to delete it."""

import pytest
from sqlalchemy import text
from store_examples import LEASE, NOON, SENT, delivery, incident

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.rulings import Act, ActKind
from monitor.steps import SentAlert, Step
from monitor.store.audit import books

ALERT = SentAlert("alert-incident-a", "incident-a", 1, "anna", NOON, Reason.FIRST, "first", ("mail-anna",))
ACT = Act("act-1", "incident-a", ActKind.ACK, NOON, "anna")


@pytest.mark.parametrize("table", ["alerts", "acts", "attempts"])
async def test_no_statement_changes_or_deletes_what_is_on_record(sql, database, table):
    one = delivery()
    await sql.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[one], alerts=[ALERT], acts=[ACT]))
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    before = await database.read(lambda connection: connection.execute(text(f"SELECT * FROM {table}")))
    rows = before.all()
    assert len(rows) == 1
    for statement in (f"UPDATE {table} SET at = 0", f"DELETE FROM {table}"):
        change = text(statement)
        with pytest.raises(ValueError, match="stand as they were written"):
            await database.write(lambda connection: connection.execute(change))  # noqa: B023 - awaited at once
    after = await database.read(lambda connection: connection.execute(text(f"SELECT * FROM {table}")))
    assert after.all() == rows


async def test_the_same_step_again_leaves_the_record_as_it_was(sql, database):
    step = Step(NOON, deliveries=[delivery()], alerts=[ALERT], acts=[ACT])
    await sql.ledger.keep(step)
    once = await books(database)
    await sql.ledger.keep(step)
    assert await books(database) == once
    assert [one.alert_id for one in once.decisions] == [ALERT.alert_id]
