"""Does the ledger hold? What was decided, what was delivered and what receivers got, joined line by line.

A pure function of what stands in the store and, if there are any, of the receivers' own logs. What it promises stands
in docs/decisions/0021-proof.md.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.alerts import AttemptClass, DeliveryState, Reason
from monitor.store.audit import Books, Entry

UNDECIDED = frozenset({Reason.TEST, Reason.DRILL, Reason.BLIND, Reason.DIGEST, Reason.MORE})
"""What is said without a decision about an incident: asked for by hand, by the calendar, by our own sight, by a cap."""


class Fault(StrEnum):
    """What can be wrong."""

    UNDELIVERED = "undelivered"  # decided for a target, and no delivery is there
    UNDECIDED = "undecided"  # a delivery that nobody decided
    TWICE = "twice"  # one key, or one alert to one target, more than once
    UNPROVEN = "unproven"  # sent, and no attempt says so
    UNSETTLED = "unsettled"  # an attempt succeeded, and it does not count as sent
    MISCOUNTED = "miscounted"  # attempts are missing, or too many
    UNMARKED = "unmarked"  # it may be a second copy, and does not say so
    ASTRAY = "astray"  # folded into something that is not there, or goes in circles
    UNTOLD = "untold"  # what sellers count as told, and what was delivered, disagree
    LOST = "lost"  # sent, and its receiver never had it
    DOUBLED = "doubled"  # a second copy that arrived without its mark
    STRAY = "stray"  # it arrived, and nobody sent it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `key` names a delivery, an alert, or an incident and a seller."""

    fault: Fault
    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message as a receiver logged it: its key, whether it said that it may be a second copy, and when it came."""

    key: str
    repeat: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found. `dead` reached nobody, and say so: no fault of the ledger, and a person's to retry."""

    decisions: int
    deliveries: int
    attempts: int
    by_state: Mapping[str, int]
    findings: tuple[Finding, ...]
    dead: tuple[Entry, ...] = ()
    received: int | None = None  # copies, when receivers' logs were joined
    lost: int = 0
    unmarked: int = 0
    marked: int = 0

    @property
    def holds(self) -> bool:
        return not self.findings


def check(books: Books, received: Sequence[Receipt] | None = None, logged: Collection[str] = ()) -> Report:
    """Every fault of the ledger. `received` are the logs of the `logged` targets, or of all when none is named."""
    findings = [
        *_decided(books),
        *_unique(books.entries),
        *(finding for entry in books.entries for finding in _tried(entry)),
        *_followed(books.entries),
        *_told(books),
        *(Finding(Fault.MISCOUNTED, key, "an attempt at it cannot be read") for key in books.unreadable),
    ]
    if books.orphans:
        findings.append(Finding(Fault.MISCOUNTED, "", f"{books.orphans} attempts at deliveries that are not there"))
    joined = _joined(books.entries, received, logged) if received is not None else Joined()
    stands_in = {entry.fallback_of for entry in books.entries}
    return Report(
        decisions=len(books.decisions) or len({entry.alert_id for entry in books.entries}),
        deliveries=len(books.entries),
        attempts=sum(len(entry.tries) for entry in books.entries),
        by_state=Counter(entry.state.value for entry in books.entries),
        findings=(*findings, *joined.findings),
        dead=tuple(
            entry for entry in books.entries if entry.state is DeliveryState.DEAD and entry.key not in stands_in
        ),
        received=None if received is None else len(received),
        lost=joined.lost,
        unmarked=joined.unmarked,
        marked=joined.marked,
    )


def _decided(books: Books) -> Iterator[Finding]:
    """Every decision has its deliveries, and every delivery its decision."""
    there = {(entry.alert_id, entry.target) for entry in books.entries}
    decisions = {decision.alert_id for decision in books.decisions}
    for decision in books.decisions:
        for target in decision.targets:
            if (decision.alert_id, target) not in there:
                yield Finding(Fault.UNDELIVERED, decision.alert_id, f"{decision.reason.value} to {target}: no delivery")
    # Deliveries older than the first decision were made by a program that kept none.
    since = min((decision.at for decision in books.decisions), default=None)
    for entry in books.entries:
        if since is None or entry.created_at < since or not _decided_on(entry) or entry.alert_id in decisions:
            continue
        yield Finding(Fault.UNDECIDED, entry.key, f"{entry.reason.value} to {entry.target}: nobody decided it")


def _decided_on(entry: Entry) -> bool:
    """Whether there must be a decision about an incident behind it, and a seller."""
    return entry.reason not in UNDECIDED and entry.seller_id != ""


def _unique(entries: Iterable[Entry]) -> Iterator[Finding]:
    keys: Counter[str] = Counter()
    words: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries:
        keys[entry.key] += 1
        if entry.state is not DeliveryState.SUPERSEDED and not entry.fallback_of:
            words[entry.alert_id, entry.target].append(entry.key)
    yield from (
        Finding(Fault.TWICE, key, f"{times} deliveries bear this key") for key, times in keys.items() if times > 1
    )
    for (alert_id, target), known in words.items():
        if len(known) > 1:
            yield Finding(Fault.TWICE, alert_id, f"{len(known)} deliveries of one alert to {target}")


def _tried(entry: Entry) -> Iterator[Finding]:
    """What the delivery says of its attempts is what its attempts say."""
    numbers = [one.no for one in entry.tries]
    results = [one.result for one in entry.tries]
    in_hand = entry.state is DeliveryState.SENDING
    if entry.attempts - in_hand != len(numbers) or numbers != list(range(1, len(numbers) + 1)):
        kept = ", ".join(map(str, numbers)) or "none"
        yield Finding(Fault.MISCOUNTED, entry.key, f"{entry.attempts} tries, {entry.state.value}; on record: {kept}")
    arrived = AttemptClass.OK in results
    if entry.state is DeliveryState.SENT and not arrived:
        yield Finding(Fault.UNPROVEN, entry.key, f"sent to {entry.target}, and no attempt says so")
    if arrived and entry.state is not DeliveryState.SENT:
        yield Finding(Fault.UNSETTLED, entry.key, f"it arrived at {entry.target}, and is {entry.state.value}")
    doubtful = AttemptClass.AMBIGUOUS in results or entry.state is DeliveryState.UNKNOWN
    if doubtful and not entry.repeat:
        yield Finding(Fault.UNMARKED, entry.key, f"an attempt at {entry.target} ended in doubt, and it bears no mark")


def _followed(entries: Sequence[Entry]) -> Iterator[Finding]:
    """What was folded leads to something that is there: a message that was sent, stands, is dead, or was withdrawn."""
    by_key = {entry.key: entry for entry in entries}
    for entry in entries:
        seen, last = {entry.key}, entry
        while last.state is DeliveryState.SUPERSEDED and last.into:
            if last.into in seen:
                yield Finding(Fault.ASTRAY, entry.key, "what it was folded into leads back to it")
                break
            if (following := by_key.get(last.into)) is None:
                yield Finding(Fault.ASTRAY, entry.key, f"folded into {last.into}, which is not there")
                break
            seen.add(following.key)
            last = following
        if entry.fallback_of and entry.fallback_of not in by_key:
            yield Finding(Fault.ASTRAY, entry.key, f"in the place of {entry.fallback_of}, which is not there")


def _told(books: Books) -> Iterator[Finding]:
    """Who counts as told was told, and who was told counts so."""
    told = {(incident, seller) for incident, seller, _ in books.told}
    moments = {(decision.seller_id, decision.at) for decision in books.decisions}
    moments |= {(entry.seller_id, entry.created_at) for entry in books.entries}
    spoken = {(entry.incident_id, entry.seller_id) for entry in books.entries}
    for incident, seller, at in books.told:  # of a part that was split off, the whole's deliveries speak
        if (incident, seller) not in spoken and (seller, at) not in moments:
            yield Finding(Fault.UNTOLD, f"{incident} {seller}", "counts as told, and nothing was ever said")
    heard = {
        (entry.incident_id, entry.seller_id)
        for entry in books.entries
        if _decided_on(entry) and entry.state in {DeliveryState.SENT, DeliveryState.UNKNOWN}
    }
    for incident, seller in sorted(heard - told):
        yield Finding(Fault.UNTOLD, f"{incident} {seller}", "was told, and counts as if it had not been")


@dataclass(slots=True)
class Joined:
    """What came of joining with the receivers' logs."""

    findings: tuple[Finding, ...] = ()
    lost: int = 0
    unmarked: int = 0
    marked: int = 0


def _joined(entries: Iterable[Entry], received: Sequence[Receipt], logged: Collection[str]) -> Joined:
    """Each delivery that was sent to a target with a log arrived; of its copies all but the first say that they may be
    one."""
    copies: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in sorted(received, key=lambda one: one.at):
        copies[receipt.key].append(receipt)
    found, joined = [], Joined()
    known = {entry.key: entry for entry in entries}
    for entry in known.values():
        heard = not logged or entry.target in logged
        if heard and entry.state is DeliveryState.SENT and entry.key not in copies:
            joined.lost += 1
            found.append(Finding(Fault.LOST, entry.key, f"sent to {entry.target}, which never had it"))
    for key, arrived in copies.items():
        if key not in known or not known[key].attempts:
            found.append(Finding(Fault.STRAY, key, f"{len(arrived)} copies arrived of what was never sent"))
        unmarked = sum(not one.repeat for one in arrived[1:])
        joined.unmarked += unmarked
        joined.marked += len(arrived) - 1 - unmarked
        if unmarked:
            found.append(Finding(Fault.DOUBLED, key, f"{unmarked} of {len(arrived) - 1} further copies bear no mark"))
    joined.findings = tuple(found)
    return joined
