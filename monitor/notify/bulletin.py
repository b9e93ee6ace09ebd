"""What is no letter about one incident: lines in groups, for a notice of our blindness, a digest or a roundup."""

from dataclasses import dataclass

from monitor.domain.exposure import Severity
from monitor.notify.letter import Action


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a group, in words; what is empty is not shown. `url` and `proposal` are None when they are no plain
    web links."""

    name: str
    url: str | None = None
    since: str = ""
    words: str = ""
    new: bool = False
    proposal: str | None = None
    found: str = ""  # what was read at the proposal


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading; `more` are not listed."""

    cause: str
    entries: tuple[Entry, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One of them in words. Every text is a single clean line; none is escaped for any channel yet."""

    subject: str
    headline: str
    tag: str
    severity: Severity
    repeat: bool
    summary: tuple[str, ...]
    groups: tuple[Group, ...]
    more_groups: int
    to_do: str
    why: str
    incident_id: str
    alert_id: str
    language: str = "en"
    zone: str = "UTC"
    kind: str = ""  # beside the tag: our own sight, a digest
    reference: str = ""  # its name, for who asks about it
    notes: tuple[str, ...] = ()  # what to know of the message itself: that it may be a copy, comes late
    actions: tuple[Action, ...] = ()
