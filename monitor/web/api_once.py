"""Idempotency-Key: who asks again, because no answer came, acts once
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from monitor.web.access import Visitor
from monitor.web.house import problem

HEADER = "idempotency-key"
LONGEST = 100  # characters of a key
KEPT = 1_000  # answers that are remembered, the latest; none beyond a restart
LARGEST = 64 * 1024  # bytes of an answer that is remembered


@dataclass(slots=True)
class _Asked:
    """`answer` is None while it is in work."""

    digest: str
    answer: tuple[int, bytes, dict[str, str]] | None = None


class Once:
    """Remembers what was answered to whom, by the key that they chose."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], _Asked] = OrderedDict()

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
        key = (visitor.via, visitor.name, request.method, request.url.path, given)
        digest = hashlib.sha256(request.url.query.encode() + b"\n" + await request.body()).hexdigest()
        asked = self._known.get(key)
        if asked is not None:
            if asked.digest != digest:
                return problem(422, "The Idempotency-Key was used for another request")
            if asked.answer is None:
                return problem(409, "The first request with this Idempotency-Key is in work still")
            status, body, headers = asked.answer
            return Response(body, status, headers | {"Idempotent-Replayed": "true"})
        asked = self._known[key] = _Asked(digest)
        try:
            answer = await work(request)
            made: bytes | None = getattr(answer, "body", None)
            # An error of ours, and too many requests, are to be tried again; a stream is not kept.
            if answer.status_code < 500 and answer.status_code != 429 and made is not None and len(made) <= LARGEST:
                headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
                asked.answer = (answer.status_code, bytes(made), headers)
            return answer
        finally:
            if asked.answer is None:
                self._known.pop(key, None)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
