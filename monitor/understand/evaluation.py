"""Predictions to score: of the shipped model as it is, and of its like on reports that it never saw."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from monitor.corpus.rows import Labelled, Predicted, parse
from monitor.understand.analyst import Analyst
from monitor.understand.assess import Cluster, assess_rows

#: The model's like on each real report of the corpus, learnt without that report's incident: id, event_type, status,
#: score. Made with the model.
OUT_OF_FOLD = Path(__file__).with_name("weights") / "out-of-fold.jsonl"
_ASKED = {"id", "lang", "url", "published", "title", "text", "source_kind"}


def predict(
    rows: Sequence[Labelled],
    analyst: Analyst,
    cluster: Cluster | None,
    watched: Callable[[Iterator[Predicted]], Iterable[Predicted]] = lambda made: made,
) -> dict[str, Predicted]:
    """What the analyst says of each text, of which it sees no label. `watched` may look on as the predictions come."""
    asked = (row.model_dump(mode="json", include=_ASKED) for row in rows)
    made = (parse(said, Predicted) for said in assess_rows(asked, analyst, cluster))
    return {one.id: one for one in watched(made)}


def keep_out_of_fold(made: Iterable[Predicted], path: Path = OUT_OF_FOLD) -> None:
    """The file of predictions out of fold, in the order given."""
    kept = [one.model_dump(mode="json", include={"id", "event_type", "status", "score"}) for one in made]
    path.write_text("".join(json.dumps(one, sort_keys=True) + "\n" for one in kept), encoding="utf-8")
