"""`sellerwatch evaluate`: how right the predictions are, as tables, as JSON, and as a page of plots."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from monitor.config import Config
from monitor.corpus.rows import Labelled, Labels, Predicted, read_file, read_predictions
from monitor.corpus_commands import complain, home
from monitor.invocation import AsJson, ConfigDir, refuse, settings_of
from monitor.tables import complaints, console, print_json, table
from monitor.understand.figures import Figure, Parts, Score, differences, score
from monitor.understand.score import EVENTS, LENGTHS, Rates
from monitor.understand.wanted import ALL, WORST_LANGUAGE, Judged, judged, missed

OUT_OF_FOLD = (
    "Event types, statuses and scores are out of fold: of a model that learnt from no text on the same incident."
)
FACTS_SHIPPED = "Platforms, places, dates and incidents are the shipped model's, which learnt from these texts."
MODEL = "The predictions are the shipped model's; of texts that it learnt from they flatter it."


def evaluate(
    gold: Annotated[
        Path | None, typer.Argument(metavar="GOLD", help="Labelled rows; default: the real reports of corpus/.")
    ] = None,
    predicted: Annotated[Path | None, typer.Option(help="Predictions, as `sellerwatch assess` prints them.")] = None,
    against: Annotated[Path | None, typer.Option(help="Other predictions, to compare with.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page of plots here.", metavar="OUT.html")] = None,
    errors: Annotated[int, typer.Option(help="How many of the worst mistakes to name.", min=0)] = 20,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Score predictions against labels: every figure with a 95 % interval, by event, language, length and source."""
    try:
        rows = _sound(gold or home() / "reports.jsonl", Labels if predicted else Labelled)
        notes, result, given = _scored(rows, predicted, config)
        before = _predictions(against) if against else None
        moved = differences(rows, given, before) if before is not None else None
    except (ValueError, OSError) as error:
        raise refuse(error) from None
    if page:
        from monitor.understand.scorepage import page as rendered

        title = (
            f"How well {predicted.name if predicted else 'Sellerwatch'} reads {(gold or Path('its own reports')).name}"
        )
        text = rendered(result, title, notes, errors, against.name if against else "", moved)
        try:
            page.write_text(text, encoding="utf-8")
        except OSError as error:
            raise refuse(error) from None
    if as_json:
        print_json({"score": result, "wanted": judged(result), "notes": notes, "against": moved})
        return
    _show(result, moved, errors)
    for note in notes:
        console.print(note)
    if page:
        console.print(f"The page is in {page}", markup=False)


def _scored(
    rows: list[Labels], predicted: Path | None, config: Path | None
) -> tuple[list[str], Score, dict[str, Predicted]]:
    """Notes on where the predictions come from, their score, and the predictions."""
    from monitor.understand.evaluation import OUT_OF_FOLD as FOLDS

    if predicted:
        given = _predictions(predicted)
        return [f"The predictions are those of {predicted.name}."], score(rows, given), given
    shipped = _by_analyst(rows, settings_of(config, looks=True))
    given = _predictions(FOLDS)
    if not all(row.id in given for row in rows):
        return [MODEL], score(rows, shipped), shipped
    return [OUT_OF_FOLD, FACTS_SHIPPED], score(rows, given).with_facts_of(score(rows, shipped)), given


def _sound(path: Path, kind: type[Labels]) -> list[Labels]:
    """The rows of a file that must all be sound. Raises ValueError when one is not, having said which."""
    found, wrong = read_file(path, kind)
    complain(wrong)
    if wrong:
        raise ValueError(f"{path} cannot be scored before its rows are mended")
    return [placed.row for placed in found]


def _predictions(path: Path) -> dict[str, Predicted]:
    found, wrong = read_predictions(path)
    complain(wrong)
    if wrong:
        raise ValueError(f"{path} cannot be scored before its rows are mended")
    return found


def _by_analyst(rows: list[Labels], settings: Config) -> dict[str, Predicted]:
    from monitor.clusters import Clusters
    from monitor.domain.resolution import kinship
    from monitor.understand.analyst import Analyst
    from monitor.understand.evaluation import predict

    texts = [row for row in rows if isinstance(row, Labelled)]
    with Progress(console=complaints, transient=True, disable=not complaints.is_terminal) as bar:
        task = bar.add_task("reading texts", total=len(texts))

        def watched(made: Iterator[Predicted]) -> Iterable[Predicted]:
            for one in made:
                bar.advance(task)
                yield one

        return predict(texts, Analyst(settings.platforms), Clusters(kinship(settings.platforms)), watched)


def _show(result: Score, moved: dict[str, Figure] | None, errors: int) -> None:
    found = judged(result)
    table(
        f"{result.documents:,} documents, {result.events:,} events", "figure", "value", "95 % interval", "of", "wanted",
        *(("moved", "interval of that") if moved else ()),
        rows=[
            [name, f"{f.value:.3f}", f"{f.low:.3f} to {f.high:.3f}", f"{f.n:,}", _wanted(found, name),
             *_moved(moved, name)]
            for name, f in result.figures.items()
        ],
        empty="",
    )  # fmt: skip
    table(
        "Event types", "event type", "precision", "recall", "F1", "texts",
        rows=[_rated(name, rate) for name, rate in {
            "any": result.detection, "shutdown, market exit or ban": result.core, **result.types,
            "incidents, B-cubed": result.clusters}.items()],
        empty="",
    )  # fmt: skip
    kinds = (*EVENTS, "none")
    table(
        "Confusion: labels down, predictions across", "", *kinds,
        rows=[[kind, *(n or "·" for n in row)] for kind, row in zip(kinds, result.confusion, strict=True)],
        empty="",
    )  # fmt: skip
    lengths = {name: result.lengths[name] for _, name in LENGTHS if name in result.lengths}
    _parts("Language", result.languages)
    if result.worst_language:
        worst, f1 = result.worst_language
        console.print(Text(f"worst language with five events or more: {worst}, F1 {f1:.3f} (").append_text(
            _wanted(found, WORST_LANGUAGE)).append(")"))  # fmt: skip
    _parts("Length, characters", lengths)
    _parts("Who speaks", result.sources)
    _parts("Origin", result.origins)
    table(
        "Calibration", "scores", "documents", "mean score", "share of events",
        rows=[[f"{b.low:.2f} to {b.high:.2f}", b.documents, f"{b.score:.2f}", f"{b.share:.2f}"]
              for b in result.reliability],
        empty="",
    )  # fmt: skip
    if errors and result.mistakes:
        table(
            f"The worst of {len(result.mistakes)} mistakes", "text", "language", "label", "predicted", "score",
            rows=[[m.id, m.lang, m.wanted, m.got, f"{m.score:.2f}"] for m in result.mistakes[:errors]],
            empty="",
        )  # fmt: skip
    if short := missed(found):
        console.print(Text(f"{len(short)} of {len(found)} figures miss what is wanted: {', '.join(short)}", "red"))
    else:
        console.print("No figure misses what is wanted.")
    if result.missing_predictions:
        console.print(f"[yellow]note[/] {result.missing_predictions} texts have no prediction: they count as none")


def _wanted(found: dict[str, Judged], name: str) -> Text:
    """What the figure should reach, in red where it does not; nothing where none is set."""
    if name not in found:
        return Text()
    return Text(f"{ALL[name]}, missed", "red") if found[name].kept is False else Text(str(ALL[name]))


def _moved(moved: dict[str, Figure] | None, name: str) -> list[str]:
    return [f"{moved[name].value:+.3f}", f"{moved[name].low:+.3f} to {moved[name].high:+.3f}"] if moved else []


def _rated(name: str, rate: Rates) -> list[str]:
    return [name, f"{rate.precision:.3f}", f"{rate.recall:.3f}", f"{rate.f1:.3f}", f"{rate.wanted}"]


def _parts(title: str, parts: Parts) -> None:
    rows = [
        [*(_rated(name, rate) if rate.wanted else [name, "", "", "", "0"]), f"{documents}"]
        for name, (rate, documents) in parts.items()
    ]
    table(title, title.lower(), "precision", "recall", "F1", "events", "documents", rows=rows, empty="")
