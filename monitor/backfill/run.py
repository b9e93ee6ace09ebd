"""The work of a backfill: what is left of each file, handed out slice by slice, kept as it comes back."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from monitor.backfill.pieces import File, Slice, begins, opened, slices
from monitor.backfill.store import ArchiveStore
from monitor.backfill.work import Failure, Gain
from monitor.backfill.workforce import ClusterLostError, DiedError, Workforce, WorkforceError
from monitor.domain.errors import FailureReason

DEATHS = 2  # of processes over one record, before it is set aside
BROODING = 8  # deaths in a row without any slice done, for each process: then it is no document's fault
PATIENCE = 60.0  # seconds that a cluster which went away is waited for


@dataclass(slots=True)
class Progress:
    """How far it is. Bytes are those on the disk; documents, events and failures are of this run."""

    bytes_total: int = 0
    bytes_done: int = 0
    bytes_before: int = 0  # done in earlier runs
    files: int = 0
    slices: int = 0
    documents: int = 0  # new ones
    folded: int = 0  # seen before, here or in an earlier run
    events: int = 0
    passed: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Documents a second."""
        return (self.documents + self.folded) / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds that what is left takes at this pace."""
        done = self.bytes_done - self.bytes_before
        return self.seconds * (self.bytes_total - self.bytes_done) / done if done > 0 else None


@dataclass(frozen=True, slots=True)
class Ended:
    """A slice that was kept."""

    path: str
    start: int
    end: int
    documents: int
    events: int
    failures: Sequence[Failure]


class Run:
    """One run. `hire` gives the workers, again when they were lost; `heard` is told of each slice that was kept."""

    def __init__(
        self, store: ArchiveStore, hire: Callable[[], Workforce], heard: Callable[[Ended, Progress], None]
    ) -> None:
        self.progress = Progress()
        self._store, self._hire, self._heard = store, hire, heard
        self._first: deque[Slice] = deque()  # before all else: what is left of slices
        self._in_hand: dict[asyncio.Future[Gain], Slice] = {}
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._brooding = 0
        self._scale: dict[str, float] = {}  # bytes on the disk for each place of a file
        self._stopped = asyncio.Event()
        self.unreadable: dict[str, str] = {}  # files that cannot be read any more, and why: left for another run

    def stop(self) -> None:
        """End as soon as what just came back is kept."""
        self._stopped.set()

    async def over(self, files: Sequence[File]) -> bool:
        """Read all of them; False when it was stopped. Raises WorkforceError, and what the store raises."""
        left = []
        for file in files:
            done = await self._store.begin(file)
            self._scale[file.path] = file.bytes / max(file.size, 1)
            before = round(sum(end - start for start, end in done) * self._scale[file.path])
            self.progress.bytes_total += file.bytes
            self.progress.bytes_done += before
            self.progress.bytes_before += before
            self.progress.files += 1
            left.append(slices(file, done))
        todo = chain.from_iterable(left)
        hired = await asyncio.to_thread(self._hire)
        try:
            while True:
                try:
                    return await self._work(hired, todo)
                except ClusterLostError:
                    self._first.extend(self._in_hand.values())
                    self._drop()
                    await asyncio.to_thread(hired.close)
                    hired = await self._again()
        finally:
            self._drop()
            await asyncio.to_thread(hired.close)

    def _drop(self) -> None:
        for future in self._in_hand:
            future.cancel()
        self._in_hand.clear()

    async def _again(self) -> Workforce:
        """Workers in the place of one that was lost, if it comes back in time. Raises ClusterLostError."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return await asyncio.to_thread(self._hire)
            except ClusterLostError:
                if time.monotonic() > until or self._stopped.is_set():
                    raise

    async def _work(self, hired: Workforce, todo: Iterator[Slice]) -> bool:
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            while not self._stopped.is_set():
                room = await asyncio.to_thread(lambda: hired.room)
                while len(self._in_hand) < room and (piece := self._next(todo)) is not None:
                    self._in_hand[asyncio.wrap_future(hired.submit(piece))] = piece
                if not self._in_hand:
                    return True
                either: set[asyncio.Future[Any]] = {*self._in_hand, stopped}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                for future in [one for one in self._in_hand if one.done()]:
                    await self._came(hired, future)
            return False
        finally:
            stopped.cancel()

    def _next(self, todo: Iterator[Slice]) -> Slice | None:
        while (piece := self._first.popleft() if self._first else next(todo, None)) is not None:
            if piece.file.path not in self.unreadable:
                return piece
        return None

    async def _came(self, hired: Workforce, future: asyncio.Future[Gain]) -> None:
        piece = self._in_hand[future]
        try:
            gain = future.result()
        except BaseException as error:
            told = hired.fault(error)
            if isinstance(told, ClusterLostError):
                raise told from error
            del self._in_hand[future]
            if isinstance(told, DiedError):
                await self._died(piece, hired)
            elif isinstance(told, OSError):
                self.unreadable[piece.file.path] = f"{told.strerror or told}"
            else:
                raise
            return
        del self._in_hand[future]
        self._brooding = 0
        await self._keep(piece, gain)

    async def _keep(self, piece: Slice, gain: Gain) -> None:
        fresh, events = await self._store.keep(piece, gain)
        now = self.progress
        now.slices += 1
        now.bytes_done += round((gain.reached - piece.start) * self._scale[piece.file.path])
        now.documents += fresh
        now.folded += len(gain.documents) - fresh
        now.events += events
        now.passed += gain.passed
        now.failures.update(one.reason.value for one in gain.failures)
        if gain.reached < piece.end:
            self._first.append(piece.rest(gain.reached))
        self._heard(Ended(piece.file.path, piece.start, gain.reached, fresh, events, gain.failures), now)

    async def _died(self, piece: Slice, hired: Workforce) -> None:
        """Its records one by one; one over which processes die again and again is set aside, with its name."""
        self._brooding += 1
        if self._brooding > BROODING * hired.room:
            raise WorkforceError(
                "every process that is started dies: is there memory for it (dmesg)? Try fewer --workers"
            )
        if piece.most > 1:
            self._first.append(replace(piece, most=1))
            return
        self._deaths[piece.file.path, piece.start] += 1
        if self._deaths[piece.file.path, piece.start] < DEATHS:
            self._first.append(piece)
            return
        first, behind = await asyncio.to_thread(_bounds, piece)
        detail = f"{DEATHS} processes died over it"
        culprit = Failure(first, "", FailureReason.CRASHED, detail)
        await self._keep(piece, Gain(min(behind, piece.end), taken=1, failures=[culprit]))


def _bounds(piece: Slice) -> tuple[int, int]:
    """Where the first record of a slice begins, and the one behind it."""
    with opened(piece.file) as raw:
        first = begins(piece.file, raw, piece.start)
        return first, begins(piece.file, raw, first + 1)
