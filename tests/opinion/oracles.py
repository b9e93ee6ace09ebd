"""An OpenAI-shaped server on loopback that says what a story tells it to, and an analyst who is never quite sure."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from monitor.domain.documents import Document, digest
from monitor.domain.opinions import Heard, Turn
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.opinion.second import SecondOpinion
from monitor.opinion.settings import OpinionSettings

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TITLE = "Shopee may leave Poland"
TEXT = "Shopee will close its Polish shop in January, two people said.\nIt did not comment."
KEY = "sk-very-secret-0123456789"
YES = {"event": "market_exit", "status": "rumor", "probability": 0.95, "quotes": ["will close its Polish shop"]}
NO = {"event": "none", "status": "none", "probability": 0.05, "quotes": []}

Saying = Callable[[dict[str, Any]], Awaitable[web.StreamResponse] | web.StreamResponse]


def completion(words: Any, **more: Any) -> web.Response:
    """A chat completion with these words, or with this object as JSON."""
    content = words if isinstance(words, str) else json.dumps(words)
    message = {"role": "assistant", "content": content}
    return web.json_response({"id": "c1", "object": "chat.completion", "choices": [{"message": message}]} | more)


def status(code: int, **headers: str) -> Saying:
    """Always this status, with these headers."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda body: web.Response(status=code, headers=sent, text="no")


def sent_document(body: dict[str, Any]) -> dict[str, str]:
    """What a model reads of the document: the JSON between the two marks of the user's message."""
    found = re.fullmatch(r"<document>\n(.*)\n</document>", body["messages"][-1]["content"])
    assert found, "one line between the marks"
    document: dict[str, str] = json.loads(found[1])
    return document


@dataclass
class Oracle:
    """`says` answers from the request's body; `asked` and `headers` are of all requests so far."""

    says: Saying = lambda body: completion(YES)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        self.asked.append(await request.json())
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        said = self.says(self.asked[-1])
        return said if isinstance(said, web.StreamResponse) else await said


@asynccontextmanager
async def running(oracle: Oracle) -> AsyncIterator[Oracle]:
    server = web.Server(oracle.answer)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    oracle.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield oracle
    finally:
        listening.close()
        await server.shutdown(0.1)


@dataclass
class Tally:
    heard: list[Heard] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def opinion_heard(self, heard: Heard, seconds: float) -> None:
        assert seconds >= 0
        self.heard.append(heard)

    def opinion_cost(self, tokens: int) -> None:
        self.tokens.append(tokens)

    def opinion_turned(self, turn: Turn) -> None:
        self.turns.append(turn)


@dataclass
class Doubter:
    """Sees an event in every document (or none), at this score."""

    score: float = 0.5
    sees: EventType | None = EventType.MARKET_EXIT
    threshold: float = 0.6  # from which on it sees an event by itself
    told: list[tuple[EventType, Status, float]] = field(default_factory=list)

    def worth_a_page(self, document: Document, source: Source) -> bool:
        return document.title == TITLE

    async def assess(self, document: Document, source: Source) -> Assessment:
        await asyncio.sleep(0)
        return assessment(self.score, self.sees, document)

    async def assess_as(
        self, document: Document, source: Source, event: EventType, status: Status, score: float
    ) -> Signal:
        await asyncio.sleep(0)
        self.told.append((event, status, score))
        return replace(signal(event, score, document.title), status=status)


def assessment(
    score: float = 0.5, sees: EventType | None = EventType.MARKET_EXIT, document: Document | None = None
) -> Assessment:
    document = document or document_of()
    signals = (signal(sees, score, document.title),) if sees else ()
    return Assessment(document.id, "en", score, signals, (), "doubter")


def signal(event: EventType, score: float, title: str = TITLE) -> Signal:
    span = Span("title", 0, len(title), title, f"event:{event}")
    return Signal(event, Status.RUMOR, ("Shopee",), ("PL",), None, (), score, (span,))


def document_of(title: str = TITLE, text: str = TEXT) -> Document:
    return Document(digest(title, text), "press", "c1", "https://press.example.com/1", title, text, NOON, NOON)


def source_of(authority: Authority = Authority.NEWS) -> Source:
    return Source("press", "Press", "https://p.example.com", SourceKind.FEED, authority, "press", timedelta(hours=1))


class Clock:
    """The day of the budget, and seconds that pass when the story says so."""

    def __init__(self) -> None:
        self.now, self.seconds = NOON, 1000.0

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Desk:
    """A second opinion over a doubter, with all that can be looked at."""

    oracle: Oracle
    directory: Path
    inner: Doubter = field(default_factory=Doubter)
    tally: Tally = field(default_factory=Tally)
    clock: Clock = field(default_factory=Clock)

    def opens(self, **settings: Any) -> SecondOpinion:
        chosen: dict[str, Any] = {"base_url": self.oracle.url, "model": "tiny", "api_key": KEY, "timeout": 5.0}
        memory = self.directory / "second-opinion.db"
        second = SecondOpinion(self.inner, self.tally, lambda: self.clock.now, lambda: self.clock.seconds)
        second.configure(OpinionSettings(memory=memory, **(chosen | settings)))
        return second


async def asks(
    second: SecondOpinion, text: str = TEXT, title: str = TITLE, authority: Authority = Authority.NEWS
) -> Assessment:
    return await second.assess(document_of(title, text), source_of(authority))
