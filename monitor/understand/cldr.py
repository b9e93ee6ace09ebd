"""What we take from CLDR, by way of Babel: a language's names of countries, cities, months and weekdays.

Babel keeps every language's whole data for good, 45 MB for ours; here a few hundred names of each stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError, localedata


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Countries by code, cities by the time zone that is named after them; months by form ("format", "stand-alone"),
    width ("wide", "abbreviated") and number; weekdays by number, Monday is 0."""

    countries: Mapping[str, str]
    cities: Mapping[str, str]
    months: Mapping[tuple[str, str], Mapping[int, str]]
    weekdays: Mapping[int, str]


@cache
def names(language: str) -> Names | None:
    """A language's names, None when CLDR does not know it."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None
    found = Names(
        {code: name for code, name in locale.territories.items() if len(code) == 2 and code.isalpha()},
        {zone: str(of["city"]) for zone, of in locale.time_zones.items() if of.get("city")},
        {(form, width): dict(some) for form, widths in locale.months.items() for width, some in widths.items()},
        dict(locale.days["format"]["wide"]),
    )
    localedata.clear_caches()
    return found
