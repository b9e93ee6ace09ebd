"""What a probe saw, look after look: when that is a change, and the words in which it is told.

A single look errs: stores answer with nothing for a minute, measurements are few. A change is what several looks in a
row agree on over hours (the rule of GreatFire's store monitor: three over more than six). It says what was seen and
never why.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from monitor.domain.documents import Capture, Document, digest
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Source

LOOKS = 3  # that agree, in a row
SPAN = timedelta(hours=6)  # from the first to the last of them: more than this
UNKNOWN = "unknown"  # a look that could not tell
GONE = frozenset({"absent", "blocked"})
SCORE = 0.7  # a platform out of sight is likely, and not surely, a platform that is being kept out


@dataclass(frozen=True, slots=True)
class Observation:
    """A settled change: `value` was seen on every look that could tell from `since` to `until`, `before` earlier.

    `detail` is what the last of those looks added to its value, such as a share.
    """

    before: str
    value: str
    since: datetime
    until: datetime
    looks: int
    detail: str = ""

    @property
    def status(self) -> Status:
        """Gone is in effect; back again takes back that it was gone."""
        return Status.EFFECTIVE if self.value in GONE else Status.REVERSED


@dataclass(frozen=True, slots=True)
class _Run:
    """What is remembered: the settled value, and the looks in a row that speak for another one (none: `value` "").

    `blind` counts the looks in a row that could not tell; `asked` is what all this was learned of.
    """

    asked: str = ""
    settled: str = ""
    value: str = ""
    since: str = ""
    until: str = ""
    looks: int = 0
    blind: int = 0


def considered(memory: str, sighting: str, at: datetime, asked: str) -> tuple[str, Observation | None]:
    """The memory after one more look at `asked` (an address), and the change that this look settles, if it does.

    A sighting is a value and perhaps a detail after a colon ("blocked:0.93"); "" and "unknown" could not tell. These
    count for nothing, and so many of them in a row as a change wants looks end what is under way. The value that
    settles first is what all later ones are held against, and no news. A memory that cannot be read, or is of another
    address, is none.
    """
    run = _remembered(memory, digest(asked))
    value, _, detail = sighting.partition(":")
    if value in ("", UNKNOWN):
        blind = min(run.blind + 1, LOOKS)
        run = replace(run, blind=blind) if blind < LOOKS else _Run(run.asked, run.settled, blind=blind)
        return _memory(run), None
    if value == run.settled:
        return _memory(_Run(run.asked, run.settled)), None
    run = _counted(run, value, at)
    since, until = datetime.fromisoformat(run.since), datetime.fromisoformat(run.until)
    if run.looks < LOOKS or until - since <= SPAN:
        return _memory(run), None
    change = Observation(run.settled, value, since, until, run.looks, detail) if run.settled else None
    return _memory(_Run(run.asked, value)), change


def _counted(run: _Run, value: str, at: datetime) -> _Run:
    if value == run.value and at == datetime.fromisoformat(run.until):
        return replace(run, blind=0)  # the same look once more
    if value != run.value or at < datetime.fromisoformat(run.until):  # a clock was set back: the span is not known
        return _Run(run.asked, run.settled, value, at.isoformat(), at.isoformat(), 1)
    return replace(run, until=at.isoformat(), looks=run.looks + 1, blind=0)


def _memory(run: _Run) -> str:
    return json.dumps(asdict(run))


def _remembered(memory: str, asked: str) -> _Run:
    try:
        kept = json.loads(memory)
        run = _Run(*(type(default)(kept[name]) for name, default in asdict(_Run()).items()))
        times = [datetime.fromisoformat(moment) for moment in (run.since, run.until) if run.value]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return _Run(asked)
    sound = not times or (run.looks > 0 and all(moment.tzinfo for moment in times) and times[0] <= times[1])
    return run if sound and run.asked == asked else _Run(asked)


# --- the words


@dataclass(frozen=True, slots=True)
class _Phrase:
    """How a value is told: `{who}` is the platform, `{where}` the place. `decides` are the title's deciding words."""

    title: str
    decides: str
    was: str


_STORES = {"app_store": "App Store", "google_play": "Google Play store"}


def _phrase(sees: str, value: str, again: bool) -> _Phrase:
    found = ("found again" if again else "found") if value not in GONE else "not found"
    if sees in _STORES:
        was = "not found there" if value in GONE else "found there"
        return _Phrase(f"{{who}} {found} in {{whose}} {_STORES[sees]}", found, f"it was {was}")
    reached = found.replace("found", "reached")
    was = "was not reached in most measurements" if value in GONE else "was reached in most measurements"
    return _Phrase(f"{{who}}'s site {reached} from {{where}} in most OONI measurements", reached, f"it {was}")


def report(seen: Observation, source: Source, place: str, capture: Capture) -> tuple[Document, Assessment]:
    """The observation as a document that we write ourselves, and what it says. `place` is the country's name."""
    who = source.platforms[0] if source.platforms else source.name
    where = place or "an unnamed country"
    whose = f"{where}'" if where.endswith("s") else f"{where}'s"
    sees = source.told("sees")
    phrase = _phrase(sees, seen.value, again=True)
    title = phrase.title.format(who=who, where=where, whose=whose)
    text = (
        f"{title}: so it was on {seen.looks} looks between {seen.since:%Y-%m-%d %H:%M} and {seen.until:%Y-%m-%d %H:%M} "
        f"UTC. Before that, {_phrase(sees, seen.before, again=False).was}.\n\n"
        f"{_measured(seen)}Asked: {capture.url}\n\nA probe sees that this is so; it cannot see why."
    )
    document = Document(
        id=digest(source.id, "observation", seen.since.isoformat(), seen.value),
        source_id=source.id,
        capture_id=capture.id,
        url=capture.url,
        title=title,
        text=text,
        published=seen.until,
        fetched_at=capture.fetched_at,
        lang="en",
    )
    told = [(phrase.decides, f"event:{EventType.BAN.value}"), (phrase.decides, f"status:{seen.status.value}")]
    told += [(who, f"platform:{who}")] if source.platforms else []
    told += [(where, f"region:{code}") for code in source.countries[:1] if place]
    spans = tuple(_span(title, quote, says) for quote, says in told)
    signal = Signal(EventType.BAN, seen.status, source.platforms, source.countries, None, (), SCORE, spans)
    return document, Assessment(document.id, "en", SCORE, (signal,), model="probe")


def _measured(seen: Observation) -> str:
    try:
        return f"Measurements that did not get the site as it is: {float(seen.detail):.0%}.\n\n"
    except ValueError:
        return ""


def _span(title: str, quote: str, says: str) -> Span:
    start = title.index(quote)
    return Span("title", start, start + len(quote), quote, says)
