"""`sellerwatch backtest`: dated documents through the real path under a frozen clock."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.backtest.headlines import headlines
from monitor.backtest.history import UnsoundHistoryError, read_history
from monitor.backtest.opened import Opened
from monitor.backtest.report import Event, Missed, Report, report
from monitor.config import Config
from monitor.config.exposure_file import sellers_in
from monitor.config.units import Known
from monitor.corpus_commands import complain, home, names
from monitor.domain.exposure import Seller, in_season
from monitor.domain.resolution import kinship
from monitor.invocation import AsJson, ConfigDir, refuse, settings_of
from monitor.tables import complaints, console, day, print_json, table

_NAMED = 3  # documents of an incident


def backtest(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS|STORE",
            help="Folder with documents.jsonl and incidents.jsonl, a file of documents, or the store of a backfill.",
        ),
    ] = "",
    exposure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What sellers have at stake; default: the configuration's.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page with a plot here.", metavar="OUT.html")] = None,
    jobs: Annotated[int, typer.Option(help="Processes that read; 0: one for each core.", min=0)] = 0,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Replay dated documents as if each day were today: what was seen and said, how early, and what was wrong.

    Without CORPUS, the history of 47 real events that ships with the project.
    """
    from monitor.backfill.history import is_store, kept
    from monitor.backtest.page import page as rendered
    from monitor.backtest.reading import understand
    from monitor.backtest.replay import replay

    if page and not page.parent.is_dir():  # said now, not when all is read
        raise refuse(f"{page}: there is no folder {page.parent}")
    settings = settings_of(config, looks=True)
    place = Path(corpus) if corpus else home() / "history"
    sellers = _sellers(exposure, settings)
    stored = asyncio.run(kept(corpus)) if is_store(corpus) else None
    try:
        history = stored.history if stored else read_history(place)
    except UnsoundHistoryError as error:
        complain(error.problems)
        raise refuse(error) from None
    except OSError as error:
        raise refuse(f"{error.filename or place}: {error.strerror or error}") from None
    if stored and not stored.understood:
        raise refuse(f"{corpus}: none of its {stored.documents:,} documents reports anything that can be replayed")
    with _bar("understanding", len(history.documents)) as done:
        understood = stored.understood if stored else understand(history, settings.platforms, jobs, done)
    with _bar("replaying", len(history.documents)) as done:
        replayed = asyncio.run(replay(understood, settings, sellers, done))
    result = report(history, replayed, sellers, kinship(settings.platforms))
    if page:
        try:
            page.write_text(rendered(result, f"Backtest of {place.name}"), encoding="utf-8")
        except OSError as error:
            raise refuse(error) from None
    if as_json:
        print_json(result)
        return
    if stored:
        undated = f", {stored.undated:,} of them without a day" if stored.undated else ""
        found = len(stored.understood) + stored.undated
        console.print(f"{found:,} of {stored.documents:,} documents in the store report something{undated}")
    _show(result)
    if page:
        console.print(f"The page is in {page}", markup=False)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, transient=True, disable=not complaints.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


def _show(result: Report) -> None:
    documents, days = ("" if n == 1 else "s" for n in (result.documents, result.days))
    table(
        f"{result.documents:,} document{documents} of {result.days:,} day{days}", "figure", "value", "of what",
        rows=[[one.name, one.value, one.note] for one in headlines(result)],
        empty="",
    )  # fmt: skip
    if result.events:
        _show_events(result.events)
    else:
        _show_opened(result.opened)
    for name, parts in (
        ("language", result.missed_by_language),
        ("event type", result.missed_by_event),
        ("who speaks", result.missed_by_source),
    ):
        _missed(name, parts)
    if result.reasons or result.events:
        rows = [list(one) for one in result.reasons.items()]
        table("Messages", "reason", "messages", rows=rows, empty="Nothing was said.")
    for headline in result.false_incidents:
        console.print(f"an incident of harmless documents alone: {headline}", markup=False, soft_wrap=True)


def _show_events(events: Sequence[Event]) -> None:
    rows = [
        [e.incident, e.official or "", e.effective or "", e.first_signal or "never", e.first_alert or "never",
         "" if e.ahead_of_effective is None else f"{e.ahead_of_effective:+d}", e.pieces, _note(e)]
        for e in events
    ]  # fmt: skip
    table(
        "Events", "event", "official", "effective", "first signal", "first alert", "days ahead", "incidents", "note",
        rows=rows,
        empty="",
    )  # fmt: skip


def _show_opened(opened: Sequence[Opened]) -> None:
    """What was opened, and what was said of it; the numbers tie the two together."""
    console.print("No incidents.jsonl: nothing is said of lead times and misses.")
    numbered = list(enumerate(opened, 1))
    table(
        "Incidents", "no.", "what", "platforms", "where", "how sure", "from", "first signal", "first alert",
        "documents", "headline",
        rows=[
            [number, one.event_type, ", ".join(one.platforms) or "not named", ", ".join(one.regions) or "not named",
             one.status, one.effective or "", one.first_signal, one.first_alert or "never", _few(one.documents),
             one.headline]
            for number, one in numbered
        ],
        empty="No incident was opened.",
    )  # fmt: skip
    said = sorted(((told, number) for number, one in numbered for told in one.said), key=lambda pair: pair[0].at)
    table(
        "What was said", "when", "no.", "to", "why", "how sure", "severity", "of",
        rows=[
            [day(told.at), number, told.seller, told.reason, told.rung, told.severity, told.about]
            for told, number in said
        ],
        empty="Nothing was said.",
    )  # fmt: skip


def _few(documents: Sequence[str]) -> str:
    """The first of them by their ids, and how many there are."""
    more = f" and {len(documents) - _NAMED} more" if len(documents) > _NAMED else ""
    return ", ".join(documents[:_NAMED]) + more


def _missed(name: str, parts: Mapping[str, Missed]) -> None:
    if rows := [[key, one.missed, one.of] for key, one in parts.items()]:
        table(f"Missed, by {name}", name, "missed", "of", rows=rows, empty="")


def _note(event: Event) -> str:
    """What is wrong with it, in words."""
    wrong = []
    if event.in_time is False:
        wrong.append("seen too late" if event.first_signal else "never seen")
    if event.first_signal and event.first_alert is None:
        wrong.append("never told" if event.concerns else "touches no stake")
    if event.reversal_noticed is False:
        wrong.append("its reversal was missed")
    if event.doubles:
        wrong.append(f"told twice: {event.doubles}")
    return "; ".join(wrong)


def _sellers(file: Path | None, settings: Config) -> Sequence[Seller]:
    """Those of the file, or the configuration's. Says what is wrong with the file and ends with exit code 1."""
    if file is None:
        return settings.sellers
    if not file.is_file():
        raise refuse(f"{file}: there is no such file")
    sellers, problems = sellers_in(file, Known(names(settings)))
    if sellers is None or problems:
        complain(problems)
        raise refuse(f"{file} says nothing that can be replayed before it is mended")
    return [in_season(seller, settings.peaks) for seller in sellers]
