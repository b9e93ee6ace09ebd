"""What leaves for Sentry: our errors, and no secret, no address, no local variable; and nothing leaves for others."""

import asyncio
import socket
import sys
from pathlib import Path

from aiohttp import web
from local_sites import LocalSite

CHILD = Path(__file__).with_name("reporting.py")


async def ran(dsn: str, site: str = "") -> str:
    """The child's log, after it ended well."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), dsn, site, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == 0, output.decode()
    return output.decode()


async def test_an_error_is_reported_without_the_secrets_in_its_text_its_locals_and_its_addresses(site: LocalSite):
    envelopes: list[str] = []

    async def sink(request: web.Request) -> web.Response:
        envelopes.append((await request.read()).decode())  # aiohttp has undone gzip or brotli
        return web.json_response({})

    site.pages["/api/1/envelope/"] = sink
    site.says("/watched")
    log = await ran(site.url("/1").replace("http://", "http://key@"), site.url("/watched"))
    reported = "\n".join(envelopes)
    assert "RuntimeError" in reported
    assert "cannot tell [hidden] at [hidden] with [hidden]" in reported
    assert '"again 0: ' in reported or "again %d" in reported, "what libraries log is reported too"
    for secret in ("hunter2-token", "T1-very-secret", "ops@example.com"):
        assert secret not in reported
        assert secret not in log
    assert "a local that holds" in reported, "it is the text of the cause"
    assert '"vars"' not in reported
    [watched] = [request for request in site.asked if request.path == "/watched"]
    assert not {"sentry-trace", "baggage"} & {name.lower() for name in watched.headers}


async def test_a_sentry_that_does_not_answer_holds_nobody_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection; nobody says a word
        port = silent.getsockname()[1]
        assert "failed" in await ran(f"http://key@127.0.0.1:{port}/1")
    assert "failed" in await ran(f"http://key@127.0.0.1:{port}/1"), "nor one whose port is closed"


async def test_without_a_dsn_nothing_is_reported():
    assert "failed" in await ran("")
