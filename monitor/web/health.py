"""`/healthz` (am I alive), `/readyz` (am I doing my work) and `/metrics`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from monitor import __version__
from monitor.exposition import Registry
from monitor.web import websub
from monitor.web.api import mind_programs
from monitor.web.faults import Faults
from monitor.web.heads import Heads
from monitor.web.house import House, mind

#: Checks by name: an empty answer is good, anything else says what is wrong.
Readiness = Callable[[], Awaitable[Mapping[str, str]]]


def app(
    registry: Registry,
    readiness: Readiness,
    subscriber: websub.Subscriber | None = None,
    more: Sequence[APIRouter] = (),
    house: House | None = None,
    scraped: Callable[[], Awaitable[None]] | None = None,
) -> FastAPI:
    """The web application; hubs are answered when there is a subscriber. `more` are pages of other parts, those of the
    desk when there is a `house`. `scraped` is awaited before each answer with metrics.

    It has no documentation pages, since those load scripts from elsewhere.
    """
    web = FastAPI(
        title="Sellerwatch",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever host the request names
    )
    if house is not None:
        web.add_middleware(Faults, house=house)
    web.add_middleware(Heads)  # around it: a fault has a head too
    if house is not None:
        mind(web, house)
        mind_programs(web, house)
    else:

        @web.get("/")
        async def index() -> PlainTextResponse:
            """What there is to ask, for whoever opens the address."""
            asked = "/readyz    is it working\n/healthz   is it alive\n/metrics   for Prometheus\n"
            return PlainTextResponse(f"Sellerwatch {__version__}\n\n{asked}")

    @web.get("/healthz")
    async def healthz() -> JSONResponse:
        """200 while the event loop turns."""
        return JSONResponse({"status": "ok", "version": __version__})

    @web.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 when the store answers and every loop has beaten within its limit; 503 with the reasons otherwise."""
        checks = await readiness()
        wrong = {name: text for name, text in checks.items() if text}
        shown = {name: text or "ok" for name, text in checks.items()}
        body = {"status": "unready" if wrong else "ready", "checks": shown}
        return JSONResponse(body, status_code=503 if wrong else 200)

    @web.get("/metrics")
    async def metrics() -> Response:
        if scraped is not None:
            await scraped()
        return Response(registry.text(), media_type=CONTENT_TYPE_LATEST)

    if subscriber is not None:
        web.include_router(websub.routes(subscriber))
    for router in more:
        web.include_router(router)
    return web
