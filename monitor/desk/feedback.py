"""Feedback as the desk shows it: each correction beside what the model said, and what it says now."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from monitor.asides import aside
from monitor.config import Config
from monitor.corpus.rows import NONE, Labelled
from monitor.desk.corrections import Corrections, label
from monitor.desk.passages import whole
from monitor.domain.documents import digest
from monitor.domain.rulings import ActKind
from monitor.lessons import FEEDBACK
from monitor.logs import log
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import clean
from monitor.opened import Store
from monitor.store.lessons import answers
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.sections.feedback import Correction, Feedback

AT_ONCE = 200  # texts that the model reads again when it is asked
Reading = tuple[str, str | None, float]
"""What the model says of a text: event, status, score."""

_log = log("desk")


class Teaching:
    """A `monitor.web.sections.feedback.Teacher`. The model is loaded when somebody asks it, and not kept."""

    def __init__(self, store: Store, settings: Callable[[], Config], corrections: Corrections) -> None:
        self._store, self._settings, self._corrections = store, settings, corrections
        self._now: dict[str, Reading] = {}  # by the text
        self._task: asyncio.Task[None] | None = None

    async def feedback(self, reader: Reader, start: int, limit: int) -> Feedback:
        """A page of it."""
        t = tongue(reader.t.language, reader.t.zone)
        rows = await asyncio.to_thread(self._corrections.all)
        fresh = {row.id for row in self._corrections.fresh(rows)}
        shown = rows[start : start + limit]
        kept = await self._store.search.documents([row.feedback.document for row in shown if row.feedback])
        asked = [row for row in rows if _text(row) in self._now]
        answered = await answers(self._store.database)
        return Feedback(
            corrections=[self._correction(row, row.id in fresh, kept, t) for row in shown],
            number=len(rows),
            start=start,
            fresh=len(fresh),
            asked=len(asked),
            right=sum(_agrees(row, self._now[_text(row)]) for row in asked),
            false_alarms=answered[ActKind.FALSE_ALARM],
            taken=answered[ActKind.TAKE],
            model=next((row.feedback.model for row in rows if row.feedback and row.id in fresh), ""),
            file=str(self._settings().state_dir / FEEDBACK),
            asking=self._task is not None and not self._task.done(),
        )

    async def correct(self, visitor: Visitor, id: str, event: str, status: str, note: str) -> str:
        """See `Corrections.correct`."""
        return await self._corrections.correct(visitor, id, event, status, note)

    async def learn(self, visitor: Visitor) -> int:
        """See `Corrections.learn`."""
        return await self._corrections.learn(visitor)

    async def ask(self) -> None:
        """Begin, unless it is being done."""
        if self._task is None or self._task.done():
            rows = (await asyncio.to_thread(self._corrections.all))[:AT_ONCE]
            self._task = aside(self._read_again(rows), "reading corrected texts again")

    async def _read_again(self, rows: Sequence[Labelled]) -> None:
        try:
            self._now = await asyncio.to_thread(_readings, rows, self._settings())
        except (ValueError, OSError) as error:  # a damaged model: the page goes on to say that nobody was asked
            _log.error("feedback_not_read_again", error=str(error))

    def _correction(self, row: Labelled, fresh: bool, kept: Collection[str], t: Tongue) -> Correction:
        said = row.feedback
        assert said is not None, "`Corrections.all` has no other rows"
        now, then = self._now.get(_text(row)), said.read_as
        event, status = str(then.get("event_type") or NONE), then.get("status")
        return Correction(
            document_id=said.document,
            title=whole(row.title or clean(row.text, 160), (), 160),
            lang=row.lang,
            kept=said.document in kept,
            said=self._corrections.label(row, t),
            read_as=label(event, status, t),
            score=float(then.get("score") or 0.0),
            now=label(now[0], now[1], t) if now else None,
            score_now=now[2] if now else 0.0,
            right=_agrees(row, now) if now else None,
            fresh=fresh,
        )


def _readings(rows: Sequence[Labelled], settings: Config) -> dict[str, Reading]:
    """The texts as the model reads them now: a second for it to load, some tenths of one for a long text."""
    from monitor.understand.analyst import Analyst
    from monitor.understand.assess import assess_rows

    given = [row.model_dump(include={"id", "lang", "title", "text", "url", "published", "source_kind"}) for row in rows]
    read = assess_rows(given, Analyst(settings.platforms))
    return {
        _text(row): (str(said["event_type"]), said["status"], float(said["score"]))
        for row, said in zip(rows, read, strict=True)
    }


def _agrees(row: Labelled, now: Reading) -> bool:
    return row.event_type == now[0] and (row.event_type == NONE or row.status == now[1])


def _text(row: Labelled) -> str:
    return digest(row.title, row.text)
