"""Fits what links two pieces of evidence (`monitor.domain.linking.WEIGHTS`), and says how well events are told apart.

python -m monitor.training.incidents --corpus corpus [--history DOCUMENTS] [--write]

Learns from pairs of labelled texts that share a key: reports, stories, and what each collector of real reports found,
as labelled and as read (the event too where a model that had not learnt from it says which). Two collectors may call
one event differently, so texts of one alone are held against each other. Every figure is of weights fitted without any
text of incidents of those names. `--write` keeps the middle of the vectors of reports and stories, which gists are made
with; the weights, few as they are, stand in the domain, and are copied there by hand.
"""

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from zlib import crc32

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor.clusters import likely
from monitor.config import load
from monitor.corpus.rows import Labelled, read_file, read_predictions
from monitor.domain.blocking import Kinship, asks, keys, kinship
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence
from monitor.domain.linking import WEIGHTS, features
from monitor.domain.partition import Events
from monitor.domain.signals import EventType, Signal, Status
from monitor.understand.analyst import Analyst
from monitor.understand.assess import document_of
from monitor.understand.encoder import E5, meaning
from monitor.understand.evaluation import OUT_OF_FOLD
from monitor.understand.gist import MIDDLE, gist
from monitor.understand.score import Rates
from monitor.understand.windows import lead

FOLDS = 5
EASE = 0.5  # the base: a group that is joined once too often costs less than one event told twice
FIXED = {  # by decision
    "other place": -5.0,  # what happens elsewhere is another event, however often places are misread
    "binds all": 1.0,  # as one platform that both name; by the fit, 1.56, rules of one country and season run together
    "place supposed": -2.0,  # the fit, -0.3, makes one of bans in two countries too often
    "called so": 0.35,  # the fit, 0.75, forgets that a word of a title may be a name, and another one's
    "type in doubt": 0.3,  # as fitted to what whole models, each without these incidents, read; no label is in doubt
}
LEARNT = ("reports", "stories", "found")  # parts whose names begin so, and no history


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text: what its labels say and what is read in it, with the incident that the labels name."""

    incident: str
    fold: int
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Part:
    """Texts that may report one event with each other, in one way of reading them. `missed` are the incidents of those
    that were not found at all."""

    texts: tuple[Text, ...]
    kin: Kinship
    missed: tuple[Text, ...] = ()

    @cached_property
    def pairs(self) -> list[tuple[int, int, Mapping[str, float]]]:
        """Those that share a key, with what speaks for and against one event."""
        held: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            for key in keys(text.evidence, self.kin):
                held[key].append(number)
        asked = {
            (min(one, other), max(one, other))
            for one, text in enumerate(self.texts)
            for key in asks(text.evidence, self.kin)
            for other in held[key]
            if one != other
        }
        found: list[tuple[int, int, Mapping[str, float]]] = []
        for one, other in sorted(asked):
            said = features(self.texts[one].evidence, self.texts[other].evidence, self.kin)
            if said is not None:
                found.append((one, other, {name: times for name, times, _ in said}))
        return found

    @cached_property
    def truth(self) -> list[bool]:
        """Of each pair: do both report one event?"""
        return [self.texts[one].incident == self.texts[other].incident for one, other, _ in self.pairs]

    @cached_property
    def importance(self) -> list[float]:
        """Of each pair. A text's pairs weigh as much as another's, so that no great incident drowns all others."""
        size = Counter(text.incident for text in self.texts)
        strangers = Counter(
            number
            for (one, other, _), same in zip(self.pairs, self.truth, strict=True)
            if not same
            for number in (one, other)
        )
        return [
            2 / (size[self.texts[one].incident] - 1) if same else 0.5 / strangers[one] + 0.5 / strangers[other]
            for (one, other, _), same in zip(self.pairs, self.truth, strict=True)
        ]

    def divided(self, weights: Mapping[str, float]) -> dict[str, str]:
        """Each text's group by weights, named by its first."""
        evidence = [text.evidence for text in self.texts]
        events = Events(evidence, (), self.kin, weights)
        groups = [group for some in events.connected(evidence) for group in events.divided(some)]
        return {one.document_id: group[0].document_id for group in groups for one in group}


def fit(parts: Sequence[Part], but: int | None = None) -> dict[str, float]:
    """Weights by logistic regression over all pairs, those aside that have a text of the fold `but`."""
    names = [name for name in WEIGHTS if name != "base"]
    rows, truth, importance = [], [], []
    for part in parts:
        for (one, other, said), same, weight in zip(part.pairs, part.truth, part.importance, strict=True):
            if but not in (part.texts[one].fold, part.texts[other].fold):
                rows.append([said.get(name, 0.0) for name in names])
                truth.append(same)
                importance.append(weight)
    # What any two have in common to begin with is shared out among type, platform and place, of which each has one.
    model = import_module("sklearn.linear_model").LogisticRegression(max_iter=1_000, fit_intercept=False)
    model.fit(np.array(rows), np.array(truth), np.array(importance))
    fitted = zip(names, map(float, model.coef_[0]), strict=True)
    return {"base": EASE, **dict(fitted), **FIXED}


def bcubed(part: Part, weights: Mapping[str, float], fold: int | None = None) -> Rates:
    """B-cubed agreement, of all texts or of those of one fold, which are seen among all."""
    named = [text for text in (*part.texts, *part.missed) if text.incident]
    true, sums = Counter(text.incident for text in named), np.zeros(3)
    group = part.divided(weights)
    where = [group.get(text.evidence.document_id, text.evidence.document_id) for text in named]
    size = Counter(where)
    both = Counter((text.incident, place) for text, place in zip(named, where, strict=True))
    for text, place in zip(named, where, strict=True):
        if fold in (None, text.fold):
            shared = both[text.incident, place]
            sums += shared / size[place], shared / true[text.incident], 1
    return _rates(*map(float, sums))


def pooled(some: Sequence[Rates]) -> Rates:
    """The rates of several parts or folds together."""
    sums = ([one.precision * one.wanted, one.recall * one.wanted, one.wanted] for one in some)
    return _rates(*map(float, np.sum([*sums], axis=0)))


def _rates(precise: float, recalled: float, wanted: float) -> Rates:
    precision, recall = precise / (wanted or 1), recalled / (wanted or 1)
    return Rates(precision, recall, 2 * precision * recall / (precision + recall or 1), round(wanted))


def labelled(row: Labelled) -> Signal:
    """The event that a row's labels tell of."""
    date = PartialDate(row.effective_date) if row.effective_date else None
    event, status = EventType(row.event_type), Status(str(row.status))
    return Signal(event, status, row.platforms, row.regions, date, (), 1.0, ())


def text_of(row: Labelled, signal: Signal, told: int = 0) -> Text:
    """The row as evidence of that signal; `told` is its gist."""
    document, source = document_of(row.model_dump(mode="json"), 1)
    evidence = Evidence(
        document_id=row.id,
        signal_no=0,
        content_hash=document.content_hash,
        source_id=source.id,
        publisher=source.publisher,
        authority=source.authority,
        url=document.url,
        title=document.title,
        lang=row.lang,
        published=document.published or likely(signal),
        signal=signal,
        gist=told,
    )
    return Text(row.incident or "", crc32(row.group.encode()) % FOLDS, evidence)


class Reading:
    """Reads labelled rows into evidence."""

    def __init__(self, config: Path) -> None:
        platforms = load(config).platforms
        self.kin = kinship(platforms)
        self._analyst = Analyst(platforms)
        self._encoder = E5()
        self.meanings: dict[str, tuple[float, ...]] = {}

    def parts(self, name: str, rows: Sequence[Labelled]) -> dict[str, Part]:
        """As labelled, and as read: the event too where a prediction out of fold says which, else the facts alone."""
        found, _ = read_predictions(OUT_OF_FOLD)
        sure, read, missed = [], [], []
        for row in track(rows, f"reading {name}", transient=True):
            guess = found.get(row.id)
            event = guess.event_type if guess else row.event_type
            if row.risky:
                sure.append(text_of(row, labelled(row), self._gist(row)))
            if event != "none":
                status = Status(str(guess.status if guess else row.status))
                read.append(text_of(row, self._read(row, EventType(event), status), self._gist(row)))
            elif row.risky:
                missed.append(sure[-1])
        return {
            name: Part(tuple(sure), self.kin),
            f"{name}, as read": Part(tuple(read), self.kin, tuple(missed)),
        }

    def _read(self, row: Labelled, event: EventType, status: Status) -> Signal:
        document, source = document_of(row.model_dump(mode="json"), 1)
        return self._analyst.assess_as(document, source, event, status, 1.0)

    def _gist(self, row: Labelled) -> int:
        if row.id not in self.meanings:
            vector = self._encoder.encode([lead(row.title, row.text).words])[0]
            self.meanings[row.id] = tuple(map(float, meaning(vector)))
        return gist(self.meanings[row.id])


def rows_of(paths: Sequence[Path]) -> list[Labelled]:
    """Of several files. Raises ValueError when one holds a row that is not sound."""
    rows = []
    for path in paths:
        placed, wrong = read_file(path, Labelled)
        if wrong:
            raise ValueError(f"{wrong[0]}")
        rows += [one.row for one in placed]
    return rows


def collected(rows: Sequence[Labelled]) -> dict[str, list[Labelled]]:
    """Found rows by who found them: their ids say so ("found-NAME-12")."""
    result: dict[str, list[Labelled]] = defaultdict(list)
    for row in rows:
        result[row.id.split("-")[1]].append(row)
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, and show weights and figures."""
    parser = argparse.ArgumentParser(prog="python -m monitor.training.incidents", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--history", type=Path, help="Labelled rows that nothing is learnt from.")
    parser.add_argument("--write", action="store_true", help="Keep the middle of the vectors of reports and stories.")
    options = parser.parse_args(arguments)
    reading = Reading(options.config)
    stories = [*options.corpus.glob("stories*.jsonl"), *options.corpus.glob("pairs*.jsonl")]
    parts = reading.parts("reports", rows_of([options.corpus / "reports.jsonl"]))
    parts |= reading.parts("stories", rows_of(sorted(stories)))
    if options.write:
        middle = np.mean(np.array(list(reading.meanings.values())), axis=0)
        np.savez(MIDDLE, middle=middle.astype(np.float16))
    for who, rows in collected(rows_of(sorted(options.corpus.glob("found*.jsonl")))).items():
        parts |= reading.parts(f"found by {who}", rows)
    if options.history:
        parts |= reading.parts("history", rows_of([options.history]))
    learnt = [part for name, part in parts.items() if name.startswith(LEARNT)]
    weights, figures = dict[str, float](), defaultdict[str, list[Rates]](list)
    for fold in track((*range(FOLDS), None), "fitting", transient=True):
        weights = fit(learnt, fold)
        for name, part in parts.items():
            if (fold is not None) is name.startswith(LEARNT):  # what nothing is learnt from is seen by the last fit
                figures[re.sub(r"^found by [^,]+", "found", name)].append(bcubed(part, weights, fold))
    console = Console()
    shown = Table("texts", "precision", "recall", "B-cubed F1", "of", title="Incidents, out of fold")
    for name, some in figures.items():
        whole = pooled(some)
        shown.add_row(name, *(f"{rate:.3f}" for rate in (whole.precision, whole.recall, whole.f1)), str(whole.wanted))
    console.print(shown)
    for name, weight in weights.items():
        console.print(f'    "{name}": {weight:.2f},', markup=False, highlight=False)


if __name__ == "__main__":
    main(sys.argv[1:])
