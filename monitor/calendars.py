"""A seller's calendar out of the incidents in store."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from monitor.config import Config
from monitor.domain.agenda import KEEP_CANCELLED, KEEP_PAST, Entry, agenda, current
from monitor.domain.exposure import Seller
from monitor.domain.impact import impact, places_hit
from monitor.domain.incidents import Incident
from monitor.domain.resolution import kinship
from monitor.notify.calendar import calendar_file
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.store.desk import SqlDesk

CALENDAR_KEY = "calendar.key"  # in the state directory; remove it, and every address is another


def _entries(settings: Config, seller: Seller, some: Iterable[Incident], now: datetime) -> Iterator[Entry]:
    """What concerns the seller, as it is in the seller's places."""
    kin = kinship(settings.platforms)
    for one in some:
        if impact(one, seller, now.date(), kin).exposed:
            yield from agenda(one, places_hit(one, seller, kin))


async def subscribed(settings: Config, desk: SqlDesk, seller_id: str, language: str, now: datetime) -> bytes | None:
    """The calendar file of what concerns a seller; None for an unknown one. An unknown language is English."""
    seller = next((one for one in settings.sellers if one.id == seller_id), None)
    if seller is None:
        return None
    near = await desk.dated((now - KEEP_PAST).date(), now - KEEP_CANCELLED)
    entries = current(_entries(settings, seller, near, now), now)
    t = tongue(language if language in LANGUAGES else "en")
    return calendar_file(entries, seller.name, t, settings.policy.reminders)
