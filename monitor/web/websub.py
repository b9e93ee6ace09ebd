"""Where hubs reach us (WebSub, sections 5.3 and 7): they ask whether we want a subscription, and push its news."""

import hmac
from datetime import timedelta
from typing import Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

MOST_BYTES = 20 * 1024**2  # of one push; its body is only run through the signature
_LONGEST_CHALLENGE = 4_096
# SHA-1 is broken for collisions, not as a keyed hash, and the largest public hub knows no other.
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


class Subscriber(Protocol):
    """Who subscribes. `name` is the last part of a callback."""

    async def confirms(self, name: str, mode: str, topic: str, lease: timedelta | None) -> bool: ...
    async def denied(self, name: str, topic: str, reason: str) -> None: ...
    def secret(self, name: str) -> bytes | None: ...
    def pushed(self, name: str) -> None: ...


def routes(subscriber: Subscriber) -> APIRouter:
    """The callbacks, `/websub/NAME`."""
    router = APIRouter()

    @router.get("/websub/{name}")
    async def verify(name: str, request: Request) -> Response:
        """Echo the challenge of a subscription that we asked for; 404 for any other."""
        asked = request.query_params
        mode, topic = asked.get("hub.mode", ""), asked.get("hub.topic", "")
        if mode == "denied" and subscriber.secret(name) is not None:
            await subscriber.denied(name, topic, asked.get("hub.reason", ""))
            return Response(status_code=200)
        challenge = asked.get("hub.challenge", "")
        if not 0 < len(challenge) <= _LONGEST_CHALLENGE:
            return Response(status_code=404)
        if not await subscriber.confirms(name, mode, topic, _lease(asked.get("hub.lease_seconds", ""))):
            return Response(status_code=404)
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    @router.post("/websub/{name}")
    async def push(name: str, request: Request) -> Response:
        """202 for a push that is signed with our secret; 403 for any other, which changes nothing."""
        secret = subscriber.secret(name)
        if secret is None:
            return Response(status_code=404)
        method, _, signature = request.headers.get("x-hub-signature", "").strip().partition("=")
        if method not in _METHODS:
            return Response(status_code=403)
        digest = hmac.new(secret, digestmod=method)
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BYTES:
                return Response(status_code=413)
            digest.update(chunk)
        if not hmac.compare_digest(digest.hexdigest().encode(), signature.lower().encode()):
            return Response(status_code=403)
        subscriber.pushed(name)
        return Response(status_code=202)

    return router


def _lease(text: str) -> timedelta | None:
    return timedelta(seconds=int(text[:9])) if text.isascii() and text.isdigit() else None
