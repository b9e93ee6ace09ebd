"""Reading in disposable processes: what hostile bytes can cost is one process and one capture."""

import asyncio
import contextlib
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import monitor
from monitor.asides import aside
from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason, UnavailableError
from monitor.domain.sources import Source
from monitor.read.wanted import without_page

MIB = 1024 * 1024
_START = 60.0  # seconds until a new process must be ready; it only imports
_END = 2.0  # seconds until a process that was told to end is killed
# A process that holds more than half of its memory when it has nothing to read makes room for a fresh one: libraries'
# caches and fragments do not add up. To start one costs as much as some seventy pages, so each is good for a hundred.
LEAST, READS = 100, 20_000  # reads by one process; the most of them counts where nobody can see what it holds
_LARGEST_REPLY = 64 * MIB
_LENGTH = 4  # bytes, see worker.py
_OUT_OF_MEMORY = 97  # see worker.py, which is not imported: its libraries are not for this process


class ReadingUnavailableError(UnavailableError):
    """No reading process could be started, or reading was stopped: the capture is as good as it was."""


class Workers:
    """Implements `ports.Reader` with up to `size` processes, started when there is something to read.

    Each capture may use `cpu` seconds of processor and `wall` seconds of time, each process `memory` bytes of address
    space. A process that breaks a limit or crashes is replaced, and only its capture suffers; `on_kill` hears why. One
    that holds ever more is replaced too, and one that has had nothing to do for `idle` seconds ends. Processes get
    nothing of this one's environment.
    """

    def __init__(
        self,
        size: int = 1,
        cpu: float = 5.0,
        wall: float = 10.0,
        memory: int = 512 * MIB,
        idle: float = 60.0,
        on_kill: Callable[[FailureReason], None] | None = None,
    ) -> None:
        self._cpu, self._wall, self._memory, self._idle = cpu, wall, memory, idle
        self._on_kill = on_kill
        self._size, self._slots = size, asyncio.Semaphore(size)
        self._alive: set[_Worker] = set()
        self._free: list[_Worker] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(worker.process.pid for worker in self._alive)

    @property
    def busy(self) -> int:
        """How many of them are reading."""
        return sum(worker.busy for worker in self._alive)

    async def read(
        self, capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
    ) -> ReadResult:
        """What `read_capture` returns, or the failure that its process ended with.

        With a `parent`, a failure too leaves that one document, as its feed gave it, so that it is understood once.
        Raises ReadingUnavailableError when that is no fault of the capture.
        """
        return await self._asked((capture, source, known, parent, memory), capture, parent)

    async def discover(self, capture: Capture) -> ReadResult:
        """What `monitor.read.discover.discover` returns, or the failure that its process ended with."""
        return await self._asked((capture,), capture, None)

    async def _asked(self, asked: tuple[object, ...], capture: Capture, parent: Document | None) -> ReadResult:
        request = pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)
        async with self._slots:
            worker = await self._take()
            try:
                async with asyncio.timeout(self._wall):
                    result = _result(await worker.ask(request))
            except TimeoutError:
                return await self._failed(worker, FailureReason.WALL_LIMIT, capture, parent)
            except (EOFError, OSError, ValidationError):  # it ended, or talks nonsense
                return await self._failed(worker, None, capture, parent)
            except BaseException:  # cancelled: nobody waits for the reply, and the next read must not get it
                await self._end(worker, kill=True)
                raise
            await self._give_back(worker)
            return result

    async def close(self) -> None:
        """End every process; returns when none is left. Reads under way raise ReadingUnavailableError."""
        self._closed = True
        free, self._free = self._free, []
        for worker in self._alive.difference(free):
            worker.kill()  # the read that waits for it does the rest
        await asyncio.gather(*(self._end(worker) for worker in free), *self._ending)
        for _ in range(self._size):  # every read has come to its end when no slot is taken
            await self._slots.acquire()
        for _ in range(self._size):
            self._slots.release()

    async def _take(self) -> "_Worker":
        while not self._closed:
            worker = self._free.pop() if self._free else await self._start()
            worker.wake()
            if not worker.gone and not self._closed:
                return worker
            await self._end(worker, kill=True)  # it died in its sleep
        raise ReadingUnavailableError("reading was stopped")

    async def _start(self) -> "_Worker":
        # A fresh interpreter, not a fork: this process has threads, open databases and secrets.
        env = {
            "PYTHONPATH": str(Path(monitor.__file__).parents[1]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1",
            "LC_ALL": "C.UTF-8",
        }
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "monitor.read.worker", str(self._cpu), str(self._memory)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=env,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise ReadingUnavailableError(f"no reading process could be started: {error.strerror}") from error
        worker = _Worker(process)
        self._alive.add(worker)
        try:
            async with asyncio.timeout(_START):
                await worker.reply()
        except (TimeoutError, EOFError, OSError) as error:
            await self._end(worker, kill=True)
            raise ReadingUnavailableError(f"a reading process did not start ({process.returncode})") from error
        except BaseException:
            await self._end(worker, kill=True)
            raise
        return worker

    async def _give_back(self, worker: "_Worker") -> None:
        if self._closed or worker.spent(self._memory // 2):
            await self._end(worker)
        else:
            self._free.append(worker)
            worker.timer = asyncio.get_running_loop().call_later(self._idle, self._retire, worker)

    def _retire(self, worker: "_Worker") -> None:
        self._free.remove(worker)
        task = aside(self._end(worker), "the end of an idle reading process")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, worker: "_Worker", kill: bool = False) -> None:
        worker.wake()
        await worker.end(kill)
        self._alive.discard(worker)

    async def _failed(
        self, worker: "_Worker", reason: FailureReason | None, capture: Capture, parent: Document | None
    ) -> ReadResult:
        status = await worker.status() if reason is None else None
        await self._end(worker, kill=True)
        if self._closed:
            raise ReadingUnavailableError("reading was stopped")
        reason = reason or _reason(status)
        if self._on_kill is not None:
            self._on_kill(reason)
        if parent is not None:
            return without_page(capture, parent, reason)
        return ReadResult(failure=reason, detail="the process that read it was ended")


class _Worker:
    """One child process and the frames to and from it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._requests, self._replies = process, process.stdin, process.stdout
        self.reads = 0
        self.busy = False
        self.timer: asyncio.TimerHandle | None = None

    @property
    def gone(self) -> bool:
        """It has ended. The system knows before the loop has heard of it, from the pipe or from who reaps it."""
        if self.process.returncode is not None or self._replies.at_eof():
            return True
        try:
            return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # reaped, and the loop is still to be told
            return True

    async def ask(self, request: bytes) -> bytes:
        """The reply. Raises EOFError or OSError when the process is gone."""
        self.busy = True
        self._requests.write(len(request).to_bytes(_LENGTH, "big") + request)
        await self._requests.drain()
        reply = await self.reply()
        self.busy = False
        return reply

    async def reply(self) -> bytes:
        size = int.from_bytes(await self._replies.readexactly(_LENGTH), "big")
        if size > _LARGEST_REPLY:
            raise EOFError(f"a reply of {size} bytes")
        return await self._replies.readexactly(size)

    def spent(self, most: int) -> bool:
        """One more was read; whether a fresh process should take over, since this one holds more than `most` bytes."""
        self.reads += 1
        return self.reads >= READS or (self.reads >= LEAST and self.space() > most)

    def space(self) -> int:
        """Bytes of its address space, as its limit counts them; 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
        except (OSError, ValueError, IndexError):
            return 0

    def wake(self) -> None:
        """Forget that it was to end for being idle."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    async def status(self) -> int | None:
        """How it ended; None when it has not, though it should have."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), _END)
        return self.process.returncode

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def end(self, kill: bool) -> None:
        """End it, gently by the end of its input, and reap it."""
        if kill:
            self.kill()
        self._requests.close()
        try:
            await asyncio.wait_for(self.process.communicate(), _END)
        except TimeoutError:
            self.kill()
            await self.process.communicate()


@cache
def _adapter() -> TypeAdapter[ReadResult]:
    return TypeAdapter(ReadResult)  # slow to build, and a round that brings nothing new needs none


def _result(reply: bytes) -> ReadResult:
    """The reply as a value, checked, its times in `datetime.UTC`."""
    result = _adapter().validate_json(reply)
    documents = (
        replace(d, fetched_at=d.fetched_at.astimezone(UTC), published=d.published and d.published.astimezone(UTC))
        for d in result.documents
    )
    return replace(result, documents=tuple(documents))


def _reason(status: int | None) -> FailureReason:
    if status == -signal.SIGXCPU:
        return FailureReason.CPU_LIMIT
    return FailureReason.MEMORY_LIMIT if status == _OUT_OF_MEMORY else FailureReason.CRASHED
