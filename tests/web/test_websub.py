"""Feeds that have a hub: subscribed to, verified, renewed, and looked at as soon as the hub says so."""

import asyncio
import hmac
import io
import stat
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from given import NOW
from local_sites import running_host, source_of
from prometheus_client import CollectorRegistry

from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.fetch.failures import FetchError
from monitor.subscriptions import LEASE, LONGEST_RETRY, VERIFY_WITHIN, Subscriptions, stored_key
from monitor.web.health import app
from monitor.web.server import WebServer

TOPIC = "https://press.example/feed.xml"
PRESS = source_of(TOPIC)
MINUTE = timedelta(minutes=1)


class Hub:
    """A real hub on loopback: it verifies what it is asked for, and pushes signed news."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.verified: list[tuple[int, str]] = []
        self.lease, self.status = "864000", 202
        self.port = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        form = dict(await request.post())
        self.asked.append({name: str(value) for name, value in form.items()})
        return web.Response(status=self.status)

    async def verify(self, mode: str = "subscribe", **other: str) -> tuple[int, str]:
        """Ask back, as 5.3 of the recommendation has it; the answer's status and text."""
        wish = self.asked[-1]
        query = {
            "hub.mode": mode, "hub.topic": wish["hub.topic"], "hub.challenge": "a challenge",
            "hub.lease_seconds": self.lease,
        } | {f"hub.{name}": value for name, value in other.items()}  # fmt: skip
        async with aiohttp.ClientSession() as session, session.get(wish["hub.callback"], params=query) as answer:
            return answer.status, await answer.text()

    async def push(self, body: bytes, method: str = "sha256", secret: str | None = None, signature: str = "") -> int:
        wish = self.asked[-1]
        key = (secret or wish["hub.secret"]).encode()
        signed = signature or f"{method}={hmac.new(key, body, method).hexdigest()}"
        headers = {"X-Hub-Signature": signed} if signed != "none" else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(wish["hub.callback"], data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status


class World:
    """Our side: real listener, real fetching, and a clock that the story moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.pushed: list[str] = []
        self.hub = Hub()

    def subscriptions(self, post, port: int) -> Subscriptions:
        made = Subscriptions(f"http://127.0.0.1:{port}", b"k" * 32, post, self.pushed.append, lambda: self.now)
        made.configure({PRESS.id: PRESS})
        return made

    @property
    def hub_url(self) -> str:
        return f"http://127.0.0.1:{self.hub.port}/hub"

    def declares(self, hub: str | None = None, topic: str = TOPIC) -> None:
        self.ours.heard(PRESS, Harvest(PRESS.id, hub=self.hub_url if hub is None else hub, topic=topic))

    async def restart(self) -> None:
        await self.server.stop()
        self.ours = self.subscriptions(self.host.post, self.server.port)
        self.server = WebServer(app(CollectorRegistry(), _ready, self.ours), "127.0.0.1", self.server.port)
        await self.server.start()


async def _ready() -> dict[str, str]:
    return {}


@pytest.fixture
async def world():
    made = World()
    listening = await asyncio.get_running_loop().create_server(web.Server(made.hub.answer), "127.0.0.1", 0)
    made.hub.port = listening.sockets[0].getsockname()[1]
    async with running_host() as host:
        made.host, held = host, []
        made.server = WebServer(app(CollectorRegistry(), _ready, _Late(held)), "127.0.0.1", 0)
        await made.server.start()
        made.ours = made.subscriptions(host.post, made.server.port)
        held.append(made.ours)
        yield made
        await made.server.stop()
    listening.close()


class _Late:
    """The subscriber is made when the port is known."""

    def __init__(self, held: list[Subscriptions]) -> None:
        self._held = held

    def __getattr__(self, name):
        return getattr(self._held[0], name)


async def test_a_feed_that_has_a_hub_is_subscribed_to_and_its_news_make_it_due(world) -> None:
    world.declares()
    assert not await world.ours.step()
    (wish,) = world.hub.asked
    assert (wish["hub.mode"], wish["hub.topic"]) == ("subscribe", TOPIC)
    assert len(wish["hub.secret"]) < 200
    assert PRESS.id not in wish["hub.callback"], "nobody can guess it"
    assert await world.hub.verify() == (200, "a challenge")
    assert world.ours.held[PRESS.id].until == NOW + LEASE
    for method in ("sha256", "sha512", "sha1"):
        assert await world.hub.push(b"<rss/>" * 10_000, method) == 202
    assert world.pushed == [PRESS.id] * 3


@pytest.mark.case(25)
async def test_what_is_not_signed_with_our_secret_changes_nothing(world) -> None:
    world.declares()
    await world.ours.step()
    await world.hub.verify()
    assert await world.hub.push(b"<rss/>", secret="a guess") == 403
    for signature in ("none", "sha256=", "sha256", "md5=0", "sha256=" + "é" * 64, f"sha256={'0' * 64}"):
        assert await world.hub.push(b"<rss/>", signature=signature) == 403
    world.hub.asked[-1]["hub.callback"] += "0"
    assert await world.hub.push(b"<rss/>") == 404
    assert world.pushed == []


async def test_a_push_without_end_is_refused(world) -> None:
    world.declares()
    await world.ours.step()
    assert await world.hub.push(b"x" * (21 * 1024**2)) == 413
    assert world.pushed == []


async def test_only_what_was_asked_for_is_verified(world) -> None:
    world.declares()
    await world.ours.step()
    assert (await world.hub.verify("unsubscribe"))[0] == 404
    assert (await world.hub.verify(topic="https://other.example/"))[0] == 404
    assert (await world.hub.verify(challenge=""))[0] == 404
    assert (await world.hub.verify(challenge="x" * 5_000))[0] == 404
    assert (await world.hub.verify())[0] == 200
    assert (await world.hub.verify())[0] == 404, "it was verified; nobody asked again"


async def test_a_lease_is_renewed_before_it_ends(world) -> None:
    world.declares()
    world.hub.lease = "3600"
    await world.ours.step()
    await world.hub.verify()
    world.now = NOW + 39 * MINUTE
    await world.ours.step()
    assert len(world.hub.asked) == 1
    world.now = NOW + 41 * MINUTE
    await world.ours.step()
    assert len(world.hub.asked) == 2
    assert await world.hub.verify() == (200, "a challenge")
    assert world.ours.held[PRESS.id].until == NOW + 101 * MINUTE


@pytest.mark.parametrize("lease", ["", "nonsense", "-1", "0", "9" * 40])
async def test_a_senseless_lease_is_bounded(world, lease: str) -> None:
    world.declares()
    world.hub.lease = lease
    await world.ours.step()
    assert (await world.hub.verify())[0] == 200
    held = world.ours.held[PRESS.id]
    assert NOW + MINUTE < held.ask_at < held.until <= NOW + timedelta(days=90)


async def test_a_hub_that_fails_or_does_not_ask_back_is_asked_again_later_each_time(world) -> None:
    world.declares()
    world.hub.status = 503
    waits = []
    for _ in range(12):
        await world.ours.step()
        waits.append(world.ours.held[PRESS.id].ask_at - world.now)
        world.now = world.ours.held[PRESS.id].ask_at
    assert waits[:3] == [VERIFY_WITHIN, 2 * VERIFY_WITHIN, 4 * VERIFY_WITHIN]
    assert waits[-1] == LONGEST_RETRY
    assert len(world.hub.asked) == 12


async def test_a_hub_that_cannot_be_reached_harms_nobody(world) -> None:
    world.declares(hub="http://169.254.169.254/hub")
    await world.ours.step()
    assert world.hub.asked == []
    with pytest.raises(FetchError) as refused:
        await world.host.post("http://169.254.169.254/hub", {})
    assert refused.value.reason is FailureReason.PRIVATE_ADDRESS


async def test_a_hub_that_denies_is_asked_again_tomorrow(world) -> None:
    world.declares()
    await world.ours.step()
    assert (await world.hub.verify("denied", reason="too many"))[0] == 200
    held = world.ours.held[PRESS.id]
    assert (held.until, held.ask_at) == (None, NOW + LONGEST_RETRY)
    assert (await world.hub.verify())[0] == 404


async def test_a_feed_that_names_another_hub_or_none_is_subscribed_to_there_or_nowhere(world) -> None:
    world.declares()
    await world.ours.step()
    await world.hub.verify()
    world.declares()
    assert world.ours.held[PRESS.id].until, "read again, and nothing is new"
    world.declares(topic="https://press.example/new.xml")
    await world.ours.step()
    assert [wish["hub.topic"] for wish in world.hub.asked] == [TOPIC, "https://press.example/new.xml"]
    world.declares(hub="")
    assert world.ours.held == {}


async def test_after_a_restart_pushes_are_still_understood_and_removed_sources_are_not(world) -> None:
    world.declares()
    await world.ours.step()
    await world.hub.verify()
    await world.restart()
    assert await world.hub.push(b"<rss/>") == 202
    assert world.pushed == [PRESS.id]
    world.ours.configure({})
    assert await world.hub.push(b"<rss/>") == 404


async def test_a_crowd_of_hubs_is_asked_a_few_at_a_time(world) -> None:
    crowd = {f"s{n}": source_of(f"https://s{n}.example/", id=f"s{n}") for n in range(10)}
    world.ours.configure(crowd)
    for source in crowd.values():
        world.ours.heard(source, Harvest(source.id, hub=world.hub_url, topic=source.url))
    assert await world.ours.step()
    assert len(world.hub.asked) == 4
    assert await world.ours.step()
    assert not await world.ours.step()
    assert len({wish["hub.secret"] for wish in world.hub.asked}) == 10, "each has a secret of its own"


async def test_without_a_public_address_there_is_no_callback() -> None:
    server = WebServer(app(CollectorRegistry(), _ready), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session, session.post(f"http://127.0.0.1:{server.port}/websub/x") as answer:
        assert answer.status == 404
    await server.stop()


def test_the_key_is_made_once_for_its_owner_alone_and_a_torn_one_is_made_anew(tmp_path) -> None:
    file = tmp_path / "websub.key"
    key = stored_key(file)
    assert len(key) == 32
    assert stored_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"torn")
    assert len(stored_key(file)) == 32
