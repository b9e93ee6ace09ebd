"""A seller's calendar out of the incidents in store."""

from collections.abc import Iterable
from datetime import datetime

from monitor.config import Config
from monitor.domain.agenda import agenda, current
from monitor.domain.exposure import Seller
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident
from monitor.domain.resolution import kinship
from monitor.notify.calendar import calendar_file
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.store.desk import SqlDesk

CALENDAR_KEY = "calendar.key"  # in the state directory; remove it, and every address is another
MOST = 1_000  # incidents, the last moved first


def dates_of(settings: Config, seller: Seller, incidents: Iterable[Incident], language: str, now: datetime) -> bytes:
    """The calendar file of what concerns the seller."""
    kin = kinship(settings.platforms)
    hit = [one for one in incidents if impact(one, seller, now.date(), kin).exposed]
    entries = current((entry for incident in hit for entry in agenda(incident)), now)
    return calendar_file(entries, seller.name, tongue(language), settings.policy.reminders)


async def subscribed(settings: Config, desk: SqlDesk, seller_id: str, language: str, now: datetime) -> bytes | None:
    """The same, for whoever subscribed; None for an unknown seller. An unknown language is English."""
    seller = next((one for one in settings.sellers if one.id == seller_id), None)
    if seller is None:
        return None
    incidents = await desk.incidents(limit=MOST, include_closed=True)
    return dates_of(settings, seller, incidents, language if language in LANGUAGES else "en", now)
