"""From a notice of our own blindness to the bulletin that every channel shows, grouped by what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.alerts import Delivery
from monitor.domain.exposure import Severity
from monitor.domain.health import Standing
from monitor.domain.vigils import Blind, Notice, counted
from monitor.notify.letter import SUBJECT_LENGTH, Letter, compose
from monitor.notify.wording import SEVERITY, clean, day, link, listed, shorten

MOST_GROUPS = 12
MOST_IN_A_GROUP = 8
CAUSE = {
    "silent": "Nothing new for far longer than ever before",
    "bot_wall": "A bot wall stands before it",
    "login_wall": "It asks for a login",
    "robots": "Its robots.txt forbids it",
    "moved": "It moved",
    "gone": "Gone for good, says its server",
    "http_4xx": "Its server refuses it or does not know it",
    "http_5xx": "Its server is broken",
    "rate_limited": "Its server wants fewer requests",
    "timeout": "It does not answer in time",
    "dns": "Its name leads nowhere",
    "connection": "No connection",
    "tls": "Its certificate or encryption is wrong",
    "not_a_feed": "What comes is no feed",
    "went_empty": "It holds nothing any more",
    "empty": "Its answer is empty",
    "no_text": "No text is found in it",
    "selector_broken": "What the record points at is not there",
    "no_browser": "It needs a browser, and none opened it",
}
_LAST = len(CAUSE)
_ORDER = {cause: rank for rank, cause in enumerate(CAUSE)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One blind source, in words. `url` and `proposal` are None when they are no plain web links."""

    name: str
    url: str | None
    since: str
    words: str
    new: bool
    proposal: str | None
    found: str  # what was read at the proposal


@dataclass(frozen=True, slots=True)
class Group:
    """Sources with the same trouble; `more` are not listed."""

    cause: str
    entries: tuple[Entry, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One notice in words. Every text is a single clean line; none is escaped for any channel yet."""

    subject: str
    headline: str
    tag: str
    severity: Severity
    repeat: bool
    summary: tuple[str, ...]
    groups: tuple[Group, ...]
    more_groups: int
    to_do: str
    why: str
    incident_id: str
    alert_id: str


def written(delivery: Delivery) -> Letter | Bulletin:
    """What a delivery says; a function of it alone, so that every try and every channel says the same."""
    return _bulletin(delivery, delivery.message) if isinstance(delivery.message, Notice) else compose(delivery)


def _bulletin(delivery: Delivery, notice: Notice) -> Bulletin:
    tag = "All clear" if notice.well else SEVERITY[delivery.severity]
    blind = [*notice.fresh, *notice.known]
    causes = sorted({cause_of(one) for one in blind}, key=lambda cause: _rank(cause, blind))
    mark = "[may be a repeat] " if delivery.repeat else ""
    said = "" if notice.well else f": {listed([CAUSE.get(cause, cause).lower() for cause in causes], 2)}"
    fresh = {one.source_id for one in notice.fresh}
    return Bulletin(
        subject=shorten(f"{mark}[{tag}] Our own sight: {_lower(notice.about)}{said}", SUBJECT_LENGTH),
        headline=notice.about,
        tag=tag,
        severity=delivery.severity,
        repeat=delivery.repeat,
        summary=_summary(notice),
        groups=tuple(_group(cause, blind, fresh) for cause in causes[:MOST_GROUPS]),
        more_groups=max(0, len(causes) - MOST_GROUPS),
        to_do=""
        if notice.well
        else "See all of it with `sellerwatch sources health`. A proposed address is never "
        "taken by itself: write it into the source's record when it is right.",
        why="You are told when our sources go blind.",
        incident_id=delivery.incident_id,
        alert_id=clean(notice.alert_id, 64),
    )


def cause_of(one: Blind) -> str:
    """The one word under which it is grouped."""
    return "silent" if one.standing is Standing.SILENT or one.reason is None else one.reason.value


def _rank(cause: str, blind: Sequence[Blind]) -> tuple[bool, int, int]:
    """Most sources first; silence, which may mean nothing, at the end."""
    return cause == "silent", -sum(cause_of(one) == cause for one in blind), _ORDER.get(cause, _LAST)


def _summary(notice: Notice) -> tuple[str, ...]:
    if notice.well:
        names = listed([clean(name, 60) for name in notice.recovered], 6)
        return (f"Nothing is blind any more. The last to see again: {names}.",)
    lines = [
        f"{len(notice.fresh)} newly blind, {len(notice.fresh) + len(notice.known)} in all, of {notice.watched} "
        f"that are watched ({notice.share:.0%})."
    ]
    if notice.ours:
        lines.append("Half of them cannot be reached at all: look at this machine's own network first.")
    return tuple(lines)


def _group(cause: str, blind: Sequence[Blind], fresh: set[str]) -> Group:
    members = sorted((one for one in blind if cause_of(one) == cause), key=lambda one: one.source_id not in fresh)
    return Group(
        cause=f"{CAUSE.get(cause, cause)} ({counted(len(members))})",
        entries=tuple(_entry(one, one.source_id in fresh) for one in members[:MOST_IN_A_GROUP]),
        more=max(0, len(members) - MOST_IN_A_GROUP),
    )


def _entry(one: Blind, new: bool) -> Entry:
    find = one.find
    return Entry(
        name=clean(one.name, 80),
        url=link(one.url),
        since=f"since {_moment(one.since)}" if one.since else "never saw anything",
        words=clean(one.words, 160),
        new=new,
        proposal=link(find.url) if find else None,
        found=f"a {find.kind.value} of {find.items} entries{_newest(find.newest)}" if find else "",
    )


def _newest(at: datetime | None) -> str:
    return f", the newest of {day(at.date())}" if at else ""


def _moment(at: datetime) -> str:
    return f"{day(at.date())}, {at:%H:%M}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
