"""The daemon as it lives: pushed to by a hub, and telling its operators by mail that sources went blind."""

import asyncio
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from desks import HARMLESS, Desk, notice, rss
from local_sites import LocalSite

from monitor.lock import hold


@asynccontextmanager
async def alive(desk: Desk) -> AsyncIterator[None]:
    """The daemon of the desk, until it is asked to stop."""
    lock = hold(desk.directory / "state")
    daemon = (await desk.open()).daemon()
    life = asyncio.create_task(daemon.run())
    try:
        yield
    finally:
        daemon.ask_to_stop()
        assert await asyncio.wait_for(life, 45) == 0
        lock.close()


async def until(condition, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Hub:
    """It takes a wish, asks back whether it was meant, and pushes signed news to who confirmed."""

    def __init__(self) -> None:
        self.wishes: list[dict[str, str]] = []
        self.confirmed: list[str] = []  # callbacks
        self._asking: set[asyncio.Task[None]] = set()

    async def answer(self, request: web.Request) -> web.Response:
        wish = {name: str(value) for name, value in (await request.post()).items()}
        self.wishes.append(wish)
        self._asking.add(asyncio.create_task(self._ask_back(wish)))
        return web.Response(status=202)

    async def _ask_back(self, wish: dict[str, str]) -> None:
        query = {
            "hub.mode": wish["hub.mode"], "hub.topic": wish["hub.topic"], "hub.challenge": "c4f2",
            "hub.lease_seconds": wish["hub.lease_seconds"],
        }  # fmt: skip
        async with aiohttp.ClientSession() as session, session.get(wish["hub.callback"], params=query) as answer:
            if (answer.status, await answer.text()) == (200, "c4f2"):
                self.confirmed.append(wish["hub.callback"])

    async def push(self, body: bytes, secret: str | None = None) -> int:
        key = (secret or self.wishes[-1]["hub.secret"]).encode()
        headers = {"X-Hub-Signature": f"sha256={hmac.new(key, body, 'sha256').hexdigest()}"}
        address = self.confirmed[-1]
        async with aiohttp.ClientSession() as session, session.post(address, data=body, headers=headers) as answer:
            return answer.status


async def test_what_a_hub_pushes_is_looked_at_at_once_and_told(desk: Desk, site: LocalSite):
    hub, port = Hub(), free_port()
    site.pages["/hub"] = hub.answer
    links = (
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{site.url("/hub")}"/>'
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{site.url("/feed.xml")}"/>'
    )
    record = {
        "id": "bazarino", "name": "Bazarino", "url": site.url("/feed.xml"), "kind": "feed", "authority": "official",
        "publisher": "Bazarino", "every": "1s",
    }  # fmt: skip
    site.says("/feed.xml", rss(links, HARMLESS))
    desk.keeps({"web": {"port": port, "public_url": f"http://127.0.0.1:{port}"}})
    desk.write("sources/all.yaml", [record])
    await desk.round()
    desk.write("sources/all.yaml", [record | {"every": "1d"}])  # nothing more comes by looking
    async with alive(desk):
        await until(lambda: hub.confirmed)
        looks = site.paths().count("/feed.xml")
        site.says("/feed.xml", rss(links, HARMLESS, notice(site)))
        assert await hub.push(b"not theirs", secret="guessed") == 403
        assert (site.paths().count("/feed.xml"), desk.mail.mails) == (looks, [])
        assert await hub.push(rss(notice(site))) == 202
        await until(lambda: desk.mail.mails and desk.slack)
        assert site.paths().count("/feed.xml") == looks + 1
    assert len(hub.wishes) == 1
    assert "Bazarino" in desk.mail.mails[0]["Subject"]


@pytest.mark.case(54)
@pytest.mark.long
async def test_a_living_daemon_tells_its_operators_in_one_mail_which_sources_are_blind(desk: Desk, site: LocalSite):
    site.says("/alive.xml", rss(HARMLESS))
    site.says("/refused.xml", b"no", 403)
    site.says("/wall.xml", b"<html><title>Just a moment...</title></html>", 503, Content_Type="text/html")
    urls = {
        "alive": site.url("/alive.xml"), "lost": site.url("/lost.xml"), "refused": site.url("/refused.xml"),
        "walled": site.url("/wall.xml"), "deaf": f"http://127.0.0.1:{free_port()}/feed.xml",
    }  # fmt: skip
    desk.write("sources/all.yaml", [
        {"id": id, "name": f"The {id} one", "url": url, "kind": "feed", "authority": "news", "publisher": id,
         "every": "1s"}
        for id, url in urls.items()
    ])  # fmt: skip
    desk.keeps({
        "alerts": {"group_wait": "0s", "group_interval": "0s", "blind_wait": "6s"},
        "fetch": {"allow_private": True, "min_every": "1s", "timeout": "5s", "gap": "0s"},
    })  # fmt: skip
    async with alive(desk):
        await until(lambda: desk.mail.mails and desk.slack, 60)
    (mail,) = desk.mail.mails
    assert "4 sources went blind" in mail["Subject"]
    body = mail.get_body(("plain",)).get_content()
    for said in (
        "The lost one", "The refused one", "The walled one", "The deaf one",
        "A bot wall stands before it", "Its server refuses it or does not know it", "No connection",
    ):  # fmt: skip
        assert said.casefold() in body.casefold()
    assert "The alive one" not in body
