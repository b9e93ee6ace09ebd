"""Uploads of what a seller has at stake: compared with what counts now, and kept when somebody confirms."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from monitor.config import Config, ConfigError, Problem
from monitor.config.kept_exposure import Checked, checked, place, read, write
from monitor.config.named import known
from monitor.config.sheet import Line
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import TIED_UP, Part, Position, Seller
from monitor.domain.people import Record
from monitor.notify.wording import clean
from monitor.store.people import SqlPeople
from monitor.web.access import Visitor
from monitor.web.sections.upload import GONE, MOST_BYTES, Change, Check, Fault, Leaves, Row, State, Total
from monitor.web.speech import NotDoneError, noop

FOR = timedelta(minutes=15)  # a check is kept
MOST_WAITING = 20  # checks at once; the oldest goes
MOST_SHOWN, MOST_FAULTS = 150, 100  # lines, and faults or positions beside them, that are listed
_ORDER: Mapping[State, int] = {"wrong": 0, "changed": 1, "new": 2, "other": 3, "right": 4, "same": 5}
_NOBODY = noop("There is no such seller.")

Reload = Callable[[], Awaitable[None]]
"""Reads the configuration again and takes it whole, or raises ConfigError and changes nothing."""

_CHANGED = noop("The figures have changed since: upload the file again, and look once more.")


class Sharing(Protocol):
    """Other desks that count by the same figures. `lock` is held while they change here."""

    lock: asyncio.Lock

    async def put(self, seller_id: str, content: bytes | None) -> None:
        """What is written here already is everybody's. Raises ConflictError when another desk was faster, and
        UnavailableError."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    who: str
    content: bytes
    before: Seller
    check: Check


class UploadsHere:
    """A `monitor.web.sections.upload.Uploads`."""

    def __init__(
        self,
        people: SqlPeople,
        settings: Callable[[], Config],
        now: Callable[[], datetime],
        reload: Reload | None,
        sharing: Sharing | None = None,
    ) -> None:
        self._people, self._settings, self._now, self._reload = people, settings, now, reload
        self._waiting: dict[str, _Waiting] = {}  # the oldest first
        self._sharing = sharing
        self._one_by_one = sharing.lock if sharing else asyncio.Lock()

    async def check(self, visitor: Visitor, seller_id: str, name: str, content: bytes) -> Check:
        """As the settings are now. It waits to be taken, by the same visitor, for a while."""
        if len(content) > MOST_BYTES:
            raise NotDoneError(noop("The file is larger than 1 MB."))
        if not content:
            raise NotDoneError(noop("The file is empty, or none was chosen."))
        settings, name = self._settings(), clean(name, 80) or "exposure.csv"
        before = _seller(settings, seller_id)
        names = known(settings.platforms)
        try:
            found = await asyncio.to_thread(checked, settings.directory, seller_id, content, name, names)
        except LookupError:
            raise NotDoneError(noop("The files of the configuration have faults: sellerwatch check-config.")) from None
        self._sweep()
        for id in list(self._waiting)[: max(0, len(self._waiting) + 1 - MOST_WAITING)]:
            del self._waiting[id]
        check = _compared(secrets.token_urlsafe(18), before, found, name, self._now() + FOR)
        self._waiting[check.id] = _Waiting(visitor.name, content if check.good else b"", before, check)
        return check

    async def checked(self, visitor: Visitor, id: str) -> Check:
        """The one of that id, unless it is somebody else's."""
        return self._found(visitor, id).check

    async def take(self, visitor: Visitor, id: str) -> str:
        """Keep it, and read all again. What was kept before comes back if that is refused."""
        async with self._one_by_one:
            waiting = self._found(visitor, id)
            check = waiting.check
            if not check.good:
                raise NotDoneError(noop("The file has faults: mend them, and upload it again."))
            now = _seller(self._settings(), check.seller_id)
            if (now.positions, now.currency) != (waiting.before.positions, waiting.before.currency):
                raise NotDoneError(_CHANGED)
            await self._swap(check.seller_id, waiting.content)
            self._waiting.pop(id, None)
            await self._record(visitor, "exposure.upload", waiting.before, check.file)
        return check.seller_id

    async def give_back(self, visitor: Visitor, seller_id: str) -> None:
        """What was uploaded is forgotten."""
        async with self._one_by_one:
            settings = self._settings()
            before = _seller(settings, seller_id)
            if seller_id not in settings.kept:
                raise NotDoneError(noop("The figures of the file count already."))
            await self._swap(seller_id, None)
            await self._record(visitor, "exposure.file", before, "")

    def _found(self, visitor: Visitor, id: str) -> _Waiting:
        self._sweep()
        waiting = self._waiting.get(id)
        if waiting is None or waiting.who != visitor.name:
            raise NotDoneError(GONE, minutes=int(FOR.total_seconds() // 60))
        return waiting

    def _sweep(self) -> None:
        now = self._now()
        for id in [id for id, one in self._waiting.items() if one.check.until <= now]:
            del self._waiting[id]

    async def _swap(self, seller_id: str, content: bytes | None) -> None:
        """Another file in place of the one that is kept, or none, and count by it; or all as it was."""
        if self._reload is None:
            raise NotDoneError(noop("This desk cannot have the configuration read again."))
        path = place(self._settings().state_dir, seller_id)
        before = await asyncio.to_thread(read, path)
        read_again = kept = False
        try:
            await asyncio.to_thread(write, path, content)
            await self._reload()
            read_again = True
            if self._sharing:
                await self._sharing.put(seller_id, content)
            kept = True
        except ConfigError as error:
            why = clean(str(error), 300)
            raise NotDoneError(noop("The configuration has faults with it: {why}"), why=why) from None
        except ConflictError:
            raise NotDoneError(_CHANGED) from None
        except OSError as error:
            raise NotDoneError(noop("It cannot be kept: {why}"), why=error.strerror or str(error)) from None
        finally:
            if not kept:
                await asyncio.to_thread(_put_back, path, before)
                if read_again:
                    await self._reload()

    async def _record(self, visitor: Visitor, did: str, before: Seller, file: str) -> None:
        after = _seller(self._settings(), before.id)
        detail = "; ".join(filter(None, (f"{_told(before)} -> {_told(after)}", _differs(before, after), file)))
        record = Record(self._now(), visitor.name, visitor.via, did, before.id, clean(detail, 900), visitor.address)
        await self._people.record(record)


# --- what is compared


def _seller(settings: Config, seller_id: str) -> Seller:
    found = next((one for one in settings.sellers if one.id == seller_id), None)
    if found is None:
        raise NotDoneError(_NOBODY)
    return found


def _compared(id: str, before: Seller, found: Checked, name: str, until: datetime) -> Check:
    after, now = found.seller, {(one.platform, one.country): one for one in before.positions}
    then = {(one.platform, one.country): one for one in after.positions} if after else {}
    faults: dict[int | None, list[Fault]] = {}
    for one in found.problems:
        faults.setdefault(one.line, []).append(_fault(one))
    mine = {"", before.id, before.name.casefold()}
    rows = [_row(line, line.seller.casefold() in mine, faults.pop(line.number, []), now, then, after)
            for line in found.sheet.rows]  # fmt: skip
    rows.sort(key=lambda row: (_ORDER[row.state], row.line))
    left = [Leaves(*key, one.sales_per_day, one.tied_up) for key, one in now.items() if after and key not in then]
    rest = [fault for some in faults.values() for fault in some]
    number = {state: sum(row.state == state for row in rows) for state in _ORDER}
    return Check(
        id=id,
        seller_id=before.id,
        seller=clean(before.name, 80),
        file=name,
        until=until,
        good=after is not None,
        faults=rest[:MOST_FAULTS],
        wrong=len(found.problems),
        rows=rows[:MOST_SHOWN],
        more=len(rows[MOST_SHOWN:]),
        new=number["new"],
        changed=number["changed"],
        same=number["same"],
        gone=left[:MOST_FAULTS],
        more_gone=len(left[MOST_FAULTS:]),
        before=_total(before),
        after=_total(after) if after else None,
    )


def _row(
    line: Line,
    mine: bool,
    faults: Sequence[Fault],
    now: Mapping[tuple[str, str], Position],
    then: Mapping[tuple[str, str], Position],
    after: Seller | None,
) -> Row:
    cells = line.values
    key = cells.get("platform", ""), cells.get("country", "")
    changes: list[Change] = []
    state: State = "wrong" if faults else "right" if mine else "other"
    if state == "right" and after is not None:
        if key in now:
            changes = [Change(part, old, new) for part in Part
                       if (old := now[key].amount(part)) != (new := then[key].amount(part))]  # fmt: skip
        state = "new" if key not in now else "changed" if changes else "same"
    sales, stock, payouts, ads = (_amount(cells.get(part.value, "0")) for part in (Part.SALES, *TIED_UP))
    seller, platform, country, currency = (clean(text, 80) for text in (line.seller, *key, cells.get("currency", "")))
    return Row(line.number, seller, platform, country, currency, sales, stock, payouts, ads, state, changes, faults)


def _amount(text: str) -> Decimal | None:
    """Cells that were read are plain numbers; others are as they stand in the file."""
    number = text.removeprefix("-")
    return Decimal(text) if number.replace(".", "", 1).isdecimal() and number.isascii() and len(text) < 30 else None


def _fault(one: Problem) -> Fault:
    return Fault(one.line, clean(one.key, 80), clean(one.what, 150), clean(one.hint, 150))


def _total(one: Seller) -> Total:
    tied = (sum((position.amount(part) for position in one.positions), Decimal(0)) for part in TIED_UP)
    return Total(one.currency, len(one.positions), one.sales, one.elsewhere, *tied)


def _told(one: Seller) -> str:
    sums = f"{one.sales:.0f} {one.currency} a day, {one.tied_up:.0f} {one.currency} tied up"
    return f"{len(one.positions)} positions, {sums}"


def _differs(before: Seller, after: Seller) -> str:
    """`+ TikTok Shop US, ~ Amazon DE, - eBay GB`: what came, changed and went."""
    was, is_now = ({f"{one.platform} {one.country}": one for one in some.positions} for some in (before, after))
    marks = [f"+ {name}" for name in is_now if name not in was]
    marks += [f"~ {name}" for name in is_now if name in was and was[name] != is_now[name]]
    marks += [f"- {name}" for name in was if name not in is_now]
    return ", ".join(marks)


# --- what is kept


def _put_back(path: Path, before: bytes | None) -> None:
    if path.parent.exists() and read(path) != before:
        write(path, before)
