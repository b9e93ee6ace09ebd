"""`sellerwatch corpus ...`: look after the labelled texts; `sellerwatch evaluate`: score predictions against them."""

import getpass
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.text import Text

from monitor.config import Config
from monitor.config.problems import Problem
from monitor.corpus.rows import Labelled, Placed, read_file
from monitor.daemon import utc_now
from monitor.domain.documents import Document
from monitor.domain.signals import Assessment
from monitor.invocation import AsJson, ConfigDir, refuse, settings_of, with_store
from monitor.opened import Store
from monitor.tables import complaints, console, print_json, table
from monitor.unnamed import unnamed

NOTES = 20  # that a terminal is shown
corpus = typer.Typer(no_args_is_help=True, help="The labelled texts: check them, add to them, correct what was read.")


def home() -> Path:
    """./corpus, else the one beside the checkout."""
    beside = Path(__file__).resolve().parent.parent / "corpus"
    return next((folder for folder in (Path("corpus"), beside) if folder.is_dir()), Path("corpus"))


def names(settings: Config) -> dict[str, str]:
    """Every name of a platform, in casefold, with its canonical one."""
    known: dict[str, str] = {}
    for platform in settings.platforms:
        known |= {name.casefold(): platform.name for name in (*platform.aliases, platform.name)}
    return known


def complain(problems: Iterable[Problem], kind: str = "[bold red]error[/]") -> None:
    """Each problem on a line of its own."""
    for problem in problems:
        complaints.print(f"{kind} {escape(str(problem))}", soft_wrap=True)


@contextmanager
def _comparing() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal while texts are compared."""
    with Progress(console=complaints, transient=True, disable=not complaints.is_terminal) as bar:
        task = bar.add_task("reading texts", total=None)
        yield lambda done, total: bar.update(task, description="comparing texts", completed=done, total=total)


@corpus.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Folder with *.jsonl; default corpus/.")
    ] = None,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Check every labelled text, and show where there are too few. Exit code 1 when one is wrong."""
    from monitor.corpus.check import CLASSES, STATUSES, inspect

    try:
        with _comparing() as progress:
            found = inspect(directory or home(), names(settings_of(config, looks=True)), progress)
    except OSError as error:
        raise refuse(error) from None
    thin = found.thin()
    if as_json:
        print_json(
            {
                "texts": len(found.rows),
                "errors": found.errors,
                "notes": found.notes,
                "all": found.count(),
                "languages": {lang: found.count(lang) for lang in found.languages},
                "thin": thin,
            }
        )
        raise typer.Exit(1 if found.errors else 0)
    columns = ("texts", *CLASSES, "hard", *STATUSES)
    scarce = {part.what.rpartition(" ")[2] for part in thin}

    def cells(name: str, lang: str | None) -> list[Text]:
        counts = found.count(lang)
        shown = [Text(f"{counts[one] or '·'}", _tone(one in scarce and lang is None)) for one in columns]
        return [Text(name, _tone(name in scarce)), *shown]

    table(
        f"Labelled texts in {directory or home()}", "", *(name.replace("_", " ") for name in columns),
        rows=[*(cells(lang, lang) for lang in found.languages), cells("all", None)],
        empty="",
    )  # fmt: skip
    complain(found.errors)
    complain(found.notes[:NOTES], "[yellow]note[/]")
    if len(found.notes) > NOTES:
        complaints.print(f"[yellow]note[/] and {len(found.notes) - NOTES} more: --json has them all")
    for part in thin:
        console.print(f"[yellow]thin[/] {escape(str(part))}")
    console.print(f"{len(found.errors)} errors, {len(found.notes)} notes, {len(thin)} parts are thin")
    raise typer.Exit(1 if found.errors else 0)


def _tone(scarce: bool) -> str:
    return "yellow" if scarce else ""


@corpus.command()
def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="Labelled rows; at a terminal, - asks for one.")
    ] = Path("-"),
    to: Annotated[Path | None, typer.Option(help="The file that they join; default corpus/added.jsonl.")] = None,
    written: Annotated[
        bool | None, typer.Option("--written/--real", help="Written to learn from, or real; default by url.")
    ] = None,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Add labelled texts. One that is wrong or there already is refused, by line; the others are added."""
    from monitor.corpus.check import unlisted
    from monitor.corpus.grow import append, take

    target = to or home() / "added.jsonl"
    settings = settings_of(config, looks=True)
    asks = file == Path("-") and sys.stdin.isatty()
    try:
        given = "" if asks else sys.stdin.read() if file == Path("-") else file.read_text(encoding="utf-8")
        known = _known(target) if asks or given.strip() else []
        lines = [_asked(settings)] if asks else given.split("\n")
        with _comparing() as progress:
            taken = take(lines, "stdin" if file == Path("-") else file.name, known, written, progress)
        if taken.rows:
            append([placed.row for placed in taken.rows], target)
    except UnicodeDecodeError:
        raise refuse(f"{file} is not UTF-8: save it as UTF-8") from None
    except (ValueError, OSError) as error:
        raise refuse(error) from None
    if as_json:
        print_json({"to": str(target), "added": [placed.row.id for placed in taken.rows], "refused": taken.refused})
        raise typer.Exit(1 if taken.refused else 0)
    complain(taken.refused, "[bold red]refused[/]")
    complain(unlisted(taken.rows, names(settings)), "[yellow]note[/]")
    table(
        f"Added to {target}", "id", "language", "event", "status", "origin", "title",
        rows=[
            [p.row.id, p.row.lang, p.row.event_type, p.row.status or "", "written" if p.row.synthetic else "real",
             (p.row.title or p.row.text)[:80]]
            for p in taken.rows
        ],
        empty="Nothing was added.",
    )  # fmt: skip
    if taken.rows:
        console.print(
            "The model does not know them before `make train`; `sellerwatch corpus check` looks at all texts."
        )
    raise typer.Exit(1 if taken.refused else 0)


def _known(target: Path) -> list[Placed[Labelled]]:
    """The sound rows of the corpus and of the target's folder. Raises ValueError when the target has another."""
    beside = {path.resolve(): path for path in (*home().glob("*.jsonl"), *target.parent.glob("*.jsonl"))}
    known: list[Placed[Labelled]] = []
    for path in sorted(beside.values()):
        sound, wrong = read_file(path, Labelled)
        if wrong and path.resolve() == target.resolve():
            raise ValueError(f"{wrong[0]}: mend it first")
        known += sound
    return known


def _asked(settings: Config) -> str:
    """One row from somebody at the terminal."""
    from monitor.corpus.ask import label_from, text_from
    from monitor.understand.analyst import Analyst
    from monitor.understand.assess import assess_rows

    given = text_from(console)
    complaints.print("[dim]reading ...[/]")
    (read,) = assess_rows([{"id": "asked", **given}], Analyst(settings.platforms))
    row = label_from(console, {"id": "asked", "lang": read["lang"], **given}, read)
    return row.model_dump_json(exclude={"id", "synthetic"})


@corpus.command()
def feedback(
    which: Annotated[str, typer.Argument(metavar="DOCUMENT_ID", help="A document, by the start of its id.")],
    event: Annotated[str, typer.Option(help="What it reports: none, shutdown, market_exit, ban, enforcement ...")],
    status: Annotated[str | None, typer.Option(help="rumor, proposed, confirmed, effective, reversed")] = None,
    platform: Annotated[list[str] | None, typer.Option(help="A platform hit; may be repeated.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Where: DE, EU, WORLD; may be repeated.")] = None,
    date: Annotated[str | None, typer.Option(help="When it takes effect.", metavar="YYYY-MM-DD")] = None,
    note: Annotated[str, typer.Option(help="Why, in your words.")] = "",
    by: Annotated[str | None, typer.Option(help="Who says so; default: your login.")] = None,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Correct how a document was understood. It stays on this machine, in feedback.jsonl beside the database."""
    from monitor.corpus.grow import corrected, keep

    async def look(settings: Config, store: Store) -> tuple[Config, Document, Assessment | None]:
        document = await store.desk.document(which) if which else None
        if document is None:
            listed = "`sellerwatch explain` of an incident or alert lists its documents"
            raise await unnamed(store, which, ("document",), listed, "document's id")
        return settings, document, await store.desk.assessment(document.id)

    settings, document, assessment = with_store(config, look, looks=True)
    if assessment is None:
        raise refuse(f"{document.id} is not understood yet: it waits for its page")
    known = names(settings)
    given = {
        "status": status,
        "platforms": [known.get(name.casefold(), name) for name in platform] if platform else None,
        "regions": region,
        "effective_date": date,
    }
    said = {"event_type": event, **{key: value for key, value in given.items() if value}}
    source = next((one for one in settings.sources if one.id == document.source_id), None)
    who = by or getpass.getuser()
    path = settings.state_dir / "feedback.jsonl"
    try:
        row = corrected(document, assessment, source.authority if source else None, said, who, utc_now(), note)
        again = keep(row, path)
    except (ValueError, OSError) as error:
        raise refuse(error) from None
    if as_json:
        print_json(row.model_dump(mode="json"))
        return
    facts = ", ".join([*row.platforms, *row.regions, *([row.effective_date] if row.effective_date else [])])
    console.print(Text(row.title or row.text[:80], "bold"))
    console.print(f"kept as {row.event_type} {row.status or ''} {escape(facts)}".rstrip(), soft_wrap=True)
    console.print(f"{'Replaced an earlier correction' if again else 'Written'} in {escape(str(path))}; "
                  f"`sellerwatch corpus add {escape(str(path))}` takes it over.", soft_wrap=True)  # fmt: skip
