"""Every page that a link leads to, seen on a phone and on a wide screen, in light and in dark: it is there, nothing is
wider than the window, axe-core finds no serious fault, and no page complains, pops up or asks another host."""

import pytest
from looking import PHONE, WIDE, person
from walking import walk

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_every_page_can_be_read_by_everybody(desk, browser, size, scheme):
    async with person(browser, desk.at, size, scheme) as ada:
        await ada.logs_in("ada")
        faults: list[str] = []
        for path in await walk(ada):
            await ada.goes(path)
            faults += await ada.axe()
            if (wider := await ada.overflow()) > 0:
                faults.append(f"{path} is {wider} pixels too wide")
        assert not faults, "\n".join(faults)


async def test_the_pages_of_whoever_is_not_known_can_be_read_by_everybody_too(desk, browser):
    for scheme in ("light", "dark"):
        async with person(browser, desk.at, PHONE, scheme) as stranger:
            stranger.refused = True
            await stranger.goes("/login")
            assert await stranger.axe() == []
            await stranger.page.get_by_label("Name").fill("vera")
            await stranger.page.get_by_label("Password").fill("a guess of mine")
            await stranger.page.get_by_role("button", name="Log in").click()
            await stranger.page.get_by_role("alert").wait_for()
            assert await stranger.axe() == []
