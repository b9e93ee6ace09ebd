"""The other acts of the desk: by mouse on a phone, and by keyboard alone on a wide screen."""

import csv
import io
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest
from looking import PHONE, WIDE, person
from playwright.async_api import expect
from seats import copied, opened

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]
BOTH = pytest.mark.parametrize(
    ("size", "keyboard"), [(PHONE, False), (WIDE, True)], ids=["mouse-phone", "keyboard-wide"]
)


@pytest.fixture
def seated(browser, size):
    """Somebody logged in at a desk."""

    @asynccontextmanager
    async def sit(desk, name):
        async with person(browser, desk.at, size) as one:
            await one.logs_in(name)
            yield one

    return sit


@BOTH
async def test_what_is_new_is_new_no_more_when_somebody_says_so(desk, seated, keyboard):
    async with seated(desk, "vera") as vera:
        assert await vera.page.locator("main .tag.new").count() >= 2
        await vera.presses("I have seen what is new (2)", keyboard)
        await vera.is_told("Marked as seen")
        assert await vera.page.locator("main .tag.new").count() == 0


@BOTH
async def test_a_platforms_fee_changes_are_silenced_and_heard_again(desk, seated, keyboard):
    async with seated(desk, "otto") as otto:
        for link in ("Messages", "Silences"):
            one = otto.page.get_by_role("link", name=link, exact=True).first
            await (one.press("Enter") if keyboard else one.click())
            await otto.page.wait_for_load_state()
        await otto.page.get_by_label("Platform", exact=True).fill("Bazarino")
        await otto.page.get_by_label("Event", exact=True).select_option("policy")
        await otto.page.get_by_label("How long").select_option("1w")
        await otto.presses("Silence it", keyboard)
        await expect(otto.page.locator("main .flash")).to_be_visible()
        assert "Bazarino" in await otto.page.locator("main table").first.inner_text()
        await otto.presses("End it", keyboard)
        await expect(otto.page.locator("main .flash")).to_be_visible()
        assert await otto.page.locator("main .empty").count() == 1


@BOTH
async def test_a_message_that_was_given_up_is_tried_again(played, tmp_path, seated, keyboard):
    directory = copied(played, tmp_path / "desk")
    with closing(sqlite3.connect(directory / "state/sellerwatch.db")) as connection, connection:
        connection.execute("UPDATE deliveries SET state = 'dead', last_detail = '550 no such user' WHERE no = 1")
    async with opened(directory) as desk, seated(desk, "otto") as otto:
        await otto.goes("/messages?state=dead")
        assert "550 no such user" in await otto.page.locator("main").inner_text()
        await otto.page.locator("main input[type=checkbox]").first.check()
        await otto.presses("Try the chosen ones again", keyboard)
        await expect(otto.page.locator("main .flash")).to_be_visible()
        await otto.goes("/messages?state=dead")
        assert await otto.page.locator("main .empty").count() == 1


@BOTH
async def test_a_reading_is_corrected_and_the_correction_is_kept(desk, seated, keyboard):
    incident = next(one for one in await desk.store.desk.incidents(10) if "PL" in one.regions)
    async with seated(desk, "otto") as otto:
        await otto.goes(f"/documents/{incident.evidence[0].document_id}")
        await otto.page.get_by_label("It reports").select_option("none")
        await otto.page.get_by_label("Why").fill("an old piece, printed again")
        await otto.presses("Keep the correction", keyboard)
        await otto.is_told("Kept")
        await otto.goes("/feedback")
        assert "an old piece, printed again" in await otto.page.locator("main").inner_text()


@BOTH
async def test_figures_are_uploaded_checked_and_taken(desk, seated, keyboard):
    async with seated(desk, "ada") as ada:
        now = await (await ada.context.request.get(f"{desk.at}/exposure.csv?seller=nordlicht")).text()
        rows = list(csv.DictReader(io.StringIO(now.lstrip("\ufeff"))))
        rows[0]["stock"] = "123456"
        sheet = io.StringIO()
        writer = csv.DictWriter(sheet, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        await ada.goes("/exposure")
        file = {"name": "figures.csv", "mimeType": "text/csv", "buffer": sheet.getvalue().encode()}
        await ada.page.locator("main input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        await ada.presses("Check it", keyboard)
        assert "123,456" in await ada.page.locator("main").inner_text()
        assert await ada.axe() == []
        await ada.presses("Take these figures", keyboard)
        await expect(ada.page.locator("main .flash")).to_be_visible()


@BOTH
async def test_somebody_is_let_in_given_another_role_and_shut_out(desk, seated, keyboard):
    async with seated(desk, "ada") as ada:
        await ada.goes("/people")
        await ada.page.get_by_label("Name", exact=True).fill("nora")
        await ada.page.get_by_label("Password", exact=True).last.fill("a quiet morning in May")
        await ada.presses("Let them in", keyboard)
        await expect(ada.page.locator("main .flash")).to_be_visible()
        hers = ada.page.locator("main tr", has_text="nora")
        for role, button in (("operator", "Give this role"), ("", "Shut out")):
            await (hers.locator("summary").press("Enter") if keyboard else hers.locator("summary").click())
            if role:
                await hers.get_by_label("Role").select_option(role)
            async with ada.page.expect_navigation():
                one = hers.get_by_role("button", name=button)
                await (one.press("Enter") if keyboard else one.click())
            await expect(ada.page.locator("main .flash")).to_be_visible()
        assert "operator" in await hers.inner_text()


@BOTH
async def test_a_programs_token_is_made_shown_once_and_revoked(desk, seated, keyboard):
    async with seated(desk, "ada") as ada:
        await ada.goes("/people/tokens")
        await ada.page.get_by_label("What is it for?").fill("stock planner")
        await ada.presses("Make it", keyboard)
        assert "sw_" in await ada.page.locator("main").inner_text()
        assert await ada.axe() == []
        await ada.goes("/people/tokens")
        assert "sw_" not in await ada.page.locator("main").inner_text()
        async with ada.page.expect_navigation():
            one = ada.page.locator("main tr", has_text="stock planner").get_by_role("button")
            await (one.press("Enter") if keyboard else one.click())
        await expect(ada.page.locator("main .flash")).to_be_visible()


@BOTH
async def test_somebody_reads_in_another_language_from_then_on(desk, seated, keyboard):
    async with seated(desk, "vera") as vera:
        await vera.goes("/account")
        await vera.page.locator("main select").first.select_option("de")
        await vera.presses("Keep it", keyboard)
        await vera.goes("/")
        assert await vera.page.locator("html").get_attribute("lang") == "de"
        assert await vera.page.locator("body > footer #language").count() == 0, "the account's own language holds"
