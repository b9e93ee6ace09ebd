"""A person at Chromium: what they see, and whatever a page did that no page may do."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Dialog, Page, Request, async_playwright, expect

PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
PASSWORD = "correct horse battery"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# WCAG 2.2 AA and what axe-core calls best practice; a fault of either kind counts when it is serious.
AXE = {"resultTypes": ["violations"]}
PATIENCE = 30_000  # milliseconds: the machine may be busy


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's; it asks nobody but this machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, NAMES)), None),
            args=["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-gpu"],
            chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
        )
        yield browser
        await browser.close()


@dataclass
class Person:
    """Somebody at one browser window. `faults` is what no page may do: complain, pop up, or ask another host."""

    page: Page
    context: BrowserContext
    at: str  # the desk's address
    faults: list[str] = field(default_factory=list)
    refused: bool = False  # whether an answer of 4xx is part of the story, which Chromium puts on the console

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("dialog", lambda dialog: asyncio.ensure_future(self._popped(dialog)))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not (self.refused and "Failed to load resource" in text):
            self.faults.append(f"{kind}: {text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.at).netloc and not request.url.startswith(("data:", "blob:")):
            self.faults.append(f"asked {request.url}")

    async def _popped(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    async def goes(self, path: str) -> None:
        answer = await self.page.goto(self.at + path)
        assert answer is not None
        assert answer.ok, (path, answer.status, await answer.text())

    async def logs_in(self, name: str, password: str = PASSWORD) -> None:
        await self.goes("/login")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("Password").fill(password)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    async def presses(self, name: str, keyboard: bool = False, within: str = "main, footer, header") -> None:
        """The button of that name, by mouse or with the Enter key; the page that comes is there afterwards."""
        button = self.page.locator(within).get_by_role("button", name=re.compile(rf"^{re.escape(name)}(\s?:|$)")).first
        async with self.page.expect_navigation():
            if keyboard:
                await button.focus()
                await self.page.keyboard.press("Enter")
            else:
                await button.click()

    async def unfolds(self, words: str, keyboard: bool = False) -> None:
        """What is behind a fold of that title."""
        fold = self.page.locator("main summary", has_text=words).first
        if keyboard:
            await fold.focus()
            await self.page.keyboard.press("Enter")
        else:
            await fold.click()

    async def is_told(self, words: str) -> None:
        """What the page says came of an act."""
        await expect(self.page.locator("main .flash").first).to_contain_text(words, timeout=PATIENCE)

    async def axe(self) -> list[str]:
        """The serious and critical faults that axe-core finds on the page as it is."""
        found = (await Axe().run(self.page, options=AXE)).response["violations"]
        return [
            f"{urlsplit(self.page.url).path} {one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:4]
        ]

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return width


@asynccontextmanager
async def person(
    browser: Browser,
    at: str,
    size: dict[str, int] = WIDE,
    scheme: str = "light",
    language: str = "en-GB",
    **more: object,
) -> AsyncIterator[Person]:
    """Whoever opens a window of that size on a system of that colour; at the end they must have no fault to tell."""
    context = await browser.new_context(
        viewport=size, color_scheme=scheme, locale=language, reduced_motion="reduce", **more
    )
    one = Person(await context.new_page(), context, at)
    yield one
    await context.close()
    assert not one.faults, one.faults
