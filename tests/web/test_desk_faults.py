"""What is not there, and what goes wrong here: a page of the desk for people, a problem for programs."""

import re
from dataclasses import replace

import httpx2 as httpx
import pytest
from doors import log_in, place_in
from fastapi import APIRouter, Depends, Request
from prometheus_client import CollectorRegistry
from rooms_given import api_of, ready
from structlog.testing import capture_logs

from monitor.domain.errors import ConflictError, StoreUnavailableError
from monitor.web.access import Door, Visitor
from monitor.web.health import app

SECRET = "hunter2 of /var/lib"


@pytest.fixture
async def place(tmp_path):
    """A desk, some of whose rooms fall down."""
    async with place_in(tmp_path) as made:
        pages, api = APIRouter(), APIRouter()

        @pages.get("/broken/{key}", dependencies=[Depends(made.house.door.viewer)])
        async def page(key: str) -> None:
            raise {"busy": StoreUnavailableError(SECRET), "moved": ConflictError(SECRET)}.get(key, OSError(SECRET))

        @api.get("/broken", dependencies=[Depends(made.house.door.viewer)])
        async def program() -> None:
            raise ZeroDivisionError(SECRET)

        made.web.include_router(pages)
        made.web.include_router(api_of(made.store, [api]))
        yield made


async def test_a_fault_of_ours_is_a_page_in_the_readers_language_whose_reference_is_in_the_log(place):
    vera = place.client(accept_language="de")
    await log_in(vera, "vera")
    with capture_logs() as said:
        answer = await vera.get("/broken/key-of-somebody")
    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<html lang="de"' in answer.text
    assert 'href="/incidents"' in answer.text, "whoever is logged in still is"
    (line,) = [one for one in said if one["event"] == "request_failed"]
    assert f'<code class="mono">{line["reference"]}</code>' in answer.text
    assert (line["route"], line["method"], line["log_level"]) == ("/broken/{key}", "GET", "error")
    assert isinstance(line["exc_info"], OSError)
    assert "hunter2" not in answer.text
    assert "OSError" not in answer.text
    assert "key-of-somebody" not in str({**line, "exc_info": None})
    assert (await vera.head("/broken/x")).status_code == 500
    assert (await vera.get("/account")).status_code == 200, "the next is answered"


async def test_programs_are_told_a_fault_as_a_problem(place):
    vera = place.client()
    await log_in(vera, "vera")
    with capture_logs() as said:
        answer = await vera.get("/api/v1/broken")
    (line,) = [one for one in said if one["event"] == "request_failed"]
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["reference"] == line["reference"]
    assert "hunter2" not in answer.text


async def test_what_will_pass_is_a_page_too(place):
    vera = place.client()
    await log_in(vera, "vera")
    busy, moved = await vera.get("/broken/busy"), await vera.get("/broken/moved")
    assert (busy.status_code, busy.headers["retry-after"], moved.status_code) == (503, "5", 409)
    for answer in (busy, moved):
        assert 'href="/incidents"' in answer.text
        assert "hunter2" not in answer.text


async def test_whoever_is_logged_in_sees_so_where_there_is_nothing(place):
    browser = place.client()
    stranger = await browser.get("/nowhere")
    assert stranger.status_code == 404
    assert 'href="/incidents"' not in stranger.text
    await log_in(browser, "vera")
    known = await browser.get("/nowhere")
    assert known.status_code == 404
    assert 'href="/incidents"' in known.text
    assert re.search(r'class="who"[^>]*>vera<', known.text)


async def test_a_store_that_does_not_answer_takes_no_page_along_that_needs_none(place):
    class Lost:
        async def visitor(self, request: Request) -> Visitor:
            raise StoreUnavailableError(SECRET)

    web = app(CollectorRegistry(), ready, house=replace(place.house, door=Door(Lost())))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://127.0.0.1") as browser:
        assert (await browser.get("/nowhere")).status_code == 404
