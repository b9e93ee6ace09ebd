"""The desk by keyboard alone."""

import pytest
from looking import person

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

FOCUSED = "document.activeElement.closest('.line, tr')?.querySelector('a')?.textContent.trim() ?? ''"
SEEN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: one.outerHTML.slice(0, 120),
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.top >= 0 && box.bottom <= innerHeight + 1,
    covered: top !== null && top !== one && !one.contains(top) && !top.contains(one) && !top.closest("label"),
  };
}"""


@pytest.fixture
async def ada(desk, browser):
    async with person(browser, desk.at) as one:
        await one.logs_in("ada")
        yield one


async def test_j_and_k_walk_the_lines_and_enter_opens_one(ada):
    first, second = (await ada.page.locator(".line a.what, .line a").all_inner_texts())[:2]
    for key, expected in (("j", first), ("j", second), ("k", first), ("k", first)):
        await ada.page.keyboard.press(key)
        assert await ada.page.evaluate(FOCUSED) == expected
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url("**/incidents/*")
    assert first.split(" (")[0] in await ada.page.locator("h1").inner_text()


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("i", "/incidents"),
        ("s", "/sources"),
        ("e", "/exposure"),
        ("m", "/messages"),
        ("f", "/feedback"),
        ("c", "/cluster"),
        ("p", "/people"),
    ],
)
async def test_g_and_a_letter_lead_to_a_section_and_back(ada, key, path):
    await ada.page.keyboard.press("g")
    await ada.page.keyboard.press(key)
    await ada.page.wait_for_url(f"**{path}")
    assert await ada.page.locator("body > header nav [aria-current=page]").get_attribute("data-key") == key
    await ada.page.keyboard.press("g")
    await ada.page.keyboard.press("d")
    await ada.page.wait_for_url(ada.at + "/")


async def test_a_slash_leads_to_the_search_where_keys_are_letters_again(ada):
    await ada.page.keyboard.press("/")
    await ada.page.keyboard.type("gizmo?j/")
    assert await ada.page.locator("#seek").input_value() == "gizmo?j/"
    assert not await ada.page.locator("#keys").is_visible()
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url("**/search?**")
    assert await ada.page.locator("main input[type=search]").input_value() == "gizmo?j/"


async def test_a_question_mark_shows_the_keys_and_they_can_be_switched_off_for_good(ada):
    keys = ada.page.locator("#keys")
    await ada.page.keyboard.press("?")
    await keys.wait_for(state="visible")
    assert await ada.axe() == []
    await ada.page.keyboard.press("Escape")
    await keys.wait_for(state="hidden")
    await ada.page.get_by_role("button", name="Keys").click()
    await ada.page.get_by_label("Single keys do this").uncheck()
    await ada.page.get_by_role("button", name="Close the list").click()
    await ada.goes("/")
    await ada.page.keyboard.press("j")
    assert await ada.page.evaluate(FOCUSED) == ""


async def test_the_first_tab_skips_to_the_content_and_every_stop_is_seen(ada):
    await ada.page.keyboard.press("Tab")
    assert "Skip" in await ada.page.evaluate("document.activeElement.textContent")
    await ada.page.keyboard.press("Enter")
    assert await ada.page.evaluate("document.activeElement.id") == "main"
    await ada.goes("/")
    stops = []
    for _ in range(60):
        await ada.page.keyboard.press("Tab")
        if await ada.page.evaluate("document.activeElement === document.body"):
            break
        stops.append(await ada.page.evaluate(SEEN))
    assert len(stops) > 15
    assert [stop for stop in stops if not stop["outline"] or not stop["inside"] or stop["covered"]] == []
