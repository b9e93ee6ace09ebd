"""`/what-if`: what it would cost if a platform closed in a country, term by term. The address says all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType
from monitor.web.access import Visitor
from monitor.web.house import House, problem
from monitor.web.paper import Reader
from monitor.web.sections.case import Stake
from monitor.web.speech import NotDoneError


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as it was written; "" for what is not."""

    platform: str = ""  # by any of its names
    country: str = ""  # a code or an English name
    event: EventType = EventType.SHUTDOWN
    since: str = ""  # YYYY-MM-DD or YYYY-MM; "" is an unknown day
    seller: str = ""  # by id; "" is all of them


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader may choose among."""

    platforms: Sequence[str]
    own: Sequence[str]  # the platforms on which somebody sells
    countries: Sequence[tuple[str, str]]  # code and name in the reader's language, where somebody sells
    others: Sequence[tuple[str, str]]
    sellers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What it would cost each seller."""

    platform: str
    country: str
    event: EventType
    since: PartialDate | None
    as_of: date  # reckoned as on that day: the day itself when it is not ahead
    headline: str
    stakes: Sequence[Stake]
    sellers: int  # with positions


class Oracle(Protocol):
    """Who reckons."""

    def choice(self, reader: Reader) -> Choice: ...
    def answer(self, reader: Reader, asked: Question) -> Answer:
        """Raises NotDoneError for what nobody knows."""


Text = Annotated[str, Query(max_length=100)]
From = Annotated[str, Query(alias="from", max_length=10, description="The day from which on: YYYY-MM-DD, or YYYY-MM.")]


def routes(house: House, oracle: Oracle) -> APIRouter:
    """The form and what comes of it are one page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/what-if")
    async def what_if(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        platform: Text = "",
        country: Text = "",
        event: Text = "",
        since: Annotated[str, Query(alias="from", max_length=40)] = "",
        seller: Text = "",
    ) -> Response:
        """The question, and the answer when there is one."""
        reader = house.paper.reader(request, visitor)
        kind = next((one for one in EventType if one.value == event), EventType.SHUTDOWN)
        asked = Question(platform.strip(), country.strip(), kind, since.strip(), seller)
        answer, complaint = None, ""
        if asked.platform and asked.country:
            try:
                answer = oracle.answer(reader, asked)
            except NotDoneError as error:
                complaint = reader.t.say(error.words, **error.values)
        return house.paper.page(
            request,
            reader,
            "what_if.html.j2",
            422 if complaint else 200,
            asked=asked,
            answer=answer,
            case={"stakes": answer.stakes, "sellers": answer.sellers, "off": False} if answer else None,
            choice=oracle.choice(reader),
            complaint=complaint,
            events=tuple(EventType),
            now=house.now(),
        )

    return router


def api(house: House, oracle: Oracle) -> APIRouter:
    """`/api/v1/what-if`."""
    router = APIRouter(tags=["exposure"])

    @router.get("/what-if", response_model=Answer)
    async def what_if(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        platform: Annotated[str, Query(min_length=1, max_length=100, description="By any of its names.")],
        country: Annotated[str, Query(min_length=1, max_length=100, description="ISO 3166-1 alpha-2, EU or WORLD.")],
        event: EventType = EventType.SHUTDOWN,
        since: From = "",
        seller: Annotated[str, Query(max_length=100, description="By id; without it, all of them.")] = "",
    ) -> Answer | Response:
        """What it would cost every seller: the whole sum term by term, what could be saved by when, and how loud."""
        reader = house.paper.reader(request, visitor)
        try:
            return oracle.answer(reader, Question(platform.strip(), country.strip(), event, since.strip(), seller))
        except NotDoneError as error:
            return problem(422, "The question cannot be answered", str(error))

    return router
