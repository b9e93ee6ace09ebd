"""One guard for every connection that leaves: who may open one at all, and what each of them refuses.

A part that begins to speak to other machines has to be entered here, with what holds it back.
"""

import ast
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import aiosmtplib
import pytest
import sentry_sdk
from sentry_sdk.consts import EndpointType
from urllib3.exceptions import MaxRetryError

from monitor import reach
from monitor.domain.alerts import AttemptClass
from monitor.notify.egress import Egress
from monitor.reach import PrivateAddressError, connected, guarded, may_reach
from monitor.sentry import _Transport

ROOT = Path(__file__).parents[2]
METADATA = "169.254.169.254"

# Modules by which Python code reaches other machines, and calls that do so whatever they are imported from.
CLIENTS = frozenset(
    {
        "aiohttp", "aioquic", "aiosmtplib", "apprise", "asyncpg", "asyncssh", "boto3", "botocore", "dns", "ftplib",
        "grpc", "h2", "http.client", "httpcore", "httpx", "imaplib", "nntplib", "opentelemetry", "paramiko",
        "playwright", "poplib", "psycopg", "pycurl", "requests", "scrapy", "selenium", "sentry_sdk", "slack_sdk",
        "smtplib", "socket", "socketserver", "telnetlib", "tldextract", "twisted", "urllib.request", "urllib3",
        "websocket", "websockets", "xmlrpc",
    }
)  # fmt: skip
CALLS = frozenset({"create_connection", "create_datagram_endpoint", "open_connection", "sock_connect", "sock_sendto"})

#: What each module imports of them (a `.` before a name: what it calls), and why nothing gets past the guard by it.
KNOWN = {
    "monitor/reach.py": ("socket .sock_connect", "the guard"),
    # what is fetched
    "monitor/fetch/handler.py": ("aiohttp scrapy", "GuardedResolver and guarded_socket on every hop"),
    "monitor/fetch/guard.py": ("aiohttp socket", "names to addresses; opens nothing"),
    "monitor/fetch/failures.py": ("aiohttp scrapy socket", "errors by their class"),
    "monitor/fetch/host.py": ("scrapy", "every request by GuardedHandler: see the settings"),
    "monitor/fetch/line.py": ("scrapy", "the queue"),
    "monitor/fetch/responses.py": ("scrapy", "middleware; a redirect is a new request"),
    "monitor/fetch/rendering.py": ("scrapy", "middleware; what a page asks for is a new request"),
    "monitor/fetch/robots.py": ("scrapy", "middleware; robots.txt is a new request"),
    "monitor/fetch/browser.py": ("playwright", "a browser without network; asks by the spider's path"),
    "spiders/watch.py": ("scrapy twisted", "requests and errors; twisted's reactor is off"),
    # who is told
    "monitor/notify/egress.py": ("aiohttp socket", "`opened` for every socket, no redirect"),
    "monitor/notify/email.py": ("aiosmtplib", "the connection is made by `connected`"),
    "monitor/notify/apprise.py": ("apprise http.client", "`watched`: refused where Python reports a connection"),
    "monitor/notify/blocks.py": ("slack_sdk", "its models of messages; its clients are not used"),
    # who is asked
    "monitor/opinion/endpoint.py": ("aiohttp socket", "`opened` for every socket, no redirect"),
    "monitor/sentry.py": ("sentry_sdk", "its transport runs in `guarded`, no redirect"),
    "monitor/otlp.py": ("opentelemetry", "its encoder; batches go out by Egress"),
    "monitor/doctor.py": ("socket .create_connection", "the mail server in `guarded`"),
    "monitor/doctor_service.py": ("http.client", "its own daemon"),
    # its database, which the operator names
    "monitor/cluster/engine.py": ("psycopg", "errors by their class; Procrastinate connects to the store's address"),
    "monitor/cluster/jobs.py": ("psycopg", "errors by their class"),
    # this machine only
    "monitor/systemd.py": ("socket", "a socket of the file system"),
    "monitor/web/server.py": ("socket", "listens"),
    "monitor/wiring.py": ("socket", "this machine's name"),
    "monitor/cluster/crew.py": ("socket", "this machine's name"),
    "monitor/demo/site.py": ("aiohttp", "a server on loopback"),
    "monitor/demo/sinks.py": ("aiohttp", "servers on loopback"),
}  # fmt: skip


_SUSPECT = re.compile(rf"\b({'|'.join(one.rpartition('.')[2] for one in CLIENTS | CALLS)})\b")


def reaches(source: str) -> set[str]:
    """What of CLIENTS and CALLS a module's source uses, wherever in it."""
    found: set[str] = set()
    if not _SUSPECT.search(source):  # most; a tree takes its time
        return found
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(filter(None, (_client(alias.name) for alias in node.names)))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named = (_client(f"{node.module}.{alias.name}") for alias in node.names)
            found.update(filter(None, (_client(node.module), *named)))
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS:
                found.add(f".{name}")
            if name in {"import_module", "__import__"} and node.args and isinstance(node.args[0], ast.Constant):
                found.update(filter(None, [_client(str(node.args[0].value))]))
    return found


def _client(module: str) -> str | None:
    parts = module.split(".")
    return next((name for n in range(1, len(parts) + 1) if (name := ".".join(parts[:n])) in CLIENTS), None)


def modules() -> Iterator[tuple[str, str]]:
    for folder in ("monitor", "spiders"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


# --- who may


def test_no_module_reaches_other_machines_that_is_not_entered_here():
    found = {name: used for name, source in modules() if (used := reaches(source))}
    assert {name: " ".join(sorted(used, key=lambda one: (one[0] == ".", one))) for name, used in found.items()} == {
        name: used for name, (used, _) in KNOWN.items()
    }


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import httpx", {"httpx"}),
        ("from urllib.request import urlopen", {"urllib.request"}),
        ("from urllib import request", {"urllib.request"}),
        ("from urllib.parse import urlsplit", set()),
        ("import urllib3.util", {"urllib3"}),
        ("def f():\n    import requests as r", {"requests"}),
        ("if TYPE_CHECKING:\n    from aiohttp import web", {"aiohttp"}),
        ("from slack_sdk.web.async_client import AsyncWebClient", {"slack_sdk"}),
        ("import importlib\nimportlib.import_module('smtplib')", {"smtplib"}),
        ("from asyncio import open_connection\nopen_connection('a', 1)", {".open_connection"}),
        ("await loop.create_connection(f, 'a', 1)", {".create_connection"}),
        ("from . import socket", set()),
    ],
)
def test_the_search_finds_whatever_way_a_client_comes_in(source: str, used: set[str]):
    assert reaches(source) == used


# --- what they refuse

SPECIAL = [METADATA, "fe80::1", "fe80::1%eth0", "0.0.0.0", "224.0.0.1", "ff02::1", "100.64.0.1", "198.18.0.1",
           "240.0.0.1", "::", "64:ff9b::a9fe:a9fe", "::ffff:169.254.169.254",
           "2002:a9fe:a9fe::1", "192.0.0.192"]  # fmt: skip


@pytest.mark.case(5)
@pytest.mark.parametrize("address", SPECIAL)
def test_what_clouds_keep_their_secrets_at_is_reached_by_nobody(address: str):
    assert not may_reach(address, allow_private=True)


def test_networks_of_ours_are_reached_by_who_may():
    for address in ("127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1"):
        assert may_reach(address, allow_private=True)
        assert not may_reach(address, allow_private=False)


async def test_a_webhook_that_may_go_into_our_networks_still_does_not_go_to_the_cloud():
    end = await Egress(5, allow_private=True).post(f"http://{METADATA}/latest", b"", {})
    assert (end.result, end.code) == (AttemptClass.PERMANENT, "private_address")  # type: ignore[union-attr]


async def test_the_mail_relay_may_be_a_neighbour_and_is_connected_to_by_its_first_address_that_answers(
    monkeypatch: pytest.MonkeyPatch,
):
    with socket.create_server(("127.0.0.1", 0)) as relay, socket.create_server(("127.0.0.2", 0)) as gone:
        port, closed = relay.getsockname()[1], gone.getsockname()[1]
    with socket.create_server(("127.0.0.1", port)):
        ends = [(METADATA, 25), ("127.0.0.2", closed), ("127.0.0.1", port)]
        answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", end) for end in ends]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
        with closing(await connected("relay.example", port)) as made:
            assert made.getpeername() == ("127.0.0.1", port)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers[:1])
        with pytest.raises(PrivateAddressError):
            await connected("relay.example", 25)


def test_a_library_that_opens_sockets_of_its_own_is_stopped_where_the_interpreter_reports_it():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as ours:
        with guarded(allow_private=False), pytest.raises(PrivateAddressError):
            ours.connect(server.getsockname())
        with guarded(allow_private=True):
            ours.connect(server.getsockname())
            with pytest.raises(PrivateAddressError), socket.socket() as other:
                other.connect((METADATA, 80))
            with pytest.raises(PrivateAddressError), socket.socket(type=socket.SOCK_DGRAM) as other:
                other.sendto(b"", (METADATA, 53))
            with pytest.raises(PrivateAddressError), socket.socket() as other:
                other.connect(("localhost", 80))


def test_the_guard_holds_only_where_it_was_asked_for():
    with guarded(allow_private=False):
        pass
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as ours:
        ours.connect(server.getsockname())


LAST_WORDS = """
import socket, sys, types

early = sys.modules["early"] = types.ModuleType("early")  # its names are taken away after those of what is loaded later

from monitor import reach

class Late:
    def __del__(self, audit=sys.audit, write=sys.stdout.write):
        audit("os.remove", "a temporary file", -1)
        write("heard")

with reach.guarded(allow_private=False):
    early.late = Late()
    try:
        socket.create_connection(("127.0.0.1", 9))
    except reach.PrivateAddressError:
        print("refused", end=", ")
sys.kept = reach, early
"""


def test_the_guard_says_nothing_when_the_interpreter_ends_and_refuses_until_then():
    ended = subprocess.run([sys.executable, "-c", LAST_WORDS], capture_output=True, text=True, cwd=ROOT, check=True)
    assert (ended.stdout, ended.stderr) == ("refused, heard", "")


def test_every_door_that_is_promised_is_used():
    """The words above, looked for in the code."""
    text = dict(modules())
    for name, door in {
        "monitor/fetch/handler.py": "socket_factory=guarded_socket(",
        "monitor/notify/egress.py": "opened(info, self._allow_private)",
        "monitor/opinion/endpoint.py": "opened(info, allow_private=True)",
        "monitor/notify/email.py": "sock=await connected(",
        "monitor/notify/apprise.py": "with watched(",
        "monitor/sentry.py": "with guarded(",
        "monitor/doctor.py": "guarded(allow_private=True)",
    }.items():
        assert door in text[name], name
    assert reach.__doc__
    assert aiosmtplib.SMTP().validate_certs is True


class _Moved(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(307)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_reports_to_sentry_follow_no_redirect_and_do_not_go_to_the_cloud():
    def transport(host: str):
        return sentry_sdk.Client(dsn=f"http://key@{host}/1", transport=_Transport, default_integrations=False).transport

    with HTTPServer(("127.0.0.1", 0), _Moved) as server:
        server.asked = []  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sentry = transport(f"127.0.0.1:{server.server_port}")
        answer = sentry._request("POST", EndpointType.ENVELOPE, b"{}", {})
        sentry.kill()
        server.shutdown()
        serving.join()
        assert (answer.status, server.asked) == (307, ["/api/1/envelope/"])  # type: ignore[attr-defined]
    cloud = transport(METADATA)
    with pytest.raises(MaxRetryError, match="not a public address"):
        cloud._request("POST", EndpointType.ENVELOPE, b"{}", {})
    cloud.kill()
