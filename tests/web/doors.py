"""What the tests of the ways in share: a desk with the web settings they need, and a clock that they move."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import httpx2 as httpx
from prometheus_client import CollectorRegistry
from rooms_given import NOW, PASSWORD, QUICK, api_of, settings_in, store_in

from monitor.config import Config
from monitor.config.settings import WebSettings
from monitor.desk.accounts import Accounts
from monitor.desk.hall import hall
from monitor.desk.rooms import Tongues, rooms
from monitor.domain.people import Record, Role
from monitor.opened import Store
from monitor.web.health import app
from monitor.web.paper import Paper

PEOPLE = (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN))


_MADE: dict[bool, bytes] = {}


@cache
def _shipped() -> Config:
    return settings_in(Path())


async def _ready() -> dict[str, str]:
    return {}


@dataclass
class Place:
    """The desk's entrance, or the whole of it. `now` is moved, and `settings` replaced, as a test wishes."""

    store: Store
    settings: Config
    whole: bool = False
    now: datetime = NOW

    def __post_init__(self) -> None:
        if self.whole:
            self.house, routers, _ = rooms(self.store, lambda: self.settings, lambda: self.now, QUICK)
        else:
            web = lambda: self.settings.settings.web  # noqa: E731
            made = hall(self.store.people, web, lambda: self.now, Paper(Tongues()), QUICK)
            self.house, routers = made.house, [*made.pages, api_of(self.store, made.apis)]
        self.web = app(CollectorRegistry(), _ready, more=routers, house=self.house)
        self.accounts = Accounts(self.store.people, lambda: self.now, QUICK)

    def configure(self, **web: object) -> None:
        """These settings of `web:`, as a reload would bring them."""
        known, changed = self.settings.settings, WebSettings.model_validate_json(json.dumps(web))
        self.settings = replace(self.settings, settings=known.model_copy(update={"web": changed}))

    def client(self, address: str = "127.0.0.1", scheme: str = "http", **headers: str) -> httpx.AsyncClient:
        """A browser, or a proxy, at that address."""
        transport = httpx.ASGITransport(self.web, client=(address, 1234))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://desk.example:9464", headers=named)

    async def records(self, did: str = "") -> list[Record]:
        """What is on record, the first first."""
        found = [one for _, one in await self.store.people.records(1000)]
        return [one for one in reversed(found) if did in ("", one.did)]


@asynccontextmanager
async def place_in(directory: Path, people: bool = True, whole: bool = False, **web: object) -> AsyncIterator[Place]:
    """`vera`, `otto` and `ada` are known there, unless nobody is. Settings and database are copies of what was made."""
    if people not in _MADE:
        _MADE[people] = await _made(directory / "made", people)
    url = f"sqlite:///{directory / 'sellerwatch.db'}"
    settings = replace(_shipped(), state_dir=directory, store_url=url)
    (directory / "sellerwatch.db").write_bytes(_MADE[people])
    place = Place(await store_in(settings), settings, whole)
    place.configure(**web)
    try:
        yield place
    finally:
        await place.store.database.close()


async def _made(directory: Path, people: bool) -> bytes:
    directory.mkdir()
    url = f"sqlite:///{directory / 'sellerwatch.db'}"
    store = await store_in(replace(_shipped(), state_dir=directory, store_url=url))
    accounts = Accounts(store.people, lambda: NOW, QUICK)
    for name, role in PEOPLE if people else ():
        await accounts.add(name, PASSWORD, role, "test")
    await store.database.close()
    return (directory / "sellerwatch.db").read_bytes()


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/login", data={"name": name, "password": password, "next": "/account"})


async def token_of(client: httpx.AsyncClient) -> str:
    """The csrf token of the pages that this browser is shown."""
    return (await client.get("/account")).text.partition('data-csrf="')[2].partition('"')[0]


async def post(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """As the form of a page does."""
    return await client.post(path, data={"csrf": await token_of(client)} | fields)
