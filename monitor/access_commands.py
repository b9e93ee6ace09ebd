"""`sellerwatch people` and `sellerwatch tokens`: who may work with the desk, and which programs may ask it."""

import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.text import Text

from monitor import tables
from monitor.daemon import utc_now
from monitor.desk.accounts import MOST, Accounts
from monitor.domain.people import Role
from monitor.incidents_commands import login
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.tables import console, print_json, table
from monitor.web.speech import NotDoneError

T = TypeVar("T")

people = typer.Typer(
    invoke_without_command=True, subcommand_metavar="[add | role | password | disable | enable | remove]"
)
tokens = typer.Typer(invoke_without_command=True, subcommand_metavar="[add | revoke]")


class RoleName(StrEnum):
    """See, act, and say who may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(metavar="NAME", help="Their name at the desk.")]
TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What the token is for.")]
Given = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
By = Annotated[str, typer.Option("--by", help="Who says so; else your login name.", metavar="NAME")]


@people.callback()
def listed(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Who may log in to the desk."""
    context.obj = config, as_json
    if context.invoked_subcommand is not None:
        return
    users = with_store(config, lambda _, store: store.people.users(), looks=True)
    if as_json:
        shown = [
            {"name": u.name, "role": u.role.name.lower(), "disabled": u.disabled, "since": u.created_at} for u in users
        ]
        print_json(shown)
        return
    rows = [[u.name, u.role.name.lower(), "shut out" if u.disabled else "", tables.day(u.created_at)] for u in users]
    empty = "Nobody yet. Make the first: sellerwatch people add NAME --role admin"
    table("People", "name", "role", "note", "since (UTC)", rows=rows, empty=empty)


@people.command(name="add")
def add_person(
    context: typer.Context,
    name: Name,
    role: Annotated[RoleName, typer.Option(help="May see, act, or say who may.")] = RoleName.VIEWER,
    password_stdin: Given = False,
    by: By = "",
    config: ConfigDir = None,
) -> None:
    """Let somebody log in, with a password that is asked for."""
    password = _password(password_stdin)
    _done(context, config, by, lambda accounts, who: accounts.add(name, password, Role[role.name], who, "cli"))
    console.print(Text(f"{name} may log in as {role.value}"))


@people.command()
def role(context: typer.Context, name: Name, role: RoleName, by: By = "", config: ConfigDir = None) -> None:
    """Another role; it counts at once."""
    _done(context, config, by, lambda accounts, who: accounts.change(name, who, "cli", role=Role[role.name]))
    console.print(Text(f"{name} is {role.value} now"))


@people.command()
def password(
    context: typer.Context, name: Name, password_stdin: Given = False, by: By = "", config: ConfigDir = None
) -> None:
    """Another password; they must log in again everywhere."""
    given = _password(password_stdin)
    _done(context, config, by, lambda accounts, who: accounts.password(name, given, who, "cli"))
    console.print(Text(f"{name} has another password, and is logged out everywhere"))


@people.command()
def disable(context: typer.Context, name: Name, by: By = "", config: ConfigDir = None) -> None:
    """Shut somebody out, at once and everywhere; what they did stays theirs."""
    _done(context, config, by, lambda accounts, who: accounts.change(name, who, "cli", disabled=True))
    console.print(Text(f"{name} is shut out"))


@people.command()
def enable(context: typer.Context, name: Name, by: By = "", config: ConfigDir = None) -> None:
    """Let in again whoever was shut out."""
    _done(context, config, by, lambda accounts, who: accounts.change(name, who, "cli", disabled=False))
    console.print(Text(f"{name} may log in again"))


@people.command(name="remove")
def remove_person(context: typer.Context, name: Name, by: By = "", config: ConfigDir = None) -> None:
    """Forget the account; the record of what they did stays."""
    _done(context, config, by, lambda accounts, who: accounts.remove(name, who, "cli"))
    console.print(Text(f"{name} is no longer known"))


@tokens.callback()
def listed_tokens(context: typer.Context, config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Which programs may ask the API, and as what. The keys themselves are kept nowhere."""
    context.obj = config, as_json
    if context.invoked_subcommand is not None:
        return
    found = with_store(config, lambda _, store: store.people.tokens(), looks=True)
    shown: list[dict[str, Any]] = [
        {"name": one.name, "role": one.role.name.lower(), "made_by": one.made_by, "made_at": one.made_at,
         "until": one.until, "used_at": one.used_at}
        for one in found
    ]  # fmt: skip
    if as_json:
        print_json(shown)
        return
    now = utc_now()
    rows = [
        [one.name, one.role.name.lower(), one.made_by, tables.day(one.used_at) or "never",
         f"{'over since ' if one.until < now else ''}{tables.day(one.until)}" if one.until else "for good"]
        for one in found
    ]  # fmt: skip
    table("Tokens", "name", "role", "made by", "last used (UTC)", "until (UTC)", rows=rows, empty="There is no token.")


@tokens.command(name="add")
def add_token(
    context: typer.Context,
    name: TokenName,
    role: Annotated[RoleName, typer.Option(help="What it may: see, act, or say who may.")] = RoleName.VIEWER,
    days: Annotated[int, typer.Option(help="How long it is good for; 0 is for good.", min=0, max=3660)] = 0,
    by: By = "",
    config: ConfigDir = None,
) -> None:
    """A new token; its key is printed this once, alone on standard output."""
    until = utc_now() + timedelta(days=days) if days else None
    made = _done(context, config, by, lambda acc, who: acc.program(name, Role[role.name], who, until, "cli"))
    typer.echo(made)


@tokens.command()
def revoke(context: typer.Context, name: TokenName, by: By = "", config: ConfigDir = None) -> None:
    """Take a token back, at once."""
    _done(context, config, by, lambda accounts, who: accounts.revoke(name, who, "cli"))
    console.print(Text(f"the token {name} is no longer taken"))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(MOST + 2).removesuffix("\n").removesuffix("\r")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _done(context: typer.Context, config: Path | None, by: str, work: Callable[[Accounts, str], Awaitable[T]]) -> T:
    """What the accounts answer; ends with exit code 1, saying why, when they do not do it."""
    given, _ = context.obj
    who = by or login()
    try:
        return with_store(config or given, lambda _, store: _awaited(work(Accounts(store.people, utc_now), who)))
    except NotDoneError as error:
        raise refuse(error) from None


async def _awaited(work: Awaitable[T]) -> T:
    return await work
