"""What pages need of the reader's language. Who speaks it is chosen outside: pages know no catalogue."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from monitor.domain.deadlines import PartialDate


def noop(text: str) -> str:
    """Marks a sentence of a table for the catalogues; it is translated where it is said."""
    return text


class NotDoneError(ValueError):
    """What was asked cannot be done. Says why, in `words` that await translation."""

    def __init__(self, words: str, /, **values: object) -> None:
        super().__init__(words.format_map(values))
        self.words, self.values = words, values


class Speech(Protocol):
    """One reader's language and time zone."""

    @property
    def language(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def tag(self) -> str:
        """As BCP 47 names it."""

    def say(self, text: str, /, **values: object) -> str:
        """The sentence in the reader's language, its {names} filled in."""

    def count(self, one: str, many: str, n: int, /, **values: object) -> str: ...
    def day(self, value: date) -> str: ...
    def partial(self, value: PartialDate) -> str: ...
    def today(self, now: datetime) -> date: ...
    def moment(self, at: datetime) -> str: ...
    def in_days(self, days: int) -> str: ...
    def span(self, length: timedelta | None) -> str:
        """In its largest fitting unit: `1.5 days`."""

    def number(self, value: int | float | Decimal) -> str: ...
    def percent(self, share: float, digits: int = 0) -> str: ...
    def money(self, amount: Decimal | float, currency: str, digits: int | None = None) -> str: ...
    def amount(self, amount: Decimal | float, currency: str, digits: int | None = None) -> str:
        """Without the currency, which is named beside it."""

    def place(self, code: str) -> str: ...
    def language_name(self, code: str) -> str: ...
    def listed(self, items: Sequence[str], most: int = 100) -> str: ...
    def recorded(self, text: str) -> str | None:
        """A sentence that was kept in English, in the reader's language; None for one that nobody knows."""


class Speaks(Protocol):
    """Finds a language; one that nobody speaks here is answered in English."""

    @property
    def languages(self) -> Sequence[str]: ...
    def __call__(self, language: str, zone: str) -> Speech: ...


def preferred(accepted: str, languages: Sequence[str]) -> str:
    """The best of `languages` by an Accept-Language header (RFC 9110, 12.5.4); the first of them when none fits."""
    wishes = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for weight, _, name in sorted(wishes) if weight < 0 and name in languages), languages[0])
