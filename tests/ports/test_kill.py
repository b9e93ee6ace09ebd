"""kill -9 in the middle of writing: what was acknowledged is there, and no step is there by halves."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from store_examples import LEASE, NOON

from monitor.domain.alerts import DeliveryState
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.outbox import SqlOutbox

HERE = Path(__file__).parent


def killed_again_and_again(url: str, seed: int, rounds: int) -> tuple[set[int], set[int]]:
    """Kill a writer after a random number of its answers, again and again; the numbers it said were kept and sent."""
    chance = random.Random(seed)
    said: dict[str, set[int]] = {"kept": set(), "sent": set()}
    command = [sys.executable, str(HERE / "store_writer.py"), url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for round_no in range(rounds):
            print(round_no * 1000, file=writer.stdin)
            answers, patience, pid = 0, chance.randint(0, 12), 0
            for line in writer.stdout:
                word, _, number = line.strip().partition(" ")
                if word == "dead":
                    break
                if word == "pid":
                    pid = int(number)
                else:
                    said[word].add(int(number))
                    answers += 1
                if pid and answers >= patience:
                    os.kill(pid, signal.SIGKILL)
                    patience = sys.maxsize
            else:
                raise AssertionError("the writer's parent ended")
        writer.stdin.close()
    return said["kept"], said["sent"]


@pytest.mark.case(45)
@pytest.mark.parametrize("rounds", [5, pytest.param(100, marks=pytest.mark.long)])
async def test_every_acknowledged_step_survives_kill_9_and_none_is_there_by_halves(fresh_url, rounds, record_property):
    url = fresh_url()
    kept, sent = killed_again_and_again(url, seed=7, rounds=rounds)
    assert len(kept) > rounds
    database = await Database.open(url)
    if database.dialect == "sqlite":
        check = await database.read(lambda connection: connection.scalar(text("PRAGMA integrity_check")))
        assert check == "ok"
    desk, inbox, outbox = SqlDesk(database), SqlInbox(database), SqlOutbox(database)
    deliveries = {int(one.key.removeprefix("delivery-")): one for one in await desk.deliveries(limit=100_000)}
    incidents = {int(one.id.removeprefix("incident-")) for one in await desk.incidents(limit=100_000)}
    arrived = {number for number, one in deliveries.items() if one.state is DeliveryState.SENT}
    lost = (kept - set(deliveries)) | (sent - arrived)
    record_property("figure", f"{database.dialect}: {len(lost)} of {len(kept)} steps lost in {rounds} kills")
    assert not lost
    assert set(deliveries) == incidents
    for number in deliveries:
        assert await desk.document(f"document-{number:04}")

    # what the dead left behind is taken up again: captures by their lease, deliveries as repeats
    left = {number for number, one in deliveries.items() if one.state is DeliveryState.SENDING}
    assert await outbox.recover(NOON + LEASE) == len(left)
    doubtful = {int(one.key.removeprefix("delivery-")) for one in await desk.deliveries(limit=100_000) if one.repeat}
    assert doubtful == left
    waiting = (await desk.counts()).inbox_waiting
    claims = [await inbox.claim(NOON + LEASE, LEASE) for _ in range(waiting)]
    assert not {int(claim.item.id.removeprefix("capture-")) for claim in claims} & incidents
    assert await inbox.claim(NOON + LEASE, LEASE) is None
    await database.close()
