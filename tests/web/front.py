"""The front of the desk alone, over a real store: its first page and the list of incidents, behind the real door."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from rooms_given import NOW, PASSWORD, QUICK, Browser, api_of, browsers_of, ready

from monitor.config import Config
from monitor.desk.accounts import Accounts
from monitor.desk.board import Boards
from monitor.desk.hall import hall
from monitor.desk.listing import Incidents
from monitor.desk.rooms import Tongues
from monitor.domain.people import Role
from monitor.opened import Store
from monitor.web.health import app
from monitor.web.paper import Paper
from monitor.web.sections import incidents, overview


@asynccontextmanager
async def front_of(store: Store, settings: Config) -> AsyncIterator[Callable[[], Browser]]:
    """A maker of browsers in which nobody is logged in yet; `vera` is known, and may look."""
    entrance = hall(store.people, lambda: settings.settings.web, lambda: NOW, Paper(Tongues()), QUICK)
    boards = Boards(store, lambda: settings, lambda: NOW)
    listing = Incidents(store, lambda: settings, lambda: NOW, boards.index)
    pages = [overview.routes(entrance.house, boards), incidents.routes(entrance.house, listing)]
    api = api_of(store, [overview.api(entrance.house, boards), incidents.api(entrance.house, listing)])
    web = app(CollectorRegistry(), ready, more=[*entrance.pages, *pages, api], house=entrance.house)
    await Accounts(store.people, lambda: NOW, QUICK).add("vera", PASSWORD, Role.VIEWER, "test")
    async with browsers_of(web) as browser:
        yield browser
