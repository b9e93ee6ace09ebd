"""Who does the work: processes of this machine, or the workers of a Dask cluster. Both are asked alike."""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import monitor
from monitor.backfill.pieces import File, Slice
from monitor.backfill.work import Gain, Setup, model_version, prepare, take
from monitor.domain.errors import SellerwatchError

# One thread for each worker, as Dask's nannies have it.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkforceError(SellerwatchError):
    """There is nobody to do the work, and why."""


class ClusterLostError(WorkforceError):
    """The cluster went away; what is done is kept."""


class DiedError(SellerwatchError):
    """The process that had the slice in hand died."""


class Workforce(Protocol):
    """`room` is how many slices may be in hand at once, so that nobody waits for the next one."""

    @property
    def room(self) -> int:
        """See the class."""

    def submit(self, piece: Slice) -> "Future[Gain]":
        """Have the slice taken. What the future raises goes through `fault`."""

    def fault(self, error: BaseException) -> BaseException:
        """DiedError or ClusterLostError where the error means that, else the error."""

    def close(self) -> None:
        """End what is under way."""


class Lanes:
    """Processes of this machine, each a pool of its own: one that dies takes along no other's work."""

    def __init__(self, size: int, setup: Setup) -> None:
        for name in _THREADS:  # before they start: a library reads it when it is loaded
            os.environ.setdefault(name, "1")
        self._setup = setup
        self._lanes = [_lane(setup) for _ in range(size)]
        self._waiting = [0] * size

    @property
    def room(self) -> int:
        return 2 * len(self._lanes)  # the next one lies ready while one is under way

    def submit(self, piece: Slice) -> "Future[Gain]":
        number = self._waiting.index(min(self._waiting))
        try:
            future = self._lanes[number].submit(take, piece)
        except BrokenProcessPool:
            self._lanes[number] = _lane(self._setup)
            future = self._lanes[number].submit(take, piece)
        self._waiting[number] += 1
        future.add_done_callback(lambda _: self._left(number))
        return future

    def _left(self, number: int) -> None:
        self._waiting[number] -= 1

    def fault(self, error: BaseException) -> BaseException:
        return DiedError("the process that read it died") if isinstance(error, BrokenProcessPool) else error

    def close(self) -> None:
        for lane in self._lanes:
            for process in list((lane._processes or {}).values()):
                process.terminate()
            lane.shutdown(wait=True, cancel_futures=True)


def _lane(setup: Setup) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin, (setup,))


def _begin(setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts the whole group; the parent decides
    prepare(setup)


class Cluster:
    """The workers of a Dask scheduler that runs already. Raises WorkforceError when they cannot do the work."""

    def __init__(self, address: str, setup: Setup, seen: Iterable[File], patience: float = 10.0) -> None:
        try:
            import distributed
        except ImportError:
            raise WorkforceError("a cluster needs Dask, which the extra `dask` brings: docs/supply.md") from None
        for name in ("distributed", "distributed.client", "distributed.core", "distributed.utils"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said by us
        client: Any = distributed.Client
        try:
            self._client = client(address, timeout=patience, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterLostError(
                f"no Dask scheduler answers at {address} within {patience:.0f} s ({type(error).__name__}): start one "
                "with `dask scheduler`, and workers with `dask worker`"
            ) from None
        try:
            self._check(address, seen, patience)
            self._client.register_plugin(_plugin(setup), name="sellerwatch-backfill")
            self._executor = self._client.get_executor(pure=False)
        except BaseException:
            self.close()
            raise

    def _check(self, address: str, seen: Iterable[File], patience: float) -> None:
        """That the workers are such as this process is, and see the same files."""
        client = self._client
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise ClusterLostError(f"the cluster at {address} has no workers: `dask worker {address}`") from None
        here, paths = _versions(), [file.path for file in seen]
        try:
            answers: dict[str, Any] = client.run(_looked, paths, on_error="return")
        except (ImportError, AttributeError, RuntimeError, TypeError) as error:
            answers = {"a worker": error}
        for worker, answer in answers.items():
            if isinstance(answer, BaseException):
                raise WorkforceError(f"{worker} cannot run sellerwatch ({answer}): install the same version there")
            there, missing = answer
            if there != here:
                other = next(name for name in here if there[name] != here[name])
                raise WorkforceError(
                    f"{worker} has {other} {there[other]}, this is {here[other]}: install the same there and here"
                )
            if missing:
                raise WorkforceError(f"{worker} does not see {missing}: put it where every machine sees it alike")

    @property
    def room(self) -> int:
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, TimeoutError, CancelledError) as error:
            raise ClusterLostError("the Dask scheduler is gone") from error
        return 2 * max(1, sum(threads.values()))

    def submit(self, piece: Slice) -> "Future[Gain]":
        future: Future[Gain] = self._executor.submit(take, piece)
        return future

    def fault(self, error: BaseException) -> BaseException:
        from distributed import CancelledError as Cancelled
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return DiedError("the worker that read it died")
        if isinstance(error, (CancelledError, asyncio.CancelledError, Cancelled, CommClosedError, TimeoutError)):
            return ClusterLostError("the Dask scheduler is gone")
        return error

    def close(self) -> None:
        with suppress(OSError, TimeoutError, RuntimeError):
            self._client.close(timeout=2)


def _looked(paths: list[str]) -> tuple[dict[str, str], str]:
    """What a worker is, and the first of the files that it does not see."""
    return _versions(), next((path for path in paths if not Path(path).is_file()), "")


def _versions() -> dict[str, str]:
    """What must be alike on all machines: how results travel, and how they are found."""
    return {
        "sellerwatch": monitor.__version__,
        "the model": model_version(),
        "Python": ".".join(map(str, sys.version_info[:2])),
        "Dask": version("distributed"),
    }


def _plugin(setup: Setup) -> Any:
    """Prepares every worker, and those that come later."""
    from distributed import WorkerPlugin

    class Prepare(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            prepare(setup)

    return Prepare()
