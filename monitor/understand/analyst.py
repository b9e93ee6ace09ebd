"""From a document to its signals: windows judged, those on one event merged, the facts of each event gathered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitor.domain import changes
from monitor.domain.documents import Document
from monitor.domain.incidents import AUDIBLE
from monitor.domain.platforms import Platform
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority, Source
from monitor.understand import cues, regions
from monitor.understand.denials import denied, offered
from monitor.understand.encoder import E5, Encoder, Vectors, meaning
from monitor.understand.facts import Extractor, Facts
from monitor.understand.findings import (
    NOTHING,
    RETOLD,
    SURER,
    Finding,
    Stated,
    among,
    backed,
    by_weight,
    distinct,
    doubt,
    grouped,
    has_words_for,
    in_time,
    leanings,
    nearby,
    one_of_kin,
    reasons,
    retold,
    stretch_of,
    told_in,
    verdict,
    within,
)
from monitor.understand.machine import Matrix
from monitor.understand.model import Days, Judgement, Model, naming
from monitor.understand.seen import Cut, Seen, see
from monitor.understand.windows import Window, lead, tells, weight
from monitor.understand.wording import buckets

MARGIN = 0.85  # of the way from the threshold to 1: a lead that is no surer may only announce what a passage tells
ROOM = 1_000  # how much of a long text is read beside its lead, by weight: some 25 ms
DOUBT = 0.5  # what a window that may settle a doubt is preferred by, in the gate's decisions
OVERHEAD = 60  # what a window costs beside its words
MOST_SIGNALS = 5
FAINT = 0.05  # the score from which on a text without signals may deny what is open (`monitor.domain.faint`)
_TRUSTED = {Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT}


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate held of a window: from `admitted` on it is worth reading. `opened` also for who has authority, and
    for what names a known platform."""

    decision: float
    admitted: float
    opened: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How a document was read. `deciding` is the window that decided its main event, or came nearest to one; `odds`
    gives that window's log odds of an event with each cut made, an encoding each."""

    seen: Seen
    deciding: Window
    leads: bool  # whether it is the lead, with the title
    gate: Gate
    windows: int
    read: int
    model: str
    odds: Callable[[Sequence[Cut]], list[float]]
    retold: bool = False  # whether it would report events, and all of them took effect long ago

    @property
    def days(self) -> Days:
        """The days that the deciding window names."""
        return self.seen.days(self.deciding)


class Analyst:
    """Understands documents. Built once; safe in any thread; deterministic."""

    def __init__(
        self, platforms: tuple[Platform, ...], model: Model | None = None, encoder: Encoder | None = None
    ) -> None:
        self._extractor = Extractor(platforms)
        self._above = {one.name: {above for above in (one.parent, *one.ancestors) if above} for one in platforms}
        self._model = model or Model.load()
        self._encoder: Encoder = encoder or E5()

    def worth_a_page(self, document: Document, source: Source) -> bool:
        """Whether a short entry may be about a risk: who speaks, a platform's name, or a cue word. No encoder runs."""
        if source.authority in _TRUSTED:
            return True
        seen = see(document, source, self._extractor)
        risk = set(cues.RISK.values())
        if any(cue.hint in risk for cue in cues.find(f"{seen.title}\n{seen.text}", seen.lang)):
            return True
        return bool(seen.mentions.platforms)

    def assess(self, document: Document, source: Source) -> Assessment:
        """The document's signals, its main topic first. CPU: 3 ms for what the gate stops, 15 ms for another entry,
        a tenth of a second for a long page."""
        seen = see(document, source, self._extractor)
        first = seen.windows[0]
        windows, judgements, vectors, decisions = self._read(seen, seen.windows)
        threshold = self._model.threshold
        signals = self._signals(seen, self._groups(seen, first, windows, judgements, threshold))
        news = [signal for signal in signals if not retold(signal, seen.mentions.dates, seen.published)]
        faint = None if signals else self._faint(seen, first, windows, judgements)
        scores = [judgement.score for window, judgement in zip(windows, judgements, strict=True) if window is first]
        glanced = 0.0 if scores else float(self._model.dismissed(decisions[0]))
        best = max([*scores, glanced, *(signal.score for signal in news)])
        best = best if news or not signals else min(best, RETOLD)
        told = tuple(round(float(x), 4) for x in meaning(vectors[0])) if windows and windows[0] is first else ()
        return Assessment(
            document.id, seen.lang, round(best, 4), distinct(news), told, model=self._model.version, faint=faint
        )

    def assess_as(self, document: Document, source: Source, event: EventType, status: Status, score: float) -> Signal:
        """The signal that the document would give if it reported this event: for a verdict from elsewhere."""
        seen = see(document, source, self._extractor)
        return self._signal(seen, event, status, score, [lead(seen.title, seen.text)], seen.facts(event, status, None))

    @property
    def threshold(self) -> float:
        """The score from which on a document reports an event."""
        return self._model.threshold

    def reading(self, document: Document, source: Source) -> Reading:
        """How `assess` comes to its verdict, for whoever asks why."""
        seen = see(document, source, self._extractor)
        windows = seen.windows
        read, judgements, _, decisions = self._read(seen, windows)
        groups = self._groups(seen, windows[0], read, judgements, self._model.threshold)
        signals = self._signals(seen, groups)
        past = bool(signals) and all(retold(one, seen.mentions.dates, seen.published) for one in signals)
        best = max(range(len(read)), key=lambda number: judgements[number].score, default=None)
        deciding = by_weight(groups[0])[0] if groups else windows[0] if best is None else read[best]
        leads = deciding is windows[0]

        def odds(cuts: Sequence[Cut]) -> list[float]:
            vectors = self._encoder.encode([cut.words for cut in cuts])
            hinted = np.array([seen.hints(deciding, leads, cut) for cut in cuts])
            return self._model.log_odds([buckets(cut.words) for cut in cuts], vectors, hinted) if len(cuts) else []

        decision = float(decisions[next(number for number, one in enumerate(windows) if one is deciding)])
        gate = Gate(decision, self._model.admitted, any(one is deciding for one in read))
        return Reading(seen, deciding, leads, gate, len(windows), len(read), self._model.version, odds, past)

    def _read(self, seen: Seen, windows: Sequence[Window]) -> tuple[list[Window], list[Judgement], Vectors, Matrix]:
        """The windows worth reading, what the model holds of each and their vectors; and what the gate held of all.
        Of who speaks with authority, the lead is always read, if it tells anything.
        """
        hinted = np.array([seen.hints(window, window is windows[0]) for window in windows])
        decisions = self._model.glanced(self._encoder.glance([window.words for window in windows]), hinted)
        vectors = np.zeros((0, self._encoder.dimensions), dtype=np.float32)
        judged: list[Judgement] = []
        telling = naming(hinted) | np.array([tells(window.words) for window in windows])
        admitted = self._model.admits(decisions, hinted) & telling
        if leading := bool(admitted[0] or (telling[0] and seen.source.authority in _TRUSTED)):
            vectors = self._encoder.encode([windows[0].words])
            judged = self._model.judge([buckets(windows[0].words)], vectors, hinted[:1])
        read = [0] if leading else []
        turns = [self._promising(seen, windows, decisions, admitted, judged)]
        if seen.stories:  # the last first: where it reports nothing, the others need not be read
            turns = [[number] for number in range(len(windows) - 1, 0, -1)] if leading and admitted.all() else []
        for others in filter(None, turns):
            surer = 0 if len(judged) == 1 or seen.paired else SURER
            if seen.stories and judged[0 if seen.paired else -1].score < self._model.threshold + surer:
                break
            beside = self._encoder.encode([windows[number].words for number in others])
            told = self._model.judge([buckets(windows[n].words) for n in others], beside, hinted[others])
            if seen.paired:
                judged.append(backed(told[0], windows[others[0]], seen.lang, others == [1], self._model.threshold))
            else:
                judged += [among(one, len(windows) - 1) for one in told]
            vectors = np.concatenate([vectors, beside])
            read += others
        return [windows[number] for number in read], judged, vectors, decisions

    def _promising(
        self,
        seen: Seen,
        windows: Sequence[Window],
        decisions: Matrix,
        admitted: npt.NDArray[np.bool_],
        first: Sequence[Judgement],
    ) -> list[int]:
        """Which windows to read beside the lead: those that the gate, which knows their cue words and names, holds
        likeliest, each beside the words of those before, as many as `ROOM` has room for. A lead in doubt has first what
        may settle it: windows with words for what it seems to tell, and those of its own text."""
        firm = self._firm_from
        doubted = first[0].event if first and self._model.threshold / 2 <= first[0].score < firm else None

        def promise(number: int) -> float:
            decision, window = float(decisions[number]), windows[number]
            if doubted and has_words_for(doubted, window.words, seen.lang):
                decision += DOUBT * (2 if window.end <= windows[0].end else 1)
            return decision

        room, taken = ROOM, list[int]()
        for number in sorted((n for n in range(1, len(windows)) if admitted[n]), key=promise, reverse=True):
            window = windows[number]
            cost = weight(window.words) + OVERHEAD
            shared = any(window.start < windows[n].end and windows[n].start < window.end for n in taken)
            if cost <= room and not shared:
                taken.append(number)
                room -= cost
        return taken

    def _faint(
        self, seen: Seen, first: Window, windows: Sequence[Window], judgements: Sequence[Judgement]
    ) -> Signal | None:
        """What a document without signals may yet report. What is barely audible, or announces an offer ("last days of
        our sale"), tells of none, unless it denies."""
        for group in self._groups(seen, first, windows, judgements, FAINT)[:1]:
            (signal,) = self._signals(seen, [group])
            heard = signal.score >= AUDIBLE and not offered(seen.title, seen.lang)
            if heard or signal.status is Status.REVERSED:
                return replace(signal, leanings=leanings(group))
        return None

    def _groups(
        self, seen: Seen, first: Window, windows: Sequence[Window], judgements: Sequence[Judgement], least: float
    ) -> list[list[Finding]]:
        """What the windows that score `least` or more report, event by event."""
        sure = [one for one in zip(windows, judgements, strict=True) if one[1].score >= least]
        if seen.stories:  # they are told apart where each reports an event
            whole = len(sure) == 1 or (len(sure) <= len(seen.stories) and not seen.paired)
            sure = sure[:1] if whole else sure[1:]
        elif seen.items and len(sure) > 1:  # the lead of a round-up tells a bit of each of its stories
            sure = [one for one in sure if one[0] is not first]
        if len(sure) == 1:  # there is nothing to tell it from
            ((window, judgement),) = sure
            nowhere = window.start, window.start
            return [[Finding(window, judgement, NOTHING, window is first, nowhere, frozenset())]]

        def finding_of(window: Window, judgement: Judgement) -> Finding:
            told = seen.facts(judgement.event, judgement.status, (window.start, window.end))
            telling = window.start, window.end
            if not seen.stories:
                telling = told_in(seen.text, seen.lang, window, judgement.event)
            places = {m.value for m in within(seen.mentions.regions, telling)}
            return Finding(window, judgement, told, window is first, telling, frozenset(places & set(told.regions)))

        findings = [finding_of(window, judgement) for window, judgement in sure]
        said = [f for f in findings if f.leads or has_words_for(f.judgement.event, f.window.words, seen.lang)]
        said = findings if seen.paired else said
        groups = grouped(said or findings, self._firm_from, self._above)[:MOST_SIGNALS]
        if seen.stories and len(groups) == 1:  # they are of one event
            return self._groups(seen, first, windows[:1], judgements[:1], least)
        return groups

    @property
    def _firm_from(self) -> float:
        """The score from which on a lead tells by itself."""
        return self._model.threshold + MARGIN * (1 - self._model.threshold)

    def _firm(self, finding: Finding) -> bool:
        return finding.judgement.score >= self._firm_from

    def _signals(self, seen: Seen, groups: Sequence[Sequence[Finding]]) -> list[Signal]:
        """One for each event."""
        signals = []
        for group in groups:
            event, status = verdict(group)
            elsewhere = [one.telling for other in groups if other is not group for one in other]
            whole = len(groups) == 1 and any(f.leads and (len(group) == 1 or self._firm(f)) for f in group)
            if whole and denied(seen.title, seen.text, seen.lang):
                status = Status.REVERSED
            stretch = None if whole else stretch_of(group)
            found = seen.facts(event, status, stretch, elsewhere)
            telling = max(group, key=lambda finding: finding.judgement.score).telling
            several = len(groups) > 1 and stretch is not None and stretch[0] > 0
            if several and within(seen.mentions.platforms, telling):  # not the first of several
                closer = seen.facts(event, status, telling, elsewhere)
                found = replace(closer, effective_date=closer.effective_date or found.effective_date)
            ruled = bool(seen.stories) and event is EventType.TRADE_RULE  # it hits no platform that only another names
            if stretch and (ruled or stretch[0] > 0) and not any(finding.leads for finding in group):
                found = nearby(found, stretch)
            score = max(finding.judgement.score for finding in group)
            said = self._signal(seen, event, status, score, by_weight(group), found)
            signals.append(replace(said, doubt=doubt(group, event)))
        return signals

    def _signal(
        self, seen: Seen, event: EventType, status: Status, score: float, windows: Sequence[Window], facts: Facts
    ) -> Signal:
        """`windows` report it, the deciding one first."""
        found = one_of_kin(event, facts, self._above)
        status = in_time(status, found, seen.published)
        stated = Stated.of(found, seen.mentions)
        titled = "" if seen.changed else seen.title  # no words of ours are a reason
        why = reasons(titled, seen.text, seen.lang, windows, event, status, stated)
        if seen.changed and why:
            start, end = changes.around(seen.text, why[0].start)
            if end - start <= changes.QUOTED:
                why = replace(why[0], start=start, end=end, quote=seen.text[start:end]), *why[1:]
        spans = (*why, *found.spans)
        return Signal(
            event,
            status,
            found.platforms,
            found.regions,
            found.effective_date,
            found.deadlines,
            round(score, 4),
            seen.quoted(spans),
            supposed=regions.supposed(found.regions, seen.mentions.regions, seen.source.countries),
        )
