"""Other people's servers, started for real on a free port of loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def started(program: str, *options: str, says: bytes, within: float = 60.0) -> AsyncIterator[str]:
    """The address of a server of Prometheus' family, from when its log `says` that it listens until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(within):
            while says not in (line := await process.stderr.readline()):
                assert line, f"{program} ended before it listened"
        reading = asyncio.create_task(process.stderr.read())
        yield f"http://{address}"
        process.terminate()
        await reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
