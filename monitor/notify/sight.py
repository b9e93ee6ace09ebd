"""From a notice of our own blindness to the bulletin that every channel shows, grouped by what is wrong."""

from collections.abc import Sequence

from monitor.domain.alerts import Delivery
from monitor.domain.health import Standing
from monitor.domain.sources import DRILL
from monitor.domain.vigils import Blind, Notice
from monitor.notify.bulletin import Bulletin, Entry, Group
from monitor.notify.grounds import notes
from monitor.notify.letter import SUBJECT_LENGTH
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import ALL_CLEAR, SEVERITY, clean, link, shorten

MOST_GROUPS = 12
MOST_IN_A_GROUP = 8
CAUSE = {
    "silent": noop("Nothing new for far longer than ever before"),
    "bot_wall": noop("A bot wall stands before it"),
    "login_wall": noop("It asks for a login"),
    "robots": noop("Its robots.txt forbids it"),
    "moved": noop("It moved"),
    "gone": noop("Gone for good, says its server"),
    "http_4xx": noop("Its server refuses it or does not know it"),
    "http_5xx": noop("Its server is broken"),
    "rate_limited": noop("Its server wants fewer requests"),
    "timeout": noop("It does not answer in time"),
    "dns": noop("Its name leads nowhere"),
    "connection": noop("No connection"),
    "tls": noop("Its certificate or encryption is wrong"),
    "not_a_feed": noop("What comes is no feed"),
    "damaged": noop("It arrives damaged: entries are missing"),
    "went_empty": noop("It holds nothing any more"),
    "empty": noop("Its answer is empty"),
    "no_text": noop("No text is found in it"),
    "selector_broken": noop("What the record points at is not there"),
    "drill": noop("What was sent for practice has not come through"),
    "no_browser": noop("It needs a browser, and none opened it"),
}
_LAST = len(CAUSE)
_ORDER = {cause: rank for rank, cause in enumerate(CAUSE)}


KIND = {"feed": noop("feed"), "list": noop("list"), "sitemap": noop("sitemap")}


def sight(delivery: Delivery, notice: Notice) -> Bulletin:
    """The notice in the reader's language."""
    t = tongue(delivery.language, delivery.zone)
    tag = t.say(ALL_CLEAR if notice.well else SEVERITY[delivery.severity])
    blind = [*notice.fresh, *notice.known]
    causes = sorted({cause_of(one) for one in blind}, key=lambda cause: _rank(cause, blind))
    marks = "".join(f"[{mark}] " for mark in ((t.say("may be a repeat"),) if delivery.repeat else ()) + (tag,))
    fresh = {one.source_id for one in notice.fresh}
    headline = _headline(notice, t)
    said = t.say("Our own sight: {what}", what=headline)
    if not notice.well and not practice(notice):
        named = t.listed([_cause(cause, t) for cause in causes], 2)
        said = t.say("{what} ({notes})", what=said, notes=named)
    return Bulletin(
        subject=shorten(f"{marks}{said}", SUBJECT_LENGTH),
        headline=headline,
        tag=tag,
        severity=delivery.severity,
        repeat=delivery.repeat,
        summary=_summary(notice, t),
        groups=tuple(_group(cause, blind, fresh, t) for cause in causes[:MOST_GROUPS]),
        more_groups=max(0, len(causes) - MOST_GROUPS),
        to_do=_to_do(notice, t),
        why=t.say("You are told when our sources go blind."),
        incident_id=delivery.incident_id,
        alert_id=clean(notice.alert_id, 64),
        language=delivery.language,
        zone=delivery.zone,
        kind=t.say("our own sight"),
        reference=t.say("Notice {notice}.", notice=clean(notice.alert_id, 64)),
        notes=notes(delivery, t),
    )


def _to_do(notice: Notice, t: Tongue) -> str:
    if notice.well:
        return ""
    if practice(notice):
        return t.say("Look at `sellerwatch deliveries` and the service's log, then try again with `sellerwatch drill`.")
    return t.say(
        "See all of it with `sellerwatch sources health`. A proposed address is never taken by itself: write it into "
        "the source's record when it is right."
    )


def _headline(notice: Notice, t: Tongue) -> str:
    if notice.well:
        return t.say("All sources see again")
    if practice(notice):
        return t.say("The exercise did not arrive")
    return t.count("{n} source went blind", "{n} sources went blind", len(notice.fresh))


def practice(notice: Notice) -> bool:
    """Whether it tells of a drill that failed, and of nothing else."""
    return {one.source_id for one in notice.fresh} == {DRILL}


def cause_of(one: Blind) -> str:
    """The one word under which it is grouped."""
    if one.source_id == DRILL:
        return "drill"
    return "silent" if one.standing is Standing.SILENT or one.reason is None else one.reason.value


def _cause(cause: str, t: Tongue) -> str:
    return t.say(CAUSE[cause]) if cause in CAUSE else cause


def _rank(cause: str, blind: Sequence[Blind]) -> tuple[bool, int, int]:
    """Most sources first; silence, which may mean nothing, at the end."""
    return cause == "silent", -sum(cause_of(one) == cause for one in blind), _ORDER.get(cause, _LAST)


def _summary(notice: Notice, t: Tongue) -> tuple[str, ...]:
    if notice.well:
        names = t.listed([clean(name, 60) for name in notice.recovered], 6)
        return (t.say("Nothing is blind any more. The last to see again: {names}.", names=names),)
    if practice(notice):
        return (
            t.say("An invented event was to travel the whole way to you, and did not. Real ones may not get through."),
        )
    lines = [
        t.count(
            "{n} newly blind, {all} in all, of {watched} that are watched ({share}).",
            "{n} newly blind, {all} in all, of {watched} that are watched ({share}).",
            len(notice.fresh),
            all=t.number(len(notice.fresh) + len(notice.known)),
            watched=t.number(notice.watched),
            share=t.percent(notice.share),
        )
    ]
    if notice.ours:
        lines.append(t.say("Half of them cannot be reached at all: look at this machine's own network first."))
    return tuple(lines)


def _group(cause: str, blind: Sequence[Blind], fresh: set[str], t: Tongue) -> Group:
    members = sorted((one for one in blind if cause_of(one) == cause), key=lambda one: one.source_id not in fresh)
    number = t.count("{n} source", "{n} sources", len(members))
    return Group(
        cause=t.say("{what} ({notes})", what=_cause(cause, t), notes=number),
        entries=tuple(entry(one, one.source_id in fresh, t) for one in members[:MOST_IN_A_GROUP]),
        more=max(0, len(members) - MOST_IN_A_GROUP),
    )


def entry(one: Blind, new: bool, t: Tongue) -> Entry:
    """One blind source. The machine's own words about it are in English, and for readers of that alone."""
    find = one.find
    found = ""
    if find:
        kind = t.say(KIND[find.kind.value]) if find.kind.value in KIND else find.kind.value
        found = t.count("{kind}, {n} entry", "{kind}, {n} entries", find.items, kind=kind)
        if find.newest:
            found = t.say("{found}, the newest of {day}", found=found, day=t.day(t.today(find.newest)))
    return Entry(
        name=clean(one.name, 80),
        url=link(one.url),
        since=t.say("since {moment}", moment=t.moment(one.since)) if one.since else t.say("never saw anything"),
        words=clean(one.words, 160) if t.language == "en" else "",
        new=new,
        proposal=link(find.url) if find else None,
        found=found,
    )
