"""Connections that may not keep us waiting: a head and a body have their time, and who came first and says nothing goes
when others want in.

uvicorn waits for a head without end, and reads on for ever when a body goes on after the answer.
"""

import asyncio
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.web.limits import Limits, Refused

_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Crowd:
    """All connections, and which of them we wait for: the one that we have waited for longest stands first."""

    def __init__(self, limits: Limits, refused: Refused) -> None:
        self.limits, self.refused = limits, refused
        self.here: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}

    def protocol(self) -> Any:
        """What uvicorn makes a connection's protocol with."""
        return partial(Connection, self)

    def came(self, newcomer: "Connection") -> None:
        self.here.add(newcomer)
        if len(self.here) <= self.limits.connections:
            return
        self.refused("crowded")
        (next(iter(self.waiting)) if self.waiting else newcomer).leave()

    def left(self, connection: "Connection") -> None:
        self.here.discard(connection)
        self.waiting.pop(connection, None)


class Connection(H11Protocol):
    """One connection: it is waited for until its request is whole, worked for until it is answered, and again."""

    def __init__(self, crowd: Crowd, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._crowd = crowd
        self._timer: asyncio.TimerHandle | None = None
        self._known: object = None  # the request that was noticed last

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self._crowd.limits.head)
        self._crowd.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._work()
        self._crowd.left(self)
        super().connection_lost(exc)

    def leave(self) -> None:
        """Go, now: what lies in its buffers is lost."""
        self._work()
        self._crowd.left(self)
        self.transport.abort()

    def handle_events(self) -> None:
        """Called with every piece that comes, and for what was sent ahead."""
        super().handle_events()
        if self.cycle is None or self.transport.is_closing() or self.cycle.response_complete:
            return
        if self.cycle is not self._known:
            self._known = self.cycle
            self._wait(self._crowd.limits.body)
        if not self.cycle.more_body:
            self._work()

    def on_response_complete(self) -> None:
        unread = self.conn.their_state is h11.SEND_BODY
        self._wait(self._crowd.limits.linger if unread else self._crowd.limits.head)
        super().on_response_complete()

    def _wait(self, seconds: float) -> None:
        """It is their turn."""
        self._work()
        self._crowd.waiting[self] = None
        self._timer = self.loop.call_later(seconds, self._late)

    def _work(self) -> None:
        """It is ours."""
        self._crowd.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            self.leave()  # what was said is not taken
            return
        self._crowd.refused("late")
        idle = self.cycle is None or self.cycle.response_complete
        if self.conn.our_state is not h11.DONE and (
            self.conn.trailing_data[0] if idle else not self.cycle.response_started
        ):
            self.transport.write(_LATE)
        self.transport.close()
        self._wait(self._crowd.limits.linger)
