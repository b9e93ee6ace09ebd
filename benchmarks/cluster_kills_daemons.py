"""Real daemons, `sellerwatch run`, that `cluster_kills.py` starts, kills and freezes.

Run as a program it forks them, with all modules loaded already: each line of its input is a configuration directory
and a log; it answers `pid NUMBER`, and `dead NUMBER STATUS` when that one has ended.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import traceback
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

LOUD = frozenset({"error", "critical"})
CONFESS = 5.0  # seconds that a daemon has to say where it stands


class Daemon:
    """One place at which a daemon lives; each life is another process."""

    def __init__(self, nursery: "Nursery", directory: Path) -> None:
        self._nursery, self.directory, self.log = nursery, directory, directory / "log"
        self.pid, self.begun, self._read = 0, 0.0, 0
        self._dead: asyncio.Future[int] | None = None
        self.ready = asyncio.Event()
        self.holder = ""  # as the database knows it
        self.frozen = False
        self.said: Counter[str] = Counter()  # what its log holds of trouble
        self.lines: deque[str] = deque(maxlen=3)  # the last of its log

    async def start(self) -> None:
        self.begun, self.holder = monotonic(), ""
        self.ready.clear()
        self.pid, self._dead = await self._nursery.born(self.directory, self.log)

    @property
    def alive(self) -> bool:
        return self._dead is not None and not self._dead.done()

    @property
    def code(self) -> int | None:
        """What it ended with; None while it lives."""
        return self._dead.result() if self._dead and self._dead.done() else None

    @property
    def awake(self) -> float:
        """The seconds of this life, but for those in which it could have worked and others had the processors."""
        return monotonic() - self.begun - _processor(self.pid)[1]

    def send(self, number: signal.Signals) -> None:
        """Only to the process that this one has started."""
        if self.alive:
            os.kill(self.pid, number)

    async def works(self) -> None:
        """Until it is ready. Raises RuntimeError when it ended before, whether or not it lives again."""
        dead = self._dead
        assert dead is not None
        ready = asyncio.create_task(self.ready.wait())
        await asyncio.wait([ready, dead], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if not self.ready.is_set():
            raise RuntimeError(f"a daemon ended with {dead.result()} before it was ready: {self.log}")

    async def confess(self) -> str:
        """End it where it stands. What it had of the processor and its last words; its log has what each task and
        thread waited for."""
        ran, waited = _processor(self.pid)
        self.listen()
        last = "; ".join(self.lines)
        self.send(signal.SIGUSR1)
        for number in (signal.SIGABRT, signal.SIGKILL):  # as one that hangs within a library hears neither
            with suppress(TimeoutError):
                async with asyncio.timeout(CONFESS):
                    await self.dies()
            self.send(number)
        await self.dies()
        age = monotonic() - self.begun
        return f"in {age:.0f} s it worked for {ran:.1f} s and waited for a processor for {waited:.0f} s: {last}"

    async def dies(self) -> int:
        """Until it has ended; its exit code, or minus the signal that ended it."""
        assert self._dead is not None
        return await asyncio.shield(self._dead)  # who stops waiting for its end does not end it

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.dies()

    def listen(self) -> None:
        """Read on in its log."""
        if not self.log.exists():
            return
        with self.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            self._hear(line)

    def _hear(self, line: str) -> None:
        self.lines.append(line[:300])
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            said = {"level": "error", "event": line[:100]}
        event = str(said.get("event", ""))
        if event == "ready":
            self.ready.set()
        if event.startswith("works as "):
            self.holder = event.split()[2]
        if said.get("level") in LOUD:
            self.said[f"{event} {said.get('loop', '')}".strip()[:90]] += 1


def _processor(pid: int) -> tuple[float, float]:
    """For how long the process has had a processor, and for how long it could have worked and had none (seconds, of its
    main thread); nothing of one that is gone."""
    try:
        ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    except (OSError, ValueError):
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


class Nursery:
    """The program that forks daemons."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self._program = program
        self._births: list[asyncio.Future[int]] = []
        self._lives: dict[int, asyncio.Future[int]] = {}

    async def born(self, directory: Path, log: Path) -> tuple[int, asyncio.Future[int]]:
        """A new daemon: its pid, and its exit code in future."""
        loop = asyncio.get_running_loop()
        birth: asyncio.Future[int] = loop.create_future()
        self._births.append(birth)
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps([str(directory), str(log)]).encode() + b"\n")
        await self._program.stdin.drain()
        pid = await birth
        return pid, self._lives[pid]

    async def hear(self) -> None:
        """Its answers, to the end."""
        assert self._program.stdout is not None
        while line := await self._program.stdout.readline():
            word, pid, *more = line.decode().split()
            if word == "pid":
                self._lives[int(pid)] = asyncio.get_running_loop().create_future()
                self._births.pop(0).set_result(int(pid))
            else:
                self._lives[int(pid)].set_result(os.waitstatus_to_exitcode(int(more[0])))


@asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """One such program."""
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(sys.executable, __file__, stdin=pipe, stdout=pipe)
    nursery = Nursery(program)
    hearing = asyncio.create_task(nursery.hear())
    try:
        yield nursery
    finally:
        assert program.stdin is not None
        program.stdin.close()
        await program.wait()
        await hearing


def _tell(*_: object) -> None:
    """Write down what each task waits for; a traceback of the thread shows but its loop."""
    with suppress(RuntimeError):  # no loop runs yet
        for task in asyncio.all_tasks(asyncio.get_running_loop()):
            print(f"{task.get_name()}:", *_awaited(task.get_coro()), sep="\n  ", file=sys.stderr, flush=True)


def _awaited(waits: Any) -> Iterator[str]:
    """From the outermost coroutine to what it waits for at last."""
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "ag_frame", None)
        yield f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}" if frame else repr(waits)[:200]
        waits = getattr(waits, "cr_await", None) or getattr(waits, "ag_await", None)


def _live(directory: str, log: str) -> None:
    """Never returns."""
    import faulthandler

    from monitor import cli

    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable()
    signal.signal(signal.SIGUSR1, _tell)
    code = 1
    try:
        cli.app(["run", "--config", directory])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    """Fork whenever asked. Nothing runs here beside the waiting, so that a fork copies no lock that is held."""
    import monitor.cli
    import monitor.cluster.shift
    import monitor.joining  # noqa: F401 - what a daemon loads is loaded once

    def wait(pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        os.write(1, f"dead {pid} {status}\n".encode())

    while line := sys.stdin.buffer.raw.readline():  # type: ignore[attr-defined]
        directory, log = json.loads(line)
        pid = os.fork()
        if not pid:
            _live(directory, log)
        os.write(1, f"pid {pid}\n".encode())
        threading.Thread(target=wait, args=(pid,), daemon=True).start()


if __name__ == "__main__":
    main()
