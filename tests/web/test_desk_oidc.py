"""Login by OpenID Connect, against a provider on loopback that does right, and wrong in one thing at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import pytest
from doors import Place, log_in, place_in, post
from joserfc.jwk import RSAKey
from little_provider import CLIENT, SECRET, Provider, provider
from structlog.testing import capture_logs

from monitor.channels import secrets
from monitor.config import load
from monitor.desk.entrance import LASTS

ROLES = {"sellers": "viewer", "desk-ops": "operator", "desk-admins": "admin"}


@asynccontextmanager
async def _desk_of(directory: Path, found: Provider, **more: object) -> AsyncIterator[Place]:
    oidc = {"issuer": found.issuer, "client_id": CLIENT, "client_secret": SECRET, "label": "Acme", "roles": ROLES}
    async with place_in(directory, public_url="https://desk.example", oidc=oidc | more) as place:
        yield place


async def _way_in(client: httpx.AsyncClient, found: Provider, next: str = "/account") -> httpx.Response:
    """Out to the provider, and back."""
    away = await client.get("/login/elsewhere", params={"next": next})
    assert away.status_code == 303, away.text
    return await client.get(found.log_in(away.headers["location"]))


async def test_whoever_the_provider_knows_comes_in_with_the_role_of_their_group(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        nora = place.client(scheme="https")
        assert "Log in with Acme" in (await nora.get("/login?next=/account")).text
        found.claims["groups"] = ["everybody", "sellers", "desk-ops"]
        answer = await _way_in(nora, found)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        me = (await nora.get("/api/v1/me")).json()
        assert (me["name"], me["role"], me["via"]) == ("nora", "operator", "oidc")
        assert "not kept here" in (await nora.get("/account")).text
        assert (await post(nora, "/account/password", old="x", password="y", again="y")).status_code == 403
        assert [(one.who, one.via, one.did) for one in await place.records("login")] == [("nora", "oidc", "login")]
        place.now += LASTS + timedelta(minutes=1)
        assert (await nora.get("/account")).status_code == 303, "their groups are asked for anew each day"


async def test_a_key_of_the_other_kind_and_groups_that_only_userinfo_tells_are_good_too(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.key = RSAKey.generate_key(2048, auto_kid=True)
        found.info = {"groups": "desk-admins"}
        nora = place.client(scheme="https")
        await _way_in(nora, found)
        assert (await nora.get("/people")).status_code == 200


WRONG = {  # what the provider does wrong: what our log says of it
    "nonce": "invalid_claim: Invalid claim: 'nonce'",
    "no nonce": "missing_claim: Missing claim: 'nonce'",
    "audience": "invalid_claim: Invalid claim: 'aud'",
    "party": "invalid_claim: Invalid claim: 'azp'",
    "over": "expired_token",
    "proof's issuer": "invalid_claim: Invalid claim: 'iss'",
    "at_hash": "invalid_claim: Invalid claim: 'at_hash'",
    "key": "bad_signature",
    "hmac": "Algorithm of 'HS256' is not allowed",
    "none": "Algorithm of 'none' is not allowed",
    "no proof": "KeyError: 'id_token'",
    "refuses": "invalid_grant",
}


async def test_nobody_comes_in_when_one_thing_is_wrong(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.claims["groups"] = ["desk-admins"]
        for found.wrong, why in WRONG.items():
            nora = place.client(scheme="https")
            with capture_logs() as said:
                answer = await _way_in(nora, found)
            assert (answer.status_code, "Acme did not let you in" in answer.text) == (403, True), found.wrong
            assert why in said[0]["why"]
            assert (await nora.get("/account")).headers["location"].startswith("/login")
        found.wrong = ""
        assert (await _way_in(place.client(scheme="https"), found)).status_code == 303


async def test_what_userinfo_says_of_somebody_else_is_not_listened_to(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.info, found.wrong = {"groups": ["desk-admins"]}, "somebody else"
        assert "no role here" in (await _way_in(place.client(scheme="https"), found)).text


@pytest.mark.parametrize("wrong", ["issuer", "clear"])
async def test_a_provider_that_describes_itself_wrongly_is_not_gone_to(tmp_path, wrong):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.wrong = wrong
        answer = await place.client().get("/login/elsewhere")
        assert answer.status_code == 502
        assert "Acme does not answer" in answer.text
        found.wrong = ""
        assert (await place.client().get("/login/elsewhere")).status_code == 303, "and is once it does better"


async def test_a_provider_that_is_gone_leaves_the_passwords(tmp_path):
    async with provider() as found:
        pass
    async with _desk_of(tmp_path, found) as place:
        assert "does not answer" in (await place.client().get("/login/elsewhere")).text
        assert (await log_in(place.client(), "vera")).status_code == 303


async def test_a_way_in_belongs_to_the_browser_that_set_out_and_is_gone_once_and_in_time(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.claims["groups"] = ["sellers"]
        nora, mallory = place.client(scheme="https"), place.client(scheme="https")
        back = found.log_in((await mallory.get("/login/elsewhere")).headers["location"])
        lured = await nora.get(back)
        assert (lured.status_code, "begin again" in lured.text) == (403, True), "nora must not become mallory"
        assert (await mallory.get(back)).status_code == 403, "and that way is used up"
        again = found.log_in((await nora.get("/login/elsewhere")).headers["location"])
        assert (await nora.get(again)).status_code == 303
        assert (await nora.get(again)).status_code == 403
        other = found.log_in((await nora.get("/login/elsewhere")).headers["location"])
        assert (await nora.get(other + "&iss=https://another.example")).status_code == 403
        denied = (await nora.get("/login/elsewhere")).headers["location"].partition("state=")[2].partition("&")[0]
        assert "did not let you in" in (await nora.get(f"/login/back?state={denied}&error=access_denied")).text


async def test_whoever_has_no_role_or_no_proven_name_stays_outside(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        nora = place.client(scheme="https")
        found.claims["groups"] = ["everybody", ["desk-admins"], 7]
        assert "nora is known, but has no role here" in (await _way_in(nora, found)).text
        assert (await place.records("login_failed"))[0].detail == "no role"
        for name in ("", "x" * 81, "a\u202eb", 7, None):
            found.claims |= {"groups": ["sellers"], "preferred_username": name}
            assert "does not say who you are" in (await _way_in(nora, found)).text


async def test_an_address_counts_as_a_name_only_when_the_provider_has_verified_it(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found, name_claim="email", role="viewer") as place:
        nora = place.client(scheme="https")
        found.claims |= {"email": "nora@acme.example", "groups": [], "email_verified": "true"}
        assert "does not say who you are" in (await _way_in(nora, found)).text
        found.claims["email_verified"] = True
        await _way_in(nora, found)
        assert (await nora.get("/api/v1/me")).json()["name"] == "nora@acme.example"


async def test_somebody_with_a_name_of_ours_has_none_of_its_rights_and_shut_out_is_shut_out(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.claims |= {"preferred_username": "ada", "groups": ["sellers"]}
        other = place.client(scheme="https")
        await _way_in(other, found)
        assert (await other.get("/people")).status_code == 403
        await place.accounts.change("vera", "ada", disabled=True)
        found.claims["preferred_username"] = "vera"
        assert "no role here" in (await _way_in(place.client(scheme="https"), found)).text


async def test_sessions_of_a_provider_that_is_no_longer_named_are_over(tmp_path):
    async with provider() as found, _desk_of(tmp_path, found) as place:
        found.claims["groups"] = ["sellers"]
        nora = place.client(scheme="https")
        await _way_in(nora, found)
        place.configure()
        assert (await nora.get("/account")).status_code == 303
        assert "elsewhere" not in (await nora.get("/login")).text
        assert "Nobody but the desk itself" in (await nora.get("/login/elsewhere")).text


def test_the_secret_is_looked_up_and_kept_out_of_the_log(tmp_path):
    (tmp_path / "platforms.yaml").write_text("[]\n")
    (tmp_path / "settings.yaml").write_text(
        "web:\n"
        "  public_url: https://desk.example\n"
        '  oidc: {issuer: "https://acme.example", client_id: desk, client_secret: "secret:desk-oidc"}\n'
    )
    found = load(tmp_path, {"SELLERWATCH_DESK_OIDC": SECRET})
    assert found.settings.web.oidc.client_secret.get_secret_value() == SECRET
    assert SECRET not in repr(found)
    assert SECRET in secrets(found)
