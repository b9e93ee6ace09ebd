"""`sellerwatch exposure` and `exposure check`: what is at stake, how much hangs on one thing, what is at risk now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from monitor.config import Config
from monitor.config.exposure_file import sellers_in
from monitor.config.kept_exposure import place
from monitor.config.named import known, owners_of
from monitor.daemon import utc_now
from monitor.domain.exposure import (
    BOUND,
    TIED_UP,
    Axis,
    Part,
    Seller,
    SinglePoint,
    Slice,
    herfindahl,
    reading,
    single_points,
    slices,
    small_alone,
)
from monitor.domain.portfolio import Portfolio
from monitor.domain.resolution import kinship
from monitor.domain.rounding import adding_up, digits_for, rounded
from monitor.invocation import AsJson, ConfigDir, settings_of, with_store
from monitor.notify.tongue import decimals
from monitor.opened import Store
from monitor.tables import aligned, amount, complaints, console, figure, print_json, table
from monitor.valuing import valued

PLURAL = {Axis.PLATFORM: "platforms", Axis.COMPANY: "companies", Axis.COUNTRY: "countries"}
NOTHING = (
    "No exposure is configured: every incident is weighed by its event and certainty alone. Copy exposure.example.yaml "
    "to exposure.yaml, or exposure.example.csv to exposure.csv, in the directory of the configuration, and write "
    "your figures."
)
_BAR, _SHORT = 30, 8  # characters of the longest bar, and in the narrowest window
_LEVEL = {"spread": "green", "moderately": "yellow", "highly": "red", "all": "red"}  # by the first word of the reading

exposure = typer.Typer(invoke_without_command=True)


@exposure.callback()
def shown(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What every seller has at stake, how much of it hangs on one thing, and what of it is at risk now."""
    if context.invoked_subcommand is not None:
        return

    async def work(settings: Config, store: Store) -> Mapping[str, Portfolio]:
        return await valued(store.ledger, settings.sellers, utc_now(), kinship(settings.platforms))

    settings = settings_of(config, looks=True)
    at_risk = with_store(config, work, looks=True)
    owners = owners_of(settings.platforms)
    if as_json:
        print_json(
            [
                _as_row(seller, owners, at_risk[seller.id]) | {"uploaded": seller.id in settings.kept}
                for seller in settings.sellers
            ]
        )
        return
    stated = [seller for seller in settings.sellers if seller.positions]
    if not stated:
        console.print(NOTHING)
    for seller in stated:
        show(seller, owners)
        if seller.id in settings.kept:
            alone = settings.store_url.startswith("sqlite")
            path = f": {escape(str(place(settings.state_dir, seller.id)))}" if alone else " (its page gives them back)"
            console.print(f"\nThese positions were uploaded at the desk, in place of the file's{path}", soft_wrap=True)
        show_at_risk(at_risk[seller.id])


@exposure.command(name="check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exposure file, YAML or CSV.")],
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with an exposure file, by line and column, or show what it adds up to."""
    settings = settings_of(config, looks=True)
    sellers, problems = sellers_in(file, known(settings.platforms))
    problems = [replace(one, file=str(file)) if one.file == file.name else one for one in problems]
    if sellers is None:
        if as_json:
            print_json(problems)
        for problem in () if as_json else sorted(problems, key=lambda problem: problem.line or 0):
            complaints.print(f"[bold red]error[/] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(1)
    owners = owners_of(settings.platforms)
    if as_json:
        print_json([_as_row(seller, owners) for seller in sellers])
        return
    for seller in sellers:
        show(seller, owners)


def show(seller: Seller, owners: Mapping[str, str]) -> None:
    """The positions, the sums with their bars, the index of each, and the single points of failure."""
    money = seller.currency
    table(
        f"{seller.name}, in {money}", "platform", "country", *(part.words for part in (Part.SALES, *TIED_UP)),
        rows=[
            [one.platform, one.country, *(figure(one.amount(part), money) for part in (Part.SALES, *TIED_UP))]
            for one in seller.positions
        ],
        empty=f"{seller.name} has no positions, and is told of everything.",
    )  # fmt: skip
    console.print(
        Text(f"{amount(seller.sales, money)} of sales a day, {amount(seller.tied_up, money)} tied up", "bold")
    )
    if seller.elsewhere:
        console.print(f"{amount(seller.elsewhere, money)} a day of it is sold elsewhere, by the shares that are stated")
    for axis in Axis:
        parts = slices(seller, axis, owners)
        index = herfindahl(part.share_of_sales if seller.sales else part.share_of_tied_up for part in parts)
        said = reading(index, PLURAL[axis])
        judged = (said, _LEVEL.get(said.split()[0], ""))
        of = "" if seller.sales else " of what is tied up"
        console.print(Text.assemble((f"\nby {axis.value}", "bold"), f"  Herfindahl index {index:.2f}{of}, ", judged))
        for line in _bars(parts, money):
            console.print(line, no_wrap=True, overflow="ellipsis")
    points = single_points(seller, owners)
    held = (
        f"{BOUND:.0%} or more of all sales, or of all that is tied up; or alone in a country of {seller.lone_share:.0%}"
    )
    console.print(Text(f"\nsingle points of failure ({held})", "bold"))
    for point in points:
        console.print(Text(f"  {point.axis.value} {point.name}: {point.why}", "red"))
    if not points:
        console.print("  none")
    if small := small_alone(seller):
        names = ", ".join(f"{one.platform} in {one.country} ({one.share_of_sales:.0%})" for one in small)
        console.print(Text(f"  alone in a country of less than {seller.lone_share:.0%} of all sales: {names}", "dim"))


def _bars(parts: Sequence[Slice], currency: str) -> list[Text]:
    """One line a slice: its name, a bar of its share of sales, the share, the amounts."""
    longest = max((part.share_of_sales for part in parts), default=0.0) or 1.0
    wide = max((len(part.name) for part in parts), default=0)
    amounts = aligned([(f"{part.share_of_sales:>4.0%}", part.sales_per_day) for part in parts], f"{currency} a day")
    tied = aligned([("", part.tied_up) for part in parts], f"{currency} tied up")
    room = console.width - max(
        (wide + len(sales + rest) + 6 for sales, rest in zip(amounts, tied, strict=True)), default=0
    )
    length = max(min(_BAR, room), _SHORT)
    lines = []
    for part, sales, rest in zip(parts, amounts, tied, strict=True):
        bar = "█" * round(length * part.share_of_sales / longest)
        lines.append(Text.assemble(f"  {part.name:<{wide}}  ", (f"{bar:<{length}}", "cyan"), f" {sales} {rest}"))
    return lines


def show_at_risk(portfolio: Portfolio) -> None:
    """What the open incidents put at risk now, by position, and nothing twice."""
    console.print(Text("\nat risk now", "bold"))
    hit = [line for line in portfolio.lines if line.incidents]
    worst = [line.worst for line in hit]
    digits = digits_for([*worst, portfolio.worst], decimals(portfolio.currency))
    total = rounded(portfolio.worst, digits)
    rows: list[tuple[str, Decimal | None]] = [
        (f"{line.platform} {line.country} (by {', '.join(id[:10] for id in line.incidents[:3])}"
         f"{', ...' if len(line.incidents) > 3 else ''})", shown)
        for line, shown in zip(hit, adding_up(worst, total, digits), strict=True)
    ]  # fmt: skip
    rows += [("in the worst case", total), ("to be expected of it", portfolio.expected)] if hit else []
    for text in aligned(rows, portfolio.currency) or ["nothing: no open incident touches a position"]:
        console.print(f"  {escape(text)}", soft_wrap=True)
    console.print()


def _as_row(seller: Seller, owners: Mapping[str, str], at_risk: Portfolio | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": seller.id,
        "name": seller.name,
        "currency": seller.currency,
        "positions": seller.positions,
        "sales_per_day": seller.sales,
        "elsewhere": seller.elsewhere,
        "tied_up": seller.tied_up,
        "horizon": seller.horizon,
    }
    for axis in Axis:
        parts = slices(seller, axis, owners)
        index = {
            "sales": (sales := herfindahl(part.share_of_sales for part in parts)),
            "tied_up": herfindahl(part.share_of_tied_up for part in parts),
            "reading": reading(sales, PLURAL[axis]),
        }
        row[f"by_{axis.value}"] = {"herfindahl": index, "parts": parts}
    points: Sequence[SinglePoint] = single_points(seller, owners)
    row["single_points"] = {
        "bound": BOUND,
        "found": points,
        "lone_share": seller.lone_share,
        "alone_in_small": small_alone(seller),
    }
    if at_risk is not None:
        lines = [asdict(line) | {"worst": line.worst} for line in at_risk.lines if line.incidents]
        row["at_risk"] = {"worst": at_risk.worst, "expected": at_risk.expected, "at_once": at_risk.at_once,
                          "per_day": at_risk.per_day, "positions": lines}  # fmt: skip
    return row
