"""What one visitor, or a thousand, may ask of us: by which name, how much at once, and how long a thing may be.

The daemon's loop that answers here is the one that tells people, so what is asked for costs little or is refused.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from time import monotonic

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.house import API, problem

Refused = Callable[[str], None]
"""Hears of each refusal, by one of REASONS."""

REASONS = ("host", "too_many", "too_long", "late", "crowded")
LONGEST_TARGET = 8_192  # bytes of path and query; a hub's challenge may have 4,096
LONGEST_HEAD = 16_384  # bytes of all header fields; the protocol gives up one that goes on beyond
_HOST = re.compile(r"(?:\[(?P<literal>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(?::\d*)?")
_MONITORING = {"/healthz": 1, "/readyz": 1, "/metrics": 5}  # requests' worth


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken; counts, bytes and seconds."""

    connections: int = 256  # beyond them the one that has kept us waiting for longest goes
    at_once: int = 64  # requests in work
    burst: int = 400  # requests from a standstill
    per_second: float = 100.0
    head: float = 10.0  # from a connection, or the last answer, to the whole head of a request
    body: float = 30.0  # from there to the end of its body
    linger: float = 2.0  # for what is on its way when we are done: closed at once, the answer might never be read
    longest_body: int = 64 * 1024  # a form with a note
    longer: tuple[tuple[str, int], ...] = (  # paths with a measure of their own
        ("/websub/", 20 * 1024**2),
        ("/exposure", 1024**2),  # a table is uploaded there
        ("/api/v1/exposure", 1024**2),
    )

    def longest(self, path: str) -> int:
        """Bytes of a body that is sent there."""
        return next((most for start, most in self.longer if path.startswith(start)), self.longest_body)


class Bounded:
    """The application behind its limits. `names` are those by which it may be called beside addresses and `localhost`;
    None takes any.

    A page elsewhere can give its own name our address (DNS rebinding), and then read here what the browser's machine
    may; the name stays in the Host header.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        names: Collection[str] | None,
        refused: Refused,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._app, self._limits, self._refused = app, limits, refused
        self._names = None if names is None else frozenset(name.lower().rstrip(".") for name in names)
        self._monitoring, self._pages = _Budget(limits, now), _Budget(limits, now)
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        visit = _Visit(receive, send, self._limits.longest(scope["path"]), scope)
        self._in_work += 1
        try:
            await self._app(scope, visit.receive, visit.send)
        except ClientDisconnect:
            pass  # nobody is there to be answered
        finally:
            self._in_work -= 1
            if visit.too_long:
                self._refused("too_long")

    def _refusal(self, scope: Scope) -> Response | None:
        headers = dict(scope["headers"])
        if not self._called_by_name(headers.get(b"host", b"").decode("latin-1")):
            self._refused("host")
            return says(scope, 421, "not a name of ours; web.hosts in settings.yaml takes further ones")
        cost = _MONITORING.get(scope["path"])
        affords = self._monitoring.takes(cost) if cost else self._pages.takes(1)
        if not affords or self._in_work >= self._limits.at_once:
            self._refused("too_many")
            return says(scope, 429, "too many requests", {"Retry-After": "1", "Connection": "close"})
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            self._refused("too_long")
            return says(scope, 414, "the address is too long")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEAD:
            self._refused("too_long")
            return says(scope, 431, "the head is too long")
        announced = headers.get(b"content-length", b"0")
        if int(announced[:20]) > self._limits.longest(scope["path"]):  # digits: the protocol has looked at it
            self._refused("too_long")
            return says(scope, 413, "too long")
        return None

    def _called_by_name(self, host: str) -> bool:
        if self._names is None or not host:  # HTTP/1.0 names none, and no browser speaks it
            return True
        form = _HOST.fullmatch(host)
        name = (form["literal"] or form["name"]).lower().rstrip(".") if form else ""
        if name == "localhost" or name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # whoever wrote the address itself was not misled by a name


def says(scope: Scope, status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal in a line; to programs as a problem."""
    if not scope["path"].startswith(API):
        return PlainTextResponse(f"{words}\n", status, headers)
    answer = problem(status, words)
    answer.headers.update(headers or {})
    return answer


class _Budget:
    """So many requests a second. Those who watch us have one of their own: a run on the pages does not make us look
    dead."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits, self._now = limits, now
        self._left, self._since = float(limits.burst), now()

    def takes(self, cost: int) -> bool:
        now = self._now()
        self._left = min(self._limits.burst, self._left + (now - self._since) * self._limits.per_second)
        self._since = now
        if self._left < cost:
            return False
        self._left -= cost
        return True


class _Visit:
    """One request under way: once its body is too long that is answered, and what the application says is not sent."""

    def __init__(self, receive: Receive, send: Send, longest: int, scope: Scope) -> None:
        self._receive, self._send, self._left, self._scope = receive, send, longest, scope
        self._answered = self.too_long = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        if not self.too_long:
            self.too_long = True
            if not self._answered:
                await says(self._scope, 413, "too long")(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self._answered = True
        if not self.too_long:
            await self._send(message)
