"""uvicorn inside the daemon's own loop: it must not take the signals, which are the daemon's."""

import asyncio
import contextlib
import errno
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from monitor.logs import log
from monitor.web.connections import Crowd
from monitor.web.limits import Bounded, Limits, Refused

_BACKLOG = 128  # connections that are let in in one turn of the loop: fewer than may be here at all
_SAID = 60.0  # seconds from one line of the log about refusals to the next

_log = log("web")


def names(host: str, public_url: str = "", further: Collection[str] = ()) -> frozenset[str]:
    """By which names we may be called that listen at `host`, beside addresses and `localhost`."""
    return frozenset({host, socket.gethostname(), urlsplit(public_url).hostname or host, *further})


class _Refusals:
    """Passes on what is refused; the log hears of it at most once a minute, however many come."""

    def __init__(self, also: Refused | None) -> None:
        self._also = also
        self._unsaid = Counter[str]()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, reason: str) -> None:
        self._unsaid[reason] += 1
        if self._also is not None:
            self._also(reason)
        if self._timer is None:
            self._say()

    def _say(self) -> None:
        self._timer = None
        if self._unsaid:
            _log.warning("web_refused", **self._unsaid)
            self._unsaid.clear()
            self._timer = asyncio.get_running_loop().call_later(_SAID, self._say)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves `app` on host:port between `start` and `stop`. Port 0 takes a free one, found in `port` afterwards.

    `named` are the names that a request may call us by, None any. `refused` hears why a request or a connection was
    refused, one of `monitor.web.limits.REASONS`. `greet` is told the port.
    """

    def __init__(
        self,
        app: FastAPI,
        host: str,
        port: int,
        named: Collection[str] | None = None,
        refused: Refused | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a value
        greet: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._host, self.port, self._greet = host, port, greet
        self._refusals = _Refusals(refused)
        self._leaving = app.state.leaving = asyncio.Event()  # streams that never end by themselves end then
        self._server = _Server(
            uvicorn.Config(
                Bounded(app, limits, named, self._refusals),
                http=Crowd(limits, self._refusals).protocol(),
                ws="none",
                backlog=_BACKLOG,
                log_config=None,
                log_level="error",  # a line for each request that is no HTTP would be a way to fill the disk
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listening when it returns. Raises OSError, naming the address, when that is taken, and whatever else the
        server ends with before it listens."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self.port))
            listener.listen(_BACKLOG)  # at once: of two that have bound the address, one is refused here
        except OSError as error:
            listener.close()
            mend = "; set another web.port, or stop who listens there" if error.errno == errno.EADDRINUSE else ""
            raise OSError(error.errno, f"cannot listen on {self._host}:{self.port}: {error.strerror}{mend}") from error
        self.port = listener.getsockname()[1]
        serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="web")
        listening = asyncio.create_task(self._server.listening.wait(), name="listening")
        await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            listening.cancel()
            listener.close()
            await serving
            raise RuntimeError("the web server ended before it listened")
        self._task = serving

    async def greet(self) -> None:
        """Tell `greet` that we listen. Raises UnavailableError when it asks the store and that does not answer."""
        if self._greet is not None:
            await self._greet(self.port)

    async def stop(self) -> None:
        self._leaving.set()
        self._server.should_exit = True
        if self._task:
            await self._task
        self._refusals.close()
