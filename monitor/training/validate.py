"""How good the model is: cross-validation on the texts that are measured, those of one incident always in one fold.

Every text is judged twice: whole, and as its title alone, which is all that many feeds carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitor.corpus.rows import Labels, Predicted, parse
from monitor.training.examples import FOLDS, FOUND, REPORTS, STORIES, Corpus, Example, folds
from monitor.training.learn import calibrate, fit, levelled, levels, opened, strict
from monitor.understand.figures import Score, score
from monitor.understand.machine import Matrix
from monitor.understand.model import CERTAINTIES, EVENTS, STATUSES, TYPES, Model, naming

TITLES = "their titles alone"
SHOWN = REPORTS, TITLES, FOUND, STORIES
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Examples with the decisions of models that had learnt from no text on the same incident. `gated` is the gate's,
    and infinite where a platform is named: such a text is always read."""

    examples: tuple[Example, ...]
    decisions: Matrix
    gated: Matrix

    def levelled(self, added: Matrix) -> "Held":
        """With these levels added to the heads' decisions."""
        return replace(self, decisions=self.decisions + added)

    def only(self, chosen: Bools) -> "Held":
        kept = tuple(example for example, wanted in zip(self.examples, chosen, strict=True) if wanted)
        return Held(kept, self.decisions[chosen], self.gated[chosen])

    def predicted(self, model: Model) -> list[Predicted]:
        """What the cascade would have said of each: one that the gate stops is no event."""
        scores = model.scores(self.decisions)
        scores = np.where(self.gated < model.admitted, model.dismissed(self.gated), scores)
        said = []
        for example, decision, found in zip(self.examples, self.decisions, scores, strict=True):
            row = {"id": example.id, "score": round(float(found), 4)}
            if found >= model.threshold:
                row["event_type"] = str(EVENTS[int(decision[TYPES].argmax())])
                row["status"] = str(STATUSES[int(decision[CERTAINTIES].argmax())])
            said.append(parse(row, Predicted))
        return said


def out_of_fold(corpus: Corpus) -> Held:
    """The measured examples, each judged by a model of the others' folds and of all that is not measured."""
    measured = [i for i, example in enumerate(corpus.examples) if example.measured]
    others = [i for i, example in enumerate(corpus.examples) if not example.measured]
    assigned = folds([corpus.examples[i] for i in measured])
    held = []
    for fold in range(FOLDS):
        asked = [i for i, number in zip(measured, assigned, strict=True) if number == fold]
        known = [i for i, number in zip(measured, assigned, strict=True) if number != fold]
        held.append((asked, _asked(fit(corpus, np.array(known + others)), corpus, asked)))
    order = np.argsort(np.concatenate([np.array(asked, dtype=np.int64) for asked, _ in held]))
    return Held(
        tuple(corpus.examples[i] for i in measured),
        np.concatenate([one.decisions for _, one in held])[order],
        np.concatenate([one.gated for _, one in held])[order],
    )


def validated(corpus: Corpus) -> tuple[Model, dict[str, Score], list[Predicted]]:
    """The model of the whole corpus, levelled, calibrated and its gate set on texts out of fold; figures of its like on
    them; and the predictions on the real reports. All of this is set on the same texts as the figures."""
    held = out_of_fold(corpus)
    whole = np.array([not example.bare for example in held.examples])
    part = np.array([example.part for example in held.examples])
    added = levels(held.decisions[whole], held.only(whole).examples)
    held = held.levelled(added)
    judged = held.only(whole)
    model = levelled(fit(corpus, np.arange(len(corpus.examples))), added)
    model = calibrate(model, judged.decisions, judged.examples)
    for step in (opened, strict):
        model = step(model, judged.gated, judged.decisions, judged.examples)
    parts = {name: held.only(whole & (part == name)) for name in (REPORTS, FOUND, STORIES) if (part == name).any()}
    parts[TITLES] = held.only(~whole & (part == REPORTS))
    figures = {name: scored(parts[name], model) for name in SHOWN if name in parts}
    return model, figures, held.only(whole & (part != STORIES)).predicted(model)


def scored(held: Held, model: Model) -> Score:
    """The figures of the cascade on these examples: type, status and certainty; a model of windows tells no facts."""
    return score([_labels(example) for example in held.examples], {one.id: one for one in held.predicted(model)})


def _asked(model: Model, corpus: Corpus, asked: Sequence[int]) -> Held:
    hinted = corpus.hinted[asked]
    gated = model.gate.decide(np.concatenate([corpus.glances[asked], hinted], axis=1))[:, 0]
    return Held(
        tuple(corpus.examples[i] for i in asked),
        model.decided([corpus.worded[i] for i in asked], corpus.vectors[asked], hinted),
        np.where(naming(hinted), np.inf, gated).astype(np.float32),
    )


def _labels(example: Example) -> Labels:
    told = {
        "id": example.id,
        "lang": example.lang,
        "title": example.title,
        "text": example.text,
        "published": example.published,
        "event_type": example.event,
        "status": example.status,
        "incident": example.group if example.event != "none" else None,
        "hard_negative": example.hard,
        "synthetic": not example.real,
        "alt_event_type": sorted(example.also_events),
        "alt_status": sorted(example.also_statuses),
    }
    return parse(told, Labels)
