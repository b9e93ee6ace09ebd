"""Trying addresses from the desk, with the daemon's own fetcher: one at a time, and not many, since each asks somebody
else's server a dozen times."""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.asides import aside
from monitor.config import Config
from monitor.desk.causes import cause_words, to_do
from monitor.domain.people import Record
from monitor.domain.signals import Assessment
from monitor.logs import log
from monitor.notify.tongue import tongue
from monitor.notify.wording import clean, link
from monitor.store.people import SqlPeople
from monitor.try_record import Proposal, propose, warnings
from monitor.try_source import Finding, Say, Understood
from monitor.try_source import Trial as Explored
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.sections.trials import Reported, Sample, Trial, TrialFound, TrialOutcome
from monitor.web.speech import NotDoneError, noop

Explore = Callable[[str, int, Say], Awaitable[Explored]]
"""Address, the pages of how many short entries to open, who hears what is being done: `try_source.explore`."""

KEPT = 20  # trials that are remembered
MOST, WITHIN = 12, timedelta(minutes=10)  # trials of all people together
LIMIT = 180.0  # seconds for one
SHOWN = 600  # characters of a document
MOST_TRIED = 40  # addresses that are named

_log = log("desk")


@dataclass(slots=True)
class _Trial:
    url: str
    who: str
    at: datetime
    doing: str = "waiting"
    explored: Explored | None = None
    proposal: Proposal | None = None
    notes: Sequence[str] = ()


class TrialsHere:
    """A `monitor.web.sections.trials.Trials`; without `explore` nothing can be tried."""

    def __init__(
        self, people: SqlPeople, settings: Callable[[], Config], now: Callable[[], datetime], explore: Explore | None
    ) -> None:
        self._people, self._settings, self._now, self._explore = people, settings, now, explore
        self._known: OrderedDict[str, _Trial] = OrderedDict()
        self._begun: deque[datetime] = deque(maxlen=MOST)
        self._task: asyncio.Task[None] | None = None

    async def begin(self, visitor: Visitor, url: str, follow: int) -> str:
        """The id of a trial that is under way from now on. Raises NotDoneError."""
        now = self._now()
        if self._explore is None:
            raise NotDoneError(noop("Addresses are tried by a running daemon only."))
        if self._task is not None and not self._task.done():
            raise NotDoneError(noop("Another address is being tried. Wait until that is done."))
        if len(self._begun) == MOST and now - self._begun[0] < WITHIN:
            raise NotDoneError(noop("Many addresses were tried just now. Wait a few minutes."))
        self._begun.append(now)
        id, trial = secrets.token_urlsafe(9), _Trial(url, visitor.name, now)
        self._known[id] = trial
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        record = Record(now, visitor.name, visitor.via, "source.try", clean(url), "", visitor.address)
        self._task = aside(self._run(self._explore, trial, follow, record), "try a URL")
        return id

    def trial(self, reader: Reader, id: str) -> Trial | None:
        """As far as it is."""
        known, t = self._known.get(id), tongue(reader.t.language, reader.t.zone)
        if known is None:
            return None
        outcome = None
        if (explored := known.explored) is not None:
            reason = explored.reason.value if explored.reason else ""
            outcome = _outcome(
                explored, known.proposal, known.notes, cause_words(reason, t) if reason else "", to_do(reason, t)
            )
        failed = not known.doing and outcome is None
        return Trial(id, clean(known.url, 400), known.who, known.at, clean(known.doing), failed, outcome)

    async def _run(self, explore: Explore, trial: _Trial, follow: int, record: Record) -> None:
        def say(words: str) -> None:
            trial.doing = words

        try:
            await self._people.record(record)
            async with asyncio.timeout(LIMIT):
                explored = await explore(trial.url, follow, say)
            settings, now = self._settings(), self._now()
            notes = warnings(explored, settings, now)
            try:
                trial.proposal = propose(explored, settings, now)
            except ValueError as error:  # an address that no record can hold
                notes.append(f"no record can be made of it: {error}")
            trial.explored, trial.notes = explored, notes
        except TimeoutError:
            _log.warning("trial_too_long", url=clean(trial.url))
        except Exception as error:  # the page says that it failed; the log says why
            _log.error("trial_failed", url=clean(trial.url), exc_info=error)
        finally:
            trial.doing = ""


def _outcome(
    explored: Explored, proposal: Proposal | None, notes: Sequence[str], reason_words: str, advice: str
) -> TrialOutcome:
    found = explored.found
    look = found.look if found else None
    named = (("ETag", look.etag), ("Last-Modified", look.last_modified)) if look else ()
    return TrialOutcome(
        found=_found(found) if found else None,
        also=[_found(one) for one in explored.findings if one is not found][:5],
        robots=explored.robots,
        validators=[name for name, value in named if value],
        every=str(proposal.record["every"]) if proposal else "",
        every_why=proposal.why if proposal else "",
        notes=[clean(note, 400) for note in notes],
        samples=[_sample(one) for one in explored.understood],
        record=proposal.text if proposal else "",
        tried=[(clean(url, 200), clean(what, 200)) for url, what in explored.tried[:MOST_TRIED]],
        reason=explored.reason,
        reason_words=reason_words,
        to_do=advice,
    )


def _found(one: Finding) -> TrialFound:
    return TrialFound(one.source.kind, clean(one.source.url, 400), link(one.source.url), one.result.items, one.dated)


def _sample(one: Understood) -> Sample:
    document, assessment = one.document, one.assessment
    return Sample(
        title=clean(document.title),
        link=link(document.url),
        lang=clean(assessment.lang or document.lang or "", 12),
        published=document.published,
        text=clean(document.text, SHOWN),
        score=assessment.score,
        reports=_reports(assessment),
    )


def _reports(assessment: Assessment) -> Sequence[Reported]:
    return [
        Reported(
            one.event_type, one.status, one.platforms, one.regions,
            one.effective_date.text if one.effective_date else "", one.score,
        )
        for one in assessment.signals
    ]  # fmt: skip
