"""A document as a reader sees it, and the hints that each of its windows gives."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from monitor.domain import changes
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document
from monitor.domain.places import overlap
from monitor.domain.signals import EventType, Span, Status
from monitor.domain.sources import Source, SourceKind
from monitor.understand import cues, language
from monitor.understand.clean import Cleaned
from monitor.understand.facts import Extractor, Facts, Mention, Mentions, gather
from monitor.understand.findings import family_of, within
from monitor.understand.furniture import story
from monitor.understand.machine import Matrix
from monitor.understand.model import Days, Names, hints
from monitor.understand.platforms import ASIDE
from monitor.understand.reading import read
from monitor.understand.sentences import sentences
from monitor.understand.windows import Told, Window, clauses, items, lead, pairs, passages, stories

_OF_RISK = {hint: family_of(event) for event, hint in cues.RISK.items()}
_BESIDE = frozenset({"contrast", "launch", "past", "spared", "stays"})  # heads of what is told beside an event
_OVER = timedelta(days=60)  # what was over so long before a text was published is told in it as history


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of title or text to be left out of a window, and the window's words without it."""

    field: str
    start: int
    end: int
    words: str

    def out_of(self, field: str, text: str, start: int = 0) -> str:
        """The text, which begins at `start` of the field, without the stretch."""
        if field != self.field:
            return text
        return text[: max(self.start - start, 0)] + text[max(self.end - start, 0) :]

    def touches(self, mention: Mention) -> bool:
        """Whether the mention loses a part."""
        return mention.field == self.field and mention.start < self.end and self.start < mention.end


@dataclass(frozen=True)
class Seen:
    """A document as a reader sees it: clean, without furniture, with its language and what it mentions."""

    title: str
    text: str
    lang: str
    published: date | None
    said: str | None  # when it was published, as precisely as is known
    mentions: Mentions
    source: Source
    originals: tuple[Cleaned, Cleaned]

    def facts(
        self,
        event: EventType,
        status: Status,
        stretch: tuple[int, int] | None,
        elsewhere: Sequence[tuple[int, int]] = (),
    ) -> Facts:
        known = self.source.platforms, self.source.countries
        titled = self.mentions, self.title
        if stretch and (self.items or (self.stories and (stretch[0] > 0 or self._titled_for_all))):
            # the title is of the whole round-up, or of the first story alone
            titled = self.mentions.of_text(), ""
        read = *titled, self.text, self.lang, self.published
        return gather(*read, event, status, stretch, *known, elsewhere, not self.changed)

    @property
    def changed(self) -> bool:
        """Whether it tells what changed in a page: under a title of ours, seen whenever we looked."""
        return self.source.kind is SourceKind.WATCHED

    @cached_property
    def windows(self) -> list[Window]:
        """The lead, and whatever else of the text may tell an event by itself."""
        others = self._passages
        beside = self.items or self.stories or [*others, *pairs(self.text, others, self.lang)]
        return [lead(self.title, self.text), *beside]

    @cached_property
    def items(self) -> list[Window]:
        """The stories of a round-up, see `windows.items`; empty for any other text."""
        return items(self.text, [(m.start, m.value) for m in self._named])

    @property
    def _named(self) -> list[Mention]:
        """The platforms that the text names, without those that are often only mentioned."""
        return [m for m in self.mentions.platforms if m.field == "text" and m.kind not in ASIDE - {"ambiguous"}]

    @property
    def _places(self) -> list[Mention]:
        """The places that the text names; not where a platform that it names has its only market."""
        return [m for m in self.mentions.regions if m.field == "text" and m.kind != "seat"]

    @cached_property
    def stories(self) -> list[Window]:
        """The stories of a text so short that it is read whole, see `windows.stories`; empty for any other text."""
        known = [m for m in self.mentions.platforms if m.field == "text"]
        if len({m.value for m in (*known, *self.mentions.regions) if m.field == "text"}) < 2:
            return []  # no two that could tell stories apart; most texts end here
        if self.items or self._passages:
            return []
        bounds = sentences(self.text, 0, len(self.text), self.lang)
        told = [one for start, end in bounds for one in clauses(self.text, start, end, self._told)]
        found = stories(self.text, told)
        titled = len(known) < len(self.mentions.platforms)
        ruled = EventType.TRADE_RULE in told[0].events  # a rule names no platform; of any other story the main one must
        if not found or not (titled or ruled or any(m.start < found[1].start for m in known)):
            return []
        return found

    @cached_property
    def paired(self) -> bool:
        """Whether each of the stories names platforms, and places of its own."""
        told = [
            [{m.value for m in within(some, (story.start, story.end))} for some in (self._named, self._places)]
            for story in self.stories
        ]
        alone = not any(overlap(one[1], other[1]) for one, other in itertools.combinations(told, 2))
        return bool(told) and all(map(all, told)) and alone

    @cached_property
    def _passages(self) -> list[Window]:
        return passages(self.text)

    def _told(self, start: int, end: int) -> Told:
        names, places, dates = (within(some, (start, end)) for some in (self._named, self._places, self.mentions.dates))
        reading = read(self.title, self.text, self.lang)
        at = reading.place("text", start)
        heads = reading.around(at, at, at, reading.place("text", end)).keys()
        days = [PartialDate(mention.value).last_day for mention in dates]
        over = self.published is not None and bool(days) and max(days) < self.published - _OVER
        hinted = {cue.hint for cue in cues.find(self.text[start:end], self.lang)}
        return Told(
            start,
            end,
            frozenset(m.value for m in names),
            frozenset(m.value for m in places),
            frozenset(family for hint, family in _OF_RISK.items() if hint in hinted),
            over or not heads.isdisjoint(_BESIDE),
            bool(dates),
        )

    @property
    def _titled_for_all(self) -> bool:
        """Whether the title names what of several stories a later one does and the first does not."""
        named = (*self.mentions.platforms, *self.mentions.regions)
        later = self.stories[1].start
        own = {m.value for m in named if m.field == "text" and m.start < later}
        others = {m.value for m in named if m.field == "text" and m.start >= later}
        return any(m.field == "title" and m.value in others - own for m in named)

    def quoted(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        """The spans in the document as it was published."""
        return tuple(self.originals[span.field == "text"].quoted(span) for span in spans)

    def days(self, window: Window, cut: Cut | None = None) -> Days:
        """Whether the window names days before, on and after the publication."""
        dated = [
            m.value
            for m in self.mentions.dates
            if (m.field == "title" or window.start <= m.start < window.end) and not (cut and cut.touches(m))
        ]
        return Days.of(dated, self.said)

    def hints(self, window: Window, leads: bool, cut: Cut | None = None) -> Matrix:
        """What the window shows without an encoder; the title belongs to the one that leads."""

        def inside(some: Sequence[Mention]) -> list[Mention]:
            here = [m for m in some if (leads if m.field == "title" else window.start <= m.start < window.end)]
            return [m for m in here if not cut.touches(m)] if cut else here

        names = Names.of(inside(self.mentions.platforms)), Names.of(inside(self.mentions.regions))
        title, text = self.title if leads else "", self.text[window.start : window.end]
        if cut:
            title, text = cut.out_of("title", title), cut.out_of("text", text, window.start)
        return hints(title, text, self.lang, self.source.authority, self.days(window, cut), *names)


def see(document: Document, source: Source, extractor: Extractor) -> Seen:
    """What the analyst reads of a document, and what the model learns from: both by this function."""
    above = Cleaned.of(document.title)
    above = above.only([(len(above.text) - len(above.text.lstrip()), len(above.text.rstrip()))])
    below = story(above.text, document.text)
    lang = language.detect(above.text, below.text, document.lang)
    published = document.published.date() if document.published else None
    known = PartialDate(document.published_as) if document.published_as else None
    mentions = extractor.mentions(above.text, below.text, lang, published, known)
    if source.kind is SourceKind.WATCHED:
        mentions = _standing(mentions, below.text)
    said = document.published_as or (str(published) if published else None)
    return Seen(above.text, below.text, lang, published, said, mentions, source, (above, below))


def _standing(mentions: Mentions, text: str) -> Mentions:
    """Without the dates that a watched page names no longer."""
    gone = changes.former(text)
    dates = (m for m in mentions.dates if not any(start <= m.start < end for start, end in gone) or m.field == "title")
    return replace(mentions, dates=tuple(dates))
