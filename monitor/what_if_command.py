"""`sellerwatch what-if`: what it would cost each seller if a platform closed in a country, term by term."""

from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from rich.markup import escape
from rich.text import Text

from monitor.bills import impact_lines, impact_row
from monitor.config.named import country_named, platform_named
from monitor.config.problems import nearest
from monitor.daemon import utc_now
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Seller
from monitor.domain.impact import Impact, impact
from monitor.domain.incidents import imagined
from monitor.domain.platforms import Platform
from monitor.domain.resolution import kinship
from monitor.domain.signals import EventType
from monitor.exposure_commands import NOTHING
from monitor.invocation import AsJson, ConfigDir, settings_of
from monitor.tables import complaints, console, print_json

EX_USAGE = 2


def what_if(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="By any of its names, its id, or its company.")],
    place: Annotated[str, typer.Argument(metavar="COUNTRY", help="ISO 3166 code, EU or WORLD.")],
    since: Annotated[str, typer.Option("--from", help="The day from which on: YYYY-MM-DD, or YYYY-MM.")] = "",
    event: Annotated[EventType, typer.Option(help="What happens.")] = EventType.SHUTDOWN,
    seller: Annotated[str, typer.Option(help="For this seller alone, by id.")] = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """What it would cost if a platform closed in a country: the whole sum, term by term, and what could be saved."""
    settings = settings_of(config, looks=True)
    name, where = _platform(platform, settings.platforms), _country(place)
    chosen = [one for one in settings.sellers if seller in ("", one.id)]
    if not chosen:
        ids = [one.id for one in settings.sellers]
        _refuse(f"no seller is called {seller!r}", nearest(seller, ids) or f"there are: {', '.join(ids)}")
    day, today = _day(since), utc_now().date()
    if day and day.last_day < today:  # it is asked what it would have cost then
        today = day.first_day
    incident = imagined((name,), (where,), event, day, utc_now())
    kin = kinship(settings.platforms)
    found = [(one, impact(incident, one, today, kin)) for one in chosen]
    if as_json:
        asked = {"platform": name, "country": where, "event": event, "from": since or None, "as_of": today}
        print_json({"asked": asked, "sellers": [{"seller": one.name} | impact_row(weighed) for one, weighed in found]})
        return
    when = f" from {day}" if day else ""
    console.print(Text(f"{event.value.replace('_', ' ')} of {name} in {where}{when}, as of {today}", "bold"))
    if day and today == day.first_day and since:
        console.print("That day is not ahead: it is reckoned as on that day.")
    for one, weighed in found:
        _show_weighed(one, weighed)


def _show_weighed(seller: Seller, weighed: Impact) -> None:
    left = weighed.days_left
    days = "" if left is None else f", {left} days left" if left >= 0 else ", its day has passed"
    console.print(Text(f"\n{seller.name}: {weighed.severity.name.lower()}{days if weighed.exposed else ''}", "bold"))
    for line in impact_lines(weighed)[:-1] if weighed.hits else ():
        console.print(f"  {escape(line)}", soft_wrap=True)
    for reason in weighed.reasons:
        console.print(Text(f"  {reason}", "dim"), soft_wrap=True)
    if not seller.positions:
        console.print(f"  {NOTHING}")


def _platform(asked: str, platforms: Sequence[Platform]) -> str:
    found, near = platform_named(asked, platforms)
    if not found:
        _refuse(f"no platform is called {asked!r}", f"did you mean {near}?" if near else "see platforms.yaml")
    return found


def _country(asked: str) -> str:
    try:
        return country_named(asked)
    except ValueError as error:
        hint = getattr(error, "context", None) or {}
        _refuse(str(error), str(hint.get("hint", "")))


def _day(text: str) -> PartialDate | None:
    try:
        return PartialDate(text) if text else None
    except ValueError as error:
        _refuse(f"--from: {error}", "such as 2025-01-19")


def _refuse(what: str, hint: str = "") -> NoReturn:
    complaints.print(f"[bold red]error[/] {escape(what)}{escape(f' ({hint})') if hint else ''}", soft_wrap=True)
    raise typer.Exit(EX_USAGE)
