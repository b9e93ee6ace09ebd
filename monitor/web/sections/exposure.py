"""`/exposure`: what every seller has at stake, how much of it hangs on one thing, and what of it is at risk now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response

from monitor.domain.exposure import TIED_UP, Axis, Concentration, Part
from monitor.web.access import Visitor
from monitor.web.house import House
from monitor.web.paper import HEADERS, Reader
from monitor.web.sheets import MARK, TYPE, lines
from monitor.web.speech import noop

SHOWN = 200  # positions on a page
PARTS = (Part.SALES, *TIED_UP)
DONE = {
    "kept": noop("Taken. Everything is weighed by the new figures from now on."),
    "file": noop("The figures of the file count again."),
}


@dataclass(frozen=True, slots=True)
class Held:
    """One platform in one country. `level` is 0 (nothing threatens) to 5 (nearly all is at risk)."""

    platform: str
    country: str
    sales_per_day: Decimal
    stock: Decimal
    unsettled_payouts: Decimal
    prepaid_ads: Decimal
    worst: Decimal  # that is at risk of it now, with the lost sales of the horizon
    expected: Decimal
    incidents: int
    level: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The part that lies on one platform, with one company, or in one country; shares are 0..1 of the whole."""

    name: str
    sales_per_day: Decimal
    tied_up: Decimal
    share_of_sales: float
    share_of_tied_up: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How the stake is spread along one axis. The indices are Herfindahl's, 0..1."""

    axis: Axis
    of_sales: float
    of_tied_up: float
    concentration: Concentration  # by sales
    alike: float | None  # as if spread evenly over so many; None when there is nothing to weigh
    pieces: Sequence[Piece]
    more: int  # that are not listed


@dataclass(frozen=True, slots=True)
class Point:
    """What alone would hurt badly."""

    axis: Axis
    name: str
    share_of_sales: float
    share_of_tied_up: float
    why: str  # in the reader's language


@dataclass(frozen=True, slots=True)
class Season:
    """A time of year, running or ahead, at which more is sold: `factor` times as much as on a usual day."""

    name: str
    first: date
    last: date
    days_left: int  # until it begins; 0 and below while it runs
    factor: Decimal
    countries: Sequence[str]  # of the seller's own


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one seller has at stake. Amounts are in its currency."""

    seller_id: str
    seller: str
    currency: str
    uploaded: bool  # at the desk, in place of what the files say
    uploaded_at: datetime | None
    positions: Sequence[Held]
    sales_per_day: Decimal
    stock: Decimal
    unsettled_payouts: Decimal
    prepaid_ads: Decimal
    tied_up: Decimal
    elsewhere: Decimal  # sales per day on what is no position; they are part of `sales_per_day`
    horizon: int  # days of lost sales that a worst case reckons with
    worst: Decimal
    expected: Decimal
    incidents: int
    spread: Sequence[Spread]
    points: Sequence[Point]
    small_alone: Sequence[str]  # platforms alone in a country of less than `lone_share`, with place and share, as said
    bound: float  # the share from which on something is a single point of failure
    lone_share: float  # of all sales, from which on a platform alone in a country is one
    seasons: Sequence[Season]


@dataclass(frozen=True, slots=True)
class Brief:
    """The same in a line."""

    seller_id: str
    seller: str
    currency: str
    positions: int
    sales_per_day: Decimal
    tied_up: Decimal
    worst: Decimal


class Exposures(Protocol):
    """Who knows them."""

    async def briefs(self) -> Sequence[Brief]:
        """Of all sellers."""

    async def exposures(self, reader: Reader) -> Sequence[Exposure]:
        """Of the seller that the reader picked, or of all."""

    async def sheet(self, seller_id: str) -> tuple[str, Sequence[Sequence[object]]] | None:
        """A file's name, and what stands in it: a header and a line for each position. None for an unknown seller;
        "" gives the header with one line as an example."""


def file(name: str, rows: Sequence[Sequence[object]]) -> Response:
    """The rows as a file to download."""
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(MARK + lines(rows), 200, HEADERS | named, TYPE)


def routes(house: House, exposures: Exposures) -> APIRouter:
    """`/exposure` and its downloads."""
    router = APIRouter(include_in_schema=False)

    @router.get("/exposure")
    async def exposure(request: Request, visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """The figures of one seller; where there are several, of all in a line each."""
        reader = house.paper.reader(request, visitor)
        found = await exposures.briefs()
        picked = {one.seller_id for one in found} & {reader.seller}
        picked = picked or {one.seller_id for one in found if one.positions}
        first = next((one.seller_id for one in found if one.seller_id in picked), found[0].seller_id)
        (one,) = await exposures.exposures(replace(reader, seller=first))
        return house.paper.page(
            request, reader, "exposure.html.j2", all=found, one=one, done=DONE, amounts=PARTS, most=SHOWN
        )

    @router.get("/exposure.csv")
    async def csv(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        seller: Annotated[str, Query(max_length=100)] = "",
    ) -> Response:
        """What a seller has at stake, as a file that can be uploaded again."""
        sheet = await exposures.sheet(seller) if seller else None
        if sheet is None:
            reader = house.paper.reader(request, visitor)
            why = reader.t.say(noop("There is no such seller."))
            return house.paper.page(request, reader, "refused.html.j2", 404, why=why)
        return file(*sheet)

    @router.get("/exposure/template.csv")
    async def template(visitor: Annotated[Visitor, Depends(house.door.viewer)]) -> Response:
        """A header, and a line to write over."""
        sheet = await exposures.sheet("")
        return Response(status_code=404) if sheet is None else file(*sheet)

    return router


def api(house: House, exposures: Exposures) -> APIRouter:
    """`/api/v1/exposure`."""
    router = APIRouter(tags=["exposure"])

    @router.get("/exposure")
    async def exposure(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.viewer)],
        seller: Annotated[str, Query(max_length=100, description="By id; without it, all of them.")] = "",
    ) -> Sequence[Exposure]:
        """What every seller has at stake, how it is spread, its single points of failure, and what is at risk now."""
        return await exposures.exposures(house.paper.reader(request, visitor))

    return router
