"""The main figures of a backtest, as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.backtest.report import Event, Report, Spread

HARMLESS_PER_INCIDENT = 60  # at most one false incident for so many harmless documents


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the main figures, as people read it."""

    name: str
    value: str
    note: str


def headlines(one: Report) -> list[Headline]:
    """The figures to look at first; those of events only when the history names events."""
    found = []
    if one.events:
        lead, official = one.ahead_of_effective, one.ahead_of_official
        found += [
            Headline("seen by the official date", _of_all(one.in_time), "events with a signal by that day"),
            Headline("told before it took effect", _of_all(one.alerted_before_effective), _touching(one.events)),
            Headline("days ahead of the effect", _days_of(lead.middle), _middle_half(lead)),
            Headline("days ahead of the official date", _days_of(official.middle), _middle_half(official)),
            Headline("reversals noticed", _of_all(one.reversals), "events that were taken back"),
            Headline("one event, one incident", f"{one.clusters.f1:.3f}" if one.clusters else "none", "B-cubed F1"),
        ]
    if one.harmless:
        note = f"of {one.harmless} harmless documents; at most one in {HARMLESS_PER_INCIDENT} is wanted"
        found.append(Headline("false incidents", f"{len(one.false_incidents)}", note))
        found.append(Headline("false alarms", f"{one.false_alarms}", "messages on harmless documents alone"))
    if one.events:
        found.append(Headline("told twice", f"{one.doubles}", "messages that told a rung once more"))
    span = f"{one.messages} in {max(one.days_heard, 7):,} days, until the last of them"
    note = f"a seller; {span}; at most {one.most_in_a_week} in one week"
    return [*found, Headline("messages a week", f"{one.messages_a_week:.2f}", note)]


def _of_all(share: tuple[int, int]) -> str:
    return f"{share[0]} of {share[1]}"


def _days_of(days: float | None) -> str:
    return "none" if days is None else f"{days:+.0f}"


def _middle_half(days: Spread) -> str:
    if days.low is None or days.high is None:
        return "no event with both days"
    return f"median of {days.n}; quartiles {days.low:+.0f} and {days.high:+.0f}"


def _touching(events: Sequence[Event]) -> str:
    strange = sum(not one.concerns for one in events)
    return f"or on the day; {strange} touch no stake" if strange else "or on the day"
