"""Pages as HTML: one layout, the reader's language, nothing from elsewhere, and headers that keep it so."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined

from monitor import __version__
from monitor.domain.people import Role
from monitor.web.access import Visitor
from monitor.web.speech import Speaks, Speech, noop, preferred

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
MENU = (  # path, words, who sees it
    ("/", noop("Desk"), Role.VIEWER),
    ("/incidents", noop("Incidents"), Role.VIEWER),
    ("/sources", noop("Sources"), Role.VIEWER),
    ("/exposure", noop("Exposure"), Role.VIEWER),
    ("/messages", noop("Messages"), Role.VIEWER),
    ("/search", noop("Search"), Role.VIEWER),
    ("/feedback", noop("Feedback"), Role.VIEWER),
    ("/cluster", noop("Cluster"), Role.OPERATOR),
    ("/people", noop("People"), Role.ADMIN),
)
UNDER = {"/what-if": "/exposure", "/documents": "/search"}  # pages of a section elsewhere
KEYS = {path: words[0].lower() for path, words, _ in MENU if path != "/search"}  # after `g`; search has `/`
THEMES = ("", "light", "dark")  # "" follows the reader's system
THEME, LANGUAGE = "sellerwatch_theme", "sellerwatch_language"  # cookies: how this browser wants to read


def _template(name: str) -> str:
    return (files("monitor.web") / "templates/desk" / name).read_text(encoding="utf-8")


_PAGES = Environment(
    loader=FunctionLoader(_template),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is made: in which language, and for the desk of which seller ("" is all of them)."""

    visitor: Visitor
    t: Speech
    seller: str = ""


class Paper:
    """Makes pages. Values reach templates as they are and are escaped there, always."""

    def __init__(self, speaks: Speaks) -> None:
        self._speaks = speaks
        self.languages = {code: speaks(code, "UTC").language_name(code) for code in speaks.languages}  # in its own

    def reader(self, request: Request, visitor: Visitor) -> Reader:
        """The visitor's own language, else one picked here, else the browser's; the seller that `?seller=` names."""
        picked, accepted = request.cookies.get(LANGUAGE, ""), request.headers.get("accept-language", "")
        language = visitor.language or (picked if picked in self.languages else "")
        language = language or preferred(accepted, self._speaks.languages)
        return Reader(visitor, self._speaks(language, visitor.zone or "UTC"), request.query_params.get("seller", ""))

    def page(self, request: Request, reader: Reader, template: str, status: int = 200, **values: Any) -> Response:
        """The template `templates/desk/NAME` with `reader`, `t` (its language) and what else is given."""
        theme = request.cookies.get(THEME, "")
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        shown = {
            "reader": reader,
            "t": reader.t,
            "say": reader.t.say,
            "path": request.url.path,
            "section": _section(request.url.path),
            "query": request.query_params,
            "here": here if request.method == "GET" and not here.startswith("//") else "/",
            "menu": [(path, words, KEYS.get(path, "")) for path, words, role in MENU if reader.visitor.role >= role],
            "theme": theme if theme in THEMES else "",
            "languages": self.languages,
            "can": {role.name.lower(): reader.visitor.role >= role for role in Role},
            "asset": address,
            "version": __version__,
        }
        html = _PAGES.get_template(template).render(**shown, **values)
        return HTMLResponse(html, status, HEADERS)


def _section(path: str) -> str:
    """The menu's address that a page belongs to."""
    first = f"/{path.split('/')[1]}"
    return UNDER.get(first, first)


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """Bytes and their digest."""
    content = (files("monitor.web") / "static" / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def address(name: str) -> str:
    """Where `static/NAME` is served; another address for other bytes, so that it may be kept for ever."""
    return f"/static/{_asset(name)[1]}/{name}"


def assets() -> APIRouter:
    """`/static/DIGEST/NAME`: our own files, by name from a closed list."""
    router = APIRouter(include_in_schema=False)
    known = {one.name for one in (files("monitor.web") / "static").iterdir() if one.name.rpartition(".")[2] in TYPES}

    @router.get("/static/{digest}/{name}")
    async def static(digest: str, name: str) -> Response:
        if name not in known or _asset(name)[1] != digest:
            return Response(status_code=404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(_asset(name)[0], media_type=TYPES[name.rpartition(".")[2]], headers=headers)

    return router
