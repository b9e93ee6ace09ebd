"""The reader's language: our sentences out of gettext catalogues, and dates, times, money and names by Babel (CLDR).

What the code says is the English sentence, which is the catalogue's key. A sentence that a catalogue lacks is said in
English: a message in two languages is better than none. To add a language see docs/languages.md.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_timedelta, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from babel.units import format_unit

from monitor.domain.deadlines import PartialDate
from monitor.domain.rounding import digits_for

LANGUAGES = ("en", "zh", "fr", "es", "id", "de", "pt", "vi", "ja")
"""Those in which messages are written. English is the code's own and has no catalogue."""

_UNSPACED = frozenset({"zh", "ja"})
_TAGS = {"zh": "zh-Hans"}
_DATES = {
    "en": {"yMMMd": "d MMM y", "yMMMM": "MMM y"},  # as the world writes English, not as the United States do
    "vi": {"yMMMd": "d/M/y", "yMMMM": "'tháng' M/y", "y": "'năm' y"},
}
_SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_FIRSTS = {"fr": "d'er' MMM y", "pt": "d'º' 'de' MMM 'de' y"}  # where the first of a month is an ordinal


def noop(text: str) -> str:
    """Marks a sentence of a table for the catalogues; it is translated where it is said."""
    return text


def forms(one: str, many: str) -> tuple[str, str]:
    """The same for a sentence of two forms, which `Tongue.count` says."""
    return one, many


CATALOGUES = ("messages.po", "desk.po")  # of what is sent, and of the desk's pages; the first has the first word


@cache
def _catalogue(language: str) -> NullTranslations:
    """The sentences of a language; empty for one that has none. A fuzzy entry counts as none."""
    found = NullTranslations()
    if language not in LANGUAGES:
        return found
    for name in reversed(CATALOGUES):
        place = files("monitor.notify") / "locale" / language / name
        if place.is_file():
            compiled = io.BytesIO()
            write_mo(compiled, read_po(io.BytesIO(place.read_bytes()), locale=language))
            compiled.seek(0)
            one = GNUTranslations(compiled)
            one.add_fallback(found)
            found = one
    return found


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # one that this machine's tables do not know
        return ZoneInfo("UTC")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Tongue:
    """One reader's language and time zone. `language` is one of `LANGUAGES`, `zone` an IANA name."""

    language: str = "en"
    zone: str = "UTC"

    @property
    def tag(self) -> str:
        """As BCP 47 names it: `zh-Hans`, `de`."""
        return _TAGS.get(self.language, self.language)

    @cached_property
    def locale(self) -> Locale:
        return _locale(self.language)

    def say(self, text: str, /, **values: object) -> str:
        """The sentence, its {names} filled in. A value goes in as it is: translate and clean it before."""
        said = _catalogue(self.language).gettext(text) if text else ""  # the entry of "" is the catalogue's own header
        return said.format_map(values) if values else said

    def count(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The sentence in the number's form; `n` is its {n}, written as the language writes numbers."""
        said = _catalogue(self.language).ngettext(one, many, n)
        return said.format_map({"n": self.number(n)} | values)

    def day(self, value: date) -> str:
        """`28 Nov 2024`."""
        return self._dated("yMMMd", value)

    def partial(self, value: PartialDate) -> str:
        """`28 Nov 2024`, `Nov 2024` or `2024`."""
        match len(value.parts):
            case 3:
                return self.day(value.first_day)
            case 2:
                return self._dated("yMMMM", value.first_day)
            case _:
                return self._dated("y", value.first_day)

    def _dated(self, skeleton: str, value: date) -> str:
        own = _DATES.get(self.language, {}).get(skeleton)
        if skeleton == "yMMMd" and value.day == 1:
            own = _FIRSTS.get(self.language, own)
        if own:
            return format_date(value, own, self.locale)
        return format_skeleton(skeleton, value, locale=self.locale)

    def today(self, now: datetime) -> date:
        """The reader's day."""
        return now.astimezone(_zone(self.zone)).date()

    def moment(self, at: datetime) -> str:
        """`28 Nov 2024, 11:30 (UTC+2)`, in the reader's zone."""
        there = at.astimezone(_zone(self.zone))
        day, time = self.day(there.date()), f"{there:%H:%M}"
        return self.say("{day}, {time} ({zone})", day=day, time=time, zone=_offset(there))

    def away(self, value: PartialDate, today: date) -> str:
        """`in 12 days`, `today`, `3 days ago`; empty unless the date names a day."""
        if len(value.parts) < 3:
            return ""
        return self.in_days((value.first_day - today).days)

    def in_days(self, days: int) -> str:
        """`in 12 days`, `today`, `3 days ago`."""
        if days == 0:
            return self.say("today")
        said = format_timedelta(timedelta(days=days), "day", threshold=1e9, add_direction=True, locale=self.locale)
        return said.replace(" ", "") if self.language in _UNSPACED else said

    def span(self, length: timedelta | None) -> str:
        """A span of time in its largest fitting unit: `1.5 days`, `30 minutes`."""
        seconds = length.total_seconds() if length else 0.0
        unit, size = next((one for one in _SPANS if seconds >= one[1]), _SPANS[-1])
        said = format_unit(float(f"{seconds / size:.3g}"), f"duration-{unit}", "long", locale=self.locale)
        return said.replace(" ", "") if self.language in _UNSPACED else said

    def number(self, value: int | float | Decimal) -> str:
        """`1,234`."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float, digits: int = 0) -> str:
        """`34%` of 0.34; with `digits` no more of them than it has: `76.5%`, `90%`."""
        pattern = self.locale.percent_formats[None].pattern
        return format_percent(share, pattern.replace("0", f"0.{'#' * digits}") if digits else None, locale=self.locale)

    def money(self, amount: Decimal | float, currency: str, digits: int | None = None) -> str:
        """`EUR 195,000`, the currency by its code, since many are called dollar. In whole units; what is small and not
        whole with the decimals of the currency (`EUR 0.05`), else with as many as are asked for."""
        if not currency:
            return self.amount(amount, currency, digits)
        shown = digits_for([Decimal(amount)], decimals(currency)) if digits is None else digits
        pattern = self.locale.currency_formats["standard"].pattern.split(";")[0]
        pattern = pattern.replace(".00", f".{'0' * shown}" if shown else "")
        pattern = pattern.replace("¤", "¤¤").replace("¤¤#", "¤¤ #")
        return format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False)

    def amount(self, amount: Decimal | float, currency: str, digits: int | None = None) -> str:
        """The same, `195,000`, where the currency is named beside it."""
        shown = digits_for([Decimal(amount)], decimals(currency)) if digits is None else digits
        return format_decimal(amount, f"#,##0.{'0' * shown}" if shown else "#,##0", locale=self.locale)

    def place(self, code: str) -> str:
        """The name of a country code; WORLD and EU too; an unknown code as it is."""
        if code == "WORLD":
            return self.say("worldwide")
        return str(self.locale.territories.get(code) or code)

    def language_name(self, code: str) -> str:
        """`Indonesian` of `id`, or the code."""
        base = code.replace("_", "-").split("-")[0].lower()
        name = str(self.locale.languages.get(base) or code)
        return f"{name[:1].lower()}{name[1:]}" if self.language == "vi" else name  # CLDR's stand at a sentence's head

    def foreign(self, code: str) -> str:
        """`in Indonesian`, of words that are not in the reader's own language; else empty."""
        if not code or code.split("-")[0].lower() == self.language:
            return ""
        return self.say("in {language}", language=self.language_name(code))

    def zone_name(self, name: str) -> str:
        """`Jakarta time` of `Asia/Jakarta`, `UTC+08:00` of `+08:00`."""
        if name[:1] in ("+", "-"):
            return f"UTC{name}"
        known = get_timezone_location(name, locale=self.locale, return_city=True) if name in _zones() else ""
        return self.say("{city} time", city=known or name.rpartition("/")[2].replace("_", " "))

    def sentences(self, *said: str) -> str:
        """Sentences one after the other; without a space between them where the script has none."""
        return ("" if self.language in _UNSPACED else " ").join(filter(None, said))

    def beside(self, *said: str) -> str:
        """`A, B`: what stands side by side in a line; what is empty is left out."""
        return self.say(", ").join(filter(None, said))

    def listed(self, items: Sequence[str], most: int = 100) -> str:
        """`A, B, C +2 more`."""
        patterns = self.locale.list_patterns["standard"]
        separator = patterns["middle"].replace("{0}", "").replace("{1}", "")
        names, rest = separator.join(items[:most]), len(items) - most
        return self.say("{names} +{n} more", names=names, n=self.number(rest)) if rest > 0 else names


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have: 2 of EUR, 0 of JPY, 3 of KWD; 2 of one that is not known."""
    return get_currency_precision(currency)


def _offset(at: datetime) -> str:
    """`UTC`, `UTC+2`, `UTC+5:30`."""
    minutes = int((at.utcoffset() or timedelta(0)).total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"


@cache
def tongue(language: str = "en", zone: str = "UTC") -> Tongue:
    """How to speak to a reader of that language in that time zone; one object for each pair."""
    return Tongue(language, zone)


ENGLISH = tongue()
