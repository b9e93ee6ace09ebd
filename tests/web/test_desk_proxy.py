"""A proxy in front: whose word is believed, for what, and what it is worth when somebody else says it."""

import pytest
from doors import Place, log_in, place_in, post, token_of

from monitor.desk.peers import within

INSIDE, OUTSIDE = "10.1.0.5", "203.0.113.9"
PROXY = {"header": "X-Forwarded-User", "addresses": ["10.1.0.0/16"], "role": "viewer", "roles": {"ada": "admin"}}


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path, proxy=PROXY) as made:
        yield made


async def _role(place: Place, address: str, *names: str) -> tuple[str, str] | int:
    client = place.client(address)
    answer = await client.get("/api/v1/me", headers=[(b"X-Forwarded-User", name.encode()) for name in names])
    return (answer.json()["name"], answer.json()["role"]) if answer.status_code == 200 else answer.status_code


async def test_the_proxy_names_people_and_the_settings_say_what_they_may(place):
    assert await _role(place, INSIDE, "ada") == ("ada", "admin")
    assert await _role(place, INSIDE, "nora") == ("nora", "viewer")
    assert await _role(place, INSIDE) == 401


async def test_the_header_of_anybody_else_says_nothing(place):
    for address in (OUTSIDE, "127.0.0.1", "10.2.0.1", "::1", ""):
        assert await _role(place, address, "ada") == 401, address


async def test_a_proxy_that_passes_on_a_header_beside_its_own_names_nobody(place):
    assert await _role(place, INSIDE, "nora", "ada") == 401


async def test_a_name_that_is_none_is_nobodys(place):
    for name in ("", " ", "x" * 81, "a\x00b", "a\u2028b"):
        assert await _role(place, INSIDE, name) == 401, name


async def test_a_name_in_any_script_is_a_name(place):
    assert await _role(place, INSIDE, "日本") == ("日本", "viewer")


async def test_whoever_has_no_role_is_told_so_and_not_sent_in_a_circle(place):
    place.configure(proxy=PROXY | {"role": "none"})
    nora = place.client(INSIDE, X_Forwarded_User="nora")
    answer = await nora.get("/account")
    assert (answer.status_code, "nobody gave you a role" in answer.text) == (403, True)
    assert await _role(place, INSIDE, "ada") == ("ada", "admin")


async def test_a_form_needs_the_token_of_its_page_though_there_is_no_cookie(place):
    ada, nora = place.client(INSIDE, X_Forwarded_User="ada"), place.client(INSIDE, X_Forwarded_User="nora")
    form = {"name": "new", "password": "correct horse battery", "role": "admin"}
    assert (await ada.post("/people/add", data=form)).status_code == 403
    assert (await ada.post("/people/add", data=form | {"csrf": await token_of(nora)})).status_code == 403
    assert (await ada.post("/people/add", data=form | {"csrf": ""})).status_code == 403
    assert (await post(ada, "/people/add", **form)).status_code == 303
    assert not dict(ada.cookies)


async def test_coming_in_is_on_record_once_a_day_and_not_with_each_page(place):
    ada = place.client(INSIDE, X_Forwarded_User="ada", X_Forwarded_For=OUTSIDE)
    for _ in range(3):
        await ada.get("/account")
    assert [(one.who, one.via, one.address) for one in await place.records("login")] == [("ada", "proxy", OUTSIDE)]


async def test_whoever_is_shut_out_here_is_not_let_in_by_the_proxy(place):
    await place.accounts.change("vera", "ada", disabled=True)
    assert await _role(place, INSIDE, "vera") == 403


async def test_a_zone_is_remembered_by_the_browser_of_whoever_has_no_account_here(place):
    nora = place.client(INSIDE, X_Forwarded_User="nora")
    await post(nora, "/account/reads", zone="Asia/Jakarta")
    assert (await nora.get("/api/v1/me")).json()["zone"] == "Asia/Jakarta"
    assert len(await place.store.people.users()) == 3


async def test_there_is_no_such_way_once_the_settings_are_without_it(place):
    place.configure()
    assert await _role(place, INSIDE, "ada") == 401


SEEN = (  # who asks, what X-Forwarded-For says, and from where we take it to come
    (INSIDE, OUTSIDE, OUTSIDE),
    (INSIDE, f"198.51.100.1, {OUTSIDE}", OUTSIDE),  # the first is what the visitor claimed
    (INSIDE, f"{OUTSIDE}, 10.1.9.9", OUTSIDE),  # two proxies of ours, one behind the other
    (INSIDE, "10.1.9.9", "10.1.9.9"),
    (INSIDE, "nonsense", INSIDE),
    (INSIDE, "", INSIDE),
    (OUTSIDE, "127.0.0.1", OUTSIDE),
)


async def test_from_where_somebody_comes_is_what_the_last_proxy_of_ours_saw(place):
    for n, (at, told, seen) in enumerate(SEEN):
        await log_in(place.client(at, X_Forwarded_For=told), f"x{n}", "a guess of mine")
        assert (await place.records("login_failed"))[-1].address == seen, (at, told)


async def test_the_cookie_is_a_secure_one_when_a_proxy_of_ours_has_ended_the_encryption(place):
    for at, told, secure in (
        (INSIDE, "https", True), (INSIDE, "http", False), (INSIDE, "https, http", False), (OUTSIDE, "https", False)
    ):  # fmt: skip
        cookie = (await log_in(place.client(at, X_Forwarded_Proto=told), "vera")).headers["set-cookie"]
        assert cookie.startswith("__Host-" if secure else "sellerwatch="), (at, told)
        assert ("; Secure" in cookie) is secure


def test_an_address_lies_in_a_network_however_it_is_written():
    assert within("::ffff:10.1.0.5", ["10.1.0.0/16"])
    assert within("2001:db8::1", ["2001:db8::/32"])
    assert not within("testclient", ["10.1.0.0/16"])
    assert not within("10.1.0.5", [])
