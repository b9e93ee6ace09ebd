"""Incidents as an Atom feed (RFC 4287): for whoever has a token or a session, and at an address that is its own key.

An entry's id stays for ever; `updated` moves with the incident's revision, so that a feed reader shows it as new.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Depends, Query, Request, Response

from monitor.web.access import NOBODY, Visitor
from monitor.web.api_plain import moment
from monitor.web.calendar import LENGTH
from monitor.web.house import House
from monitor.web.paper import Reader
from monitor.web.sections.incidents import Listing, Row, Sort, State, Wanted

NAME, TYPE = "incidents.atom", "application/atom+xml; charset=utf-8"
MOST = 200  # entries
URN = "urn:sellerwatch:"
_ATOM = "http://www.w3.org/2005/Atom"
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def feed_key(secret: bytes) -> str:
    """The part of the secret address that only whoever was given it knows."""
    return hmac.new(secret, b"feed incidents", hashlib.sha256).hexdigest()[:LENGTH]


def routes(house: House, listing: Listing, secret: bytes, public: Callable[[], str]) -> APIRouter:
    """`/feeds/incidents.atom`, and `/feeds/KEY/incidents.atom`. `public` is the address that people know us by, or
    ""."""
    router = APIRouter(include_in_schema=False)

    async def feed(request: Request, visitor: Visitor, seller: str, language: str, limit: int) -> Response:
        if language in house.paper.languages:
            visitor = replace(visitor, language=language)
        reader = house.paper.reader(request, visitor)
        wanted = Wanted(state=State.ALL, seller=seller, sort=Sort.MOVED)
        rows = (await listing.listed(reader, wanted, "", "", limit)).rows
        base = public() or str(request.base_url).rstrip("/")
        content = atom(rows, reader, base, base + request.url.path, house.now())
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, max-age=60", "Referrer-Policy": "no-referrer"}
        if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=TYPE, headers=headers | {"X-Content-Type-Options": "nosniff"})

    @router.get(f"/feeds/{NAME}")
    async def known(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        seller: Annotated[str, Query(max_length=100)] = "",
        language: Annotated[str, Query(max_length=20)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> Response:
        """The last moved first, those that are over too."""
        return await feed(request, visitor, seller, language, limit)

    @router.get(f"/feeds/{{key}}/{NAME}")
    async def by_address(
        request: Request,
        key: str,
        seller: Annotated[str, Query(max_length=100)] = "",
        language: Annotated[str, Query(max_length=20)] = "en",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> Response:
        """The same for readers that send no token. Another key is 404."""
        if not hmac.compare_digest(feed_key(secret).encode(), key.encode()):
            return Response(status_code=404)
        return await feed(request, NOBODY, seller, language, limit)

    return router


def atom(rows: Sequence[Row], reader: Reader, base: str, address: str, now: datetime) -> bytes:
    """The feed of these rows."""
    whole = Element("feed", {"xmlns": _ATOM, "xml:lang": reader.t.tag})
    _add(whole, "id", f"{URN}incidents")
    _add(whole, "title", f"Sellerwatch: {reader.t.say('Incidents')}")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    _add(whole, "updated", moment(max((row.updated_at for row in rows), default=midnight)))
    _add(SubElement(whole, "author"), "name", "Sellerwatch")
    SubElement(whole, "link", rel="self", href=address, type="application/atom+xml")
    SubElement(whole, "link", rel="alternate", href=f"{base}/incidents", type="text/html")
    for row in rows:
        _entry(whole, row, reader, base)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(whole, encoding="unicode").encode()


def _entry(whole: Element, row: Row, reader: Reader, base: str) -> None:
    t, entry = reader.t, SubElement(whole, "entry", {"xml:lang": row.lang} if row.lang else {})
    _add(entry, "id", f"{URN}incident:{row.id}")
    _add(entry, "title", row.headline)
    _add(entry, "published", moment(row.opened_at))
    _add(entry, "updated", moment(row.updated_at))
    SubElement(entry, "link", rel="alternate", href=f"{base}/incidents/{row.id}", type="text/html")
    for kind, word in (("event", row.event_type.value), ("status", row.status.value), ("state", row.state.value)):
        SubElement(entry, "category", term=word, scheme=f"{URN}{kind}")
    if row.severity is not None:
        SubElement(entry, "category", term=row.severity.name.lower(), scheme=f"{URN}severity")
    parts = [row.event, row.rung, t.listed([_written(name) for name in row.platforms], 10), row.place]
    if row.when is not None:
        parts.append(t.partial(row.when))
    if row.worst:
        parts.append(t.money(row.worst, row.currency))
    summary = _add(entry, "summary", " · ".join(part for part in parts if part))
    summary.set("xml:lang", t.tag)


def _add(parent: Element, name: str, text: str) -> Element:
    made = SubElement(parent, name)
    made.text = _written(text)
    return made


def _written(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
