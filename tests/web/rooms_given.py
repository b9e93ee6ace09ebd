"""A desk over a real store, asked as a browser asks: pages, forms with their token, and the API."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx2 as httpx
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import URL

from monitor.config import Config, load
from monitor.desk.accounts import Accounts
from monitor.desk.rooms import rooms
from monitor.desk.trials import Explore
from monitor.domain.people import Role
from monitor.opened import Store, open_store
from monitor.store.answered import SqlAnswered
from monitor.web.api import programs
from monitor.web.api_once import Once
from monitor.web.health import app

NOW = datetime(2024, 10, 30, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # the same algorithm, for many logins
CONFIG = Path(__file__).parents[2] / "config"


async def ready() -> dict[str, str]:
    return {}


def api_of(store: Store, routers: Iterable[APIRouter], now: Callable[[], datetime] = lambda: NOW) -> APIRouter:
    """The API of these sections alone."""
    return programs(routers, Once(SqlAnswered(store.database), now))


class Browser:
    """Somebody at the desk, logged in or not."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/login", data={"name": name, "password": password})

    async def page(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """As a form of the last page does, with its token."""
        page = (await self.client.get("/")).text
        token = page.partition('data-csrf="')[2].partition('"')[0]
        return await self.client.post(path, data={"csrf": token} | fields)


@asynccontextmanager
async def browsers_of(web: FastAPI) -> AsyncIterator[Callable[[], Browser]]:
    """A maker of browsers before this application."""
    clients: list[httpx.AsyncClient] = []

    def browser() -> Browser:
        transport = httpx.ASGITransport(web, client=("127.0.0.1", 1234))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464"))
        return Browser(clients[-1])

    try:
        yield browser
    finally:
        for client in clients:
            await client.aclose()


@asynccontextmanager
async def desk_of(
    store: Store, settings: Config, now: Callable[[], datetime] = lambda: NOW, explore: Explore | None = None
) -> AsyncIterator[Callable[[], Browser]]:
    """A maker of browsers; the users `vera` (viewer), `otto` (operator) and `ada` (admin) are known."""
    house, routers, _ = rooms(store, lambda: settings, now, QUICK, explore)
    accounts = Accounts(store.people, now, QUICK)
    for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN)):
        if await store.people.user(name) is None:
            await accounts.add(name, PASSWORD, role, "test")
    web = app(CollectorRegistry(), ready, more=routers, house=house)
    async with browsers_of(web) as browser:
        yield browser


def settings_in(directory: Path, **changes: object) -> Config:
    """The shipped configuration, with its state in `directory`."""
    database = str(directory.absolute() / "sellerwatch.db")
    own = {"state_dir": directory, "store_url": URL.create("sqlite", database=database).render_as_string(False)}
    return replace(_shipped(), **(own | changes))


@cache
def _shipped() -> Config:
    """Read once: it takes as long as many a test."""
    return load(CONFIG, {"STATE_DIRECTORY": "."})


async def store_in(settings: Config) -> Store:
    return await open_store(settings)
