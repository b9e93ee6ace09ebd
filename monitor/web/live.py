"""`/api/v1/events`: what changes, as it changes (server-sent events, WHATWG HTML 9.2).

One look a second serves all who listen, and there is none while nobody does. Who reads too slowly is let go, and comes
back with the id of the last event that they had: what came meanwhile is told then.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from monitor.asides import aside
from monitor.domain.errors import UnavailableError
from monitor.logs import log
from monitor.web.access import RefusedError, Visitor
from monitor.web.api_plain import plain
from monitor.web.house import House, problem

MOST, MOST_EACH = 24, 8  # listeners, and those of one visitor; each is a request in work (limits.Limits.at_once)
BUFFER = 100  # events that wait for a reader
HEARTBEAT = 15.0  # seconds without an event, after which a comment is sent: proxies close what is quiet
CHECKED = 30.0  # seconds for which somebody may listen on before they are asked again who they are
RETRY = 3_000  # milliseconds after which a browser comes back
_REMEMBERED = 2_000  # changes that are not told again
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
_ABOUT = """What changes from now on, or from `Last-Event-ID` on.

`incident`: another word moved it, or somebody acted on it (`acted`); `into` names the one that it went into. Without an
id: too much changed to be listed, look at all of it. `delivery`: messages are made, went out or were given up; how many
wait and are dead. `source`: one went blind, or sees again. After 15 quiet seconds a comment is sent. The stream ends
when the visitor may no longer come in."""
_EXAMPLE = (
    "event: incident\nid: 1730289600000000-4f0a2c9d11e7-9b1d0c55aa02\n"
    'data: {"id":"inc-music","revision":3,"at":"2024-10-30T12:00:00Z","acted":false,"into":null}\n\n'
)

_log = log("live")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of what ("incident", "delivery" or "source"), and which."""

    topic: str
    data: Mapping[str, Any]


class Changes(Protocol):
    """Who knows what changes."""

    async def since(self, place: str) -> tuple[Sequence[Change], str]:
        """What changed after a place, and the place now; a place that nobody gave out is now. Raises
        UnavailableError."""


@dataclass(eq=False, slots=True)
class _Listener:
    name: str
    waiting: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(BUFFER))

    def hear(self, event: bytes) -> None:
        """None in the queue ends it: too slow is over."""
        if self.waiting.full():
            self.end()
        else:
            self.waiting.put_nowait(event)

    def end(self) -> None:
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(None)


class Live:
    """All who listen. `every` is in seconds."""

    def __init__(
        self, changes: Changes, every: float = 1.0, heartbeat: float = HEARTBEAT, checked: float = CHECKED
    ) -> None:
        self._changes, self._every, self._heartbeat, self._checked = changes, every, heartbeat, checked
        self._here: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._place = ""
        self._told: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._here)

    def has_room_for(self, name: str) -> bool:
        """Whether one more may listen, and one more of that name."""
        return len(self._here) < MOST and sum(one.name == name for one in self._here) < MOST_EACH

    async def listen(self, house: House, request: Request, visitor: Visitor, last: str) -> AsyncIterator[bytes]:
        """The stream of one listener."""
        listener = _Listener(visitor.name)
        self._here.add(listener)
        try:
            async with self._starting:
                if self._task is None or self._task.done():
                    self._place = (await self._changes.since(""))[1]
                    await self._news()  # what is told again because it came just before is no news
                    self._task = aside(self._watch(request.app.state), "live")
            missed, place = await self._changes.since(last) if last else ((), self._place)
            yield f"retry: {RETRY}\nid: {place}\n\n".encode()  # nothing to be told, but where to go on from
            for change in missed:
                yield _event(change, place)
            checked = monotonic()
            while True:
                try:
                    event = await asyncio.wait_for(listener.waiting.get(), self._heartbeat)
                except TimeoutError:
                    event = b": still here\n\n"
                if event is None:
                    return
                if monotonic() - checked >= self._checked:
                    await house.door.viewer(request)
                    checked = monotonic()
                yield event
        except (RefusedError, UnavailableError):
            return  # the reader comes back, and is told why not
        finally:
            self._here.discard(listener)

    async def _news(self) -> Sequence[bytes]:
        """Events that were not told yet."""
        changes, self._place = await self._changes.since(self._place)
        news = []
        for change in changes:
            event = _event(change, self._place)
            known = event.partition(b"data: ")[2]
            if change.topic != "incident" or known not in self._told:
                news.append(event)
            if change.topic == "incident":
                self._told[known] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return news

    async def _watch(self, state: Any) -> None:
        leaving: asyncio.Event | None = getattr(state, "leaving", None)  # of the server, set when it stops
        try:
            while self._here and not (leaving and leaving.is_set()):
                await asyncio.sleep(self._every)
                try:
                    news = await self._news()
                except UnavailableError:
                    continue
                for listener in self._here:
                    for event in news:
                        listener.hear(event)
        except Exception as error:  # all come back, and the watch begins anew
            _log.error("live_stopped", exc_info=error)
        finally:
            for listener in self._here:
                listener.end()


def _event(change: Change, place: str) -> bytes:
    return f"event: {change.topic}\nid: {place}\ndata: {json.dumps(plain(change.data))}\n\n".encode()


def api(house: House, live: Live) -> APIRouter:
    """`/api/v1/events`."""
    router = APIRouter(tags=["events"])

    @router.get(
        "/events",
        response_class=StreamingResponse,
        summary="Live",
        description=_ABOUT,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
    )
    async def events(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        last_event_id: Annotated[str, Header(max_length=100, description="The id of the last event you had.")] = "",
    ) -> Response:
        if not live.has_room_for(visitor.name):
            answer = problem(429, "Too many listen already", f"At most {MOST}, and {MOST_EACH} of one visitor.")
            answer.headers["Retry-After"] = "60"
            return answer
        last = last_event_id if last_event_id.isascii() and last_event_id.isprintable() else ""
        stream = live.listen(house, request, visitor, last)
        return StreamingResponse(stream, 200, _HEADERS, "text/event-stream")

    return router
