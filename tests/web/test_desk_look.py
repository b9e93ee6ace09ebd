"""How a browser wants to read: colours and language, chosen at the foot of a page."""


async def test_colours_and_language_stay_as_chosen_until_somebody_chooses_again(browser):
    stranger = browser()
    answer = await stranger.client.post("/look", data={"theme": "dark", "language": "fr", "back": "/login?next=%2Fx"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fx")
    page = await stranger.page("/login")
    assert '<html lang="fr" data-theme="dark">' in page
    await stranger.client.post("/look", data={"theme": "", "language": "fr"})
    assert '<html lang="fr">' in await stranger.page("/login")


async def test_what_is_no_choice_is_forgotten_and_leads_nowhere_else(browser):
    stranger = browser()
    for back in ("//evil.example", "https://evil.example/", "javascript:alert(1)"):
        answer = await stranger.client.post("/look", data={"theme": "<script>", "language": "xx", "back": back})
        assert answer.headers["location"] == "/"
    assert '<html lang="en">' in await stranger.page("/login")


async def test_a_page_of_a_section_that_lies_elsewhere_stands_under_it_in_the_menu(browser):
    vera = browser()
    await vera.log_in("vera")
    menu = (await vera.page("/what-if")).partition("</nav>")[0]
    assert 'href="/exposure" data-key="e" aria-current="page"' in menu
    assert menu.count("aria-current") == 1
