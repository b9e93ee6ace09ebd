"""What the sellers have at stake, as the desk shows it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from monitor.config import Config
from monitor.config.kept_exposure import kept_lines, place
from monitor.config.named import owners_of
from monitor.config.sheet import COLUMNS
from monitor.desk.heat import level
from monitor.desk.index import Index
from monitor.domain.exposure import (
    BOUND,
    TIED_UP,
    Axis,
    Lone,
    Part,
    Position,
    Seller,
    SinglePoint,
    concentration,
    herfindahl,
    single_points,
    slices,
    small_alone,
)
from monitor.domain.portfolio import AtRisk, Portfolio
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.wording import clean
from monitor.web.paper import Reader
from monitor.web.sections.exposure import Brief, Exposure, Held, Piece, Point, Season, Spread

MOST_PIECES, MOST_SEASONS = 12, 12  # that are listed
AHEAD = timedelta(days=365)  # that the calendar is shown for
EXAMPLE = {"platform": "TikTok Shop", "country": "US", "sales_per_day": "11040.00", "stock": "138000",
           "unsettled_payouts": "36800", "prepaid_ads": "4600", "currency": "EUR",
           "note": "a line for each platform and country"}  # fmt: skip
_CENT = Decimal("0.01")


class ExposuresHere:
    """A `monitor.web.sections.exposure.Exposures`. `settings` is asked at each request, so that a reload counts."""

    def __init__(self, settings: Callable[[], Config], now: Callable[[], datetime], index: Index) -> None:
        self._settings, self._now, self._index = settings, now, index
        self._known: tuple[Config | None, int, Sequence[Brief]] = None, -1, ()  # made of which settings and version

    async def briefs(self) -> Sequence[Brief]:
        """Reckoned again when something moved."""
        index, settings = await self._index.current(), self._settings()
        if self._known[0] is not settings or self._known[1] != index.version:
            made = [_brief(seller, index.portfolios.get(seller.id)) for seller in settings.sellers]
            self._known = settings, index.version, made
        return self._known[2]

    async def exposures(self, reader: Reader) -> Sequence[Exposure]:
        """With what is at risk as it was reckoned last."""
        index, settings = await self._index.current(), self._settings()
        t = tongue(reader.t.language, reader.t.zone)
        owners, today = owners_of(settings.platforms), t.today(self._now())
        return [
            _with_upload(exposure(seller, index.portfolios.get(seller.id), owners, today, t), settings)
            for seller in settings.sellers
            if reader.seller in ("", seller.id)
        ]

    async def sheet(self, seller_id: str) -> tuple[str, Sequence[Sequence[object]]] | None:
        """As `monitor.config.sheet` reads it; what was uploaded in the money that it was uploaded in."""
        if not seller_id:
            return "exposure-template.csv", [COLUMNS[1:], [EXAMPLE.get(key, "") for key in COLUMNS[1:]]]
        settings = self._settings()
        seller = next((one for one in settings.sellers if one.id == seller_id), None)
        if seller is None:
            return None
        given = await asyncio.to_thread(kept_lines, settings.state_dir, seller) if seller.id in settings.kept else []
        lines = [[cells.get(key, "") for key in COLUMNS[1:]] for cells in given] or _lines(seller)
        return f"exposure-{seller.id}.csv", [COLUMNS[1:], *lines]


def exposure(seller: Seller, portfolio: Portfolio | None, owners: dict[str, str], today: date, t: Tongue) -> Exposure:
    """One seller's, the largest positions first. Without a portfolio nothing is at risk yet."""
    at_risk = {(line.platform, line.country): line for line in portfolio.lines} if portfolio else {}
    held = [_held(one, at_risk.get((one.platform, one.country)), seller.horizon) for one in seller.positions]
    held.sort(key=lambda one: (-one.worst, -_stake(one, seller.horizon), one.platform, one.country))
    stock, payouts, ads = (sum((one.amount(part) for one in seller.positions), Decimal(0)) for part in TIED_UP)
    return Exposure(
        seller_id=seller.id,
        seller=clean(seller.name, 80),
        currency=seller.currency,
        uploaded=False,
        uploaded_at=None,
        positions=held,
        sales_per_day=seller.sales,
        stock=stock,
        unsettled_payouts=payouts,
        prepaid_ads=ads,
        tied_up=seller.tied_up,
        elsewhere=seller.elsewhere,
        horizon=seller.horizon,
        worst=portfolio.worst if portfolio else Decimal(0),
        expected=portfolio.expected if portfolio else Decimal(0),
        incidents=len(portfolio.incidents) if portfolio else 0,
        spread=[_spread(seller, axis, owners) for axis in Axis] if seller.positions else [],
        points=[_point(one, t) for one in single_points(seller, owners)],
        small_alone=[
            t.say("{platform} ({place}, {share})", platform=clean(one.platform, 40), **_lone(one, t))
            for one in small_alone(seller)
        ],
        bound=BOUND,
        lone_share=seller.lone_share,
        seasons=_seasons(seller, today, t),
    )


def _brief(seller: Seller, portfolio: Portfolio | None) -> Brief:
    name, worst = clean(seller.name, 80), portfolio.worst if portfolio else Decimal(0)
    return Brief(seller.id, name, seller.currency, len(seller.positions), seller.sales, seller.tied_up, worst)


def _with_upload(one: Exposure, settings: Config) -> Exposure:
    if one.seller_id not in settings.kept:
        return one
    try:
        written = place(settings.state_dir, one.seller_id).stat().st_mtime
    except OSError:  # somebody removed it; until the next reload it counts
        return replace(one, uploaded=True)
    return replace(one, uploaded=True, uploaded_at=datetime.fromtimestamp(written, UTC))


def _held(one: Position, at_risk: AtRisk | None, horizon: int) -> Held:
    worst, incidents = (at_risk.worst, len(at_risk.incidents)) if at_risk else (Decimal(0), 0)
    stake = one.tied_up + one.sales_per_day * horizon
    return Held(
        one.platform,
        one.country,
        one.sales_per_day,
        one.stock,
        one.unsettled_payouts,
        one.prepaid_ads,
        worst,
        at_risk.expected if at_risk else Decimal(0),
        incidents,
        level(worst, stake, bool(incidents)),
    )


def _stake(one: Held, horizon: int) -> Decimal:
    return one.stock + one.unsettled_payouts + one.prepaid_ads + one.sales_per_day * horizon


def _spread(seller: Seller, axis: Axis, owners: dict[str, str]) -> Spread:
    parts = slices(seller, axis, owners)
    index = herfindahl(part.share_of_sales for part in parts)
    pieces = [
        Piece(one.name, one.sales_per_day, one.tied_up, one.share_of_sales, one.share_of_tied_up) for one in parts
    ]
    return Spread(
        axis,
        index,
        herfindahl(part.share_of_tied_up for part in parts),
        concentration(index),
        1 / index if index else None,
        pieces[:MOST_PIECES],
        len(pieces[MOST_PIECES:]),
    )


def _point(one: SinglePoint, t: Tongue) -> Point:
    reasons = []
    if one.share_of_sales >= BOUND:
        reasons.append(t.say("{share} of all sales", share=t.percent(one.share_of_sales)))
    if one.share_of_tied_up >= BOUND:
        reasons.append(t.say("{share} of all that is tied up", share=t.percent(one.share_of_tied_up)))
    for only in one.only_in:
        reasons.append(t.say("the only platform in {place} ({share} of all sales)", **_lone(only, t)))
    return Point(one.axis, one.name, one.share_of_sales, one.share_of_tied_up, t.beside(*reasons))


def _lone(one: Lone, t: Tongue) -> dict[str, str]:
    return {"place": t.place(one.country), "share": t.percent(one.share_of_sales)}


def _seasons(seller: Seller, today: date, t: Tongue) -> Sequence[Season]:
    """Those of the next year, the soonest first; one that several countries keep at the same days is told once. The
    shipped ones have names in every language, people's own stay as they wrote them."""
    platforms: dict[str, set[str]] = {}
    for one in seller.positions:
        platforms.setdefault(one.country, set()).add(one.platform)
    found: dict[tuple[date, str, date, Decimal], set[str]] = {}
    for peak in seller.peaks:
        if peak.meets(today, today + AHEAD):
            reached = {
                country
                for country, there in platforms.items()
                if any(peak.reaches(platform, country) for platform in (there if peak.platforms else ("",)))
            }
            found.setdefault((peak.first, peak.name, peak.last, peak.factor), set()).update(reached)
    return [
        Season(clean(t.say(name), 60), first, last, (first - today).days, factor, sorted(countries))
        for (first, name, last, factor), countries in sorted(found.items())[:MOST_SEASONS]
    ]


def _lines(seller: Seller) -> Iterable[Sequence[object]]:
    """In the seller's money, as they can be uploaded again. Shares stand there where they say that more is sold
    elsewhere."""
    for one in seller.positions:
        cells: dict[str, object] = {part.value: _written(one.amount(part)) for part in Part}
        if seller.elsewhere and one.sales_per_day:
            cells["share"] = _written(one.sales_per_day / seller.sales, Decimal("0.000001"))
        cells |= {"platform": one.platform, "country": one.country, "currency": seller.currency}
        yield [cells.get(key, "") for key in COLUMNS[1:]]


def _written(amount: Decimal, exact: Decimal = _CENT) -> str:
    """Without trailing noughts; "" for nothing."""
    return f"{amount.quantize(exact).normalize():f}" if amount else ""
