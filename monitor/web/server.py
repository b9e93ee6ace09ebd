"""uvicorn inside the daemon's own loop: it must not take the signals, which are the daemon's."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI


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
    """Serves `app` on host:port between `start` and `stop`. Port 0 takes a free one, found in `port` afterwards."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._host, self.port = host, port
        self._server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listening when it returns. Raises OSError, naming the address, when that is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self.port))
        except OSError as error:
            listener.close()
            raise OSError(error.errno, f"cannot listen on {self._host}:{self.port}: {error.strerror}") from error
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="web")
        await self._server.listening.wait()

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task:
            await self._task
