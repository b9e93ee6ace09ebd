"""When something was published: only strings of a known form are believed.

Feed parsers turn almost anything into a date, silently wrong (`2026年3月10日` becomes 1 November); so the raw string is
checked by its form first, and the result must lie in a window around the time it was fetched.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

LONGEST = 64  # characters
OLDEST = timedelta(days=3653)
NEWEST = timedelta(hours=36)  # a day, and half a day for local times that came without their zone

# Whose month names are read. Fixed: guessing the language is slow, and reads noise as dates.
_LANGUAGES = ["en", "fr", "it", "es", "de", "pt", "nl", "pl", "ru", "tr", "id", "vi", "sv", "cs", "ro", "uk"]
_SETTINGS = {
    "TIMEZONE": "UTC",
    "TO_TIMEZONE": "UTC",
    "RETURN_AS_TIMEZONE_AWARE": True,
    "REQUIRE_PARTS": ["day", "month", "year"],
    "RELATIVE_BASE": datetime(2000, 1, 1),  # noqa: DTZ001 - so that no clock is asked; relative dates are not read
    "PARSERS": ["absolute-time"],
}

_CLOCK = r"(?:(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2}))?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)"
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s+)?\d{1,2}[ -](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[ -](?:\d{4}|\d{2})"
    r"\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s+(?:[+-]\d{4}|UTC?|GMT|Z|[ECMP][SD]T))?",
    re.IGNORECASE,
)
_ISO_8601 = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ]\s*(?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})\s*[年년/.]\s*(?P<m>\d{1,2})\s*[月월/.]\s*(?P<d>\d{1,2})\s*[日일.]?(?:\s*\(?[一-龥월화수목금토일]{1,3}\)?)?"
    rf"(?:\s+{_CLOCK})?"
)
_YEAR_LAST = re.compile(rf"(?P<a>\d{{1,2}})(?P<sep>[/.-])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}})(?:,?\s+{_CLOCK})?")
_EPOCH = re.compile(r"(?P<s>\d{9,10})(?P<ms>\d{3})?")
_MONTH = r"[^\W\d_]{3,12}\.?"
_NAMED_MONTH = re.compile(
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|º|°|\.)?\s+(?:de\s+|tháng\s+)?(?:{_MONTH}|\d{{1,2}}),?\s+(?:de\s+|del\s+|năm\s+)?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+)\d{{4}}(?:\s*г\.?)?(?:,?\s+.{{1,24}})?"
)
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}(?:-feira)?(?:\.,|,|\.)?\s+(?=\d)")


def published_at(raw: str, fetched_at: datetime) -> datetime | None:
    """The moment that `raw` names, in UTC, or None when its form is not known or the date cannot be.

    A time without a zone is taken as UTC. The date must lie between ten years before `fetched_at` and 36 hours after.
    """
    raw = " ".join(raw.split())
    if not raw or len(raw) > LONGEST:
        return None
    moment = _parsed(raw)
    if moment is None or not fetched_at - OLDEST <= moment <= fetched_at + NEWEST:
        return None
    return moment


@lru_cache(maxsize=4096)
def _parsed(raw: str) -> datetime | None:
    for form, read in _FORMS:
        match = form.fullmatch(raw)
        if match is None:
            continue
        try:
            moment = read(match)
            if moment is not None:
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):  # the 31st of February, hour 25, year 0
            continue
    return None


def _rfc_822(match: re.Match[str]) -> datetime:
    return parsedate_to_datetime(match[0])


def _iso_8601(match: re.Match[str]) -> datetime:
    time, zone = match["time"] or "00:00", (match["zone"] or "Z").upper()
    midnight_after = time.startswith("24:00")
    moment = datetime.fromisoformat(
        f"{match['day']}T{'00:00' if midnight_after else time}{'Z' if zone in ('UTC', 'GMT') else zone}"
    )
    return moment + timedelta(days=1) if midnight_after else moment


def _year_first(match: re.Match[str]) -> datetime:
    return _at(int(match["y"]), int(match["m"]), int(match["d"]), match)


def _year_last(match: re.Match[str]) -> datetime | None:
    """Day and month in either order, when only one order can be meant."""
    a, b, y = int(match["a"]), int(match["b"]), int(match["y"])
    if a <= 12 and b <= 12 and a != b and match["sep"] != ".":  # 3/4/2026 is March to some and April to others
        return None
    return _at(y, a, b, match) if b > 12 else _at(y, b, a, match)


def _at(year: int, month: int, day: int, clock: re.Match[str]) -> datetime:
    hour, half = int(clock["h"] or 0), (clock["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    return datetime(year, month, day, hour, int(clock["mi"] or 0), int(clock["s"] or 0), tzinfo=UTC)


def _epoch(match: re.Match[str]) -> datetime:
    return datetime.fromtimestamp(int(match["s"]), UTC)


def _named_month(match: re.Match[str]) -> datetime | None:
    import dateparser  # slow to load, and most dates have no need of it

    found: datetime | None = dateparser.parse(match[0], languages=_LANGUAGES, settings=_SETTINGS)
    # It finds a year, or drops a clock it does not know, where it can: the year must be the one written.
    return found if found is not None and str(found.year) in match[0] else None


def _without_weekday(match: re.Match[str]) -> datetime | None:
    rest = _NAMED_MONTH.fullmatch(match["rest"])
    return _named_month(rest) if rest else None


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime | None]], ...] = (
    (_RFC_822, _rfc_822),
    (_ISO_8601, _iso_8601),
    (_YEAR_FIRST, _year_first),
    (_YEAR_LAST, _year_last),
    (_EPOCH, _epoch),
    (_NAMED_MONTH, _named_month),
    (re.compile(_WEEKDAY.pattern + r"(?P<rest>.+)"), _without_weekday),
)
