"""The facts of an event: which of the names, places and dates in a document belong to it.

`Extractor` lists every mention once per document; `gather` chooses, for one event, those that it is about.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile

from monitor.domain.deadlines import Deadline, PartialDate
from monitor.domain.places import overlap
from monitor.domain.platforms import Platform, goes_on
from monitor.domain.signals import EventType, Span, Status
from monitor.understand import candidates, dates, deadlines, effective, placenames, platforms, regions
from monitor.understand.dateforms import reader
from monitor.understand.datewords import words
from monitor.understand.gazetteer import Hit, fold
from monitor.understand.language import LANGUAGES
from monitor.understand.ranking import Event, Mention, weights
from monitor.understand.reading import Reading, lexicon, read

_IN_NAMES = frozenset({"people", "cities"})  # what is no place where it belongs to a name
_GOES_ON = 3  # sentences in which a text may ask "them" for something without naming the platform again
_MOST = 300  # mentions of one sort that a document is read for

__all__ = ["Extractor", "Facts", "Mention", "Mentions", "gather"]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Every mention of a document, in the order of reading."""

    platforms: tuple[Mention, ...]
    regions: tuple[Mention, ...]
    dates: tuple[Mention, ...]
    unsure: tuple[Mention, ...] = ()  # of platforms, where nothing but an event speaks for the name (`platforms.find`)
    month: str | None = field(default=None, kw_only=True)  # of publication, where that much is known of it

    def of_text(self) -> "Mentions":
        """Those that the text has, not the title."""
        return replace(self.each(lambda some: tuple(m for m in some if m.field == "text")), month=self.month)

    def each(self, change: Callable[[tuple[Mention, ...]], tuple[Mention, ...]]) -> "Mentions":
        """Every sort of them, changed; without the month."""
        return Mentions(*(change(some) for some in (self.platforms, self.regions, self.dates, self.unsure)))

    def names(self, event: EventType) -> tuple[Mention, ...]:
        """Those of platforms that such an event may hit, sure or not, in the order of reading. A rule binds all, and
        so is no support for a name."""
        if event is EventType.TRADE_RULE or not self.unsure:
            return self.platforms
        return tuple(sorted((*self.platforms, *self.unsure), key=lambda m: (m.field == "text", m.start)))

    def taken(self, event: EventType, chosen: Collection[str]) -> list[Mention]:
        """Those names, but for the unsure ones that were not chosen."""
        return [m for m in self.names(event) if m.kind != platforms.UNSURE or m.value in chosen]

    def of(self, chosen: Collection[str]) -> list[Mention]:
        """All that name the chosen platforms."""
        return [m for m in (*self.platforms, *self.unsure) if m.value in chosen]


@dataclass(frozen=True, slots=True)
class Facts:
    """What belongs to one event, and the words that say so (`platform:X`, `region:XX`, `date:D`, `deadline:role:D`)."""

    platforms: tuple[str, ...]
    regions: tuple[str, ...]
    effective_date: PartialDate | None
    deadlines: tuple[Deadline, ...]
    spans: tuple[Span, ...]


class Extractor:
    """Finds the mentions of a document. Built once; afterwards immutable, without I/O, safe in any thread."""

    def __init__(self, known: tuple[Platform, ...]) -> None:
        self._platforms = platforms.build(known)
        self._owners = platforms.owned(known)
        self._firm = frozenset(platform.name for platform in known if goes_on(platform))
        self._regions = placenames.build()
        self._seats = {p.name: p.countries for p in known}
        lexicon()
        weights()
        candidates.common_words()
        for lang in LANGUAGES:
            reader(lang)
            words(lang)

    def mentions(
        self, title: str, text: str, lang: str, published: date | None, known: PartialDate | None = None
    ) -> Mentions:
        """Platforms, regions and dates of the first 20,000 characters; `published` resolves "5 March" and "today".
        `known` is what the source said of that day, where it said only the month or the year."""
        reading = read(title, text, lang)
        folded = fold(reading.whole)

        def named(hits: Sequence[Hit]) -> tuple[Mention, ...]:
            return tuple(_mention(reading, hit.start, hit.end, hit.form.value, hit.form.tag) for hit in hits[:_MOST])

        every = platforms.find(self._platforms, self._owners, self._firm, reading, lang, folded)
        names = named([hit for hit in every if hit.form.tag != platforms.UNSURE])
        places = _outside(named(regions.find(self._regions, reading.whole, lang, folded)), names)
        return Mentions(
            names,
            (*places, *regions.seats(names, self._seats, places, regions.home(reading.whole, lang))),
            dated(reading, lang, published, known, folded),
            named([hit for hit in every if hit.form.tag == platforms.UNSURE]),
            month=published.isoformat()[:7] if published and not (known and len(known.parts) < 2) else None,
        )


def _outside(places: tuple[Mention, ...], names: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Without demonyms and cities that are words of a platform's name ("Americanas"); a country in it ("Rakuten
    France") says where that sells."""
    within = {(name.field, at) for name in names if not name.quote.islower() for at in range(name.start, name.end)}
    return tuple(
        m for m in places if m.kind not in _IN_NAMES or not {(m.field, m.start), (m.field, m.end - 1)} <= within
    )


def dated(
    reading: Reading,
    lang: str,
    published: date | None,
    known: PartialDate | None = None,
    folded: str | None = None,
) -> tuple[Mention, ...]:
    """The dates of a text, as `Extractor.mentions` tells them."""
    precision = len(known.parts) if known else 3
    found = dates.find(reading.whole, lang, published, folded, precision)
    found = [one for one in found if not one.start < reading.offset < one.end]  # no day is half title and half text
    return tuple(_mention(reading, one.start, one.end, str(one.date), one.kind) for one in found[:_MOST])


def _mention(reading: Reading, start: int, end: int, value: str, kind: str) -> Mention:
    field, shift = ("title", 0) if start < reading.offset else ("text", reading.offset)
    return Mention(field, start - shift, end - shift, reading.whole[start:end], value, kind)


def gather(
    mentions: Mentions,
    title: str,
    text: str,
    lang: str,
    published: date | None,
    event_type: EventType,
    status: Status,
    window: tuple[int, int] | None,
    source_platforms: tuple[str, ...],
    source_countries: tuple[str, ...],
    elsewhere: Sequence[tuple[int, int]] = (),
    news: bool = True,
) -> Facts:
    """The facts of one event. `window` holds the offsets in `text` of the passage that reports it (None: all of it);
    what the passage does not say is sought in the other sentences that name its platform. Where no platform or region
    is found, the source's stand in; a date is never made up. `elsewhere` holds the stretches that report the document's
    other events: they tell nothing of this one. What is no `news` is not of the month in which it was
    published.
    """
    month = mentions.month if news and not mentions.dates else None
    vague = published is not None and mentions.month is None
    event = Event(event_type, status, lang, published, source_platforms, source_countries, month, vague)
    passage = _passage(mentions, title, text, window)
    chosen = _choose(passage, lang, event)
    others = {m.value for m in mentions.regions if _inside(m, elsewhere)}
    whole = _Passage(title, text, 0, mentions)
    named = chosen if chosen.platforms or not window else _choose(whole, lang, event)
    names = named.platforms
    chosen = _reaching(chosen, names, mentions, read(title, text, lang), event, others)
    if window is None or (chosen.platforms and chosen.regions and chosen.effective_date and chosen.deadlines):
        return chosen
    rest = _choose(_beside(whole, lang, names, elsewhere), lang, event)
    day = chosen.effective_date or (rest.effective_date if window[0] == 0 else None)  # a later event has its own day
    due, asked = chosen.deadlines, tuple[Span, ...]()
    if window[0] == 0 and not due:
        further = _choose(_beside(whole, lang, names, elsewhere, _GOES_ON), lang, event)
        due, asked = further.deadlines, tuple(span for span in further.spans if span.says.startswith("deadline:"))
    supposed = not any(span.says.startswith("region:") for span in chosen.spans)  # where its language is at home
    taken = {"region": supposed, "date": not chosen.effective_date}
    spans = chosen.spans + tuple(span for span in rest.spans if taken.get(span.says.split(":")[0])) + asked
    if named is not chosen:
        spans += tuple(span for span in named.spans if span.says.startswith("platform:"))
    places = (rest.regions or chosen.regions) if supposed else chosen.regions
    return Facts(names, places, day, due, spans)


def _reaching(
    facts: Facts, names: tuple[str, ...], mentions: Mentions, reading: Reading, event: Event, others: Collection[str]
) -> Facts:
    """With the places that the text enumerates for the service of these names, unless it says of none of them that it
    is hit, but of another; `others` are hit by the document's other events."""
    listed = regions.reach(mentions.regions, mentions.taken(event.type, names), names, reading, event.type)
    own = {place for place in facts.regions if f"region:{place}" in {span.says for span in facts.spans}} - {*others}
    if not listed or (own and not overlap(own, {mention.value for mention in listed})):
        return facts
    spans = tuple(span for span in facts.spans if not span.says.startswith("region:"))
    shown = tuple(Span(m.field, m.start, m.end, m.quote, f"region:{m.value}") for m in listed)
    return replace(facts, regions=tuple(mention.value for mention in listed), spans=spans + shown)


def _inside(mention: Mention, stretches: Sequence[tuple[int, int]]) -> bool:
    return mention.field == "text" and any(start <= mention.start < end for start, end in stretches)


@dataclass(frozen=True, slots=True)
class _Passage:
    """What reports an event: a title (empty when it is not this event's), the text, where that begins in the document,
    and the mentions within both, with their offsets in the document."""

    title: str
    text: str
    start: int
    mentions: Mentions


def _passage(mentions: Mentions, title: str, text: str, window: tuple[int, int] | None) -> _Passage:
    """The passage in `window`. A later passage that names a platform of its own is read without the title, which tells
    the document's main topic."""
    if window is None:
        return _Passage(title, text, 0, mentions)
    start, end = window

    def inside(some: tuple[Mention, ...], titled: bool) -> tuple[Mention, ...]:
        return tuple(m for m in some if (titled if m.field == "title" else start <= m.start and m.end <= end))

    titled = start == 0 or not inside(mentions.platforms, titled=False)
    return _Passage(title if titled else "", text[start:end], start, mentions.each(lambda some: inside(some, titled)))


def _beside(
    whole: _Passage, lang: str, names: tuple[str, ...], elsewhere: Sequence[tuple[int, int]], on: int = 0
) -> _Passage:
    """The whole text with only those mentions that stand in a sentence on one of these platforms: it names one, or is
    one of the next `on` sentences of the text, where none of them and none before it names another."""
    reading = read(whole.title, whole.text, lang)

    def number(mention: Mention) -> int:
        return reading.sentence(reading.place(mention.field, mention.start))

    told = {number(mention) for mention in whole.mentions.of(names)}
    stops = told | {number(m) for m in (*whole.mentions.platforms, *whole.mentions.unsure)}
    title = reading.sentence(max(0, reading.offset - 1)) if whole.title else -1
    for sentence in told - {title}:
        going_on = takewhile(lambda n: n not in stops, range(sentence + 1, sentence + 1 + on))
        told = told | {*going_on}

    def kept(some: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return tuple(m for m in some if number(m) in told and not _inside(m, elsewhere))

    return replace(whole, mentions=whole.mentions.each(kept))


def _choose(passage: _Passage, lang: str, event: Event) -> Facts:
    reading = read(passage.title, passage.text, lang)

    def moved(some: tuple[Mention, ...], by: int) -> tuple[Mention, ...]:
        return tuple(replace(m, start=m.start + by, end=m.end + by) if m.field == "text" else m for m in some)

    mentions = passage.mentions.each(lambda some: moved(some, -passage.start))
    chosen = platforms.choose(mentions.names(event.type), reading, event)
    taken = mentions.taken(event.type, chosen)
    first = {m.value: platforms.narrowed(m, taken, reading) for m in reversed(taken)}
    hit = [first[name] for name in chosen]
    known = [m for m in mentions.regions if m.kind != "site" or m.quote.islower()]  # "Lavka.it" is a firm, too
    if not event.source_platforms and (found := candidates.choose(reading, event, known, taken)):
        staying = platforms.outdone(chosen, found[0].value, found[1], taken)
        hit = hit if staying and len(staying) == len(chosen) else [found[0], *(first[name] for name in staying)]
    names = [mention.value for mention in hit]
    evidence = [(mention, f"platform:{mention.value}") for mention in hit]
    places = regions.choose(mentions.regions, reading, event)
    told = {m.value: m for m in reversed(mentions.regions)}
    evidence += [(told[place], f"region:{place}") for place in places if place in told]
    days = effective.turned(mentions.dates, reading, event)
    day = effective.effective(days, reading, event) or effective.reported(reading, event)
    due = deadlines.deadlines(days, reading, event, day)
    evidence += [(day, f"date:{day.value}")] if day else []
    evidence += [(mention, f"deadline:{deadline.role}:{deadline.date}") for mention, deadline in due]
    shown = zip(moved(tuple(mention for mention, _ in evidence), passage.start), evidence, strict=True)
    return Facts(
        tuple(names) or event.source_platforms,
        tuple(places),
        PartialDate(day.value) if day else None,
        tuple(deadline for _, deadline in due),
        tuple(Span(m.field, m.start, m.end, m.quote, says) for m, (_, says) in shown),
    )
