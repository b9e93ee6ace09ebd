"""Pages that their own scripts make, opened in a headless Chromium that has no network of its own.

Whatever the page's scripts ask for is fetched by the spider's own path: guard, robots.txt, checked redirects, limits of
size and time. What goes around that ends at a proxy and at names that do not exist.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitor.asides import aside
from monitor.domain.errors import FailureReason
from monitor.fetch.failures import FetchError, failure_of

if TYPE_CHECKING:  # an optional extra
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Request, Route

IDLE = 60.0  # seconds after which a browser that nobody needs ends
MAX_ASKED = 200  # requests of one page
QUIET = 0.6  # seconds without a request in flight after which a page counts as made
_MARGIN = 3.0  # seconds before the deadline at which a page that never rests is taken as it is
_CLOSING = 5.0
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WANTED = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})
_SENT = frozenset({"accept", "content-type", "authorization", "origin", "referer"})  # of the browser's headers, and X-*
_DEAD_PROXY = "http://nowhere.invalid:9"  # RFC 6761, 6.4: never a host
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # as older ones call it
    "--js-flags=--max-old-space-size=512",
    "--disable-gpu",
)
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR")  # the rest may hold secrets
_DOM = """(most => {
  const html = document.documentElement ? document.documentElement.outerHTML : "";
  return html.length <= most ? "<!DOCTYPE html>" + html : null;
})(%d)"""


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said to one request. Header names are lower case; the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Makes one request of a page: method, address, headers, body. Raises whatever fetching raises."""


@dataclass(eq=False)
class Traffic:
    """The requests of one page: what was asked, what it weighs, whether any is in flight."""

    most: int  # bytes
    asked: int = 0
    weight: int = 0  # bytes
    failure: FetchError | None = None
    begun: bool = False  # the page itself was handed over
    _flying: int = 0
    _still: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def flight(self) -> AsyncIterator[None]:
        self._flying += 1
        self._busy.set()
        self._still.clear()
        try:
            yield
        finally:
            self._flying -= 1
            if not self._flying:
                self._busy.clear()
                self._still.set()

    def ask(self) -> None:
        self.asked += 1
        self._limit(self.asked > MAX_ASKED, f"the page makes more than {MAX_ASKED} requests")

    def weigh(self, body: bytes) -> None:
        self.weight += len(body)
        self._limit(self.weight > self.most, f"what the page asks for has more than {self.most} bytes")

    def _limit(self, broken: bool, words: str) -> None:
        if broken:
            error = FetchError(FailureReason.TOO_LARGE, words)
            self.fail(error)
            raise error

    def fail(self, error: FetchError) -> None:
        """The page is lost, and nobody need wait for what is in flight. The first failure is the one that is told."""
        self.failure = self.failure or error
        self._still.set()

    async def rest(self) -> None:
        """Returns when nothing was in flight for a while."""
        while self.failure is None:
            await self._still.wait()
            try:
                async with asyncio.timeout(QUIET):
                    await self._busy.wait()
            except TimeoutError:
                return


class PageBrowser:
    """One Chromium, started for the first page and ended when it was idle for a minute.

    `executable` is the operator's choice; without one the first on PATH is taken, else Playwright's own.
    """

    def __init__(self, executable: str, max_bytes: int, idle: float = IDLE) -> None:
        self._executable = executable
        self._max_bytes = max_bytes
        self._idle = idle
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self._pages = 0
        self._bedtime: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    async def start(self) -> None:
        """Have a browser ready. Raises FetchError: NO_BROWSER."""
        async with self._starting:
            self._rest()
            if self.running:
                return
            await self._end()
            try:
                from playwright.async_api import Error, async_playwright
            except ImportError as error:
                told = "Playwright is not installed: make deploy EXTRAS=rendered (docs/supply.md)"
                raise FetchError(FailureReason.NO_BROWSER, told) from error
            found = self._executable or next(filter(None, map(shutil.which, NAMES)), None)
            try:
                self._playwright = await async_playwright().start()
                self._browser = await self._playwright.chromium.launch(
                    executable_path=found,
                    args=_ARGUMENTS,
                    proxy={"server": _DEAD_PROXY},
                    env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
                    chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
            except (Error, OSError) as error:
                await self._end()
                told = (
                    f"{found} does not start" if found and shutil.which(found) else "install a Chromium: none was found"
                )
                raise FetchError(FailureReason.NO_BROWSER, told) from error
            except BaseException:
                await self._end()
                raise

    async def html(
        self, url: str, itself: Reply, identity: str, languages: str, fetch: Fetch, deadline: float
    ) -> tuple[str, bytes]:
        """At which address the page's scripts left it, and what they made of it, as HTML.

        `itself` is the page as its server sent it. A page that never rests is taken as it is shortly before `deadline`
        (loop time), which the caller must hold. Raises FetchError.
        """
        from playwright.async_api import Error

        await self.start()
        assert self._browser is not None
        traffic = Traffic(3 * self._max_bytes)
        lost = FetchError(FailureReason.CONNECTION, "the browser gave the page up")
        self._pages += 1
        context: BrowserContext | None = None
        try:
            context = await self._browser.new_context(
                user_agent=identity,
                locale=languages.split(",")[0].split(";")[0].strip(" *") or None,
                service_workers="block",
                accept_downloads=False,
            )
            context.set_default_timeout(0)
            page = await context.new_page()
            context.on("page", _shut)
            context.on("close", lambda _: traffic.fail(lost))
            page.on("crash", lambda _: traffic.fail(lost))
            await context.route("**/*", lambda route: _serve(route, page, itself, traffic, fetch))
            await page.goto(url, wait_until="commit")
            patience = deadline - _MARGIN - asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(patience, 0.0)):
                    await page.wait_for_load_state("load")
                    await traffic.rest()
            if traffic.failure is None:
                return page.url, await self._dom(context, page)
        except asyncio.CancelledError:
            await self.close()  # it may be in the hands of an endless script
            raise
        except Error as error:
            if traffic.failure is None:
                traffic.fail(lost)
            logger.debug("a page was given up: %s", error)
        finally:
            self._pages -= 1
            if context is not None and self.running:
                try:
                    async with asyncio.timeout(_CLOSING):
                        await context.close()
                except (Error, TimeoutError):
                    await self.close()
            self._rest()
        if traffic.failure is lost:
            await self.close()  # it may be dying, and not know it yet: the next page gets another
        raise traffic.failure or lost

    async def _dom(self, context: "BrowserContext", page: "Page") -> bytes:
        """The document as HTML, read in a world of our own, whose functions no script of the page has replaced."""
        session = await context.new_cdp_session(page)
        tree = await session.send("Page.getFrameTree")
        world = await session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]})
        asked = {
            "expression": _DOM % self._max_bytes,
            "contextId": world["executionContextId"],
            "returnByValue": True,
        }
        html = (await session.send("Runtime.evaluate", asked))["result"].get("value")
        body = html.encode("utf-8", "replace") if isinstance(html, str) else None
        if body is None or len(body) > self._max_bytes:
            raise FetchError(FailureReason.TOO_LARGE, f"the page grew beyond {self._max_bytes} bytes")
        return body

    def _rest(self) -> None:
        """Begin to count idle time anew."""
        if self._bedtime is not None:
            self._bedtime.cancel()
        self._bedtime = asyncio.get_running_loop().call_later(self._idle, self._sleep)

    def _sleep(self) -> None:
        if not self._pages:
            self._ending = aside(self.close(), "the end of an idle browser")

    async def close(self) -> None:
        """End the browser, if there is one; the next page starts another."""
        async with self._starting:
            if self._bedtime is not None:
                self._bedtime.cancel()
            await self._end()

    async def _end(self) -> None:
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        for end in (browser and browser.close, playwright and playwright.stop):
            if end:
                with suppress(Exception):
                    async with asyncio.timeout(_CLOSING):
                        await end()


async def _serve(route: "Route", page: "Page", itself: Reply, traffic: Traffic, fetch: Fetch) -> None:
    """Answer one request of the page's, or abort it: images, frames, beacons and all that fails."""
    from playwright.async_api import Error

    async with traffic.flight():
        with suppress(Error):  # the page may be gone by now
            try:
                reply = await _reply(route.request, page, itself, traffic, fetch)
            except Exception as error:  # whatever is wrong with one request, the page goes on without it
                logger.debug("a page goes without what it asked for: %s", failure_of(error))
                reply = None
            if reply is None:
                await route.abort()
            else:
                await route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.body)


async def _reply(request: "Request", page: "Page", itself: Reply, traffic: Traffic, fetch: Fetch) -> Reply | None:
    if request.resource_type not in _WANTED:
        return None
    if request.is_navigation_request():
        if request.frame is not page.main_frame:
            return None
        if not traffic.begun:
            traffic.begun = True
            traffic.weigh(itself.body)
            return itself
    traffic.ask()
    headers = {name: value for name, value in request.headers.items() if name in _SENT or name.startswith("x-")}
    reply = await fetch(request.method, request.url, headers, request.post_data_buffer or b"")
    traffic.weigh(reply.body)
    return None if 300 <= reply.status < 400 else reply


async def _shut(page: Any) -> None:
    """A window that a page opens."""
    from playwright.async_api import Error

    with suppress(Error):
        await page.close()
