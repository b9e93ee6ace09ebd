"""Procrastinate's book of jobs, for a database that may go away at any moment."""

import asyncio
import logging
from contextlib import suppress
from time import monotonic

from procrastinate import exceptions
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import OperationalError, RaiseException

_log = logging.getLogger(__name__)

PERSIST = 30.0  # seconds: longer than a worker goes on that cannot tell of its life
PAUSE = 0.5
_TOO_MANY = """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY task_name ORDER BY id DESC) AS place
            FROM procrastinate_jobs WHERE status = 'failed'
        ) AS failed WHERE place > %(most)s
    )
"""


class Jobs(JobManager):
    """Its worker tries but once to note that a job has ended, and goes on living when that fails: the job would count
    as under way until the worker ends, and what only one may do at a time would not be done by anybody. Nothing is
    waited for when `stopping` is set: then the worker ends, and others see to its jobs."""

    def __init__(self, connector: BaseConnector, stopping: asyncio.Event) -> None:
        super().__init__(connector)
        self._stopping = stopping

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """The job has ended, and that is noted as soon as the database answers again. Never raises: a worker calls this
        in a task that nobody waits for, and what is not noted `give_away` sets right when the worker has ended."""
        until = monotonic() + PERSIST
        while True:
            try:
                await super().finish_job(job, status, delete_job)
                return
            except exceptions.ConnectorException as error:
                if isinstance(error.__cause__, RaiseException):  # it is noted already: we slept, or an answer was lost
                    return
                over = self._stopping.is_set() or monotonic() > until
                if over or not isinstance(error.__cause__, OperationalError):
                    _log.warning(
                        "that a turn at %s ended could not be noted: %s", job.task_name, error.__cause__ or error
                    )
                    return
            except exceptions.AppNotOpen:  # we have left
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE)

    async def register_worker(self) -> int:
        """A worker that is told to end while it registers may not hear it, and is told again: asyncio.wait_for of
        Python 3.11 forgets that it was cancelled when what it waits for is there at that moment."""
        worker = await super().register_worker()
        if self._stopping.is_set():
            await self.unregister_worker(worker)
            raise asyncio.CancelledError
        return worker

    async def give_away(self, job: Job) -> None:
        """A job whose worker is dead waits again; where one like it waits already, it is over."""
        try:
            await self.retry_job(job)
        except exceptions.UniqueViolation:
            await super().finish_job(job, Status.ABORTED, delete_job=True)
        except exceptions.ConnectorException as error:
            if not isinstance(error.__cause__, RaiseException):  # else another has done it at this moment
                raise

    async def forget_all_but(self, most: int) -> None:
        """Of each task the last failed jobs stay, so many at most."""
        await self.connector.execute_query_async(_TOO_MANY, most=most)
