"""What people do not want to hear for a while, with its end and its author."""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.signals import EventType


@dataclass(frozen=True, slots=True)
class Silence:
    """Empty fields match everything. What it holds back waits, and is said at its end if it is still true."""

    id: str
    at: datetime
    until: datetime
    who: str
    note: str = ""
    seller_id: str = ""
    incident_id: str = ""
    target: str = ""
    platforms: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    events: tuple[EventType, ...] = ()
    ended_by: str = ""  # who ended it before its time; `until` is that moment then
