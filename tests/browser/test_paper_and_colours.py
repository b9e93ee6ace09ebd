"""An incident on paper, and pages in the few colours that a reader's system allows."""

import io
import re

import pytest
from looking import WIDE, person
from PIL import Image
from playwright.async_api import expect

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

# What is drawn in a colour that is none of the system's; a picture in a file keeps its own.
OTHERS = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const system = ["Canvas", "CanvasText", "LinkText", "VisitedText", "GrayText", "ButtonText", "ButtonBorder", "Field",
    "FieldText", "Highlight", "HighlightText", "Mark", "MarkText", "ButtonFace"].map(name => {
      probe.style.color = name; return getComputedStyle(probe).color; });
  probe.remove();
  const drawn = [...document.querySelectorAll("body *, .chart *")].filter(one => one.checkVisibility()).map(one => {
    const look = getComputedStyle(one), svg = one.closest(".chart") && !(one instanceof SVGSVGElement);
    return [one, svg ? [look.fill, look.stroke] : [look.color]]; });
  return drawn.filter(([, used]) => used.some(one => one !== "none" && !system.includes(one)))
    .map(([one, used]) => one.outerHTML.slice(0, 90) + " " + used).slice(0, 5);
}"""
A4 = {"width": 794, "height": 1123}


async def polish(desk) -> str:
    return next(one for one in await desk.store.desk.incidents(10) if "PL" in one.regions).id


async def test_on_paper_an_incident_is_all_words_and_nothing_to_press(desk, browser):
    incident = await polish(desk)
    async with person(browser, desk.at, A4) as ada:
        await ada.logs_in("ada")
        await ada.goes(f"/incidents/{incident}")
        folded = ada.page.locator("article details ol li").first
        await expect(folded).to_be_hidden()
        await ada.page.emulate_media(media="print")
        await expect(folded).to_be_visible()
        for name in ("button", "input", "select", "textarea", "nav", "body > header", "body > footer"):
            assert not [one for one in await ada.page.locator(name).all() if await one.is_visible()], name
        link = ada.page.locator("main a.out").first
        written = await link.evaluate("one => getComputedStyle(one, '::after').content")
        assert await link.get_attribute("href") in written
        assert await ada.overflow() <= 0
        assert (await ada.page.pdf(format="A4")).startswith(b"%PDF")


async def test_whoever_reads_in_the_dark_prints_black_on_white(desk, browser):
    async with person(browser, desk.at, A4, "dark") as ada:
        await ada.logs_in("ada")
        await ada.page.get_by_label("Colours").select_option("dark")
        await ada.presses("Set")
        await ada.page.emulate_media(media="print", color_scheme="dark")
        assert await ada.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        ink = await ada.page.locator("h1").evaluate("one => getComputedStyle(one).color")
        assert max(map(int, re.findall(r"\d+", ink))) < 64, ink


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_in_forced_colours_what_a_bar_says_is_still_seen(desk, browser, scheme):
    async with person(browser, desk.at, WIDE, scheme) as ada:
        await ada.page.emulate_media(forced_colors="active", color_scheme=scheme)
        await ada.logs_in("ada")
        for path in ("/", "/exposure", f"/incidents/{await polish(desk)}", "/sources"):
            await ada.goes(path)
            assert await ada.page.evaluate(OTHERS) == [], path
        await ada.goes("/exposure")
        bar = Image.open(io.BytesIO(await ada.page.locator("progress.share").first.screenshot())).convert("L")
        row = [bar.getpixel((x, bar.height // 2)) for x in range(8, bar.width - 8)]
        assert max(row) - min(row) > 128, "its filled part looks like the rest"
