"""Login by OpenID Connect: the code flow with PKCE, through Authlib (the extra `oidc`).

What must hold before somebody is let in (OpenID Connect Core 1.0, 3.1.3.7; RFC 9700): the browser that comes back is
the one that set out, with a state that was used by nobody yet; the ID token is signed by one of the issuer's keys with
an asymmetric algorithm, is for us, in time, and an answer to this very question (nonce).
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from fastapi import Request

from monitor.config.settings import WebSettings
from monitor.config.units import in_the_clear, web_address
from monitor.config.web import OidcSettings
from monitor.desk.accounts import is_name, key_hash
from monitor.desk.entrance import Entrance
from monitor.domain.people import Role, Via
from monitor.logs import log
from monitor.web.access import Visitor
from monitor.web.speech import NotDoneError, noop

WAY_BACK = "/login/back"
SIGNED_BY = frozenset(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)) | {"EdDSA"}
_PATIENCE = 10.0  # seconds for each of the provider's answers
_LASTS = 600.0  # seconds from setting out to being back
_MOST_AWAY = 1_000
_KNOWN_FOR = 3600.0  # seconds for which the provider's description is believed
_LEEWAY = 60  # seconds by which two clocks may differ

_log = log("desk")


@dataclass(frozen=True, slots=True)
class _Away:
    """Somebody who has set out to the provider."""

    carried: str  # the hash of what their browser's cookie holds
    nonce: str
    verifier: str
    next: str
    until: float


class OpenId:
    """A `monitor.web.sections.login.Elsewhere`. `settings` is asked at each request."""

    def __init__(
        self, settings: Callable[[], WebSettings], entrance: Entrance, clock: Callable[[], float] = monotonic
    ) -> None:
        self._settings, self._entrance, self._clock = settings, entrance, clock
        self._away: dict[str, _Away] = {}  # by state
        self._described: tuple[str, float, Mapping[str, Any]] = "", 0.0, {}

    def label(self) -> str:
        """What they call themselves; "" when nobody is named."""
        known = self._settings().oidc
        return known.label if known.issuer else ""

    async def away(self, next: str) -> tuple[str, str]:
        """Where to send the browser, and what it must bring back in its cookie. Raises NotDoneError."""
        known = self._settings()
        if not known.oidc.issuer:
            raise NotDoneError(noop("Nobody but the desk itself logs people in here."))
        from httpx2 import HTTPError

        try:
            async with self._client(known) as client:
                meta = await self._description(client, known.oidc)
                state, carried, nonce = (secrets.token_urlsafe(32) for _ in range(3))
                verifier = secrets.token_urlsafe(48)
                address, _ = client.create_authorization_url(
                    meta["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
                )
        except (HTTPError, ValueError, KeyError) as error:
            _log.warning("oidc_failed", why=f"{type(error).__name__}: {error}"[:300])
            raise NotDoneError(noop("{provider} does not answer."), provider=known.oidc.label) from error
        now = self._clock()
        self._away = {key: one for key, one in self._away.items() if one.until > now}
        while len(self._away) >= _MOST_AWAY:
            del self._away[min(self._away, key=lambda state: self._away[state].until)]
        self._away[state] = _Away(key_hash(carried), nonce, verifier, next, now + _LASTS)
        return str(address), carried

    async def back(self, request: Request, visitor: Visitor, brought: str) -> tuple[str, str]:
        """The key of a session, and where to go on to. Raises NotDoneError."""
        known, asked = self._settings(), request.query_params
        away = self._away.pop(asked.get("state", ""), None)
        ours = away is not None and hmac.compare_digest(away.carried, key_hash(brought))
        if away is None or not ours or away.until < self._clock() or not known.oidc.issuer:
            raise NotDoneError(noop("That login took too long, or began elsewhere: begin again."))
        if "code" not in asked or asked.get("iss", known.oidc.issuer) != known.oidc.issuer:
            _log.warning("oidc_failed", why=f"answer without a code: {asked.get('error', '')[:100]}")
            raise NotDoneError(noop("{provider} did not let you in."), provider=known.oidc.label)
        claims = await self._claims(known, away, asked["code"])
        name, role = who(claims, known.oidc)
        if await self._entrance.is_shut_out(name):
            role = Role.ANYONE
        if not role:
            await self._entrance.turned_away(name, Via.OIDC, visitor)
            raise NotDoneError(noop("{name} is known, but has no role here."), name=name)
        return await self._entrance.begin(request, visitor, name, Via.OIDC, role), away.next

    def _client(self, known: WebSettings) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        secret = known.oidc.client_secret.get_secret_value()
        return AsyncOAuth2Client(
            known.oidc.client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=" ".join(known.oidc.scopes),
            redirect_uri=f"{known.public_url}{WAY_BACK}",
            code_challenge_method="S256",
            timeout=_PATIENCE,
            trust_env=False,
        )

    async def _description(self, client: Any, known: OidcSettings) -> Mapping[str, Any]:
        """What the issuer says of itself. Raises ValueError when it is another's, or not to be trusted."""
        issuer, until, meta = self._described
        if issuer == known.issuer and until > self._clock():
            return meta
        meta = await _json(client, f"{known.issuer.rstrip('/')}/.well-known/openid-configuration")
        if meta.get("issuer") != known.issuer:
            raise ValueError("the description is of another issuer; write web.oidc.issuer just as it calls itself")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            if (name in meta or name != "userinfo_endpoint") and in_the_clear(web_address(str(meta[name]))):
                raise ValueError(f"{name} is plain http to another machine")
        self._described = known.issuer, self._clock() + _KNOWN_FOR, meta
        return meta

    async def _claims(self, known: WebSettings, away: _Away, code: str) -> Mapping[str, Any]:
        """What the provider says of somebody, proven. Raises NotDoneError."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from httpx2 import HTTPError
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            async with self._client(known) as client:
                meta = await self._description(client, known.oidc)
                token = await client.fetch_token(
                    meta["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=away.verifier
                )
                keys = KeySet.import_key_set(await _json(client, meta["jwks_uri"]))  # type: ignore[arg-type]
                proof = jwt.decode(token["id_token"], keys, algorithms=SIGNED_BY)
                options = {
                    "iss": {"essential": True, "value": known.oidc.issuer},
                    "aud": {"essential": True, "value": known.oidc.client_id},
                }
                params = {"nonce": away.nonce, "client_id": known.oidc.client_id}
                params |= {"access_token": token["access_token"]} if "access_token" in token else {}
                claims = CodeIDToken(proof.claims, proof.header, options, params)
                claims.validate(leeway=_LEEWAY)
                wanted = {known.oidc.name_claim, known.oidc.role_claim}
                if wanted <= claims.keys() or "userinfo_endpoint" not in meta:
                    return dict(claims)
                more = await _json(client, meta["userinfo_endpoint"], token=True)
                return {**more, **claims} if more.get("sub") == claims["sub"] else dict(claims)
        except (HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            _log.warning("oidc_failed", why=f"{type(error).__name__}: {error}"[:300])
            raise NotDoneError(noop("{provider} did not let you in."), provider=known.oidc.label) from error


def who(claims: Mapping[str, Any], known: OidcSettings) -> tuple[str, Role]:
    """Name and role by what the provider says. Raises NotDoneError when it names nobody."""
    name = claims.get(known.name_claim)
    proven = known.name_claim != "email" or claims.get("email_verified") is True
    if not isinstance(name, str) or not is_name(name) or not proven:
        raise NotDoneError(
            noop("{provider} does not say who you are ({claim})."), provider=known.label, claim=known.name_claim
        )
    said = claims.get(known.role_claim)
    values = said if isinstance(said, list) else [said]
    return name, max(
        [known.roles[one] for one in values if isinstance(one, str) and one in known.roles] or [known.role]
    )


async def _json(client: Any, address: str, token: bool = False) -> dict[str, Any]:
    """A document of the provider's, asked for with our token or without. Raises ValueError when it is none."""
    answer = await client.request("GET", address, withhold_token=not token)
    answer.raise_for_status()
    read = answer.json()
    if not isinstance(read, dict):
        raise ValueError(f"{address} holds no JSON object")
    return read
