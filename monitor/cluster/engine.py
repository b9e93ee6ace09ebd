"""Procrastinate, and nobody else knows it: wakes duties, spreads them over daemons, and shows what became of them.

It holds nothing that could be lost. A job is a wake: it carries no work, and each duty is woken by the clock as well.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import DeleteJobCondition, JobDeferrer
from procrastinate.tasks import Task
from psycopg import Error as DriverError
from sqlalchemy.exc import OperationalError

from monitor.cluster.duties import STALLED, Duty
from monitor.cluster.jobs import Jobs
from monitor.domain.errors import ConflictError, UnavailableError
from monitor.loops import Heart
from monitor.store.connection import AsyncConnection
from monitor.store.database import server_options

_log = logging.getLogger(__name__)
logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it tells of each wake
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it tells of each try to connect
logging.getLogger("procrastinate.utils").setLevel(logging.CRITICAL)  # it tells once more what fails beside a worker

TURN = 20.0  # seconds after which a duty that finds more and more lets others have a turn
SHOWN = 60.0  # seconds for which a failure shows here at least: the next turn at it may be another daemon's
POLLED = 5.0  # seconds between looks for work whose notice was lost
BEATS = 5.0  # seconds between two signs of life of a worker
LONGEST_END = 20.0  # seconds that work in hand may take at a stop; then it is given back
LONGEST_WAIT = 15.0  # seconds between tries while the database does not answer
POOL = 6
CONNECT = 5  # seconds
ROUNDS_AT_ONCE = 4
FORGET_FAILED = 7 * 24  # hours
MOST_FAILED = 1_000  # of each duty: one that fails whenever it is woken does so 86,400 times a day


async def call(connection: AsyncConnection, duty: str) -> None:
    """As `Engine.wake`, of somebody who does no duties, such as a command. Only busy duties hear it."""
    asked = App(connector=PsycopgConnector()).configure_task(
        duty, queue=duty, queueing_lock=f"{duty} command", connection=await _raw(connection)
    )
    await _ask(connection, asked)


async def _raw(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


async def _ask(connection: AsyncConnection, asked: JobDeferrer) -> None:
    try:
        async with connection.begin_nested():
            await asked.defer_async()
    except exceptions.AlreadyEnqueued:
        pass
    except exceptions.ConnectorException as error:
        raise OperationalError("wake", {}, error.__cause__ or error) from error


class Engine:
    """The duties of one daemon as jobs. `wake` may be called from the moment that it is open."""

    def __init__(self, conninfo: str) -> None:
        session = {"options": server_options(), "connect_timeout": CONNECT}
        connector = PsycopgConnector(
            conninfo=conninfo, kwargs=session, min_size=1, max_size=POOL, timeout=10.0, name="engine"
        )
        self._app, self._heart = App(connector=connector), Heart()
        self._stopping = asyncio.Event()
        self._app.job_manager = self._jobs = Jobs(connector, self._stopping)
        self._duties: dict[str, Duty] = {}
        self._tasks: dict[str, Task[Any, Any, Any]] = {}
        self._in_hand: Counter[str] = Counter()
        self._failing: dict[str, float] = {}  # until when it shows here, unless it fails once more: monotonic
        self.failures: dict[str, str] = {}  # why each duty that ever failed here did so last
        self._holder = ""
        self._tidied = -1

    def watched_by(self, heart: Heart) -> None:
        """There it is told how each duty is."""
        self._heart = heart

    def take(self, duties: Sequence[Duty], holder: str) -> None:
        """These duties are known; those of other roles too, since whoever finds work for them wakes them."""
        self._holder = holder
        for duty in duties:
            self._duties[duty.name] = duty
            self._tasks[duty.name] = self._task(duty)

    async def open(self) -> None:
        """Connect. Raises UnavailableError."""
        try:
            await self._app.open_async()
        except (exceptions.ConnectorException, DriverError) as error:
            raise UnavailableError(f"the engine's database does not answer: {error}") from error

    async def close(self) -> None:
        await self._app.close_async()

    async def wake(self, connection: AsyncConnection, duty: str) -> None:
        """The duty has work once the transaction of this connection is committed; told once while it waits."""
        if duty not in self._tasks:
            return
        lock = f"{duty} {self._holder}"
        await _ask(connection, self._tasks[duty].configure(queueing_lock=lock, connection=await _raw(connection)))

    async def run(self, duties: Sequence[Duty]) -> None:
        """Do these until `stop`. A database that does not answer is waited for."""
        rounds = [duty for duty in duties if not duty.busy]
        async with asyncio.TaskGroup() as group:
            for duty in duties:
                self._heart.expect(duty.name, duty.limit)
                if duty.busy:
                    group.create_task(self._serve(duty.name, [duty.queue], duty.at_once), name=duty.name)
            if rounds:
                queues = sorted({duty.queue for duty in rounds})
                group.create_task(self._serve("rounds", queues, ROUNDS_AT_ONCE), name="rounds")
            group.create_task(self._pulse(duties), name="pulse")

    def stop(self) -> None:
        """No new work; what is in hand is finished."""
        self._stopping.set()

    async def rescue(self) -> bool:
        """Give the jobs of dead daemons to living ones, and forget old failures. Raises UnavailableError."""
        try:
            for job in await self._jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED):
                _log.warning("a job of a dead daemon is given to another: %s", job.task_name)
                await self._jobs.give_away(job)
            hour = int(monotonic() // 3600)
            if hour != self._tidied:
                await self._jobs.delete_old_jobs(FORGET_FAILED, include_failed=True, include_aborted=True)
                await self._jobs.forget_all_but(MOST_FAILED)
                self._tidied = hour
        except exceptions.ConnectorException as error:
            raise UnavailableError(f"the engine's database does not answer: {_words(error)}") from error
        return False

    async def again(self, duty: str) -> None:
        """That duty has work. A wake that is lost is made up for by the clock."""
        with suppress(exceptions.ConnectorException, exceptions.AlreadyEnqueued):
            await self._tasks[duty].defer_async()

    # --- within

    async def _pulse(self, duties: Sequence[Duty]) -> None:
        """A duty that others do at present is well here while its workers are."""
        while not self._stopping.is_set():
            try:
                well = await self._app.check_connection_async()
            except (exceptions.ConnectorException, DriverError):
                well = False
            for duty in duties:
                if not self._in_hand[duty.name] and monotonic() > self._failing.get(duty.name, 0.0):
                    if well:
                        self._heart.beat(duty.name)
                    else:
                        self._heart.trouble(duty.name, "waits for the database")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), BEATS)

    def _task(self, duty: Duty) -> Task[Any, Any, Any]:
        async def job(timestamp: int | None = None) -> None:
            self._in_hand[duty.name] += 1
            try:
                await self._turn(duty)
            finally:
                self._in_hand[duty.name] -= 1

        lock = duty.name if duty.alone else None
        made = self._app.task(name=duty.name, queue=duty.queue, lock=lock, queueing_lock=duty.name)(job)
        self._app.periodic(cron=duty.cron)(made)
        return made

    async def _turn(self, duty: Duty) -> None:
        """The duty, until nothing is left to do or others should have a turn."""
        until = monotonic() + TURN
        try:
            while await duty.work():
                self._well(duty)
                if self._stopping.is_set():
                    return
                if monotonic() > until:
                    await self.again(duty.name)
                    return
            self._well(duty)
        except UnavailableError as error:
            self._ill(duty, f"waits: {error}")
            _log.warning("%s waits: %s", duty.name, error)  # the clock wakes it
        except ConflictError as error:
            self._well(duty)
            _log.info("%s was done by another: %s", duty.name, error)
        except Exception as error:  # the job fails, is shown as failed, and the clock wakes the duty again
            why = f"{type(error).__name__}: {error}"
            self.failures[duty.name] = why
            self._ill(duty, why)
            raise

    def _well(self, duty: Duty) -> None:
        self._failing.pop(duty.name, None)
        self._heart.beat(duty.name)

    def _ill(self, duty: Duty, why: str) -> None:
        self._failing[duty.name] = monotonic() + max(2 * duty.every, SHOWN)
        self._heart.trouble(duty.name, why)

    async def _serve(self, name: str, queues: Sequence[str], at_once: int) -> None:
        """One worker; it is begun again when the database went away under it."""
        tries = 0
        while not self._stopping.is_set():
            begun = monotonic()
            work = asyncio.create_task(self._work(name, queues, at_once), name=f"worker {name}")
            stop = asyncio.create_task(self._stopping.wait(), name=f"end of worker {name}")
            try:
                await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    work.cancel()  # it ends after what is in hand
                await work
                if not self._stopping.is_set():
                    _log.warning("the worker of %s begins again: the database went away for a moment", name)
            except (exceptions.ConnectorException, DriverError, OSError, ExceptionGroup) as error:
                tries = tries + 1 if monotonic() - begun < LONGEST_WAIT else 1
                _log.warning("the worker of %s waits for the database: %s", name, _words(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), min(2.0 ** min(tries, 10) / 4, LONGEST_WAIT))
            except asyncio.CancelledError:
                if not self._stopping.is_set():
                    raise
            finally:
                stop.cancel()
                work.cancel()  # it is over, unless we ourselves were told to end at once: then it ends with us
                await asyncio.gather(work, return_exceptions=True)

    async def _work(self, name: str, queues: Sequence[str], at_once: int) -> None:
        own = f"{self._holder} {name}"
        logging.getLogger(f"procrastinate.worker.{own}").setLevel(logging.CRITICAL)  # what fails there, `_serve` tells
        await self._app.run_worker_async(
            queues=queues,
            name=own,
            concurrency=at_once,
            fetch_job_polling_interval=POLLED,
            abort_job_polling_interval=3600.0,  # nobody aborts a wake
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            shutdown_graceful_timeout=LONGEST_END,
            update_heartbeat_interval=BEATS,
            stalled_worker_timeout=STALLED,
        )


def _words(error: BaseException) -> str:
    """What the driver says, on one line."""
    return " ".join(str(error.__cause__ or error).split())
