"""The pages that the daemon serves besides its health: what the links of messages lead to, and calendars."""

import time
from collections.abc import Callable, Sequence

from fastapi import APIRouter

from monitor.acting import Acting
from monitor.acts import Acts
from monitor.calendars import CALENDAR_KEY, subscribed
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.links import Links
from monitor.opened import Store
from monitor.subscriptions import stored_key
from monitor.watching import watch
from monitor.web import acting, calendar


def pages_of(store: Store, settings: Callable[[], Config], links: Links) -> Sequence[APIRouter]:
    """`settings` is asked at each request, so that a reload counts at once. Raises OSError for the calendars' key."""

    def acts() -> Acts:
        return Acts(store.ledger, watch(settings()))

    def name(seller_id: str) -> str:
        return next((seller.name for seller in settings().sellers if seller.id == seller_id), seller_id)

    async def dates(seller_id: str, language: str) -> bytes | None:
        return await subscribed(settings(), store.desk, seller_id, language, utc_now())

    return (
        acting.routes(Acting(links, store.ledger, acts, name, utc_now), time.monotonic),
        calendar.routes(dates, stored_key(settings().state_dir / CALENDAR_KEY)),
    )
