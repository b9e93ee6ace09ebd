"""What time alone asks for, in the order in which the daemon comes round to it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

from monitor.config import Config
from monitor.deciding import Watch
from monitor.digesting import Digesting
from monitor.drill import Drill
from monitor.heartbeat import Heartbeat
from monitor.metrics import Metrics
from monitor.opened import Store
from monitor.pipeline import Pipeline
from monitor.retention import Retention
from monitor.revisit import Revisit, Waiting
from monitor.rounds import Rounds
from monitor.store.audit import drill_arrivals, oldest_due
from monitor.store.retention import SqlRetention
from monitor.watching import watch

Round = Callable[[datetime], Awaitable[bool]]
"""One step at a time; True when there is mail."""


def roster(
    store: Store,
    pipeline: Pipeline,
    metrics: Metrics,
    settings: Callable[[], Config],
    health: Callable[[], Awaitable[Mapping[str, str]]],
) -> Mapping[str, Round]:
    """`settings` is asked at each round, so that a reload counts at once; `health` is every part of us with what is
    wrong with it. The heartbeat comes last: it speaks for all of them."""

    def watched() -> Watch:
        return watch(settings())

    ledger = store.ledger
    return {
        "reminders": Rounds(ledger, store.words, watched, metrics).step,
        "revisit": Revisit(ledger, pipeline.look_again).step,
        "waiting": Waiting(ledger, watched).step,
        "digests": Digesting(ledger, store.words, store.inbox, store.vigils, watched, metrics).step,
        "drill": Drill(
            store.inbox,
            ledger,
            watched,
            lambda: settings().settings.drill.value,
            partial(drill_arrivals, store.database),
            metrics,
        ).step,
        "retention": Retention(SqlRetention(store.database), lambda: settings().settings.keep).step,
        "search": store.search.step,
        "heartbeat": Heartbeat(
            lambda: settings().settings.heartbeat,
            health,
            partial(oldest_due, store.database),
            metrics,
            settings().settings.fetch.allow_private,
        ).step,
    }
