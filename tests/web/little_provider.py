"""A small OpenID provider on loopback that does what the standard says, or, when told so, one thing wrong."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENT, SECRET = "desk", "s3cret-of-the-desk"


@dataclass
class Provider:
    """`claims` are those of whoever logs in; `wrong` names what it does wrong."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "42", "preferred_username": "nora"})
    info: dict[str, Any] = field(default_factory=dict)  # what /userinfo adds
    wrong: str = ""
    key: RSAKey | ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def log_in(self, address: str) -> str:
        """What somebody does there who was sent to `address`: the address on the desk to which they are sent back."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"

    async def describe(self, request: web.Request) -> web.Response:
        issuer = "https://another.example" if self.wrong == "issuer" else self.issuer
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        described = {name: f"{self.issuer}/{end}" for name, end in ends.items()}
        if self.info:
            described["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        if self.wrong == "clear":
            described["token_endpoint"] = "http://192.0.2.1/token"
        return web.json_response({"issuer": issuer} | described)

    async def keys(self, request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append(str(form["grant_type"]))
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(str(form["code"]), None)
        proof = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        good = (
            asked is not None
            and request.headers.get("Authorization") == f"Basic {basic}"
            and asked["code_challenge"] == base64.urlsafe_b64encode(proof).decode().rstrip("=")
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if not good or self.wrong == "refuses":
            return web.json_response({"error": "invalid_grant"}, status=400)
        answer = {"access_token": "a-token", "token_type": "Bearer", "id_token": self._proof(asked["nonce"])}
        if self.wrong == "no proof":
            del answer["id_token"]
        return web.json_response(answer)

    def _proof(self, nonce: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce}
        claims |= self.claims
        changes: Mapping[str, Mapping[str, Any]] = {
            "nonce": {"nonce": "another"},
            "no nonce": {"nonce": None},
            "audience": {"aud": "another"},
            "party": {"aud": [CLIENT, "another"], "azp": "another"},
            "over": {"iat": now - 7200, "exp": now - 3600},
            "proof's issuer": {"iss": "https://another.example"},
            "at_hash": {"at_hash": "x"},
        }
        claims = {k: v for k, v in (claims | changes.get(self.wrong, {})).items() if v is not None}
        key: RSAKey | ECKey | OctKey = self.key
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        if self.wrong == "key":
            key = ECKey.generate_key("P-256")
        if self.wrong == "hmac":  # signed with the client's secret: good by the standard, not good enough for us
            key, algorithm = OctKey.import_key(SECRET.ljust(32, "x")), "HS256"
        if self.wrong == "none":
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
                + "."
            )
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, key)

    async def userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer a-token"
        sub = "43" if self.wrong == "somebody else" else self.claims["sub"]
        return web.json_response({"sub": sub} | self.info)


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """One that listens on 127.0.0.1."""
    made = Provider()
    served = web.Application()
    served.router.add_get("/.well-known/openid-configuration", made.describe)
    served.router.add_get("/keys", made.keys)
    served.router.add_post("/token", made.token)
    served.router.add_get("/userinfo", made.userinfo)
    runner = web.AppRunner(served)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    made.issuer = f"http://{host}:{port}"
    try:
        yield made
    finally:
        await runner.cleanup()
