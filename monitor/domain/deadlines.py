"""Dates as sources give them (a year, a month, a day), and what must be done by them."""

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`. Raises ValueError for anything else, or for a day that does not exist."""

    text: str

    def __post_init__(self) -> None:
        _parts(self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def parts(self) -> tuple[int, ...]:
        return _parts(self.text)

    @property
    def first_day(self) -> date:
        year, month, day = (*self.parts, 1, 1)[:3]
        return date(year, month, day)

    @property
    def last_day(self) -> date:
        if len(self.parts) == 3:
            return self.first_day
        if len(self.parts) == 2:
            year, month = self.parts
            return date(year, month, calendar.monthrange(year, month)[1])
        return date(self.parts[0], 12, 31)

    def agrees(self, other: "PartialDate") -> bool:
        """True when one is the other, or the other said more precisely."""
        return self.text.startswith(other.text) or other.text.startswith(self.text)


@lru_cache(4096)  # the same days are named again and again, and compared with many
def _parts(text: str) -> tuple[int, ...]:
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    parts = tuple(int(part) for part in match.groups() if part)
    date(*(*parts, 1, 1)[:3])
    return parts


class DeadlineRole(StrEnum):
    """What has to be done by a deadline."""

    DATA_EXPORT = "data_export"
    REFUND = "refund"
    ORDERS = "orders"
    PAYOUT = "payout"
    INVENTORY = "inventory"
    LOGIN = "login"
    APPEAL = "appeal"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """By when somebody must act, and for what; `quote` is the source's own words.

    What follows the quote is shown with it, and is no part of what the deadline is: it makes no second one.
    """

    date: PartialDate
    role: DeadlineRole
    quote: str = ""
    zone: str = field(default="", compare=False)  # IANA name or "+08:00", as said; "" when the source says none
    actor: str = field(default="", compare=False)  # who must act, as said: sellers, buyers, creators ...; "" unsaid
    certainty: str = field(default="", compare=False)  # the rung (`Status`) of the evidence behind it
    document_id: str = field(default="", compare=False)
    start: int = field(default=-1, compare=False)  # of the quote in the document's text; -1 when not known
