"""How right each prediction is: labels compared with what was said, and counts over parts of the documents."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from monitor.corpus.rows import NONE, Duty, Event, Labels, Predicted

EVENTS: tuple[str, ...] = tuple(event for event in get_args(Event) if event != NONE)
CORE = frozenset({"shutdown", "market_exit", "ban"})
DUTIES = frozenset(get_args(Duty))  # what labels know; an appeal is among "other" there
LENGTHS = ((0, "up to 99"), (100, "100 to 199"), (200, "200 to 399"), (400, "400 to 999"), (1000, "1,000 and more"))


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled text with what was predicted of it, and that event type read kindly: as the label where the label
    accepts it too."""

    gold: Labels
    given: Predicted
    event: str

    @property
    def right(self) -> bool:
        return self.event == self.gold.event_type

    @property
    def both(self) -> bool:
        """An event that was taken for one: only there facts are compared."""
        return self.gold.risky and self.given.event_type != NONE


def cases(gold: Sequence[Labels], given: Mapping[str, Predicted]) -> list[Case]:
    """Each labelled text with its prediction; one that is missing predicts none."""
    paired = ((row, given.get(row.id) or Predicted(id=row.id)) for row in gold)
    return [
        Case(row, said, row.event_type if said.event_type in row.alt_event_type else said.event_type)
        for row, said in paired
    ]


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and F1; `wanted` is how many there were to find."""

    precision: float
    recall: float
    f1: float
    wanted: int

    @classmethod
    def of(cls, right: float, wrong: float, missed: float) -> "Rates":
        precision = _ratio(right, right + wrong)
        recall = _ratio(right, right + missed)
        return cls(precision, recall, _ratio(2 * right, 2 * right + wrong + missed), round(right + missed))


def rates(some: Sequence[Case], events: Collection[str] = EVENTS) -> Rates:
    """Detection: is one of these events reported, whichever it is?"""
    found = [(case.gold.event_type in events, case.event in events) for case in some]
    return Rates.of(found.count((True, True)), found.count((False, True)), found.count((True, False)))


def rates_of_type(some: Sequence[Case], event: str) -> Rates:
    """How well one event type is told from all others."""
    return rates(some, (event,))


def rates_by(some: Sequence[Case], key: Callable[[Case], str]) -> dict[str, tuple[Rates, int]]:
    """Detection in each part of the documents, with how many documents it has."""
    parts: dict[str, list[Case]] = defaultdict(list)
    for case in some:
        parts[key(case)].append(case)
    return {name: (rates(parts[name]), len(parts[name])) for name in sorted(parts)}


def length_of(case: Case) -> str:
    """The bin of a text by its code points, title and text together."""
    size = len(case.gold.title) + len(case.gold.text)
    return next(name for least, name in reversed(LENGTHS) if size >= least)


def confusion(some: Sequence[Case]) -> list[list[int]]:
    """How often each event type (rows: labels; columns: predictions; none is the last) was taken for each."""
    counts: Counter[tuple[str, str]] = Counter((case.gold.event_type, case.event) for case in some)
    kinds = (*EVENTS, NONE)
    return [[counts[wanted, got] for got in kinds] for wanted in kinds]


def bcubed(some: Sequence[Case]) -> Rates:
    """B-cubed agreement (Bagga and Baldwin 1998) of the incidents, over texts whose label names one.

    A text without a predicted incident stands alone; predicted clusters may hold texts that the labels do not place.
    """
    named = [case for case in some if case.gold.incident]
    truth: dict[str, set[str]] = defaultdict(set)
    found: dict[str, set[str]] = defaultdict(set)
    for case in named:
        truth[case.gold.incident or ""].add(case.gold.id)
        found[_cluster(case)].add(case.gold.id)
    both = [(truth[case.gold.incident or ""], found[_cluster(case)]) for case in named]
    precision = _ratio(sum(len(t & f) / len(f) for t, f in both), len(named))
    recall = _ratio(sum(len(t & f) / len(t) for t, f in both), len(named))
    return Rates(precision, recall, _ratio(2 * precision * recall, precision + recall), len(named))


def _cluster(case: Case) -> str:
    return f"incident {case.given.incident}" if case.given.incident else f"alone {case.gold.id}"


def tally(case: Case) -> dict[str, float]:
    """What one document adds to the sums that figures are made of."""
    gold, given = case.gold, case.given
    counts = {
        "hard": float(gold.hard_negative),
        "hard passed": float(gold.hard_negative and given.event_type == NONE),
        "stated": float(case.both and gold.status is not None),
        "stated right": float(
            case.both and given.status is not None and given.status in (gold.status, *gold.alt_status)
        ),
        "dated": float(gold.effective_date is not None),
        "dated right": float(gold.effective_date is not None and _meets(gold.effective_date, given.effective_date)),
        "undated": float(case.both and gold.effective_date is None and not gold.date_unsure),
    }
    counts["invented"] = counts["undated"] * bool(given.effective_date)
    _add(counts, "detection", _compared(gold.risky, case.event != NONE))
    if gold.event_type in CORE or not gold.risky:
        _add(counts, "detection of core", _compared(gold.risky, case.event in CORE))
    for event in EVENTS:
        _add(counts, event, _compared(gold.event_type == event, case.event == event))
    if case.both:
        _add(counts, "platforms", _sets(gold.platforms, given.platforms, gold.alt_platforms))
        _add(counts, "regions", _sets(gold.regions, given.regions, gold.alt_regions))
    said = [(str(due.get("date")), what if (what := due.get("what")) in DUTIES else "other") for due in given.deadlines]
    said = [(day, what) for day, what in said if day not in gold.alt_dates]
    asked = [(due.date, due.what) for due in gold.deadlines]
    _add(counts, "deadlines", _multisets([day for day, _ in asked], [day for day, _ in said]))
    _add(counts, "deadlines and roles", _multisets([f"{d} {w}" for d, w in asked], [f"{d} {w}" for d, w in said]))
    return counts


def _add(counts: dict[str, float], name: str, three: tuple[float, float, float]) -> None:
    counts |= {f"{name} {part}": value for part, value in zip(("right", "wrong", "missed"), three, strict=True)}


def _compared(wanted: bool, got: bool) -> tuple[float, float, float]:
    return float(wanted and got), float(got and not wanted), float(wanted and not got)


def _sets(gold: Sequence[str], given: Sequence[str], also: Sequence[str]) -> tuple[float, float, float]:
    """Without regard to case; what is also right is not asked for."""
    want, got, fine = ({name.casefold() for name in names} for names in (gold, given, also))
    return len(want & got), len(got - want - fine), len(want - got)


def _multisets(gold: Sequence[str], given: Sequence[str]) -> tuple[float, float, float]:
    right = sum((Counter(gold) & Counter(given)).values())
    return right, len(given) - right, len(gold) - right


def _meets(wanted: str, given: str | None) -> bool:
    """A date counts when it agrees to the precision of the label."""
    return bool(given) and str(given).startswith(wanted)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
