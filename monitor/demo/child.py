"""The real daemon as a child process: started, killed, started again, stopped; its log goes to a file."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from monitor.domain.errors import SellerwatchError

START_WITHIN = 120.0  # seconds; the model is loaded on whatever machine this is
STOP_WITHIN = 40.0


class ChildError(SellerwatchError):
    """The daemon did not start, or ended by itself; the message holds the end of its log."""


class Child:
    """One daemon over one configuration directory. `kills` counts how often it was killed."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory, self._environment = directory, environment
        self.log = directory / "daemon.log"
        self._process: asyncio.subprocess.Process | None = None
        self.kills = 0

    async def start(self) -> None:
        """Until it says that it is ready. Raises ChildError."""
        with self.log.open("ab") as log:
            begins = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "monitor",
                "run",
                "--config",
                str(self._directory),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self._environment),
            )
        try:
            async with asyncio.timeout(START_WITHIN):
                while not self._ready(begins):
                    self.check()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ChildError(f"the daemon was not ready within {START_WITHIN:.0f} s\n{self._tail()}") from None

    def check(self) -> None:
        """Raises ChildError when the daemon has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            raise ChildError(f"the daemon ended with {self._process.returncode}\n{self._tail()}")

    async def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is finished or given back."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            self.kills += 1
            await process.wait()

    async def stop(self) -> int:
        """SIGTERM, and SIGKILL when that takes too long; its exit code, 0 when it never ran."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_WITHIN):
                    await process.wait()
            except TimeoutError:
                process.kill()
        return await process.wait()

    def _ready(self, begins: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(begins)
            return any(_event(line) == "ready" for line in log)

    def _tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2000:]


def _event(line: bytes) -> str:
    try:
        said = json.loads(line)
    except ValueError:  # what an interpreter says on its way down is not JSON
        return ""
    return str(said.get("event", "")) if isinstance(said, dict) else ""
