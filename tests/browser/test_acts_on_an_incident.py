"""Every act on an incident: by mouse on a phone, and by keyboard alone on a wide screen."""

import pytest
from looking import PHONE, WIDE, person

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]
BOTH = pytest.mark.parametrize(
    ("size", "keyboard"), [(PHONE, False), (WIDE, True)], ids=["mouse-phone", "keyboard-wide"]
)


@pytest.fixture
async def incident(desk):
    """The one with the most at stake."""
    return next(one for one in await desk.store.desk.incidents(10) if "PL" in one.regions)


@pytest.fixture
async def otto(desk, browser, size, incident):
    async with person(browser, desk.at, size) as one:
        await one.logs_in("otto")
        await one.goes(f"/incidents/{incident.id}")
        yield one


@BOTH
async def test_somebody_sees_to_it_and_ticks_off_what_is_done(otto, keyboard):
    await otto.presses("Acknowledge", keyboard)
    await otto.is_told("Acknowledged")
    await otto.presses("Take it on", keyboard)
    await otto.is_told("You see to it")
    await otto.presses("Mark as done", keyboard)
    await otto.is_told("Marked as done")
    assert "Done by otto" in await otto.page.locator(".checklist").first.inner_text()
    await otto.presses("Not done after all", keyboard)
    await otto.is_told("Marked as not done")


@BOTH
async def test_a_silence_begins_and_ends(otto, keyboard):
    await otto.unfolds("Silence", keyboard)
    await otto.page.get_by_label("How long").select_option("3d")
    await otto.presses("Be silent", keyboard)
    await otto.is_told("Silent")
    await otto.presses("End this silence", keyboard)
    await otto.is_told("No longer silent")


@BOTH
async def test_it_is_closed_as_what_it_is_and_opened_again(otto, keyboard):
    for fold, button, told in (
        ("False alarm", "It is a false alarm", "Closed as a false alarm"),
        ("Close it", "Close it", "Closed"),
    ):
        await otto.unfolds(fold, keyboard)
        await otto.page.locator("main details[open]").get_by_label("A note, if you like").fill("asked their support")
        await otto.presses(button, keyboard, within="main details[open]")
        await otto.is_told(told)
        assert "asked their support" in await otto.page.locator("main").inner_text()
        await otto.presses("Open it again", keyboard)
        await otto.is_told("Open again")


@BOTH
async def test_what_concerns_a_seller_is_said_and_taken_back(otto, keyboard):
    await otto.unfolds("Not for us", keyboard)
    await otto.presses("It does not concern us", keyboard)
    await otto.is_told("it does not concern you")
    await otto.presses("It concerns us after all", keyboard)
    await otto.is_told("it concerns you after all")


@BOTH
async def test_the_evidence_is_taken_away_in_one_file(otto, keyboard, tmp_path):
    link = otto.page.get_by_role("link", name="Evidence pack").first
    async with otto.page.expect_download() as coming:
        await (link.press("Enter") if keyboard else link.click())
    kept = tmp_path / "pack.zip"
    await (await coming.value).save_as(kept)
    assert kept.read_bytes()[:4] == b"PK\x03\x04"


@pytest.mark.parametrize("size", [WIDE], ids=["wide"])
async def test_a_viewer_sees_all_of_it_and_no_button_that_they_may_not_press(desk, browser, incident, size):
    async with person(browser, desk.at, size) as vera:
        await vera.logs_in("vera")
        await vera.goes(f"/incidents/{incident.id}")
        assert await vera.page.locator("main form[method=post]").count() == 0
        assert await vera.page.locator(".checklist > li").count() > 5


@BOTH
async def test_a_document_is_split_off_and_the_two_are_made_one_again(otto, keyboard):
    for tick, button, told in (
        ("checkbox", "Split them off", "an incident of its own now"),
        ("radio", "Merge them", "One incident now"),
    ):
        link = otto.page.get_by_role("link", name="Merge or split").first
        await (link.press("Enter") if keyboard else link.click())
        one = otto.page.locator(f"main input[type={tick}]").first
        await (one.press("Space") if keyboard else one.check())
        await otto.presses(button, keyboard)
        await otto.is_told(told)
