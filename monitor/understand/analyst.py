"""From a document to its signals: windows judged, those on one event merged, the facts of each event gathered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from monitor.domain.documents import Document
from monitor.domain.places import overlap
from monitor.domain.platforms import Platform
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Authority, Source
from monitor.understand import cues, language
from monitor.understand.encoder import E5, Encoder
from monitor.understand.facts import Extractor, Facts, Mention, Mentions, gather
from monitor.understand.model import Days, Judgement, Model, features
from monitor.understand.windows import Window, lead, passages, sentences

LEAD_WEIGHT = 2.0  # title and lead say what a document is about; a passage says what it mentions too
PASSAGE_MARGIN = 0.1  # a passage alone must be surer than a lead: a long text has many chances to look like an event
MOST_SIGNALS = 5
_TRUSTED = {Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT}
_OF_A_STATE = {EventType.BAN, EventType.TRADE_RULE}
_FAMILY = {EventType.MARKET_EXIT: EventType.SHUTDOWN, EventType.POLICY: EventType.ENFORCEMENT}


@dataclass(frozen=True, slots=True)
class _Finding:
    """A window that reports an event."""

    window: Window
    judgement: Judgement
    facts: Facts
    leads: bool
    telling: tuple[int, int]  # from the first to the last sentence of its text with a word for the event; or nothing
    places: frozenset[str]  # the regions hit that these sentences name

    @property
    def weight(self) -> float:
        return self.judgement.score * (LEAD_WEIGHT if self.leads else 1.0)

    @property
    def family(self) -> EventType:
        return _FAMILY.get(self.judgement.event, self.judgement.event)


class Analyst:
    """Understands documents. Built once; safe in any thread; deterministic."""

    def __init__(
        self, platforms: tuple[Platform, ...], model_dir: Path | None = None, encoder: Encoder | None = None
    ) -> None:
        self._extractor = Extractor(platforms)
        self._above = {platform.name: {platform.parent, *platform.ancestors} for platform in platforms}
        self._model = Model.load(model_dir)
        self._encoder: Encoder = encoder or E5()

    def worth_a_page(self, document: Document, source: Source) -> bool:
        """Whether a short entry may be about a risk: who speaks, a platform's name, or a cue word. No encoder runs."""
        if source.authority in _TRUSTED:
            return True
        lang = language.detect(document.title, document.text, document.lang)
        risk = set(cues.RISK.values())
        if any(cue.hint in risk for cue in cues.find(f"{document.title}\n{document.text}", lang)):
            return True
        return bool(self._extractor.mentions(document.title, document.text, lang, None).platforms)

    def assess(self, document: Document, source: Source) -> Assessment:
        """The document's signals, its main topic first. CPU: 40 ms for a feed entry, some seconds for a long page."""
        title, text = document.title.strip(), document.text
        lang = language.detect(title, text, document.lang)
        published = document.published.date() if document.published else None
        mentions = self._extractor.mentions(title, text, lang, published)
        first = lead(title, text)
        windows = [first, *passages(text)]
        vectors = self._encoder.encode([window.words for window in windows])
        rows = [
            features(
                vector,
                title if window is first else "",
                text[window.start : window.end],
                lang,
                source.authority,
                _days(mentions, window, published),
            )
            for window, vector in zip(windows, vectors, strict=True)
        ]
        judgements = self._model.judge(np.array(rows))

        def facts(
            event: EventType,
            status: Status,
            stretch: tuple[int, int] | None,
            elsewhere: Sequence[tuple[int, int]] = (),
        ) -> Facts:
            known = source.platforms, source.countries
            return gather(mentions, title, text, lang, published, event, status, stretch, *known, elsewhere)

        def passes(window: Window, judgement: Judgement) -> bool:
            if window is first:
                return judgement.score >= self._model.threshold
            sure = judgement.score >= self._model.threshold + PASSAGE_MARGIN
            return sure and _has_words_for(judgement.event, window.words, lang)

        def finding_of(window: Window, judgement: Judgement) -> _Finding:
            told = facts(judgement.event, judgement.status, (window.start, window.end))
            telling = _telling(text, lang, window, judgement.event)
            places = {m.value for m in _within(mentions.regions, telling)}
            return _Finding(window, judgement, told, window is first, telling, frozenset(places & set(told.regions)))

        findings = [
            finding_of(window, judgement)
            for window, judgement in zip(windows, judgements, strict=True)
            if passes(window, judgement)
        ]
        signals = []
        groups = self._grouped(findings)[:MOST_SIGNALS]
        for group in groups:
            event, status = _verdict(group)
            elsewhere = [one.telling for other in groups if other is not group for one in other]
            stretch = None if len(groups) == 1 else _stretch(group)
            found = facts(event, status, stretch, elsewhere)
            telling = max(group, key=lambda finding: finding.judgement.score).telling
            if stretch and stretch[0] > 0 and _within(mentions.platforms, telling):  # not the first of several
                closer = facts(event, status, telling, elsewhere)
                found = replace(closer, effective_date=closer.effective_date or found.effective_date)
            found = self._one_of_kin(event, found)
            status = _in_time(status, found, published)
            deciding = max(group, key=lambda finding: finding.weight).window
            spans = (*_reasons(title, text, lang, deciding, event, status), *found.spans)
            score = max(finding.judgement.score for finding in group)
            signals.append(
                Signal(
                    event,
                    status,
                    found.platforms,
                    found.regions,
                    found.effective_date,
                    found.deadlines,
                    round(score, 4),
                    spans,
                )
            )
        best = max([judgements[0].score, *(signal.score for signal in signals)])
        meaning = tuple(round(float(x), 4) for x in vectors[0])
        return Assessment(document.id, lang, round(best, 4), _distinct(signals), meaning, model=self._model.version)

    def _grouped(self, findings: Sequence[_Finding]) -> list[list[_Finding]]:
        """Findings on one event together, the lead's first, then in the order of the text."""
        groups: list[list[_Finding]] = []
        for finding in sorted(findings, key=lambda finding: (not finding.leads, -finding.judgement.score)):
            for group in groups:
                if group[0].family is finding.family and self._same_event(group[0], finding):
                    group.append(finding)
                    break
            else:
                groups.append([finding])
        return sorted(groups, key=lambda group: (not group[0].leads, min(f.window.start for f in group)))

    def _one_of_kin(self, event: EventType, facts: Facts) -> Facts:
        """Where a platform and a part of it are both named: a ban hits the whole, every other event the part."""
        named = facts.platforms
        parts = {name for name in named if any(above in named for above in self._above.get(name, ()))}
        wholes = {above for name in parts for above in self._above[name] if above in named}
        dropped = parts if event is EventType.BAN else wholes - parts
        gone = {f"platform:{name}" for name in dropped}
        return replace(
            facts,
            platforms=tuple(name for name in named if name not in dropped),
            spans=tuple(span for span in facts.spans if span.says not in gone),
        )

    def _same_event(self, one: _Finding, other: _Finding) -> bool:
        """Whether a platform is shared, is part of one of the other's, or is not named at all; and no place or date
        tells the two apart."""
        pairs = [(a, b) for a in one.facts.platforms for b in other.facts.platforms]
        near = (a == b or a in self._above.get(b, ()) or b in self._above.get(a, ()) for a, b in pairs)
        return (not pairs or any(near)) and not _apart(one, other)


def _apart(one: _Finding, other: _Finding) -> bool:
    """Whether two windows name different places, and what they report are different events for it: acts of two states,
    or closures on two dates."""
    if not one.places or not other.places or overlap(one.places, other.places):
        return False
    if one.family in _OF_A_STATE:
        return True
    days = one.facts.effective_date, other.facts.effective_date
    return days[0] is not None and days[1] is not None and not days[0].agrees(days[1])


def _days(mentions: Mentions, window: Window, published: date | None) -> Days:
    named = (
        mention.value
        for mention in mentions.dates
        if mention.field == "title" or window.start <= mention.start < window.end
    )
    return Days.of(named, str(published) if published else None)


def _telling(text: str, lang: str, window: Window, event: EventType) -> tuple[int, int]:
    """From the first to the last sentence of the window that has a cue word of the event; empty when none has."""
    told = [
        bounds
        for bounds in sentences(text, window.start, window.end)
        if any(cue.hint == cues.RISK[event] for cue in cues.find(text[slice(*bounds)], lang))
    ]
    return (told[0][0], told[-1][1]) if told else (window.start, window.start)


def _within(mentions: Sequence[Mention], stretch: tuple[int, int]) -> list[Mention]:
    return [m for m in mentions if m.field == "text" and stretch[0] <= m.start < stretch[1]]


def _has_words_for(event: EventType, words: str, lang: str) -> bool:
    """Whether a passage has cue words of the event: one that only sounds like it is no signal of its own."""
    return any(cue.hint == cues.RISK[event] for cue in cues.find(words, lang))


def _verdict(group: Sequence[_Finding]) -> tuple[EventType, Status]:
    """Type and status that the group's windows hold together, the lead counting most."""
    event = max(EventType, key=lambda e: sum(f.weight * f.judgement.events[e] for f in group))
    status = max(Status, key=lambda s: sum(f.weight * f.judgement.statuses[s] for f in group))
    return event, status


def _stretch(group: Sequence[_Finding]) -> tuple[int, int]:
    """Where to look for the facts of one of several events: its surest window, and the passages on it that follow."""
    surest = max(group, key=lambda finding: finding.judgement.score).window
    end = surest.end
    for finding in sorted(group, key=lambda finding: finding.window.start):
        if not finding.leads and surest.start <= finding.window.start <= end + 2:
            end = max(end, finding.window.end)
    return surest.start, end


def _in_time(status: Status, facts: Facts, published: date | None) -> Status:
    """Decided and announced for a day that has passed is in effect; in effect from a day to come is decided."""
    day = facts.effective_date
    if day is None or published is None:
        return status
    if status is Status.EFFECTIVE and day.first_day > published:
        return Status.CONFIRMED
    if status is Status.CONFIRMED and day.last_day < published:
        return Status.EFFECTIVE
    return status


def _reasons(title: str, text: str, lang: str, window: Window, event: EventType, status: Status) -> tuple[Span, ...]:
    """The sentence that decided the event, and the words that decided its status (or that sentence, where none do)."""
    choices = [("title", 0, len(title))] if title and window.start == 0 else []
    choices += [("text", start, end) for start, end in sentences(text, window.start, window.end)]
    if not choices:
        return ()
    parts = {"title": title, "text": text}

    def told(choice: tuple[str, int, int], hint: str) -> list[cues.Cue]:
        field, start, end = choice
        return [cue for cue in cues.find(parts[field][start:end], lang) if cue.hint == hint]

    best = max(choices, key=lambda choice: len(told(choice, cues.RISK[event])))
    field, start, end = best
    why = Span(field, start, end, parts[field][start:end], f"event:{event}")
    for choice in (best, *choices):
        for cue in told(choice, cues.CERTAINTY[status])[:1]:
            at = choice[1] + cue.start
            quote = parts[choice[0]][at : choice[1] + cue.end]
            return why, Span(choice[0], at, choice[1] + cue.end, quote, f"status:{status}")
    return why, Span(field, start, end, why.quote, f"status:{status}")


def _distinct(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """Without signals whose event, platforms and places another, earlier one has already."""
    kept: list[Signal] = []
    for signal in signals:
        key = (signal.event_type, set(signal.platforms), set(signal.regions))
        if all(key != (other.event_type, set(other.platforms), set(other.regions)) for other in kept):
            kept.append(signal)
    return tuple(kept)
