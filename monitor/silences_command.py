"""`sellerwatch silences`: what people do not want to hear for a while, and its end."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.config.strict import Strict
from monitor.config.units import Country, Known, PlatformName, Positive
from monitor.daemon import utc_now
from monitor.domain.documents import digest
from monitor.domain.signals import EventType
from monitor.domain.silences import Silence, ended
from monitor.incidents_commands import Note, login, unknown
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.opened import Store
from monitor.revisit import Changes, rearrange
from monitor.steps import Step
from monitor.tables import console, print_json, table
from monitor.watching import watch

LONGEST = timedelta(days=366)  # what is silent for longer was meant to be a filter of a target

_LISTED = "`sellerwatch silences` lists them"

silences = typer.Typer(invoke_without_command=True, subcommand_metavar="[add | end]")

By = Annotated[str, typer.Option("--by", help="Whose silence it is; else your login name.", metavar="NAME")]


class _Asked(Strict):
    """What a silence is asked to hold, by the rules of the configuration."""

    platforms: tuple[PlatformName, ...] = ()
    countries: tuple[Country, ...] = ()
    events: tuple[EventType, ...] = ()


class _Span(Strict):
    span: Positive


@silences.callback()
def listed(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """What is silent, until when, and by whom. What a silence holds back is told at its end, if it is still true."""
    context.obj = config, as_json
    if context.invoked_subcommand is not None:
        return
    found = with_store(config, lambda _, store: store.ledger.silences(utc_now()), looks=True)
    if as_json:
        print_json(found)
        return
    rows = [[one.id[:10], tables.day(one.until), one.who, one.what, one.note] for one in found]
    table("Silences", "id", "until (UTC)", "by", "what", "note", rows=rows, empty="Nothing is silent.")


@silences.command()
def add(
    context: typer.Context,
    until: Annotated[str, typer.Option(help="Its end: 2026-12-24T18:00+01:00; without a zone, UTC.")] = "",
    span: Annotated[str, typer.Option("--for", help="Or how long: 90m, 4h, 3d.", metavar="DURATION")] = "",
    platform: Annotated[list[str] | None, typer.Option(help="A platform; may be repeated.", metavar="NAME")] = None,
    country: Annotated[list[str] | None, typer.Option(help="A country code; may be repeated.")] = None,
    event: Annotated[list[EventType] | None, typer.Option(help="A kind of event; may be repeated.")] = None,
    seller: Annotated[str, typer.Option(help="A seller.", metavar="ID")] = "",
    incident: Annotated[str, typer.Option(help="An incident, by the start of its id.", metavar="ID")] = "",
    target: Annotated[str, typer.Option(help="A target.", metavar="ID")] = "",
    everything: Annotated[bool, typer.Option("--everything", help="All that there is.")] = False,
    by: By = "",
    note: Note = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Hold back for a while what matches all that is named. It is told at the end, if it is still true."""
    given, given_json = context.obj
    now, who = utc_now(), by or login()
    if not (platform or country or event or seller or incident or target or everything):
        raise refuse("say what is to be silent: --platform, --country, --event, --seller, --incident or --target")
    end = _end(until, span, now)

    async def work(settings: Config, store: Store) -> tuple[Silence, Changes]:
        asked = _asked(settings, platform or [], country or [], event or [])
        _known(seller, [one.id for one in settings.sellers], "seller")
        _known(target, [one.id for one in settings.targets], "target")
        found = await store.desk.incident(incident) if incident else None
        if incident and found is None:
            raise await unknown(store, incident)
        silence = Silence(
            digest("silence", who, now.isoformat()),
            now,
            end,
            who,
            note,
            seller,
            found.id if found else "",
            target,
            asked.platforms,
            asked.countries,
            asked.events,
        )
        await store.ledger.keep(Step(at=now, silences=[silence]))
        return silence, await rearrange(store.ledger, watch(settings), now)

    silence, changes = with_store(config or given, work)
    if as_json or given_json:
        print_json(silence)
        return
    waits = f"; {_messages(changes.later)} for it" if changes.later else ""
    says = f"silent until {tables.day(silence.until)} UTC: {silence.what} ({silence.id[:10]}, by {who}){waits}"
    console.print(Text(says), soft_wrap=True)


@silences.command()
def end(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="A silence, by the start of its id.")],
    by: By = "",
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """End one before its time: what waited for it goes at once, unless something else holds it."""
    given, given_json = context.obj
    now, who = utc_now(), by or login()

    async def work(settings: Config, store: Store) -> tuple[Silence, Changes]:
        found = [one for one in await store.ledger.silences(now) if one.id.startswith(which)]
        if len(found) != 1:
            raise refuse(f"{which!r} is the start of {'several ids' if found else 'no silence that stands'}: {_LISTED}")
        over = ended(found[0], who, now)
        await store.ledger.keep(Step(at=now, silences=[over]))
        return over, await rearrange(store.ledger, watch(settings), now)

    silence, changes = with_store(config or given, work)
    if as_json or given_json:
        print_json(silence)
        return
    sooner = f"; {_messages(changes.sooner)} no longer for it" if changes.sooner else ""
    console.print(Text(f"over, said {who}: {silence.what} ({silence.id[:10]}){sooner}"), soft_wrap=True)


def _messages(number: int) -> str:
    return "1 message waits" if number == 1 else f"{number} messages wait"


def _end(until: str, span: str, now: datetime) -> datetime:
    if bool(until) == bool(span):
        raise refuse("say when it ends, by --until or by --for")
    try:
        end = now + _Span(span=span).span if span else datetime.fromisoformat(until)  # type: ignore[arg-type]
    except ValidationError as error:
        raise refuse(f"{span!r} {_words(error)}") from None
    except ValueError:
        raise refuse(f"{until!r} is no moment; write 2026-12-24T18:00+01:00") from None
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    if not now < end.astimezone(UTC) <= now + LONGEST:
        raise refuse(f"it must end after now and within {LONGEST.days} days; for good is a filter of a target")
    return end.astimezone(UTC)


def _asked(settings: Config, platforms: list[str], countries: list[str], events: list[EventType]) -> _Asked:
    names = {name.casefold(): one.name for one in settings.platforms for name in (one.name, one.id, *one.aliases)}
    asked: dict[str, Any] = {"platforms": platforms, "countries": countries, "events": events}
    try:
        return _Asked.model_validate(asked, context=Known(platforms=names), strict=False)
    except ValidationError as error:
        raise refuse(_words(error)) from None


def _words(error: ValidationError) -> str:
    """What is wrong, each with how to mend it."""
    said = [(str(one["msg"]), str(one.get("ctx", {}).get("hint", ""))) for one in error.errors()]
    return "; ".join(f"{what} ({hint})" if hint else what for what, hint in said)


def _known(name: str, names: list[str], what: str) -> None:
    if name and name not in names:
        raise refuse(f"no {what} is called {name!r}; there are: {', '.join(names) or 'none'}")
