"""What people hold documents to say: rows of the feedback file, as `sellerwatch corpus feedback` writes them."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from monitor.config import Config
from monitor.corpus.grow import corrected, keep
from monitor.corpus.rows import NONE, Correction, Labelled, read_file
from monitor.domain.people import Record
from monitor.domain.signals import EventType, Status
from monitor.lessons import FEEDBACK, labels
from monitor.logs import log
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import clean
from monitor.opened import Store
from monitor.understand.encoder import SHIPPED
from monitor.web.access import Visitor
from monitor.web.sections.search import Label
from monitor.web.speech import NotDoneError

_NO_EVENT = noop("no event")
_log = log("desk")


class Corrections:
    """The feedback file. Its calls block for as long as reading it takes; those that write do so in a thread."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._seen: tuple[float, int] = (-1.0, -1)
        self._rows: dict[str, Labelled] = {}  # by document
        self._writing = asyncio.Lock()  # a row is kept by writing the file anew

    def all(self) -> Sequence[Labelled]:
        """The last given first; what cannot be read is left to `sellerwatch corpus check`."""
        path = self._settings().state_dir / FEEDBACK
        try:
            stat = path.stat()
            stamp = (stat.st_mtime, stat.st_size)
        except OSError:
            self._rows, self._seen = {}, (-1.0, -1)
            return ()
        if stamp != self._seen:
            placed, wrong = read_file(path, Labelled)
            rows = sorted((one.row for one in placed if one.row.feedback), key=_given, reverse=True)
            self._rows = {row.feedback.document: row for row in rows if row.feedback}
            self._seen = stamp
            if wrong:
                _log.warning("feedback_not_read", rows=len(wrong), first=str(wrong[0]))
        return tuple(self._rows.values())

    def of(self, document_id: str) -> Labelled | None:
        """What somebody said of that document."""
        self.all()
        return self._rows.get(document_id)

    def label(self, row: Labelled, t: Tongue) -> Label:
        """A row for a page."""
        said = row.feedback
        at = datetime.fromisoformat(said.at) if said else None
        by, note = (clean(said.by, 80), clean(said.note, 300)) if said else ("", "")
        return label(row.event_type, row.status, t, by, at, note)

    async def correct(self, visitor: Visitor, id: str, event: str, status: str, note: str) -> str:
        """Keep what the visitor says of a document; returns its whole id. Raises NotDoneError."""
        document = await self._store.desk.document(id)
        known = await self._store.desk.assessment(document.id) if document else None
        if document is None or known is None:
            raise NotDoneError(noop("There is no such document, or it is not understood yet."))
        if event not in {NONE, *(one.value for one in EventType)}:
            raise NotDoneError(noop("Say which event it reports, or that it reports none."))
        if event != NONE and status not in {one.value for one in Status}:
            raise NotDoneError(noop("Say how sure it is."))
        source = next((one for one in self._settings().sources if one.id == document.source_id), None)
        said = {"event_type": event} if event == NONE else {"event_type": event, "status": status}
        now, note = self._now(), clean(note, 300)
        try:
            row = corrected(document, known, source.authority if source else None, said, visitor.name, now, note)
        except ValueError as error:
            raise NotDoneError("{why}", why=clean(str(error))) from None
        await self._keep([row])
        detail = " ".join(filter(None, (event, status if event != NONE else "", note)))
        await self._record(visitor, "document.correct", document.id, detail)
        return document.id

    async def learn(self, visitor: Visitor) -> int:
        """Keep what people answered to alerts, but for documents of which somebody said something later."""
        last = {row.feedback.document: datetime.fromisoformat(row.feedback.at) for row in self.all() if row.feedback}
        try:
            found = await labels(self._settings(), self._store)
        except ValueError as error:
            raise NotDoneError("{why}", why=clean(str(error))) from None
        rows = [row for row in found if row.feedback and _later(row.feedback, last.get(row.feedback.document))]
        await self._keep(rows)
        await self._record(visitor, "feedback.lessons", "", str(len(rows)))
        return len(rows)

    def fresh(self, rows: Sequence[Labelled]) -> Sequence[Labelled]:
        """Those that were given since the model was trained: they correct what it read itself."""
        return [row for row in rows if row.feedback and row.feedback.model.partition("+")[2] == _trained_on()]

    async def _keep(self, rows: Sequence[Labelled]) -> None:
        path = self._settings().state_dir / FEEDBACK

        def write() -> None:
            for row in rows:
                keep(row, path)

        async with self._writing:
            try:
                await asyncio.to_thread(write)
            except (OSError, ValueError) as error:
                raise NotDoneError(noop("It cannot be written: {why}"), why=clean(str(error))) from None

    async def _record(self, visitor: Visitor, did: str, subject: str, detail: str) -> None:
        record = Record(self._now(), visitor.name, visitor.via, did, subject, detail, visitor.address)
        await self._store.people.record(record)


def _later(said: Correction, than: datetime | None) -> bool:
    return than is None or datetime.fromisoformat(said.at) > than


def label(event: str, status: str | None, t: Tongue, by: str = "", at: datetime | None = None, note: str = "") -> Label:
    """With its words in the reader's language."""
    said = t.say(_NO_EVENT) if event == NONE else t.say(EVENT[EventType(event)])
    return Label(event, said, Status(status) if status else None, by, at, note)


def _given(row: Labelled) -> str:
    return row.feedback.at if row.feedback else ""


@cache
def _trained_on() -> str:
    """The digest of the texts that the model was trained on, which ends its version's name."""
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    return str(card["corpus"]["digest"])
