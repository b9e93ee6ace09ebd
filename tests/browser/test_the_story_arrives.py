"""From the first start to the last word of the demo's story, as whoever sits at the desk sees it: nobody reloads."""

import asyncio
import json
from pathlib import Path

import pytest
from looking import PASSWORD, PHONE, Person, person
from playwright.async_api import expect

from monitor.daemon import utc_now
from monitor.demo.run import Play
from monitor.demo.screen import Screen
from monitor.demo.story import load
from monitor.demo.verdict import Outcome

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

STORY = 180_000  # milliseconds for a word of the story to arrive on a busy machine
LISTEN = """() => {
  window.stayed = true;
  window.told = [];
  const said = document.getElementById("said");
  new MutationObserver(() => said.textContent && window.told.push(said.textContent)).observe(said, {childList: true});
}"""


class Attended(Play):
    """The story waits until somebody is seated, and its daemon until they have left."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.seated, self.left = asyncio.Event(), asyncio.Event()

    async def _acts(self, began: float) -> None:
        await self.seated.wait()
        await super()._acts(asyncio.get_running_loop().time())

    async def _outcome(self) -> Outcome:
        await self.left.wait()
        return await super()._outcome()


async def first_address(log: Path) -> str:
    """Where the first admin is made, as the daemon's log says it."""
    async with asyncio.timeout(120):
        while True:
            for line in log.read_text().splitlines() if log.exists() else ():
                if line.startswith("{") and (address := json.loads(line).get("or_open")):
                    return str(address)
            await asyncio.sleep(0.2)


async def begin(ada: Person, address: str) -> None:
    """The first admin, made in the browser with nothing but the address."""
    await ada.page.goto(address)
    assert await ada.axe() == []
    for label, words in (("Name", "ada"), ("Password", PASSWORD), ("The password once more", PASSWORD)):
        await ada.page.get_by_label(label, exact=True).fill(words)
    await ada.page.get_by_role("button", name="Begin").click()
    await ada.page.wait_for_url(lambda url: "/setup" not in url)


async def test_the_first_admin_sees_the_story_arrive_on_a_wide_screen_and_on_a_phone(browser, tmp_path):
    play = Attended(load(utc_now().date()), tmp_path, 12.0, 0, 1, Screen(quiet=True))
    life = asyncio.create_task(play.run())
    address = await first_address(tmp_path / "daemon.log")
    at = address.partition("/setup")[0]
    async with person(browser, at) as ada, person(browser, at, PHONE, "dark") as phone:
        await begin(ada, address)
        await phone.logs_in("ada")
        for one in (ada, phone):
            await one.goes("/")
            await expect(one.page.locator(".empty").first).to_be_visible()
            await one.page.evaluate(LISTEN)
        play.seated.set()
        for one in (ada, phone):
            for words in ("Bazarino leaves the market", "Sonorella Music closes"):
                await expect(one.page.locator(".line", has_text=words).first).to_be_visible(timeout=STORY)
            assert await one.page.evaluate("window.stayed"), "the page was loaded anew"
            assert any(words.startswith("New:") for words in await one.page.evaluate("window.told"))

        # What one does, the other sees; and whoever types is left alone.
        await phone.page.locator(".line a", has_text="Bazarino").first.click()
        await phone.page.wait_for_url("**/incidents/*")
        await phone.presses("Acknowledge")
        await phone.page.get_by_role("status").first.wait_for()
        await expect(ada.page.locator("section, ol", has_text="ada").first).to_be_visible(timeout=STORY)
        assert await ada.page.evaluate("window.stayed")
    play.left.set()
    report = await life
    assert report["ok"], report["problems"]
