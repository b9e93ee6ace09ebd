"""Where the links of a message lead: a page that shows what is offered, and a form that does it.

GET never acts, since mail scanners follow links; POST does. The token is the authority: there are no cookies and no
session, and so nothing that another site could use (CSRF).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

MOST_BYTES = 8_192  # of a form: a name, a note, and what was ticked
MOST_FIELDS = 100
MOST_A_MINUTE = 60  # requests to these pages, all together: who guesses tokens is stopped long before

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page in words; nothing is escaped yet. Without a `button` there is nothing to do on it."""

    status: int
    language: str
    title: str
    lines: tuple[str, ...] = ()
    button: str = ""
    name_label: str = ""  # of the field for the name of who acts
    note_label: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # what may be ticked: by which name it comes back, and in words


class Doer(Protocol):
    """Shows what a token offers, and does it. Neither raises for what the token is."""

    async def offer(self, token: str) -> Page: ...
    async def act(self, token: str, name: str, note: str, ticked: Sequence[str]) -> Page: ...


def _template(name: str) -> str:
    return (files("monitor.web") / "templates" / name).read_text(encoding="utf-8")


_PAGES = Environment(
    loader=FunctionLoader(_template), autoescape=select_autoescape(default=True), undefined=StrictUndefined
)


def routes(doer: Doer, monotonic: Callable[[], float]) -> APIRouter:
    """`/act/TOKEN` and `/unsubscribe/TOKEN`; the second is also what a mail program posts to by itself (RFC 8058)."""
    router = APIRouter()
    budget = _Budget(monotonic)

    async def answer(work: Callable[[], Awaitable[Page]]) -> Response:
        if not budget.take():
            return Response("too many requests; try again in a minute", 429, HEADERS | {"Retry-After": "60"})
        page = await work()
        html = _PAGES.get_template("act.html.j2").render(page=page)
        return HTMLResponse(html, page.status, HEADERS)

    @router.get("/act/{token}")
    @router.get("/unsubscribe/{token}")
    async def show(token: str) -> Response:
        """What it would do, with a button. Changes nothing."""
        return await answer(lambda: doer.offer(token))

    @router.post("/act/{token}")
    @router.post("/unsubscribe/{token}")
    async def act(token: str, request: Request) -> Response:
        """Do it, once: a second time says who did it when."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return Response("too long", 413, HEADERS)
        try:
            form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
        except ValueError:
            return Response("too many fields", 413, HEADERS)
        name, note = (form.get(field, [""])[0].strip()[:200] for field in ("name", "note"))
        return await answer(lambda: doer.act(token, name, note, form.get("what", [])))

    return router


class _Budget:
    """So many requests a minute, no more."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now, self._left, self._since = monotonic, float(MOST_A_MINUTE), monotonic()

    def take(self) -> bool:
        now = self._now()
        self._left = min(MOST_A_MINUTE, self._left + (now - self._since) * MOST_A_MINUTE / 60)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
