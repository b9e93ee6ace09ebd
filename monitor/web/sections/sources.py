"""Where we look and what we see: the map of coverage, what is wrong and what to do, each source, and its days."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from monitor.domain.health import Standing
from monitor.domain.sources import Authority, Outcome, SourceKind
from monitor.web.access import RefusedError, Visitor
from monitor.web.api import After, Limit
from monitor.web.house import House
from monitor.web.sections.source_views import Asked, Listing, SourceDay, Sources, Survey, Whole
from monitor.web.speech import Speech, noop

PAGE = 50  # sources on a page
STANDINGS = {
    Standing.LIVE: noop("live"),
    Standing.SILENT: noop("silent"),
    Standing.UNKNOWN: noop("not known"),
    Standing.FAILING: noop("failing"),
    Standing.BLOCKED: noop("blocked"),
    Standing.RETIRED: noop("gone"),
    Standing.OFF: noop("off"),
}
LOOKS = {  # of a standing: the class of its tag
    Standing.LIVE: "good",
    Standing.FAILING: "bad",
    Standing.BLOCKED: "bad",
    Standing.RETIRED: "bad",
    Standing.OFF: "quiet",
}
KINDS = {
    SourceKind.FEED: noop("feed"),
    SourceKind.PAGE: noop("page"),
    SourceKind.LIST: noop("list"),
    SourceKind.WATCHED: noop("watched page"),
    SourceKind.SITEMAP: noop("sitemap"),
    SourceKind.JSON: noop("endpoint"),
    SourceKind.STATUS: noop("status page"),
    SourceKind.PROBE: noop("probe"),
}
AUTHORITIES = {
    Authority.OFFICIAL: noop("the platform itself"),
    Authority.REGULATOR: noop("a regulator"),
    Authority.COURT: noop("a court"),
    Authority.TRADE: noop("trade press"),
    Authority.NEWS: noop("news"),
    Authority.OBSERVED: noop("a probe of ours"),
    Authority.COMMUNITY: noop("a community"),
}
OUTCOMES = {
    Outcome.OK: noop("something new came"),
    Outcome.UNCHANGED: noop("unchanged"),
    Outcome.FAILED: noop("failed"),
}


Word = Annotated[str, Query(max_length=200)]

_NONE: dict[int | str, dict[str, Any]] = {404: {"description": "There is none."}}


def asked_for(
    q: Word = "",
    standing: Word = "",
    cause: Word = "",
    kind: Word = "",
    authority: Word = "",
    platform: Word = "",
    country: Word = "",
    language: Word = "",
) -> Asked:
    """The query of a request."""
    return Asked(q.strip(), standing, cause, kind, authority, platform, country, language)


def _options(listing: Listing, asked: Asked, t: Speech) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What may be asked for, by field: values with their words."""
    every = ("", t.say(noop("any")))
    countries = sorted({*listing.countries, asked.country} - {""}, key=t.place)
    languages = sorted({*listing.languages, asked.language} - {""}, key=t.language_name)
    return {
        "standing": [every, *((one.value, t.say(words)) for one, words in STANDINGS.items())],
        "cause": [every, *listing.causes],
        "platform": [every, ("*", t.say(noop("any platform"))), *((name, name) for name in listing.platforms)],
        "country": [every, *((code, t.place(code)) for code in countries)],
        "language": [every, *((code, t.language_name(code)) for code in languages)],
        "kind": [every, *((one.value, t.say(words)) for one, words in KINDS.items())],
        "authority": [every, *((one.value, t.say(words)) for one, words in AUTHORITIES.items())],
    }


def _there(found: Whole | None, id: str) -> Whole:
    if found is None:
        raise RefusedError(404, noop("There is no source {name}."), name=id)
    return found


def routes(house: House, sources: Sources) -> APIRouter:
    """`/sources` and `/sources/ID`."""
    router = APIRouter(include_in_schema=False)
    words: dict[str, Any] = {
        "standings": STANDINGS,
        "looks": LOOKS,
        "kinds": KINDS,
        "authorities": AUTHORITIES,
        "outcomes": OUTCOMES,
    }

    @router.get("/sources")
    async def all_of_them(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        asked: Annotated[Asked, Depends(asked_for)],
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        """The map, what is wrong, and the table; asked for some, the table of those alone."""
        reader = house.paper.reader(request, visitor)
        survey = None if asked.query or page > 1 else await sources.survey(reader)
        listing = await sources.listing(reader, asked, (page - 1) * PAGE, PAGE)
        shown = words | {
            "survey": survey,
            "places": [reader.t.place(code) for code in survey.countries] if survey else [],
            "listing": listing,
            "options": _options(listing, asked, reader.t),
            "asked": asked,
            "page": page,
        }
        return house.paper.page(request, reader, "sources.html.j2", **shown)

    @router.get("/sources/{id}")
    async def one_of_them(
        request: Request, id: str, visitor: Annotated[Visitor, Depends(house.door.viewer)]
    ) -> Response:
        """Everything about it."""
        reader = house.paper.reader(request, visitor)
        source = _there(await sources.whole(reader, id), id)
        return house.paper.page(request, reader, "source.html.j2", source=source, **words)

    return router


def api(house: House, sources: Sources) -> APIRouter:
    """`/api/v1/sources` and what is under it."""
    router = APIRouter(tags=["sources"])

    @router.get("/sources")
    async def sources_by_sight(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        asked: Annotated[Asked, Depends(asked_for)],
        after: After = "",
        limit: Limit = 100,
    ) -> Listing:
        """Sources and how they stand, the blind first."""
        offset = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
        return await sources.listing(house.paper.reader(request, visitor), asked, offset, limit)

    @router.get("/sources/coverage")
    async def coverage_of_places(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Survey:
        """What we see and what we do not: by standing, by what is wrong, and by platform and country."""
        return await sources.survey(house.paper.reader(request, visitor))

    @router.get("/sources/{id}", responses=_NONE)
    async def one_source(request: Request, id: str, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Whole:
        """Everything about one source."""
        return _there(await sources.whole(house.paper.reader(request, visitor), id), id)

    @router.get("/sources/{id}/days", responses=_NONE)
    async def days_of_a_source(
        id: str,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        most: Annotated[int, Query(ge=1, le=400)] = 30,
    ) -> Sequence[SourceDay]:
        """What looking at it came to, day by day, the latest last."""
        found = await sources.days(id, most)
        if found is None:
            raise RefusedError(404, noop("There is no source {name}."), name=id)
        return found

    return router
