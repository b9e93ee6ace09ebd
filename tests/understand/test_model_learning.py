"""Learning, with a small encoder of our own (hashed three-letter pieces) that keeps the port."""

import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.sources import Authority
from monitor.understand.evaluate import FOLDS, TITLES, WHOLE, cross_validate, folds
from monitor.understand.learn import Example, Remembering, calibrate, fit, read
from monitor.understand.model import Days, Model, evidence
from monitor.understand.train import card, page, train

PROJECT = Path(__file__).parents[2]
KINDS = {
    "shutdown": ("{} will shut down for good, sellers must withdraw", "confirmed"),
    "ban": ("Court bans {} and providers block the app", "effective"),
    "policy": ("{} may raise its commission, a draft says", "proposed"),
    "none": ("{} launches a discount campaign with coupons", None),
}


class Pieces:
    name = "pieces"
    dimensions = 64

    def __init__(self):
        self.asked = 0

    def encode(self, texts):
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            self.asked += 1
            for i in range(len(text) - 2):
                row[hashlib.sha256(text[i : i + 3].lower().encode()).digest()[0] % self.dimensions] += 1
            row /= max(1e-9, float(np.linalg.norm(row)))
        return rows


def written(directory, count=12):
    directory.mkdir(exist_ok=True)
    for name, synthetic in (("reports", False), ("written", True)):
        rows = [
            {
                "id": f"{name}-{event}-{k}",
                "lang": "en",
                "title": text.format(f"Shop{k}"),
                "text": f"{text.format('It')}. Number {k}.",
                "published": "2025-03-01",
                "source_kind": "news",
                "event_type": event,
                "status": status,
                "incident": f"{event}-{k // 2}" if event != "none" else None,
                "hard_negative": event == "none",
                "synthetic": synthetic,
            }
            for event, (text, status) in KINDS.items()
            for k in range(count)
        ]
        (directory / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return read(written(tmp_path_factory.mktemp("corpus"))).described(Pieces())


def test_it_learns_what_the_texts_teach_and_says_how_well(corpus):
    _, figures = cross_validate(corpus)
    for column in (WHOLE, TITLES):
        assert figures[column].reports == 48
        assert figures[column].average_precision > 0.95
        assert figures[column].f1 > 0.9
        assert figures[column].status_accuracy > 0.9


def test_every_text_with_a_title_is_also_read_as_its_title_alone(tmp_path):
    row = {"id": "a", "lang": "en", "title": "Shop closes", "text": "In May.", "event_type": "shutdown"}
    lines = [row, {**row, "id": "b", "text": ""}, {**row, "id": "c", "title": ""}]
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    said = [(example.id, example.title, example.text, example.bare) for example in read(tmp_path).examples]
    assert said == [
        ("a", "Shop closes", "In May.", False),
        ("a", "Shop closes", "", True),
        ("b", "Shop closes", "", False),
        ("c", "", "In May.", False),
    ]


def test_a_title_is_never_learnt_from_where_its_report_is_held_back(corpus):
    real = [example for example in corpus.examples if example.real]
    where = defaultdict(set)
    for example, fold in zip(real, folds(real), strict=True):
        where[example.id].add(fold)
    assert any(example.bare for example in real)
    assert all(len(found) == 1 for found in where.values())


def test_the_same_corpus_gives_the_same_model_and_card_to_the_byte(corpus, tmp_path):
    for name in ("first", "second"):
        model, figures = train(corpus)
        model.save(tmp_path / name, card(corpus, model, figures))
    for file in ("model.npz", "card.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_a_saved_model_judges_as_it_did_before(corpus, tmp_path):
    model, figures = train(corpus)
    model.save(tmp_path, card(corpus, model, figures))
    before, after = model.judge(corpus.rows[:20]), Model.load(tmp_path).judge(corpus.rows[:20])
    assert [j.event for j in before] == [j.event for j in after]
    assert np.allclose([j.score for j in before], [j.score for j in after], atol=0.01)
    made = json.loads((tmp_path / "card.json").read_text())
    assert f"digest {corpus.digest}" in page(made)


def test_a_model_with_other_heads_is_refused(corpus, tmp_path):
    model, figures = train(corpus)
    model.save(tmp_path, card(corpus, model, figures))
    with np.load(tmp_path / "model.npz") as stored:
        arrays = dict(stored)
    np.savez(tmp_path / "model.npz", **{**arrays, "weights": arrays["weights"][:, :5]})
    with pytest.raises(ValueError, match="heads"):
        Model.load(tmp_path)


def test_scores_rise_with_the_evidence_and_stay_between_nothing_and_certainty(corpus):
    every = np.arange(len(corpus.examples))
    decisions = fit(corpus, every).decide(corpus.rows)
    model = calibrate(fit(corpus, every), decisions, [example.event for example in corpus.examples])
    scores = model.scores(decisions)
    order = np.argsort(evidence(decisions))
    assert (np.diff(scores[order]) >= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert 0.2 <= model.threshold <= 0.8


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=60))
def test_reports_of_one_incident_are_always_in_one_fold(groups):
    examples = [
        Example(str(k), "en", "", "", None, Authority.NEWS, "ban", "rumor", group, True)
        for k, group in enumerate(groups)
    ]
    where = defaultdict(set)
    for example, fold in zip(examples, folds(examples), strict=True):
        where[example.group].add(fold)
    assert all(len(found) == 1 and found <= set(range(FOLDS)) for found in where.values())


def test_a_vector_once_computed_is_not_computed_again(tmp_path):
    encoder = Pieces()
    first = Remembering(encoder, tmp_path / "vectors.npz")
    once = first.encode(["a text", "another"])
    first.save()
    again = Remembering(encoder, tmp_path / "vectors.npz").encode(["another", "a text"])
    assert encoder.asked == 2
    assert np.array_equal(once, again[::-1])


def test_days_are_compared_to_the_precision_that_both_have():
    assert Days.of(["2025-04"], "2025-04-10") == Days(named=True, same=True)
    assert Days.of(["2025-05-01", "2024"], "2025-04-10") == Days(named=True, past=True, ahead=True)
    assert Days.of(["2025-05-01"], None) == Days(named=True)
    assert Days.of([], "2025-04-10") == Days()


def test_a_bad_line_of_the_corpus_is_named(tmp_path):
    (tmp_path / "some.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.jsonl line 1"):
        read(tmp_path)


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no labelled texts"):
        read(tmp_path)


def test_training_without_scikit_learn_says_what_to_install(tmp_path):
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from monitor.understand import learn, train\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "try:\n"
        "    corpus = learn.read(Path(sys.argv[1]))\n"
        "    learn.fit(learn.Corpus(corpus.examples, '', np.eye(len(corpus.examples), dtype='f4')), np.arange(5))\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(written(tmp_path / "corpus", 4))],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=True,
    )
    assert "sellerwatch[train]" in done.stdout
