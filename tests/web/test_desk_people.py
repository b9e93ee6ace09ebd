"""Who says who may: the first admin, people, tokens, sessions and the record; and everybody's own account."""

import ast
import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from doors import Place, log_in, place_in, post
from rooms_given import NOW, PASSWORD
from structlog.testing import capture_logs
from typer.testing import CliRunner

from monitor.cli import app as cli
from monitor.desk.people import browser
from monitor.domain.people import Record, Role, Session, User, Via
from monitor.web.sections.acts import Deed
from monitor.web.sections.record import DID

OTHER = "a longer staple of horses"
ROOT = Path(__file__).parents[2]
CODE = re.compile(r"(?:user|token|session|silence|message|cluster|document|source|feedback)\.[a-z]+")


@pytest.fixture
async def place(tmp_path):
    async with place_in(tmp_path) as made:
        yield made


async def _browser_of(place: Place, name: str, **headers: str):
    client = place.client(**headers)
    assert (await log_in(client, name)).status_code == 303
    return client


async def test_the_first_admin_is_made_by_whoever_can_read_the_log_and_nobody_after_them(tmp_path):
    async with place_in(tmp_path, people=False) as place:
        stranger, first = place.client(), place.client()
        assert "sellerwatch people add NAME" in (await stranger.get("/login")).text
        assert (await stranger.get("/setup?key=")).status_code == 403
        with capture_logs() as said:
            await place.house.greet(9464)
        key = re.fullmatch(r"http://127\.0\.0\.1:9464/setup\?key=([\w-]{32})", said[0]["or_open"])[1]
        assert (await stranger.get(f"/setup?key={key[:-1]}")).status_code == 403
        assert "The first admin" in (await first.get(f"/setup?key={key}")).text
        form = {"key": key, "name": "ada", "password": PASSWORD, "again": PASSWORD}
        assert "differ" in (await first.post("/setup", data=form | {"again": "x"})).text
        assert "12 characters" in (await first.post("/setup", data=form | {"password": "short", "again": "short"})).text
        assert (await first.post("/setup", data=form)).headers["location"] == "/"
        assert (await first.get("/people")).status_code == 200
        assert (await stranger.post("/setup", data=form | {"name": "mallory"})).status_code == 403
        assert (await stranger.get(f"/setup?key={key}")).status_code == 403
        assert "sellerwatch people add" not in (await stranger.get("/login")).text
        assert [(one.who, one.did) for one in await place.records()] == [("ada", "setup"), ("ada", "login")]


async def test_of_two_who_set_up_at_once_one_is_the_admin(tmp_path):
    async with place_in(tmp_path, people=False) as place:
        with capture_logs() as said:
            await place.house.greet(9464)
        form = {"key": said[0]["or_open"].partition("=")[2], "password": PASSWORD, "again": PASSWORD}
        answers = await asyncio.gather(
            *(place.client().post("/setup", data=form | {"name": name}) for name in ("ada", "mallory", "eve"))
        )
        assert sorted(answer.status_code for answer in answers) == [303, 403, 403]
        assert len(await place.store.people.users()) == 1


async def test_a_desk_that_others_can_reach_gives_out_no_address_for_the_first_admin(tmp_path):
    async with place_in(tmp_path, people=False) as place:
        for host in ("0.0.0.0", "::", "192.0.2.1"):
            place.configure(host=host)
            with capture_logs() as said:
                await place.house.greet(9464)
            assert "people add" in said[0]["todo"]
            assert "/setup" not in str(said)


async def test_there_is_nothing_to_say_at_the_start_once_somebody_may_come_in(place):
    with capture_logs() as said:
        await place.house.greet(9464)
    assert not said


async def test_an_admin_lets_somebody_in_changes_what_they_may_and_shuts_them_out_all_at_once(place):
    ada = await _browser_of(place, "ada")
    form = {"name": "nora", "password": PASSWORD, "role": "viewer"}
    assert (await post(ada, "/people/add", **form)).headers["location"] == "/people?done=added"
    nora = await _browser_of(place, "nora")
    assert (await nora.get("/people")).status_code == 403
    await post(ada, "/people/change", name="nora", do="role", role="admin")
    assert (await nora.get("/people")).status_code == 200, "without logging in anew"
    await post(ada, "/people/change", name="nora", do="disable")
    assert (await nora.get("/account")).status_code == 303
    assert (await log_in(place.client(), "nora")).status_code == 403
    await post(ada, "/people/change", name="nora", do="enable")
    assert (await nora.get("/account")).status_code == 303, "the old session does not come back"
    nora = await _browser_of(place, "nora")
    await post(ada, "/people/change", name="nora", do="password", password=OTHER)
    assert (await nora.get("/account")).status_code == 303
    assert (await log_in(nora, "nora", OTHER)).status_code == 303
    await post(ada, "/people/change", name="nora", do="remove")
    assert (await nora.get("/account")).status_code == 303
    told = [(one.did, one.detail) for one in await place.records() if (one.who, one.subject) == ("ada", "nora")]
    assert told == [
        ("user.add", "viewer"), ("user.role", "admin"), ("user.disable", ""), ("user.enable", ""),
        ("user.password", ""), ("user.remove", ""),
    ]  # fmt: skip


CANNOT_BE = (
    ({"name": "vera"}, "There is a vera already"),
    ({"name": "VERA"}, "There is a VERA already"),
    ({"name": "x" * 81}, "1 to 80"),
    ({"name": "no\x07bell"}, "1 to 80"),
    ({"name": "  "}, "1 to 80"),
    ({"password": "eleven char"}, "12 characters"),
    ({"password": "aaaaaaaaaaaaaaaa"}, "repeats"),
    ({"name": "wolfgang amadeus", "password": "Wolfgang Amadeus1"}, "mostly the name"),
)


async def test_what_cannot_be_is_said_and_nothing_is_kept(place):
    ada = await _browser_of(place, "ada")
    for form, why in CANNOT_BE:
        answer = await post(ada, "/people/add", **({"name": "nora", "password": PASSWORD, "role": "viewer"} | form))
        assert (answer.status_code, why in answer.text) == (422, True), form
    again = (await post(ada, "/people/add", name="vera", password=PASSWORD, role="operator")).text
    assert 'name="name" value="vera"' in re.sub(r' (autoc|spell|maxl)[^=]*="[^"]*"', "", again)
    assert '<option value="operator" selected>' in again
    assert PASSWORD not in again
    assert len(await place.store.people.users()) == 3


async def test_the_last_admin_stays(place):
    ada = await _browser_of(place, "ada")
    for do in ("role", "disable", "remove"):
        answer = await post(ada, "/people/change", name="ada", do=do, role="viewer")
        assert (answer.status_code, "the last admin" in answer.text) == (422, True), do
    await place.accounts.change("otto", "ada", role=Role.ADMIN)
    assert (await post(ada, "/people/change", name="ada", do="remove")).status_code == 303


async def test_a_token_is_shown_once_works_and_is_taken_back(place):
    ada = await _browser_of(place, "ada")
    page = (await post(ada, "/people/tokens", name="grafana", role="viewer", days="30")).text
    key = re.search(r"sw_[\w-]{43}", page)[0]
    assert key not in (await ada.get("/people/tokens")).text
    program = place.client(Authorization=f"Bearer {key}")
    assert (await program.get("/api/v1/me")).status_code == 200
    used = (await ada.get("/api/v1/tokens")).json()["programs"][0]
    assert (used["name"], used["role"], used["made_by"], used["over"]) == ("grafana", "viewer", "ada", False)
    assert used["used_at"]
    again = await post(ada, "/people/tokens", name="grafana", role="admin")
    assert "There is a token grafana already" in again.text
    assert 'maxlength="80" required value="grafana"' in again.text
    await post(ada, "/people/tokens/revoke", name="grafana")
    assert (await program.get("/api/v1/me")).status_code == 401


async def test_people_tokens_and_sessions_are_read_to_their_end_page_by_page(place):
    ada = await _browser_of(place, "ada")
    role = Role.VIEWER
    for no in range(60):
        await place.accounts.program(f"program {no:02}", role, "ada")
        await place.store.people.keep_user(User(f"user{no:02}", role, "", NOW), Record(NOW, "t", "", "user.add"))
        session = Session(f"{no:064}", f"user{no:02}", Via.PASSWORD, "", NOW, NOW + timedelta(hours=1))
        await place.store.people.begin(session, Record(NOW, "t", "", "login"))
    marks = {"": r"<strong>(\w+)</strong>", "/tokens": r"<strong>(\w+ \d+)", "/sessions": r'nowrap">(\w+) '}
    for path, mark in marks.items():
        first = (await ada.get(f"/people{path}")).text
        further = re.search(r'href="([^"]+)" rel="next"', first)[1]
        second = (await ada.get(further)).text
        names = [*re.findall(mark, first), *re.findall(mark, second)]
        assert further == f"/people{path}?start=50"
        assert len(names) == len(set(names)) == {"": 63, "/tokens": 60, "/sessions": 61}[path]
        assert 'rel="next"' not in second
        assert f'href="/people{path}?start=0" rel="prev"' in second
    for name, own in (("people", "people"), ("tokens", "programs")):
        found, address = [], f"/api/v1/{name}?limit=25"
        while address:
            answer = await ada.get(address)
            found += [one["name"] for one in answer.json()[own]]
            address = answer.links.get("next", {}).get("url", "")
        assert found == sorted(set(found))
        assert len(found) == (63 if name == "people" else 60)


async def test_an_admin_ends_anybodys_session_and_everybody_their_own_alone(place):
    at_home = await _browser_of(place, "vera", User_Agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    away, otto, ada = [await _browser_of(place, name) for name in ("vera", "otto", "ada")]
    page = (await away.get("/account")).text
    assert "Firefox, Windows" in page
    ids = {one.user: one.key_hash[:16] for one in await place.store.people.sessions(place.now)}
    await post(otto, "/account/sessions/end", id=ids["vera"])
    assert (await at_home.get("/account")).status_code == 200, "it is none of otto's"
    for id in re.findall(r'name="id" value="(\w+)"', page):
        if f"{id}" != _own(page):
            await post(away, "/account/sessions/end", id=id)
    assert [(await one.get("/account")).status_code for one in (at_home, away)] == [303, 200]
    await post(ada, "/people/sessions/end", id=ids["otto"])
    assert (await otto.get("/account")).status_code == 303
    await post(away, "/account/sessions/end")
    assert (await away.get("/account")).status_code == 303


def _own(page: str) -> str:
    """The id of the session that asks: the row that says so."""
    row = next(row for row in page.split("<tr>") if "this one" in row)
    return re.search(r'name="id" value="(\w+)"', row)[1]


async def test_a_new_password_needs_the_old_one_and_logs_out_everywhere_else(place):
    vera, elsewhere = await _browser_of(place, "vera"), await _browser_of(place, "vera")
    form = {"old": PASSWORD, "password": OTHER, "again": OTHER}
    assert "not your password" in (await post(vera, "/account/password", **form | {"old": "a guess"})).text
    assert "differ" in (await post(vera, "/account/password", **form | {"again": "x"})).text
    assert "12 characters" in (await post(vera, "/account/password", **form | {"password": "x", "again": "x"})).text
    assert (await post(vera, "/account/password", **form)).headers["location"] == "/account?done=password"
    assert [(await one.get("/account")).status_code for one in (vera, elsewhere)] == [200, 303]
    assert (await log_in(place.client(), "vera")).status_code == 403
    assert (await log_in(place.client(), "vera", OTHER)).status_code == 303


async def test_whoever_found_an_open_browser_cannot_guess_the_password_there(place):
    vera = await _browser_of(place, "vera")
    form = {"password": OTHER, "again": OTHER}
    answers = [(await post(vera, "/account/password", old=f"guess {n}", **form)).status_code for n in range(6)]
    assert answers == [403] * 5 + [429]


async def test_pages_are_in_the_language_and_zone_that_somebody_chose(place):
    vera = await _browser_of(place, "vera", Accept_Language="fr")
    assert '<html lang="fr"' in (await vera.get("/account")).text
    await post(vera, "/account/reads", language="de", zone="Asia/Jakarta")
    page = (await vera.get("/account")).text
    assert '<html lang="de"' in page
    assert "UTC+7" in page
    await post(vera, "/account/reads", language="tlh", zone="Mars/Olympus")
    assert (await vera.get("/api/v1/me")).json()["zone"] == ""


async def test_the_record_is_filtered_and_leafed_through(place):
    ada = await _browser_of(place, "ada")
    for n in range(120):
        await place.accounts.program(f"p{n}", Role.VIEWER, "otto")
    await log_in(place.client(), "<script>alert(1)</script>", "a guess of mine")
    page = (await ada.get("/people/record")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert page.count("<tr>") == 101
    further = re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert (await ada.get(f"/people/record{further}")).text.count("<tr>") == 1 + 120 + 3 + 2 - 100
    about = (await ada.get("/api/v1/record", params={"subject": "p7"})).json()
    assert [one["did"] for one in about["lines"]] == ["token.add"]
    logins = (await ada.get("/api/v1/record", params={"kind": "logins"})).json()["lines"]
    assert [one["did"] for one in logins] == ["login_failed", "login"]
    assert (await ada.get("/api/v1/record", params={"kind": "acts"})).json() == {"lines": [], "next": ""}
    mine = (await ada.get("/api/v1/record", params={"who": "otto", "limit": 50})).json()
    assert len(mine["lines"]) == 50
    assert int(mine["next"]) == mine["lines"][-1]["no"]


async def test_the_record_and_roles_are_in_words_of_the_readers_language(place):
    ada = await _browser_of(place, "ada", Accept_Language="de")
    await place.accounts.program("grafana", Role.VIEWER, "ada")
    await log_in(place.client(), "ada", "a guess of mine")
    page = (await ada.get("/people/record")).text
    for code, words in (
        ("login", "Anmelden"),
        ("login_failed", "Anmeldung abgelehnt"),
        ("token.add", "Ein neues Token"),
    ):
        assert re.search(rf'<span title="{code}">{words}', page), code
    assert "<code>" not in page  # which is for what has no words here
    for path in ("/people", "/people/tokens", "/account"):
        assert re.search(r'sieht[^<]* <span class="soft small">\((viewer|admin)\)', (await ada.get(path)).text), path


def test_whatever_the_desk_puts_on_record_has_words():
    """Every code that the desk's own code writes: `user.add`, `incident.close`, `silence.end` ..."""
    written = {f"incident.{deed.value.replace('-', '_')}" for deed in Deed} - {"incident.silence", "incident.unsilence"}
    for path in (*ROOT.glob("monitor/desk/*.py"), ROOT / "monitor/access_commands.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                written.add(node.value)
    assert len(written) > 25
    assert written - set(DID) == set()


async def test_no_answer_holds_a_hash(place):
    ada = await _browser_of(place, "ada")
    await place.accounts.program("grafana", Role.VIEWER, "ada")
    for path in ("/api/v1/people", "/api/v1/tokens", "/api/v1/record", "/people", "/people/sessions", "/people/tokens"):
        text = (await ada.get(path)).text
        assert "$argon2" not in text
        assert not re.search(r"\b[0-9a-f]{64}\b", text), path


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent, said):
    assert browser(agent) == said


def test_the_command_line_lets_in_and_shuts_out(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "platforms.yaml").write_text("[]\n")
    (config / "settings.yaml").write_text(f"state_dir: {tmp_path / 'state'}\n")

    def said(*words: str, given: str = "", code: int = 0) -> str:
        outcome = CliRunner().invoke(cli, [*words, "--config", str(config)], input=given)
        assert outcome.exit_code == code, outcome.output
        return outcome.output

    assert "sellerwatch people add NAME --role admin" in said("people")
    said("people", "add", "ada", "--role", "admin", "--password-stdin", given="short\n", code=1)
    said("people", "add", "ada", "--role", "admin", "--password-stdin", given=f"{PASSWORD}\n")
    said("people", "add", "vera", given=f"{PASSWORD}\n{PASSWORD}\n")
    said("people", "role", "ada", "viewer", code=1)
    said("people", "role", "vera", "operator")
    said("people", "disable", "vera")
    shown = said("people", "--json")
    (ada, vera) = json.loads(shown[shown.index("[") :])
    assert (ada["name"], ada["role"], vera["role"], vera["disabled"]) == ("ada", "admin", "operator", True)
    said("people", "password", "vera", "--password-stdin", given=f"{OTHER}\n")
    said("people", "remove", "vera")
    assert re.search(r"sw_[\w-]{43}\n", said("tokens", "add", "grafana", "--days", "30"))
    said("tokens", "revoke", "grafana")
    assert "There is no token" in said("tokens")
