"""Addresses that are their own key: the feed of incidents, and each seller's calendar."""

from collections.abc import Callable, Sequence

from monitor.calendars import CALENDAR_KEY
from monitor.config import Config
from monitor.subscriptions import stored_key
from monitor.web.api_page import Address
from monitor.web.calendar import calendar_key
from monitor.web.feeds import NAME, feed_key

FEED_KEY = "feeds.key"  # in the state directory; remove it, and the address is another after the next start


def feed_secret(settings: Config) -> bytes:
    """What the feed's address is made of. Raises OSError."""
    return stored_key(settings.state_dir / FEED_KEY)


class Addresses:
    """A `monitor.web.api_page.Addresses`. Raises OSError for the keys."""

    def __init__(self, settings: Callable[[], Config], secret: bytes) -> None:
        self._settings, self._feed = settings, feed_key(secret)
        self._dates = stored_key(settings().state_dir / CALENDAR_KEY)

    def all(self) -> Sequence[Address]:
        """Of every feed and calendar there is. They let in whoever knows them."""
        known = self._settings()
        base = known.settings.web.public_url.rstrip("/")
        feed = Address("feed", "", f"{base}/feeds/{self._feed}/{NAME}")
        return [
            feed,
            *(
                Address("calendar", one.name, f"{base}/calendar/{calendar_key(self._dates, one.id)}/{one.id}.ics")
                for one in known.sellers
            ),
        ]
