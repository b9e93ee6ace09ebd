"""The path, top to bottom: capture -> documents -> signals -> incidents -> alerts (docs/path.md).

What a capture changes is kept whole or not at all. Nothing is decided here: every rule is a function of the domain.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

from monitor.deciding import Decided, Deciding, Watch
from monitor.domain.assembly import pass_time
from monitor.domain.documents import Capture
from monitor.domain.errors import ConflictError, FailureReason, UnavailableError
from monitor.domain.incidents import Incident
from monitor.intake import Intake, Reading
from monitor.ports import Analyst, Inbox, Ledger, Meter, Reader
from monitor.steps import Claim, Step
from monitor.tracing import span

_log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # of a capture in hand; a dead daemon's capture is taken over after it
HANDFUL = 32  # captures taken at once, when there are so many
PATIENCE = 5.0  # seconds of reading, after which the rest of a handful is left for the next step
TRIES = 5  # of a step, before its capture is set aside
AT_ONCE = 100  # incidents that time passes for in one go
CONFLICTS = 8  # tries of one step against rows that others change
FIRST_WAIT = 0.005  # seconds at most before the second of them, doubled with each
BACKOFF = timedelta(seconds=10)  # doubles with each try
DETAIL = 500  # characters of an error's words that are kept


class Pipeline:
    """Takes captures from the inbox to the outbox. `timer` gives seconds, for the durations of the meter alone."""

    def __init__(
        self,
        reader: Reader,
        analyst: Analyst,
        inbox: Inbox,
        ledger: Ledger,
        meter: Meter,
        watch: Watch,
        timer: Callable[[], float] = perf_counter,
    ) -> None:
        self._intake = Intake(reader, analyst, ledger, meter, timer)
        self._inbox, self._ledger = inbox, ledger
        self._meter, self._timer = meter, timer
        self.lease = LEASE
        self._owed: list[Claim[Capture]] = []  # to be given back when the inbox answers again
        self._random = random.Random()  # noqa: S311 - spreads the tries of several daemons
        self._in_turn = asyncio.Lock()  # steps may read side by side; what they decide, they decide one after the other
        self.configure(watch)

    def configure(self, watch: Watch) -> None:
        """Swap the configuration: steps that begin from now on see the new one."""
        self._watch, self._deciding = watch, Deciding(self._ledger, watch)
        self._ticked: datetime | None = None

    async def step(self, now: datetime) -> bool:
        """Take the oldest captures all the way, a handful at once. False when nothing is to be claimed now.

        What fails for one capture gives that one back and, after TRIES, sets it aside, so that it blocks no other.
        Raises UnavailableError alone, when nothing can be read or kept at present (and CancelledError at a stop); what
        is in hand is given back then, and the try does not count.
        """
        while self._owed:
            with suppress(ConflictError):
                await self._inbox.release(self._owed[-1], now, "", counts=False)
            self._owed.pop()
        claims = await self._inbox.claim_some(now, self.lease, HANDFUL)
        started = self._timer()
        try:
            if claims:
                with span("path", captures=len(claims)):
                    await self._take(claims, now)
        except (UnavailableError, asyncio.CancelledError) as error:  # no fault of the captures: it counts as no try
            for claim in claims:
                try:
                    await self._inbox.release(claim, now + BACKOFF, _words(error), counts=False)
                except ConflictError:  # it was settled, or given back: it is not ours any more
                    continue
                except UnavailableError:
                    self._owed.append(claim)
            raise
        if claims:
            self._meter.stepped(now, self._timer() - started)
        return bool(claims)

    async def _take(self, claims: Sequence[Claim[Capture]], now: datetime) -> None:
        before, until = await self._ledger.before({claim.item.source_id for claim in claims}), self._timer() + PATIENCE
        readings: list[tuple[Claim[Capture], Reading]] = []
        for claim in claims:
            if readings and self._timer() > until:
                await self._inbox.release(claim, now, "", counts=False)
                continue
            async with self._minding(claim, now):
                if claim.tries > TRIES:  # it was claimed and never given back: it takes the daemon down with it
                    raise RuntimeError(f"left in hand {claim.tries - 1} times")
                source = self._watch.sources.get(claim.item.source_id)
                reading = await self._intake.read(claim.item, source, before[claim.item.source_id])
                readings.append((claim, reading))
        documents = [document.id for _, reading in readings for document in reading.result.documents]
        understood = await self._ledger.content_hashes(documents)
        quiet: list[tuple[Claim[Capture], Reading]] = []
        for claim, reading in readings:
            async with self._minding(claim, now):
                await self._intake.understand(reading, understood, now)
                if reading.quiet:
                    quiet.append((claim, reading))
                else:
                    await self._settle(claim, reading, now)
        await self._keep_quiet(quiet, now)

    async def _keep_quiet(self, quiet: Sequence[tuple[Claim[Capture], Reading]], now: datetime) -> None:
        """By one commit what nobody waits for; when that fails, one by one."""
        if not quiet:
            return
        try:
            with span("keep", captures=len(quiet)):
                await self._ledger.keep(*(_step(claim, reading, Decided(), now) for claim, reading in quiet))
        except UnavailableError:
            raise
        except Exception as error:
            _log.debug("a handful of %d is kept one by one", len(quiet), exc_info=error)
            for claim, reading in quiet:
                async with self._minding(claim, now):
                    await self._settle(claim, reading, now)

    @asynccontextmanager
    async def _minding(self, claim: Claim[Capture], now: datetime) -> AsyncIterator[None]:
        """What fails within gives the capture back, and no other."""
        try:
            yield
        except UnavailableError:
            raise
        except ConflictError as error:  # others were faster, again and again: no fault of the capture
            _log.info("capture %s waits for its turn: %s", claim.item.id, error)
            with suppress(ConflictError):  # it is another's by now
                await self._inbox.release(claim, now + BACKOFF, _words(error), counts=False)
        except Exception as error:
            _log.warning("step failed on capture %s, try %d", claim.item.id, claim.tries, exc_info=error)
            await self._give_back(claim, error, now)

    async def tick(self, now: datetime) -> int:
        """What time alone changes: dates that have come, days left. Returns how many alerts were decided.

        Cheap to call often: rules count in days, so it looks once an hour, and after a reload (another exposure), at
        some incidents at once and without keeping others waiting. When one makes that fail, those with it are looked
        at one by one, and it is logged. Raises UnavailableError.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour == self._ticked:
            return 0
        deciding = self._deciding
        ids = await self._ledger.open_ids(now)
        decided = await self.look_again(ids, now)
        if deciding is self._deciding:  # else a reload came between, and asks for another look
            self._ticked = hour
        return decided

    async def look_again(self, ids: Sequence[str], now: datetime) -> int:
        """Decide again of those incidents; returns how many alerts were decided. Raises UnavailableError."""
        decided = 0
        for start in range(0, len(ids), AT_ONCE):
            async with self._in_turn:
                decided += await self._passes(ids[start : start + AT_ONCE], now)
        return decided

    async def _passes(self, ids: Sequence[str], now: datetime, tries: int = CONFLICTS) -> int:
        try:
            turn = await self._ledger.turn()
            return await self._pass(await self._ledger.incidents(ids), turn, now)
        except UnavailableError:
            raise
        except ConflictError:
            if tries == 1:
                raise
            return await self._passes(ids, now, tries - 1)
        except Exception as error:
            if len(ids) == 1:
                _log.error("time does not pass for incident %s", ids[0], exc_info=error)
                return 0
            _log.warning("time does not pass for all incidents at once", exc_info=error)
        return sum([await self._passes([id], now) for id in ids])

    async def _pass(self, incidents: Sequence[Incident], turn: int, now: datetime) -> int:
        moved = {incident.id: later for incident in incidents if (later := pass_time(incident, now))}
        decided = await self._deciding.say([moved.get(incident.id, incident) for incident in incidents], now)
        # That nothing happened to the others is nothing to keep.
        decided.held = [held for held in decided.held if held.incident_id in moved]
        decided.incidents = tuple(moved.values())
        if decided.incidents or decided.told or decided.untold or decided.withdrawn:
            await self._ledger.keep(replace(decided.step(now), turn=turn))
            self._count(decided, now)
        return len(decided.told)

    # --- what it changes, and who hears of it

    async def _settle(self, claim: Claim[Capture], read: Reading, now: datetime) -> None:
        """Decide from fresh rows and keep it all; again when somebody else changed those rows first."""
        conflicts = 0
        async with self._in_turn:
            while True:
                turn = await self._ledger.turn() if read.evidence else None
                with span("decide", capture=claim.item.id, evidence=len(read.evidence)) as deciding:
                    decided = await self._deciding.resolve(read.evidence, now)
                    deciding.add(incidents=len(decided.incidents), deliveries=len(decided.deliveries))
                try:
                    with span("keep", capture=claim.item.id):
                        await self._ledger.keep(replace(_step(claim, read, decided, now), turn=turn))
                except ConflictError:
                    conflicts += 1
                    if conflicts == CONFLICTS:
                        raise
                    await asyncio.sleep(self._random.uniform(0, FIRST_WAIT * 2**conflicts))
                else:
                    self._count(decided, now)
                    return

    # --- what went wrong, and what is counted

    async def _give_back(self, claim: Claim[Capture], error: Exception, now: datetime) -> None:
        detail = _words(error)
        with suppress(ConflictError):  # the lease ran out: whoever holds the capture now sees to it
            if claim.tries >= TRIES:
                quarantine = FailureReason.STEP_FAILED
                await self._ledger.keep(Step(at=now, capture=claim, quarantine=quarantine, detail=detail))
            else:
                await self._inbox.release(claim, now + BACKOFF * 2 ** (claim.tries - 1), detail)

    def _count(self, decided: Decided, now: datetime) -> None:
        for incident in decided.incidents:
            opened = incident.revision == 1
            self._meter.changed(incident, now - incident.evidence[0].published if opened else None)
        for delivery in {delivery.alert_id: delivery for delivery in decided.deliveries}.values():
            self._meter.decided("send", delivery.reason.value)
        for held in decided.held:
            self._meter.decided("hold", held.hold.reason.value)


def _words(error: BaseException) -> str:
    """The error as a row can hold it: short, and without the characters that a database refuses."""
    text = f"{type(error).__name__}: {error}"[:DETAIL]
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _step(claim: Claim[Capture], read: Reading, decided: Decided, now: datetime) -> Step:
    result = read.result
    return replace(
        decided.step(now),
        capture=claim,
        documents=read.documents,
        assessments=read.assessments,
        faint=[one for one in read.evidence if one.signal.faint],
        seen=result.seen,
        rejected=[(entry.key, entry.reason, entry.detail) for entry in result.rejected],
        wanted_pages=read.wanted,
        quarantine=result.failure,
        detail=read.detail or result.detail,
        harvest=read.harvest,
    )
