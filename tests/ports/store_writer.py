"""A program to be killed: for every line `FIRST` on its input it forks a writer that keeps steps until it is killed.

Prints `pid N`, then `kept N` after each step and `sent N` after each delivery that the store acknowledged, `dead` when
the writer is gone. One import serves every round, because a fork is cheap and starting Python is not.
"""

import asyncio
import os
import sys
from itertools import count

from store_examples import LEASE, NOON, SENT, capture, delivery, document, incident, look, state

from monitor.domain.alerts import DeliveryState
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox


async def write(url: str, first: int) -> None:
    database = await Database.open(url)
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database), SqlOutbox(database)
    for no in count(first):
        await inbox.looked(look(), state(), capture(no))
        claim = await inbox.claim(NOON, LEASE)
        assert claim is not None
        number = int(claim.item.id.removeprefix("capture-"))  # an older one, when the last writer left it unclaimed
        await ledger.keep(
            Step(
                NOON,
                claim,
                documents=[document(number)],
                incidents=[incident(f"incident-{number}")],
                deliveries=[delivery(f"delivery-{number}", f"incident-{number}", f"mail-{number}")],
            )
        )
        say(f"kept {number}")
        sending = await outbox.claim_delivery(NOON, LEASE)
        assert sending is not None
        await outbox.settle(sending, SENT, DeliveryState.SENT, NOON, NOON)
        say(f"sent {sending.item.key.removeprefix('delivery-')}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(url: str) -> None:
    for line in sys.stdin:
        writer = os.fork()
        if not writer:
            asyncio.run(write(url, int(line)))
        say(f"pid {writer}")
        os.waitpid(writer, 0)
        say("dead")


if __name__ == "__main__":
    main(sys.argv[1])
