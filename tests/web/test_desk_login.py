"""Coming in: by name and password, no other way, and back to where one was going."""

import pytest


async def test_whoever_is_not_known_is_led_to_the_login_and_then_to_where_they_were_going(browser):
    vera = browser()
    sent = await vera.client.get("/?seller=x")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2F%3Fseller%3Dx")
    form = await vera.page(sent.headers["location"])
    assert 'value="/?seller=x"' in form
    answer = await vera.client.post(
        "/login", data={"name": "vera", "password": "correct horse battery", "next": "/?seller=x"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/?seller=x")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "vera" in await vera.page("/")


async def test_whoever_is_in_needs_no_form(browser):
    vera = browser()
    await vera.log_in("vera")
    assert (await vera.client.get("/login?next=/sources")).headers["location"] == "/sources"
    assert (await vera.client.get("/login?next=//evil.example")).headers["location"] == "/"


async def test_a_wrong_password_lets_nobody_in_and_is_on_record(browser):
    mallory = browser()
    answer = await mallory.log_in("vera", "a guess of mine")
    assert answer.status_code == 403
    assert "do not fit" in answer.text
    assert (await mallory.client.get("/")).status_code == 303


async def test_who_has_logged_out_is_out_whatever_cookie_they_keep(browser):
    vera = browser()
    await vera.log_in("vera")
    cookie = dict(vera.client.cookies)
    assert (await vera.post("/logout")).headers["location"] == "/login"
    again = browser()
    again.client.cookies.update(cookie)
    assert (await again.client.get("/")).status_code == 303


async def test_who_was_logged_out_before_they_sent_a_form_is_led_back_to_it(browser):
    nobody = browser()
    for page, back in (("/messages/silences", "%2Fmessages%2Fsilences"), ("https://evil.example/x", "%2F")):
        at = page if "//" in page else str(nobody.client.base_url).rstrip("/") + page
        answer = await nobody.client.post("/messages/silences", headers={"Referer": at})
        assert answer.status_code == 401
        assert f'<a href="/login?next={back}">Log in</a>' in answer.text


async def test_a_form_of_another_site_changes_nothing(browser):
    vera = browser()
    await vera.log_in("vera")
    assert (await vera.client.post("/logout", data={"csrf": "x"})).status_code == 403
    page = await vera.page("/")
    token = page.partition('data-csrf="')[2].partition('"')[0]
    from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await vera.client.post("/logout", data={"csrf": token}, headers=from_elsewhere)).status_code == 403
    assert "vera" in await vera.page("/")


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\n"])
async def test_the_login_leads_nowhere_else(browser, wanted):
    vera = browser()
    answer = await vera.client.post(
        "/login", data={"name": "vera", "password": "correct horse battery", "next": wanted}
    )
    assert answer.headers["location"] == "/"
