"""The story as values: who publishes what, when, and what a good watchman makes of it. The texts are data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

import yaml
from babel.dates import format_date
from pydantic import TypeAdapter

from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher on the story's site, and a source of the daemon's configuration."""

    id: str
    name: str
    publisher: str
    authority: Authority
    lang: str
    form: Literal["rss", "atom", "page"]
    charset: str = "utf-8"
    page_charset: str = ""  # of the pages, where it is another one
    full: bool = False  # the feed holds the whole texts
    platforms: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Furniture:
    """What surrounds an article, in one language."""

    nav: tuple[str, ...]
    more: str
    banner: str
    foot: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of one outlet. `days_ago` dates it back from the moment it appears; `gloss` is its title in English."""

    source: str
    key: str
    title: str
    text: str
    harmless: bool = False
    days_ago: int = 0
    gloss: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at one moment: `at` is the share of the story's length, `rung` what `about`'s incident climbs to."""

    at: float
    says: str
    entries: tuple[Entry, ...]
    about: str = ""
    rung: Status | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """One incident of the story, and what must be known of it in the end. Dates are names of `Story.dates`."""

    key: str
    says: str
    platform: str
    event: EventType
    regions: tuple[str, ...]  # () is worldwide
    rungs: tuple[Status, ...]
    date: str
    deadlines: Mapping[DeadlineRole, str]


@dataclass(frozen=True)
class Story:
    """The whole story, told on `today`. `platforms` and `sellers` are records for the daemon's configuration."""

    today: date
    days: Mapping[str, int]  # names of dates, in days from today
    incidents: tuple[Plot, ...]
    acts: tuple[Act, ...]
    outlets: tuple[Outlet, ...]
    furniture: Mapping[str, Furniture]
    platforms: tuple[dict[str, Any], ...]
    sellers: tuple[dict[str, Any], ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for act in self.acts for entry in act.entries)

    @cached_property
    def remembered(self) -> int:
        """Texts that nobody reads: a watched page is remembered as it first stands, and read when it changes."""
        first = {(entry.source, entry.key) for entry in self.acts[0].entries}
        return sum(self.by_source[source].form == "page" for source, _ in first)

    @cached_property
    def by_source(self) -> Mapping[str, Outlet]:
        return {outlet.id: outlet for outlet in self.outlets}

    def day(self, name: str) -> PartialDate:
        """The date that goes by a name in the story."""
        return PartialDate((self.today + timedelta(days=self.days[name])).isoformat())

    def written(self, text: str, lang: str) -> str:
        """The text with its dates as the language writes them (CLDR's long form)."""
        return _PLACEHOLDER.sub(lambda hole: format_date(self.day(hole[1]).first_day, "long", locale=lang), text)


def load(today: date) -> Story:
    """The story as it runs today. Raises ValueError when its data do not fit together."""
    world, plot = (
        yaml.safe_load((files("monitor.demo") / "data" / name).read_text("utf-8"))
        for name in ("world.yaml", "story.yaml")
    )
    return TypeAdapter(Story).validate_python(
        {
            "today": today,
            "days": plot["dates"],
            "incidents": plot["incidents"],
            "acts": plot["acts"],
            "outlets": world["sources"],
            "furniture": world["furniture"],
            "platforms": world["platforms"],
            "sellers": world["sellers"],
        }
    )
