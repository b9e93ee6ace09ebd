"""Idempotency-Key: who asks again, because no answer came, acts once
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol

from fastapi import Request, Response

from monitor.domain.answered import Answer, Asked
from monitor.web.access import Visitor
from monitor.web.house import problem

HEADER = "idempotency-key"
LONGEST = 100  # characters of a key
LARGEST = 64 * 1024  # bytes of an answer that is remembered


class Answers(Protocol):
    """Where they are remembered, for all daemons that answer here."""

    async def claim(self, key: str, digest: str, by: str, at: datetime) -> Asked | None:
        """None when it is `by` who acts now; else what another one asked with that key."""

    async def keep(self, key: str, by: str, answer: Answer) -> None: ...
    async def forget(self, key: str, by: str) -> None:
        """It may be tried again."""


class Once:
    """Remembers what was answered to whom, by the key that they chose."""

    def __init__(self, answers: Answers, now: Callable[[], datetime]) -> None:
        self._answers, self._now = answers, now

    async def answer(
        self, request: Request, visitor: Visitor, work: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        """What `work` says, or what it said to the same visitor's same request. A key that comes with another request
        is 422; one whose first request is in work, 409."""
        given = request.headers.get(HEADER, "")
        if not given:
            return await work(request)
        if len(given) > LONGEST:
            return problem(422, "The Idempotency-Key is too long", f"It has at most {LONGEST} characters.")
        whose = json.dumps([visitor.via, visitor.name, request.method, request.url.path, given])
        key, by = hashlib.sha256(whose.encode()).hexdigest(), secrets.token_hex(16)
        digest = hashlib.sha256(request.url.query.encode() + b"\n" + await request.body()).hexdigest()
        asked = await self._answers.claim(key, digest, by, self._now())
        if asked is not None:
            if asked.digest != digest:
                return problem(422, "The Idempotency-Key was used for another request")
            if asked.answer is None:
                return problem(409, "The first request with this Idempotency-Key is in work still")
            headers = {**asked.answer.headers, "Idempotent-Replayed": "true"}
            return Response(asked.answer.body, asked.answer.status, headers)
        known: Answer | None = None
        try:
            said = await work(request)
            made: bytes | None = getattr(said, "body", None)
            # An error of ours, and too many requests, are to be tried again; a stream is not kept.
            if said.status_code < 500 and said.status_code != 429 and made is not None and len(made) <= LARGEST:
                headers = {name: value for name, value in said.headers.items() if name != "content-length"}
                known = Answer(said.status_code, bytes(made), headers)
            return said
        finally:
            if known is None:
                await self._answers.forget(key, by)
            else:
                await self._answers.keep(key, by, known)
