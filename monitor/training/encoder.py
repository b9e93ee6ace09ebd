"""`make encoder`: the pre-trained weights in, `encoder.onnx`, `tokenizer.json` and `words.npz` out.

Needed when the trimmed vocabulary, or the tuned layers, shall follow a corpus that has grown; the model must be trained
anew afterwards.

python -m monitor.training.encoder --corpus corpus --out monitor/understand/weights
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from monitor.config import load
from monitor.training import graph, pretrained, tuning, vocabulary
from monitor.training.examples import lead_of, read
from monitor.understand.encoder import SHIPPED, prefixed
from monitor.understand.facts import Extractor


def texts(corpus: Path) -> Iterator[str]:
    """Every title and text of the corpus."""
    for path in sorted(corpus.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield f"{row.get('title') or ''}\n{row['text']}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the three files, and the table beside the last; returns 1 with a message when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m monitor.training.encoder", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--config", type=Path, default=Path("config"), help="whose platforms are known")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    options = parser.parse_args(arguments)
    console = Console()
    try:
        source = pretrained.load()
        known = list(texts(options.corpus))
        keep = vocabulary.kept(source, known)
        tokenizer = vocabulary.trimmed(source, keep)
        words, weights = vocabulary.glances(source, keep, [found.ids for found in tokenizer.encode_batch(known)])
        corpus, extractor = read(options.corpus), Extractor(load(options.config).platforms)
        windows = [prefixed(lead_of(example, extractor)[0]) for example in corpus.examples]
        cut = [found.ids for found in tokenizer.encode_batch(windows)]
        tuned = tuning.tuned(source, keep, cut, corpus.examples)
        built = graph.build(source, keep, tuned)
        options.out.mkdir(parents=True, exist_ok=True)  # only now, as files of two runs do not fit together
        vocabulary.save(tokenizer, options.out / "tokenizer.json")
        np.savez_compressed(options.out / "words.npz", words=words, weights=weights)
        graph.save(built, options.out / "encoder.onnx", corpus.digest)
    except (RuntimeError, ValueError, OSError) as error:
        console.print(f"[red]encoder:[/] {error}", highlight=False)
        return 1
    size = (options.out / "encoder.onnx").stat().st_size / 1e6
    console.print(f"{len(keep)} pieces of {len(source.pieces)}, {size:.0f} MB: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
