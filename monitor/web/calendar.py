"""A seller's dates as a calendar to subscribe to, at an address that is its own key."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

#: The calendar file of a seller in a language, or None when there is no such seller.
Calendar = Callable[[str, str], Awaitable[bytes | None]]
LENGTH = 32  # characters of a key: 128 bits, and short enough to be typed


def calendar_key(secret: bytes, seller_id: str) -> str:
    """The part of the address that only whoever was given it knows: an HMAC of the seller's id."""
    return hmac.new(secret, f"calendar {seller_id}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def routes(calendar: Calendar, secret: bytes) -> APIRouter:
    """`/calendar/KEY/SELLER.ics`, `?language=de` for another language than English. Anything else is 404, alike."""
    router = APIRouter()

    @router.get("/calendar/{key}/{name}")
    async def subscribed(key: str, name: str, request: Request) -> Response:
        """The file, or 304 when the reader has it. The address is kept out of referrers and shared caches."""
        seller_id = name.removesuffix(".ics")
        good = hmac.compare_digest(calendar_key(secret, seller_id).encode(), key.encode())
        content = await calendar(seller_id, request.query_params.get("language", "en")) if good else None
        if content is None:
            return Response(status_code=404)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer"}
        if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
            return Response(status_code=304, headers=headers)
        named = {"Content-Disposition": 'inline; filename="sellerwatch.ics"', "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers | named)

    return router
