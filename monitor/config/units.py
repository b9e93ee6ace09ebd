"""Durations, sizes, countries and the like as people write them, and as they are checked."""

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import IntEnum
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import get_territory_currencies, list_currencies
from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from monitor.config.problems import nearest, refuse
from monitor.domain.exposure import Severity


@dataclass(frozen=True)
class Known:
    """What other files hold, handed to validators as their context; None where that file could not be read."""

    platforms: Mapping[str, str] | None = None  # name, id and aliases in casefold -> canonical name
    sellers: frozenset[str] | None = None
    min_every: timedelta = timedelta(minutes=1)
    canonical: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "canonical", frozenset((self.platforms or {}).values()))


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
#: What people write for a country -> its code.
HABITUAL = {"UK": "GB", "EL": "GR", "GLOBAL": "WORLD", "WW": "WORLD"}
_QUANTITY = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s?([A-Za-z]+)", re.ASCII)


def duration(value: Any) -> timedelta:
    """`20s`, `5m`, `4h`, `45d`."""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in _SECONDS:
        raise refuse("is not a duration", "write a number and s, m, h or d, such as 30s or 45d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > 3650 * 86400:
        raise refuse("is longer than ten years")
    return timedelta(seconds=seconds)


def positive_duration(value: Any) -> timedelta:
    """A duration that is longer than zero."""
    span = duration(value)
    if span <= timedelta(0):
        raise refuse("must be longer than zero")
    return span


def size(value: Any) -> int:
    """`10MB`, `512KB`, in bytes; a KB is 1,024 bytes."""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2].upper() not in _BYTES:
        raise refuse("is not a size", "write a number and KB, MB or GB, such as 10MB")
    number = int(float(match[1]) * _BYTES[match[2].upper()])
    if number < 1:
        raise refuse("must be larger than zero")
    return number


def by_name(kind: type[IntEnum]) -> BeforeValidator:
    """An ordered enumeration, written by its lower-case name."""
    names = {member.name.lower(): member for member in kind}

    def parse(value: Any) -> IntEnum:
        if not isinstance(value, str) or value not in names:
            raise refuse(f"is not one of {', '.join(names)}", nearest(str(value), names))
        return names[value]

    return BeforeValidator(parse)


@cache
def countries() -> Mapping[str, str]:
    """ISO 3166-1 alpha-2 codes with their English names, after the CLDR, and EU and WORLD."""
    reserved = {"AC", "CP", "CQ", "DG", "EA", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
    names = Locale("en").territories
    return {
        "EU": "European Union",
        "WORLD": "World",
        **{code: name for code, name in names.items() if re.fullmatch("[A-Z]{2}", code) and code not in reserved},
    }


def country(code: str) -> str:
    """A country code as it stands; its likely code is the hint for anything else."""
    if code in countries():
        return code
    meant = HABITUAL.get(code.upper()) or (code.upper() if code.upper() in countries() else None)
    meant = meant or next((c for c, name in countries().items() if name.casefold() == code.casefold()), None)
    hint = f"write {meant}" if meant else "two capital letters such as DE, or EU, or WORLD"
    raise refuse(f"{code!r} is no country code", hint)


def language(code: str) -> str:
    """An ISO 639 code of two or three letters, as the CLDR knows them."""
    names = Locale("en").languages
    if code in names and re.fullmatch("[a-z]{2,3}", code):
        return code
    meant = next((c for c, name in names.items() if name.casefold() == code.casefold() and "_" not in c), None)
    meant = meant or (code.lower()[:2] if code.lower()[:2] in names else None)
    raise refuse(f"{code!r} is no language code", f"write {meant}" if meant else "an ISO 639 code such as en or zh")


_SPOKEN_OF = {"RMB": "CNY", "NTD": "TWD"}  # what many write, and no ISO code


@cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes of what is legal tender anywhere today, after the CLDR."""
    return frozenset().union(*map(get_territory_currencies, countries().keys() - {"EU", "WORLD"}))


def currency(code: str) -> str:
    """An ISO 4217 code; one of today's is the hint for anything else."""
    if code not in list_currencies():
        meant = _SPOKEN_OF.get(code.upper(), code.upper())
        hint = f"write {meant}" if meant in currencies() else nearest(code, currencies())
        raise refuse(f"{code!r} is no currency code", hint or "an ISO 4217 code such as EUR")
    return code


def platform(name: str, info: ValidationInfo) -> str:
    """A canonical name of platforms.yaml."""
    known: Known = info.context or Known()
    if known.platforms is None or name in known.canonical:
        return name
    meant = known.platforms.get(name.casefold())
    hint = f"write {meant}" if meant else nearest(name, known.canonical) or "add it to platforms.yaml"
    raise refuse(f"no platform is called {name!r}", hint)


def web_address(url: str) -> str:
    """An http or https address with a host, and without a user or password."""
    if len(url) > 2048 or re.search(r"[\s\\\x00-\x20\x7f]", url):
        raise refuse("is not a web address: it is too long, or holds spaces, backslashes or control characters")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise refuse("is not a web address") from None
    if scheme not in {"http", "https"}:
        raise refuse("must begin with https:// or http://")
    if not host or port == 0:
        raise refuse("is not a web address: it names no host, or no possible port")
    if "@" in parts.netloc:
        raise refuse("holds a user name or password", "addresses are shown and logged; leave it out")
    return url


def in_the_clear(url: str) -> bool:
    """Whether what is sent there crosses a network without TLS: plain http, and not to this machine."""
    host = urlsplit(url).hostname or ""
    if url.lower().startswith("https://") or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MESSAGE_LANGUAGES = ("en", "zh", "fr", "es", "id", "de", "pt", "vi", "ja")


def clock_time(value: Any) -> time:
    """`07:30`, written in quotes: YAML reads it as a number without them."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if match is None:
        raise refuse("is not a time of day", 'hours and minutes in quotes, such as "07:30"')
    return time(int(match[1]), int(match[2]))


def zone(name: str) -> str:
    """A name of the IANA time zone database."""
    known = available_timezones()
    if name not in known:
        raise refuse(f"no time zone is called {name!r}", nearest(name, known) or "such as Europe/Berlin")
    return name


def _one_of(names: Collection[str], what: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise refuse(f"{name!r} is not {what}", nearest(name, names) or f"one of {', '.join(names)}")
        return name

    return AfterValidator(check)


Weekday = Annotated[str, _one_of(WEEK, "a day of the week")]
MessageLanguage = Annotated[str, _one_of(MESSAGE_LANGUAGES, "a language of our messages")]
ClockTime = Annotated[time, BeforeValidator(clock_time)]
Zone = Annotated[str, AfterValidator(zone)]
Duration = Annotated[timedelta, BeforeValidator(duration)]
Positive = Annotated[timedelta, BeforeValidator(positive_duration)]
Size = Annotated[int, BeforeValidator(size)]
SeverityName = Annotated[Severity, by_name(Severity)]
Country = Annotated[str, AfterValidator(country)]
Language = Annotated[str, AfterValidator(language)]
Currency = Annotated[str, AfterValidator(currency)]
PlatformName = Annotated[str, AfterValidator(platform)]
WebAddress = Annotated[str, AfterValidator(web_address)]
