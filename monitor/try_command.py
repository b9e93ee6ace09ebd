"""The command `sellerwatch sources try`: what was found, as a table for people or JSON for machines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from monitor import tables
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Assessment
from monitor.fetch.host import SpiderHost
from monitor.fetching import fetch_settings
from monitor.invocation import AsJson, ConfigDir, settings_of
from monitor.notify.wording import shorten
from monitor.read.workers import Workers
from monitor.tables import complaints, console, print_json, table
from monitor.try_record import Proposal, propose, warnings
from monitor.try_source import Finding, Say, Tools, Trial, explore
from monitor.understand.threaded import ThreadedAnalyst

_WORDS = 90  # characters of a document's text that are shown


def attempt(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or any page of the site.")],
    config: ConfigDir = None,
    as_json: AsJson = False,
    follow: Annotated[
        int, typer.Option(help="Open the pages of this many short entries, as the daemon would.", min=0, max=20)
    ] = 0,
) -> None:
    """Find the feed, sitemap or list behind a URL, show what it says, and print the record to paste."""
    settings = settings_of(config)
    with _progress() as say:
        trial = asyncio.run(try_source(url, settings, follow, say))
    now = utc_now()
    told = warnings(trial, settings, now)
    try:
        proposal = propose(trial, settings, now)
    except ValueError as error:  # an address that no record can hold
        complaints.print(f"[bold red]error[/] no record can be made of it: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    if as_json:
        print_json(_value(trial, proposal, told))
    elif trial.found is None:
        _show_nothing(trial)
    else:
        _show(trial, trial.found, proposal, told)
    raise typer.Exit(0 if trial.found else 1)


async def try_source(url: str, settings: Config, follow: int, say: Say) -> Trial:
    """See `explore`; with a fetcher and readers of its own."""
    async with _at_work(settings) as tools:
        return await explore(url, settings, follow, say, tools)


@asynccontextmanager
async def _at_work(settings: Config) -> AsyncIterator[Tools]:
    """The daemon's fetcher and readers, for as long as they are needed."""
    limits = settings.settings.read
    host = SpiderHost(fetch_settings(settings.settings.fetch), utc_now)
    workers = Workers(1, limits.cpu.total_seconds(), limits.wall.total_seconds(), limits.memory)
    running = asyncio.create_task(host.run())
    try:
        yield Tools(host, workers, lambda: ThreadedAnalyst(settings.platforms), utc_now)
    finally:
        await host.stop()
        await running
        await workers.close()


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done, where somebody can see it."""
    if not complaints.is_terminal:
        yield lambda words: None
        return
    with complaints.status("") as status:
        yield lambda words: status.update(Text(words))


def _show(trial: Trial, found: Finding, proposal: Proposal | None, told: list[str]) -> None:
    look, result = found.look, found.result
    console.print(Text.assemble((found.source.kind.value, "bold green"), " at ", (found.source.url, "bold")))
    validators = ", ".join(n for n, v in (("ETag", look.etag), ("Last-Modified", look.last_modified)) if v)
    for name, value in (
        ("holds", f"{result.items} entries, {found.dated} of {len(result.documents)} that would be read are dated"),
        ("robots.txt", trial.robots),
        ("validators", validators or "none"),
        ("look again", f"every {proposal.record['every']}: {proposal.why}" if proposal else ""),
    ):
        if not value:
            continue
        console.print(Text.assemble((f"  {name}: ", "dim"), value))
    for warning in told:
        console.print(Text.assemble(("  note: ", "yellow"), warning))
    for other in [one for one in trial.findings if one is not found][:5]:
        console.print(
            Text.assemble(("  also there: ", "dim"), f"{other.source.kind.value} at {other.source.url}"), soft_wrap=True
        )
    console.print()
    table(
        f"What it says: the newest {len(trial.understood)}", "date", "title", "first words", "signals",
        rows=[
            [tables.day(one.document.published) or "no date", one.document.title,
             shorten(" ".join(one.document.text.split()), _WORDS), signals(one.assessment)]
            for one in trial.understood
        ],
        empty="It says nothing at present.",
    )  # fmt: skip
    if proposal is None:
        return
    console.print("\nTo watch it, paste this into a file of config/sources/, and mend what is marked as a guess:\n")
    console.print(Text(proposal.text), soft_wrap=True)


def signals(assessment: Assessment) -> str:
    """What a document reports, in a few words; nothing when it reports no event."""
    return "; ".join(
        " ".join(filter(None, [
            signal.event_type.value, signal.status.value, ", ".join(signal.platforms),
            f"in {', '.join(signal.regions)}" if signal.regions else "",
            f"from {signal.effective_date.text}" if signal.effective_date else "", f"({signal.score:.2f})",
        ]))
        for signal in assessment.signals
    )  # fmt: skip


def _show_nothing(trial: Trial) -> None:
    complaints.print(f"[bold red]error[/] nothing at or behind {escape(trial.url)} can be read", soft_wrap=True)
    for url, what in trial.tried:
        complaints.print(Text.assemble(f"  {url}: ", (what, "dim")), soft_wrap=True)
    if trial.reason and (hint := _HINTS.get(trial.reason)):
        complaints.print(f"[yellow]note[/] {escape(hint)}", soft_wrap=True)


_HINTS = {
    FailureReason.PRIVATE_ADDRESS: "loopback and internal addresses are fetched with fetch.allow_private: true only",
    FailureReason.BOT_WALL: "the site keeps programs out: look for a feed of its own, or a regulator or press that "
    "reports on it",
    FailureReason.LOGIN_WALL: "it is for those who are logged in: look for a public page of the same words",
    FailureReason.NO_TEXT: "a page that its own scripts draw can be watched with rendered: true",
    FailureReason.NO_BROWSER: "its own scripts draw it: with rendered: true a browser opens it (it needs "
    "the extra `rendered`, see docs/supply.md, and a Chromium)",
    FailureReason.ROBOTS: "the site wants no program there; ask its owner, or look for its feed",
}


def _value(trial: Trial, proposal: Proposal | None, told: list[str]) -> dict[str, Any]:
    found = trial.found
    return {
        "url": trial.url,
        "found": _finding(found) if found else None,
        "also": [_finding(one) for one in trial.findings if one is not found],
        "robots": trial.robots,
        "reason": trial.reason,
        "validators": {"etag": found.look.etag, "last_modified": found.look.last_modified} if found else None,
        "warnings": told,
        "documents": [
            {
                "date": one.document.published,
                "title": one.document.title,
                "url": one.document.url,
                "text": one.document.text,
                "lang": one.assessment.lang,
                "score": one.assessment.score,
                "signals": one.assessment.signals,
            }
            for one in trial.understood
        ],
        "every": {"interval": proposal.record["every"], "why": proposal.why} if proposal else None,
        "record": proposal.record if proposal else None,
        "yaml": proposal.text if proposal else None,
        "tried": dict(trial.tried),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {"kind": one.source.kind, "url": one.source.url, "items": one.result.items, "dated": one.dated}
