"""Who may: sessions, what a browser must show beside its cookie, and how long one may guess."""

import re
from datetime import timedelta

import httpx2 as httpx
import pytest
from doors import Place, log_in, place_in, token_of
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from rooms_given import PASSWORD

from monitor.desk.entrance import FAILURES_AN_HOUR, LASTS, LONGEST
from monitor.desk.guesses import ADDRESS, MOST_KEPT, NAME, PAIR, Guesses, network
from monitor.domain.people import Role
from monitor.web.api import entrances

OPEN = {  # what anybody may ask
    "/healthz", "/readyz", "/metrics", "/openapi.json", "/static/{digest}/{name}",
    "/login", "/setup", "/login/elsewhere", "/login/back", "/look",
    "/api", "/api/v1/openapi.json",  # what there is to ask, as in the documentation
    "/feeds/{key}/incidents.atom",  # the address is its own key
}  # fmt: skip


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path) as made:
        yield made


@pytest.fixture
async def whole(tmp_path):
    async with place_in(tmp_path, whole=True) as made:
        yield made


def _routes(place: Place) -> list[RouteContext]:
    return [one for one in iter_route_contexts(place.web.routes) if isinstance(one.original_route, APIRoute)]


def _needs(route: RouteContext) -> Role | None:
    """The role that the route's door asks for; None when it has no door."""
    doors = entrances(route.dependant)
    return max((door.needs for door in doors), default=None)


async def test_every_way_in_names_who_may_and_what_anybody_may_ask_is_a_closed_list(whole):
    open_to_all = {route.path for route in _routes(whole) if not _needs(route)}
    assert open_to_all <= OPEN
    for route in _routes(whole):
        if route.methods - {"GET", "HEAD"} and route.path not in OPEN:
            assert _needs(route) in (Role.VIEWER, Role.OPERATOR, Role.ADMIN), route.path


async def test_every_way_in_is_shut_for_strangers_for_lesser_roles_and_for_forms_without_their_token(whole):
    clients = {role: whole.client() for role in Role}
    for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN)):
        assert (await log_in(clients[role], name)).status_code == 303
    tried = 0
    for route in _routes(whole):
        needs = _needs(route)
        if not needs:
            continue
        path = re.sub(r"\{[^}]+\}", "1", route.path)
        for method in route.methods - {"HEAD"}:
            stranger = await clients[Role.ANYONE].request(method, path)
            led_to_the_login = stranger.headers.get("location", "").startswith("/login")
            assert stranger.status_code == 401 or led_to_the_login, (method, path)
            for role in Role:
                if Role.ANYONE < role < needs:
                    assert (await clients[role].request(method, path)).status_code == 403, (role, method, path)
            if method != "GET":
                without = await clients[needs].request(method, path)
                assert without.status_code == 403, (method, path)
                tried += 1
    assert tried > 8


async def test_a_session_lasts_a_day_of_work_and_longer_while_it_is_used_but_a_week_at_most(place):
    used, idle = place.client(), place.client()
    await log_in(used, "vera")
    await log_in(idle, "vera")
    begun, answers = place.now, []
    while place.now < begun + LONGEST + timedelta(hours=7):
        answers.append((await used.get("/account")).status_code)
        if place.now == begun:
            assert (await idle.get("/account")).status_code == 200
        place.now += timedelta(hours=6)
        if place.now - begun > LASTS:
            assert (await idle.get("/account")).status_code == 303
    assert set(answers[:28]) == {200}
    assert answers[-1] == 303


async def test_a_session_that_somebody_planted_is_not_the_one_that_a_login_begins(place):
    mallory, vera = place.client(), place.client()
    await log_in(mallory, "vera")
    (planted,) = mallory.cookies.jar
    vera.cookies.jar.set_cookie(planted)
    form = {"name": "vera", "password": PASSWORD, "csrf": await token_of(vera)}
    assert (await vera.post("/login", data=form)).status_code == 303
    assert dict(vera.cookies) != dict(mallory.cookies)
    assert (await vera.get("/account")).status_code == 200
    assert (await mallory.get("/account")).status_code == 303, "what was planted is worth nothing any more"


async def test_the_key_of_a_session_is_in_no_row(place):
    vera = place.client()
    await log_in(vera, "vera")
    (key,) = dict(vera.cookies).values()
    (session,) = await place.store.people.sessions(place.now)
    assert key not in repr(session)
    assert (await place.client(Cookie=f"sellerwatch={session.key_hash}").get("/account")).status_code == 303


async def test_over_https_the_cookie_is_bound_to_this_host_and_the_plain_one_is_not_looked_at(place):
    vera = place.client(scheme="https")
    answer = await log_in(vera, "vera")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sellerwatch=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    key = dict(vera.cookies)["__Host-sellerwatch"]
    tossed = await place.client(scheme="https").get("/account", headers={"Cookie": f"sellerwatch={key}"})
    assert tossed.status_code == 303


FROM_ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://desk.example"},  # another port is another site
)


async def test_what_another_site_sends_changes_nothing_token_or_not_and_logs_nobody_in(place):
    vera = place.client()
    await log_in(vera, "vera")
    token = await token_of(vera)
    form = {"name": "vera", "password": PASSWORD}
    for headers in FROM_ELSEWHERE:
        answer = await vera.post("/logout", data={"csrf": token}, headers=headers)
        assert (answer.status_code, "Another site" in answer.text) == (403, True), headers
        assert (await place.client().post("/login", data=form, headers=headers)).status_code == 403, headers
    own = {"Origin": "http://desk.example:9464"}
    assert (await vera.post("/logout", data={"csrf": token}, headers=own)).status_code == 303


async def test_the_token_of_one_session_is_no_good_in_another(place):
    vera, otto = place.client(), place.client()
    await log_in(vera, "vera")
    await log_in(otto, "otto")
    taken = await token_of(vera)
    assert (await otto.post("/logout", data={"csrf": taken})).status_code == 403
    assert (await otto.post("/logout", data={}, headers={"X-CSRF-Token": taken})).status_code == 403
    own = await token_of(otto)
    assert (await otto.post("/logout", data={}, headers={"X-CSRF-Token": own})).status_code == 303


async def test_a_program_needs_no_page_and_its_token_ends_at_its_time_and_when_it_is_taken_back(place):
    key = await place.accounts.program("grafana", Role.VIEWER, "ada", place.now + timedelta(days=30))
    program = place.client(Authorization=f"Bearer {key}")
    assert (await program.get("/api/v1/me")).json() == {
        "name": "grafana", "role": "viewer", "via": "token", "language": "", "zone": ""
    }  # fmt: skip
    assert (await program.get("/api/v1/people")).status_code == 403
    refused = await place.client(Authorization="Bearer sw_wrong").get("/api/v1/me")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="sellerwatch"')
    place.now += timedelta(days=31)
    assert (await program.get("/api/v1/me")).status_code == 401
    place.now -= timedelta(days=31)
    await place.accounts.revoke("grafana", "ada")
    assert (await program.get("/api/v1/me")).status_code == 401


async def test_who_guesses_waits_and_is_told_how_long_and_the_right_password_must_wait_too(place):
    mallory = place.client("203.0.113.9")
    for _ in range(PAIR.free):
        assert (await log_in(mallory, "vera", "a guess of mine")).status_code == 403
    answer = await log_in(mallory, "vera")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Too many tries" in answer.text
    elsewhere = place.client("198.51.100.1")
    assert (await log_in(elsewhere, "vera")).status_code == 303, "the real one is not locked out"


async def test_an_answer_does_not_say_whether_there_is_such_a_name(place):
    unknown, known = place.client("203.0.113.1"), place.client("203.0.113.2")
    answers = [
        [(await log_in(client, name, "a guess of mine")) for _ in range(PAIR.free + 1)]
        for client, name in ((unknown, "nobody"), (known, "vera"))
    ]
    plain = [[(one.status_code, one.text.replace(name, "NAME")) for one in some]
             for some, name in zip(answers, ("nobody", "vera"), strict=True)]  # fmt: skip
    assert plain[0] == plain[1]


async def test_failures_are_on_record_in_clean_letters_and_a_flood_of_them_does_not_fill_the_disk(place):
    for n in range(FAILURES_AN_HOUR + 20):
        await log_in(place.client(f"198.51.{n // 250}.{n % 250}"), f"x{n}\x1b[31m" + "y" * 100, "a guess of mine")
    failed = await place.records("login_failed")
    assert len(failed) == FAILURES_AN_HOUR
    assert failed[-1].detail == "more in this hour are not recorded"
    assert all(len(one.who) <= 80 and one.who.isprintable() for one in failed)
    assert failed[3].address == "198.51.0.3"


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_waits_grow_to_a_quarter_of_an_hour_and_end_an_hour_later():
    clock = _Clock()
    guesses = Guesses(clock)
    waits = []
    for _ in range(20):
        while wait := guesses.attempt("vera", "203.0.113.9"):
            waits.append(wait)
            clock.now += wait
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert waits[-1] == PAIR.longest
    clock.now += 2 * 3600
    assert guesses.attempt("vera", "203.0.113.9") == 0


def test_a_stranger_can_delay_a_name_for_a_minute_but_not_at_an_address_that_it_is_known_from():
    clock = _Clock()
    guesses = Guesses(clock)
    assert guesses.attempt("vera", "10.0.0.1") == 0
    guesses.right("vera", "10.0.0.1")
    for n in range(10 * NAME.free):
        guesses.attempt("vera", f"203.0.{n // 200}.{n % 200}")
        clock.now += 0.1
    assert 0 < guesses.attempt("vera", "198.51.100.7") <= NAME.longest
    assert guesses.attempt("vera", "10.0.0.1") == 0


def test_own_logins_between_the_guesses_do_not_buy_further_guesses():
    clock = _Clock()
    guesses = Guesses(clock)
    tried = 0
    for n in range(1000):
        tried += not guesses.attempt(f"victim{n}", "203.0.113.9")
        if not guesses.attempt("mallory", "203.0.113.9"):
            guesses.right("mallory", "203.0.113.9")
    assert tried <= ADDRESS.free + 1


def test_names_that_are_made_up_do_not_make_us_forget_who_makes_them_up():
    clock = _Clock()
    guesses = Guesses(clock)
    for n in range(MOST_KEPT + 100):
        guesses.attempt(f"x{n}", "203.0.113.9")
    assert guesses.attempt("y", "203.0.113.9") > 0


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_whoever_has_a_network_of_ipv6_has_one_address_for_us(address, host):
    other = type(address)((int(address) >> 64 << 64) | host)
    assert network(str(address)) == network(str(other)) or address.ipv4_mapped or other.ipv4_mapped


def test_a_mapped_address_is_the_one_that_it_maps():
    assert network("::ffff:203.0.113.9") == network("203.0.113.9") != network("203.0.113.10")


async def test_a_form_that_is_too_long_is_not_read(place):
    from monitor.web.limits import Bounded, Limits

    bounded = Bounded(place.web, Limits(), None, lambda reason: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bounded), base_url="http://127.0.0.1") as client:
        long = {"name": "x" * 70_000, "password": ""}
        assert (await client.post("/login", data=long)).status_code == 413
        assert (await client.post("/exposure", data=long)).status_code != 413
