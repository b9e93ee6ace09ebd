"""What windows report, and how reports on one event are weighed against each other: pure functions of values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor.domain.deadlines import PartialDate
from monitor.domain.places import overlap
from monitor.domain.signals import EventType, Signal, Span, Status
from monitor.understand import cues
from monitor.understand.deadlines import LENGTHS
from monitor.understand.facts import Facts, Mention, Mentions
from monitor.understand.model import Judgement
from monitor.understand.sentences import sentences
from monitor.understand.windows import Window

# The odds of one of n windows are divided by n to this power: fitted on glued pages of stories that the model had not
# learnt from, so that a harmless page (seven false alarms in a hundred) is as quiet as a harmless story (seven, too).
MANY = 0.45
BACKED = 0.5  # the share of the threshold that the first of several stories needs which all say who and where
SURER = 0.15  # by how much a later story of a short text must be surer than the threshold: a sentence tells little
LEAD_WEIGHT = 2.0  # title and lead say what a document is about; a passage says what it mentions too
DOUBTED = 0.2  # the share of a second type from which on the first is in doubt
LEANING = 0.03  # the share of a type from which on a faint text may tell of it
LONG_AGO = timedelta(days=550)  # of 2,773 labelled events the latest was reported 329 days after its day
RETOLD = 0.04  # what a text that only looks back scores at most: too little even for a faint signal
NOTHING = Facts((), (), None, (), ())
_OF_A_STATE = {EventType.BAN, EventType.TRADE_RULE}
_CLOSING = {EventType.SHUTDOWN, EventType.MARKET_EXIT}
_FAMILY = {EventType.MARKET_EXIT: EventType.SHUTDOWN, EventType.POLICY: EventType.ENFORCEMENT}


@dataclass(frozen=True, slots=True)
class Finding:
    """A window that reports an event."""

    window: Window
    judgement: Judgement
    facts: Facts
    leads: bool
    telling: tuple[int, int]  # all of a story; else its text's first to last sentence with a word for the event, if any
    places: frozenset[str]  # the regions hit that these sentences name

    @property
    def weight(self) -> float:
        return self.judgement.score * (LEAD_WEIGHT if self.leads else 1.0)

    @property
    def family(self) -> EventType:
        return family_of(self.judgement.event)


def family_of(event: EventType) -> EventType:
    """The type that stands for those which are often told of one event: who leaves a market closes there."""
    return _FAMILY.get(event, event)


def among(judgement: Judgement, windows: int) -> Judgement:
    """The judgement of one of so many windows of a text. The likeliest of many looks likelier than it is; were they
    independent and one event told in all, its odds would be divided by their number."""
    odds = judgement.score / max(1 - judgement.score, 1e-9) * max(windows, 1) ** -MANY
    return replace(judgement, score=odds / (1 + odds))


def backed(story: Judgement, window: Window, lang: str, first: bool, threshold: float) -> Judgement:
    """The judgement of one of several stories that all say who and where, in a text that is sure to tell an event. The
    first, with words for what it tells, need only be `BACKED` as sure; a later one without any must be `SURER`."""
    said = has_words_for(story.event, window.words, lang)
    least = threshold * (BACKED if first and said else 1) + SURER * (not first and not said)
    return replace(
        story, score=max(story.score, threshold) if story.score >= least else min(story.score, threshold / 2)
    )


def apart(one: Finding, other: Finding) -> bool:
    """Whether two windows name different places, and what they report are different events for it: acts of two states,
    or closures on two dates."""
    if not one.places or not other.places or overlap(one.places, other.places):
        return False
    if one.family in _OF_A_STATE:
        return True
    days = one.facts.effective_date, other.facts.effective_date
    return days[0] is not None and days[1] is not None and not days[0].agrees(days[1])


def grouped(findings: Sequence[Finding], firm: float, above: Mapping[str, Collection[str]]) -> list[list[Finding]]:
    """Findings on one event together, the lead's first, then in the order of the text. A lead that scores less than
    `firm` only announces what a passage tells: it joins the surest one on such an event, whatever names it drops.
    `above` has for a platform what it is a part of."""

    def announces(finding: Finding) -> bool:
        return finding.leads and finding.judgement.score < firm

    def rank(finding: Finding) -> tuple[bool, bool, float]:
        return announces(finding), not finding.leads, -finding.judgement.score

    groups: list[list[Finding]] = []
    for finding in sorted(findings, key=rank):
        for group in groups:
            same = announces(finding) or _same_event(group[0], finding, above)
            if group[0].family is finding.family and same:
                group.append(finding)
                break
        else:
            groups.append([finding])
    return sorted(groups, key=lambda group: (not group[0].leads, min(f.window.start for f in group)))


def _same_event(one: Finding, other: Finding, above: Mapping[str, Collection[str]]) -> bool:
    """Whether a platform is shared, is part of one of the other's, or is not named at all; and no place or date tells
    the two apart."""
    pairs = [(a, b) for a in one.facts.platforms for b in other.facts.platforms]
    near = (a == b or a in above.get(b, ()) or b in above.get(a, ()) for a, b in pairs)
    return (not pairs or any(near)) and not apart(one, other)


def told_in(text: str, lang: str, window: Window, event: EventType) -> tuple[int, int]:
    """From the first to the last sentence of the window that has words for the event; empty when none has."""
    told = [
        bounds
        for bounds in sentences(text, window.start, window.end, lang)
        if has_words_for(event, text[slice(*bounds)], lang)
    ]
    return (told[0][0], told[-1][1]) if told else (window.start, window.start)


def within(mentions: Sequence[Mention], stretch: tuple[int, int]) -> list[Mention]:
    """Those in this stretch of the text."""
    return [m for m in mentions if m.field == "text" and stretch[0] <= m.start < stretch[1]]


def has_words_for(event: EventType, words: str, lang: str) -> bool:
    """Whether a passage has cue words of the event: one that only sounds like it is no signal of its own. Who leaves a
    country closes there, and is told of in either's words."""
    hints = {cues.RISK[one] for one in (_CLOSING if event in _CLOSING else {event})}
    return any(cue.hint in hints for cue in cues.find(words, lang))


def verdict(group: Sequence[Finding]) -> tuple[EventType, Status]:
    """Type and status that the group's windows hold together, the lead counting most."""
    event = max(EventType, key=lambda e: sum(f.weight * f.judgement.events[e] for f in group))
    status = max(Status, key=lambda s: sum(f.weight * f.judgement.statuses[s] for f in group))
    return event, status


def doubt(group: Sequence[Finding], event: EventType) -> EventType | None:
    """The type that they may tell of instead, where a good part of what they hold speaks for it."""
    held = {e: sum(f.weight * f.judgement.events[e] for f in group) for e in EventType}
    other = max((e for e in EventType if e is not event), key=lambda e: held[e])
    return other if held[other] >= DOUBTED * sum(held.values()) else None


def leanings(group: Sequence[Finding]) -> tuple[tuple[EventType, float], ...]:
    """Of each type that they may tell of what they hold of it, against the likeliest: see `Signal.leanings`."""
    held = {e: sum(f.weight * f.judgement.events[e] for f in group) for e in EventType}
    most, whole = max(held.values()), sum(held.values())
    return tuple((e, round(part / most, 4)) for e, part in held.items() if part >= LEANING * whole)


def by_weight(group: Sequence[Finding]) -> list[Window]:
    """The windows of a group, the deciding one first: that which weighs most in what it holds."""
    return [finding.window for finding in sorted(group, key=lambda finding: -finding.weight)]


def stretch_of(group: Sequence[Finding]) -> tuple[int, int]:
    """Where to look for the facts of one of several events: its surest window, and the passages on it that follow. Of
    the lead, which tells of the others as well, only the sentences with words for this event."""
    surest = max(group, key=lambda finding: finding.judgement.score)
    start, end = surest.telling if surest.leads and any(surest.telling) else (surest.window.start, surest.window.end)
    for finding in sorted(group, key=lambda finding: finding.window.start):
        if not finding.leads and start <= finding.window.start <= end + 2:
            end = max(end, finding.window.end)
    return start, end


def nearby(facts: Facts, stretch: tuple[int, int]) -> Facts:
    """Without platforms that are named only outside the stretch and the title: on a page of several stories, those of
    another one."""

    def near(span: Span) -> bool:
        return span.field == "title" or stretch[0] <= span.start < stretch[1]

    shown = [span for span in facts.spans if span.says.startswith("platform:")]
    far = {span.says for span in shown} - {span.says for span in shown if near(span)}
    return replace(
        facts,
        platforms=tuple(name for name in facts.platforms if f"platform:{name}" not in far),
        spans=tuple(span for span in facts.spans if span.says not in far),
    )


def in_time(status: Status, facts: Facts, published: date | None) -> Status:
    """Decided and announced for a day that has passed is in effect; in effect from a day to come is decided."""
    day = facts.effective_date
    if day is None or published is None:
        return status
    if status is Status.EFFECTIVE and day.first_day > published:
        return Status.CONFIRMED
    if status is Status.CONFIRMED and day.last_day < published:
        return Status.EFFECTIVE
    return status


def retold(signal: Signal, dates: Sequence[Mention], published: date | None) -> bool:
    """Whether a text only looks back: what it tells took effect long before it was published, and it names no day
    since; "today" is often said of no day ("few remember it today"). What is lifted, asked for or rumoured may be news
    of something old."""
    day = signal.effective_date
    if published is None or day is None or signal.status not in (Status.CONFIRMED, Status.EFFECTIVE):
        return False
    since = published - LONG_AGO
    others = [PartialDate(mention.value) for mention in dates if mention.kind != "today"]
    return day.last_day < since and all(other.last_day < since for other in others)


def one_of_kin(event: EventType, facts: Facts, above: Mapping[str, Collection[str]]) -> Facts:
    """Where a platform and a part of it are both named: a ban hits the whole, every other event the part. `above` has
    for a platform what it is a part of."""
    named = facts.platforms
    parts = {name for name in named if any(whole in named for whole in above.get(name, ()))}
    wholes = {whole for name in parts for whole in above[name] if whole in named}
    dropped = parts if event is EventType.BAN else wholes - parts
    gone = {f"platform:{name}" for name in dropped}
    return replace(
        facts,
        platforms=tuple(name for name in named if name not in dropped),
        spans=tuple(span for span in facts.spans if span.says not in gone),
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """What a document names of an event: `whom` it hits (its platforms, or its places where it names none), its `day`,
    and what is `due`, lengths of time among it; each with its field and its offsets there."""

    whom: Sequence[Mention | Span]
    day: Sequence[Mention | Span]
    due: Sequence[Mention | Span]

    @classmethod
    def of(cls, facts: Facts, mentions: Mentions) -> "Stated":
        """By what was chosen among all that is mentioned. Of a platform that no list holds only the first name is."""

        def shown(head: str) -> list[Mention | Span]:
            return [span for span in facts.spans if span.says.startswith(head)]

        names = [*shown("platform:"), *mentions.of(facts.platforms)]
        places = [m for m in mentions.regions if m.value in facts.regions]
        lengths = [m for m in mentions.dates if m.kind in LENGTHS]
        return cls(names or places, shown("date:"), [*shown("deadline:"), *lengths])


def reasons(
    title: str, text: str, lang: str, windows: Sequence[Window], event: EventType, status: Status, stated: Stated
) -> tuple[Span, ...]:
    """The sentence that says best what happens to whom, and the words that decided its status (or that sentence, where
    none do). `windows` are those that report the event, the deciding one first.

    Best has words for the event (for its end, where it is reversed: that it was to come is no news) and names whom it
    hits, the text's own sentence before the title, which readers see beside it; what people must do by when says little
    of why. Of equals the first that has the day and words for the status.
    """
    parts = {"title": title, "text": text}
    choices = [("title", 0, len(title))] if title and any(window.start == 0 for window in windows) else []
    choices += [("text", *bounds) for window in windows for bounds in sentences(text, window.start, window.end, lang)]
    if not choices:
        return ()

    def hinting(choice: tuple[str, int, int]) -> list[cues.Cue]:
        field, start, end = choice
        return [cue for cue in cues.find(parts[field][start:end], lang) if cue.hint == cues.CERTAINTY[status]]

    def worth(choice: tuple[str, int, int]) -> tuple[int, bool, bool]:
        field, start, end = choice
        certain = bool(hinting(choice))
        says = has_words_for(event, parts[field][start:end], lang)
        whom, day, due = (
            any(one.field == field and start <= one.start < one.end <= end for one in some)
            for some in (stated.whom, stated.day, stated.due)
        )
        if status is Status.REVERSED:
            says, whom = certain, whom or says
        if says and whom:
            best = 4 if field == "title" else 3 if due else 5
        else:
            best = 0 if due else 2 if says else 1 if whom else 0
        return best, day, certain

    field, start, end = best = max(choices, key=worth)
    why = Span(field, start, end, parts[field][start:end], f"event:{event}")
    for choice in (best, *choices):
        for cue in hinting(choice)[:1]:
            whole = parts[choice[0]]
            first, last = cues.whole_words(whole, choice[1] + cue.start, choice[1] + cue.end)
            return why, Span(choice[0], first, last, whole[first:last], f"status:{status}")
    return why, Span(field, start, end, why.quote, f"status:{status}")


def distinct(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """Without signals whose event, platforms and places another, earlier one has already."""
    kept: list[Signal] = []
    for signal in signals:
        key = (signal.event_type, set(signal.platforms), set(signal.regions))
        if all(key != (other.event_type, set(other.platforms), set(other.regions)) for other in kept):
            kept.append(signal)
    return tuple(kept)
