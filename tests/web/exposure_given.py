"""A desk whose configuration can be read again: what the tests of exposure and what-if share."""

import re
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2 as httpx
from prometheus_client import CollectorRegistry
from rooms_given import NOW, PASSWORD, QUICK, Browser, api_of, store_in

from monitor.config import ConfigError, Problem, load
from monitor.desk.accounts import Accounts
from monitor.desk.exposure import ExposuresHere
from monitor.desk.hall import hall
from monitor.desk.index import Index
from monitor.desk.rooms import Tongues
from monitor.desk.upload import UploadsHere
from monitor.desk.what_if import OracleHere
from monitor.domain.people import Role
from monitor.web.health import app
from monitor.web.paper import Paper
from monitor.web.sections import exposure, upload, what_if

PLATFORMS = """
- {name: TikTok Shop, id: tiktok-shop, owner: ByteDance, kind: marketplace}
- {name: Amazon, id: amazon, owner: Amazon, kind: marketplace}
- {name: Shopee, id: shopee, owner: Sea, kind: marketplace}
"""
CALENDAR = """
- {id: black-friday, name: Black Friday, countries: [US], factor: 3, before: 4, dates: [2024-11-29], provenance: a test}
"""
TWO = """
sellers:
  - id: acme
    name: Acme & Söhne
    currency: EUR
    positions:
      - {platform: TikTok Shop, country: US, sales_per_day: 11040, stock: 138000, unsettled_payouts: 36800}
      - {platform: Amazon, country: DE, sales_per_day: 8000, stock: 90000, prepaid_ads: 10, share: 38%}
  - id: bolt
    name: Bolt
    currency: USD
    positions: [{platform: Shopee, country: ID, sales_per_day: 10}]
"""
_MADE: list[bytes] = []


class Desk:
    """A desk whose configuration can be read again; `now` is moved, and `refuses` set, as a test wishes."""

    def __init__(self, directory: Path, state: Path) -> None:
        self.directory, self.state, self.now, self.refuses = directory, state, NOW, False
        self.settings = self.read()

    def read(self):
        return load(self.directory, {"STATE_DIRECTORY": str(self.state)})

    async def reload(self) -> None:
        if self.refuses:
            raise ConfigError([Problem("settings.yaml", 3, "web", "is wrong")])
        self.settings = self.read()

    async def browser(self, name: str) -> Browser:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.web, client=("127.0.0.1", 1)), base_url="http://127.0.0.1:9464"
        )
        browser = Browser(client)
        assert (await browser.log_in(name)).status_code == 303
        return browser

    async def post(self, browser: Browser, path: str, **fields: str) -> httpx.Response:
        """As a form of the page does, with its token."""
        token = (await browser.page("/exposure")).partition('data-csrf="')[2].partition('"')[0]
        return await browser.client.post(path, data={"csrf": token} | fields)

    async def upload(self, browser: Browser, content: bytes | str, seller: str = "acme", name: str = "new.csv"):
        """As the form sends it."""
        page = await browser.page("/exposure")
        token = page.partition('data-csrf="')[2].partition('"')[0]
        raw = content if isinstance(content, bytes) else content.encode()
        return await browser.client.post(
            "/exposure/upload", data={"csrf": token, "seller": seller}, files={"file": (name, raw, "text/csv")}
        )


@asynccontextmanager
async def desk_in(tmp_path: Path, stated: str = TWO):
    directory = tmp_path / "config"
    directory.mkdir()
    (directory / "platforms.yaml").write_text(PLATFORMS)
    (directory / "calendar.yaml").write_text(CALENDAR)
    if stated:
        (directory / "exposure.yaml").write_text(stated)
    desk = Desk(directory, tmp_path / "state")
    desk.state.mkdir()
    if not _MADE:
        _MADE.append(await _made(directory, tmp_path / "made"))
    (desk.state / "sellerwatch.db").write_bytes(_MADE[0])
    desk.store = await store_in(desk.settings)
    entrance = hall(desk.store.people, lambda: desk.settings.settings.web, lambda: desk.now, Paper(Tongues()), QUICK)
    index = Index(desk.store, lambda: desk.settings, lambda: desk.now)
    stakes = ExposuresHere(lambda: desk.settings, lambda: desk.now, index)
    oracle = OracleHere(lambda: desk.settings, lambda: desk.now)
    uploads = UploadsHere(desk.store.people, lambda: desk.settings, lambda: desk.now, desk.reload)
    parts = ((exposure, stakes), (upload, uploads), (what_if, oracle))
    pages = [section.routes(entrance.house, part) for section, part in parts]
    api = api_of(desk.store, [section.api(entrance.house, part) for section, part in parts])

    async def ready() -> dict[str, str]:
        return {}

    desk.web = app(CollectorRegistry(), ready, more=[*entrance.pages, *pages, api], house=entrance.house)
    try:
        yield desk
    finally:
        await desk.store.database.close()


async def _made(directory: Path, state: Path) -> bytes:
    """A database in which people are known, to be copied."""
    state.mkdir()
    store = await store_in(load(directory, {"STATE_DIRECTORY": str(state)}))
    accounts = Accounts(store.people, lambda: NOW, QUICK)
    for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN), ("eve", Role.ADMIN)):
        await accounts.add(name, PASSWORD, role, "test")
    await store.database.close()
    return (state / "sellerwatch.db").read_bytes()


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
