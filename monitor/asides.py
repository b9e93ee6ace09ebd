"""Work that nobody waits for. It is held while it runs, since the event loop alone would let it be thrown away, and
what goes wrong in it is said, where asyncio would at most complain of an exception that was never retrieved."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from monitor.domain.errors import SellerwatchError

_log = logging.getLogger(__name__)
_under_way: set[asyncio.Task[None]] = set()


def aside(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Begin it in the running loop. `name` says in the log what failed; what the work raises goes no further."""
    task = asyncio.create_task(work, name=name)
    _under_way.add(task)
    task.add_done_callback(_over)
    return task


def _over(task: asyncio.Task[None]) -> None:
    _under_way.discard(task)
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, SellerwatchError):  # foreseen, such as a store that is away: no fault of ours
        _log.warning("%s was not done: %s", task.get_name(), error)
    else:
        _log.error("%s was not done", task.get_name(), exc_info=error)
