"""As the reader's system has it or as they choose; with scripts or without."""

import pytest
from looking import PASSWORD, PHONE, person

from monitor.notify.tongue import tongue

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

GROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(246, 245, 241)", "rgb(19, 22, 26)"


async def test_the_page_is_as_dark_as_the_system_until_somebody_chooses(desk, browser):
    for scheme, ground, other, chosen in (("light", LIGHT, "dark", DARK), ("dark", DARK, "light", LIGHT)):
        async with person(browser, desk.at, scheme=scheme) as stranger:
            await stranger.goes("/login")
            assert await stranger.page.evaluate(GROUND) == ground
            await stranger.page.get_by_label("Colours").select_option(other)
            await stranger.presses("Set")
            assert await stranger.page.evaluate(GROUND) == chosen
            await stranger.logs_in("vera")
            assert await stranger.page.evaluate(GROUND) == chosen


@pytest.mark.parametrize("language", ["de", "ja", "vi"])
async def test_the_page_speaks_the_browsers_language_until_somebody_chooses(desk, browser, language):
    words = tongue(language).say("Log in")
    assert words != "Log in"
    async with person(browser, desk.at, language=language) as stranger:
        await stranger.goes("/login")
        assert await stranger.page.evaluate("document.documentElement.lang") == language
        assert await stranger.page.locator("main button").inner_text() == words
        await stranger.page.locator("#language").select_option("fr")
        async with stranger.page.expect_navigation():
            await stranger.page.locator("body > footer form button").click()
        assert await stranger.page.evaluate("document.documentElement.lang") == "fr"


async def test_no_part_of_the_menu_is_out_of_sight_on_a_wide_screen(desk, browser):
    """Where a word is long in one language, the line breaks."""
    hidden = "menu => menu.scrollWidth - menu.clientWidth"
    for language in ("en", "de", "fr", "vi"):
        async with person(browser, desk.at, language=language) as ada:
            await ada.goes("/login")
            await ada.page.locator("#name").fill("ada")
            await ada.page.locator("#password").fill(PASSWORD)
            await ada.page.keyboard.press("Enter")
            await ada.page.wait_for_url("**/")
            assert await ada.page.locator("header nav").evaluate(hidden) <= 0, language
            boxes = [await one.bounding_box() for one in await ada.page.locator("body > header > form").all()]
            assert len({round(box["y"] + box["height"] / 2) for box in boxes}) == 1, "search stands beside the account"
            assert boxes[-1]["x"] + boxes[-1]["width"] == pytest.approx(1260, abs=1), "at the edge"


async def test_all_of_it_works_without_scripts(desk, browser):
    async with person(browser, desk.at, PHONE, java_script_enabled=False) as otto:
        await otto.logs_in("otto")
        await otto.page.get_by_label("Colours").select_option("dark")
        await otto.presses("Set")
        assert await otto.page.locator("html").get_attribute("data-theme") == "dark"
        assert not await otto.page.locator("#keys").is_visible()
        assert not await otto.page.get_by_role("button", name="Keys").is_visible()
        await otto.page.locator(".line a").first.click()
        await otto.page.wait_for_url("**/incidents/*")
        await otto.presses("Acknowledge")
        await otto.page.get_by_role("status").first.wait_for()
        assert "otto" in await otto.page.locator("main").inner_text()
        await otto.presses("Log out")
        assert otto.page.url.endswith("/login")


async def test_a_choice_that_is_none_is_forgotten_and_leads_nowhere_else(desk, browser):
    async with person(browser, desk.at) as stranger:
        await stranger.goes("/login")
        answer = await stranger.context.request.post(
            desk.at + "/look", form={"theme": "<script>", "language": "xx", "back": "//evil.example"}, max_redirects=0
        )
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert [cookie for cookie in await stranger.context.cookies() if cookie["value"]] == []
