"""What a replay shows: how early, what was missed, what was told for nothing, what was told twice. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import quantiles

from monitor.backtest.history import Dated, History, Milestones
from monitor.backtest.opened import Opened, opened
from monitor.backtest.replay import Heard, Replay
from monitor.corpus.rows import NONE, Predicted
from monitor.domain.alerts import Reason
from monitor.domain.documents import digest
from monitor.domain.exposure import Seller
from monitor.domain.impact import Kin, touched
from monitor.domain.incidents import ChangeKind, Incident, imagined
from monitor.domain.places import covers
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import Authority
from monitor.understand.score import Rates, bcubed, cases

_NEVER = datetime.min.replace(tzinfo=UTC)
_AS_ELSEWHERE = {"forum": Authority.COMMUNITY.value}  # what a labelled text calls a source, and what all else does


@dataclass(frozen=True, slots=True)
class Spread:
    """Days: negative means too late. Empty (`n` 0) has no figures."""

    n: int
    low: float | None = None  # first quartile
    middle: float | None = None
    high: float | None = None  # third quartile

    @classmethod
    def of(cls, days: Sequence[float]) -> "Spread":
        if len(days) < 2:
            return cls(len(days), *([float(days[0])] * 3 if days else ()))
        low, middle, high = quantiles(days, n=4, method="inclusive")
        return cls(len(days), low, middle, high)


@dataclass(frozen=True, slots=True)
class Event:
    """One real event: when it became known to us, and when it happened. Days ahead are counted from the first alert."""

    incident: str
    event_type: str
    platforms: tuple[str, ...]
    documents: int
    signals: int  # documents on it that were taken for an event
    first_report: date | None
    official: date | None
    effective: date | None
    reversed: date | None
    first_signal: date | None
    first_alert: date | None
    in_time: bool | None  # the first signal came by the official date; None without such a date
    ahead_of_official: int | None
    ahead_of_effective: int | None
    pieces: int  # incidents of ours that hold its documents: 1 is right
    reversal_noticed: bool | None  # None when it was never reversed
    doubles: int  # messages that told a seller a rung once more
    concerns: bool  # whether it touches any seller's stake; who stated none hears of everything


@dataclass(frozen=True, slots=True)
class Missed:
    """Documents that report an event and were taken for harmless, of all that report one."""

    missed: int
    of: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole backtest."""

    documents: int
    harmless: int
    days: int  # from the first document to the last
    days_heard: int  # from the first document to the last of documents and messages
    sellers: int
    events: tuple[Event, ...]
    in_time: tuple[int, int]  # events with a signal by their official date, of those with one
    alerted_before_effective: tuple[int, int]
    ahead_of_effective: Spread
    ahead_of_official: Spread
    reversals: tuple[int, int]
    clusters: Rates | None  # B-cubed, of documents that report an event of the history; None without any
    missed_by_language: Mapping[str, Missed]
    missed_by_event: Mapping[str, Missed]
    missed_by_source: Mapping[str, Missed]
    incidents: int  # of ours
    opened: tuple[Opened, ...]  # each of them, the first seen first
    false_incidents: tuple[str, ...]  # headlines of those that hold harmless documents alone
    messages: int
    messages_a_week: float  # a seller, over `days_heard`, a week at least
    most_in_a_week: int
    false_alarms: int | None  # messages on harmless documents alone; None where nothing says which are harmless
    doubles: int | None  # None where no event is named
    reasons: Mapping[str, int]  # messages by reason


def report(history: History, replayed: Replay, sellers: Sequence[Seller], kin: Kin) -> Report:
    """Compare what the path made of a history with what happened."""
    rows = {digest(row.id): row for row in history.documents}
    homes = _homes(replayed.incidents)
    told = [(row, bool(_signals(id, homes, replayed))) for id, row in rows.items() if row.event_type != NONE]
    events = tuple(_event(one, rows, homes, replayed, _concerns(one, sellers, kin)) for one in history.events.values())
    harmless = {id for id, row in rows.items() if row.incident is None and row.event_type == NONE}
    false = [one for one in replayed.incidents if one.evidence and _of(one) <= harmless] if history.labelled else []
    days = [row.published for row in history.documents if row.published]
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    until = max([last, *(heard.at.date() for heard in replayed.heard)])  # dates come when all is published
    days_heard = (until - first).days + 1
    clusters = bcubed(cases([*history.documents], _predicted(rows, homes, replayed)))
    weeks = Counter((heard.seller_id, heard.at.date().toordinal() // 7) for heard in replayed.heard)
    dated = [one for one in events if one.effective and one.concerns]
    return Report(
        documents=len(rows),
        harmless=len(harmless) if history.labelled else 0,
        days=(last - first).days + 1,
        days_heard=days_heard,
        sellers=len(sellers),
        events=events,
        in_time=_share(one.in_time for one in events),
        alerted_before_effective=(sum(_by_then(one.ahead_of_effective) for one in dated), len(dated)),
        ahead_of_effective=Spread.of([one.ahead_of_effective for one in events if one.ahead_of_effective is not None]),
        ahead_of_official=Spread.of([one.ahead_of_official for one in events if one.ahead_of_official is not None]),
        reversals=_share(one.reversal_noticed for one in events),
        clusters=clusters if clusters.wanted else None,
        missed_by_language=_missed((row.lang, seen) for row, seen in told),
        missed_by_event=_missed((row.event_type, seen) for row, seen in told),
        missed_by_source=_missed((_AS_ELSEWHERE.get(row.source_kind, row.source_kind), seen) for row, seen in told),
        incidents=sum(bool(one.evidence) for one in replayed.incidents),
        opened=opened(rows, replayed),
        false_incidents=tuple(one.headline for one in false),
        messages=len(replayed.heard),
        messages_a_week=len(replayed.heard) / max(days_heard / 7, 1) / max(len(sellers), 1),
        most_in_a_week=max(weeks.values(), default=0),
        false_alarms=sum(set(heard.documents) <= harmless for heard in replayed.heard) if history.labelled else None,
        doubles=sum(one.doubles for one in events) if events else None,
        reasons=dict(Counter(heard.reason for heard in replayed.heard).most_common()),
    )


def _of(incident: Incident) -> set[str]:
    return {one.document_id for one in incident.evidence}


def _homes(incidents: Iterable[Incident]) -> dict[str, str]:
    """The incident of each document's main signal."""
    return {one.document_id: incident.id for incident in incidents for one in incident.evidence if one.signal_no == 0}


def _signals(id: str, homes: Mapping[str, str], replayed: Replay) -> Sequence[Signal]:
    """What a document was taken for; a faint one only where it followed something."""
    understood = replayed.understood[id]
    return understood.heard if id in homes else understood.signals


def _predicted(rows: Mapping[str, Dated], homes: Mapping[str, str], replayed: Replay) -> dict[str, Predicted]:
    given = {}
    for id, row in rows.items():
        signals = _signals(id, homes, replayed)
        event = signals[0].event_type.value if signals else NONE
        given[row.id] = Predicted.model_validate({"id": row.id, "event_type": event, "incident": homes.get(id)})
    return given


def _concerns(one: Milestones, sellers: Sequence[Seller], kin: Kin) -> bool:
    """As it was, not as it was read: what was read wrong is no excuse."""
    if one.event_type == NONE:
        return False
    real = imagined(one.platforms, one.regions, EventType(one.event_type), None, _NEVER)
    return any(not seller.positions or touched(real, seller.positions, kin) for seller in sellers)


def _event(
    one: Milestones, rows: Mapping[str, Dated], homes: Mapping[str, str], replayed: Replay, concerns: bool
) -> Event:
    own = {id for id, row in rows.items() if row.incident == one.incident}
    signals = [id for id in own if _signals(id, homes, replayed)]
    heard = [heard for heard in replayed.heard if own.intersection(heard.documents)]
    ours = {homes[id] for id in own if id in homes}
    first_signal = min((_day(rows[id]) for id in signals), default=None)
    first_alert = min((heard.at.date() for heard in heard), default=None)
    official, effective, lifted = one.day("official"), one.day("effective"), one.day("reversed")
    return Event(
        incident=one.incident,
        event_type=one.event_type,
        platforms=one.platforms,
        documents=len(own),
        signals=len(signals),
        first_report=one.day("first_report"),
        official=official,
        effective=effective,
        reversed=lifted,
        first_signal=first_signal,
        first_alert=first_alert,
        in_time=None if official is None else first_signal is not None and first_signal <= official,
        ahead_of_official=_days(first_alert, official),
        ahead_of_effective=_days(first_alert, effective),
        pieces=len(ours),
        reversal_noticed=None
        if lifted is None
        else any(_was_reversed(i, one) for i in replayed.incidents if i.id in ours),
        doubles=_doubles(heard),
        concerns=concerns,
    )


def _day(row: Dated) -> date:
    return date.fromisoformat(str(row.published))


def _days(ours: date | None, theirs: date | None) -> int | None:
    return None if ours is None or theirs is None else (theirs - ours).days


def _was_reversed(incident: Incident, real: Milestones) -> bool:
    """At some time: as a whole, or in all places where it really happened."""
    rungs = [change for change in incident.history if change.kind is ChangeKind.RUNG]
    moves = [rung.split("; ") for change in rungs for rung in (change.before, change.after)]  # it may have opened so
    for whole, *places in ([incident.status.value], *moves):
        off = [place.split()[0] for place in places if place.endswith(Status.REVERSED)]
        if whole == Status.REVERSED or (off and real.regions and all(covers(off, place) for place in real.regions)):
            return True
    return False


def _doubles(heard: Sequence[Heard]) -> int:
    """First words and new rungs that told a seller a rung that the seller had been told since the last all-clear."""
    told: dict[str, set[str]] = defaultdict(set)
    twice = 0
    for one in sorted(heard, key=_at):
        known = told[one.seller_id]
        if one.reason == Reason.ALL_CLEAR:
            known.clear()
        elif one.reason in (Reason.FIRST, Reason.NEW_RUNG):
            twice += one.rung in known
            known.add(one.rung)
    return twice


def _at(heard: Heard) -> datetime:
    return heard.at


def _by_then(ahead: int | None) -> bool:
    """Whether it was told before the day or on it, by the days ahead; None for what was never told."""
    return ahead is not None and ahead >= 0


def _share(answers: Iterable[bool | None]) -> tuple[int, int]:
    asked = [answer for answer in answers if answer is not None]
    return sum(asked), len(asked)


def _missed(seen: Iterable[tuple[str, bool]]) -> dict[str, Missed]:
    total: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for name, found in seen:
        total[name] += 1
        lost[name] += not found
    return {name: Missed(lost[name], total[name]) for name, _ in sorted(lost.items(), key=lambda one: -one[1])}
