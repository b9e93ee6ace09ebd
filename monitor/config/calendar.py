"""calendar.yaml and the user's own calendar.own.yaml -> the peaks of the seller's year, day by day."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from monitor.config.problems import Problem, refuse
from monitor.config.records import Text
from monitor.config.strict import Id, Strict
from monitor.config.units import Country, Known, PlatformName
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.yaml_file import read_yaml
from monitor.domain.peaks import Peak

SHIPPED, OWN = "calendar.yaml", "calendar.own.yaml"
SPAN = (datetime(2020, 1, 1), datetime(2041, 1, 1))  # noqa: DTZ001  (days of a calendar; a rule gives them in here)
MOST_DAYS = 400  # that one rule gives in that time

# Parts that say which days of every year; INTERVAL, COUNT and UNTIL say which years, and INTERVAL=0 never ends.
_PARTS = "BYMONTH|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYDAY|BYSETPOS|BYEASTER"
_RULE = re.compile(rf"FREQ=(YEARLY|MONTHLY)(;({_PARTS})=[A-Z0-9,+-]+)+")
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
Around = Annotated[int, Field(ge=0, le=90)]


def _rule(text: str) -> str:
    if not _RULE.fullmatch(text):
        raise refuse("is no rule of days of the year", "RFC 5545, such as FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=11")
    try:
        found = days_of(text)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise refuse(f"is no rule that can be followed: {error}", "RFC 5545, section 3.3.10") from None
    if not 0 < len(found) <= MOST_DAYS:
        raise refuse(f"gives {len(found)} days from {SPAN[0].year} to {SPAN[1].year - 1}", "one or a few a year")
    return text


def days_of(rule: str) -> tuple[date, ...]:
    """The days that a recurrence rule gives within SPAN."""
    first, last = SPAN
    return tuple(at.date() for at in rrulestr(rule, dtstart=first).between(first, last, inc=True)[: MOST_DAYS + 1])


class PeakRecord(Strict):
    """A time of year at which more is sold, as calendar.yaml writes it."""

    id: Id
    name: Text
    countries: tuple[Country, ...] = Field(min_length=1)
    platforms: tuple[PlatformName, ...] = ()
    factor: Decimal = Field(ge=1, le=50, max_digits=6, strict=False)  # on sales per day; 1 takes the peak away
    days: int = Field(default=1, ge=1, le=90)  # from the day itself on
    before: Around = 0  # days that belong to it already, and
    after: Around = 0  # still
    rule: Annotated[str, AfterValidator(_rule)] | None = None
    dates: tuple[Day, ...] = Field(default=(), validate_default=True)
    provenance: Text

    @field_validator("dates")
    @classmethod
    def _says_when(cls, dates: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        if "rule" in info.data and bool(dates) is bool(info.data["rule"]):
            raise refuse("belongs here, or rule, and not both" if dates else "is missing", "write a rule, or its dates")
        return dates

    def peaks(self) -> Iterator[Peak]:
        """One for each time it comes."""
        for day in self.dates or days_of(self.rule or ""):
            first, last = day - timedelta(self.before), day + timedelta(self.days - 1 + self.after)
            yield Peak(self.name, first, last, self.factor, self.countries, self.platforms)


def read_calendar(directory: Path, known: Known) -> tuple[tuple[Peak, ...], list[Problem]]:
    """All peaks, those of the user's own file in place of shipped ones of the same id; none without any file."""
    records: dict[str, PeakRecord] = {}
    problems: list[Problem] = []
    for name in (SHIPPED, OWN):
        if not (directory / name).exists():
            continue
        file, found = read_yaml(directory / name, name)
        problems += found
        if not isinstance(file.value, list | None):
            problems.append(file.problem((), "should be a list of records", "begin each record with '- '"))
            continue
        problems += taken_twice(file, (((n, "id"), row.get("id")) for n, row in blocks(file.value)), {})
        for n in range(len(file.value or ())):
            record, found = validate(PeakRecord, file, (n,), known)
            problems += found
            if record is not None:
                records[record.id] = record
    return tuple(peak for record in records.values() if record.factor > 1 for peak in record.peaks()), problems
