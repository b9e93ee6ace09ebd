"""Learning, with a small encoder of our own (hashed three-letter pieces) that keeps the port."""

import hashlib
import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_platforms import EXTRACTOR

from monitor.domain.sources import Authority
from monitor.training.examples import FOLDS, FOUND, MEASURED_OF, REPORTS, STORIES, Example, Remembering, folds, read
from monitor.training.learn import LOST, calibrate, fit, opened, strict
from monitor.training.train import card, main, page
from monitor.training.validate import TITLES, out_of_fold, validated
from monitor.understand.encoder import GLANCE
from monitor.understand.model import HEADS, Model, evidence

PROJECT = Path(__file__).parents[2]
KINDS = {
    "shutdown": ("{} will shut down for good, sellers must withdraw", "confirmed"),
    "ban": ("Court bans {} and providers block the app", "effective"),
    "policy": ("{} may raise its commission, a draft says", "proposed"),
    "none": ("{} launches a discount campaign with coupons", None),
}
ODD = "Zqx vjkw pyzz gwfh"  # an incident like no other


class Pieces:
    name = "pieces"
    dimensions = 256

    def __init__(self):
        self.asked = 0

    def glance(self, texts):
        return np.array([self._hashed(text, GLANCE) for text in texts], dtype=np.float32)

    def encode(self, texts):
        self.asked += len(texts)
        return np.array([self._hashed(text, self.dimensions) for text in texts], dtype=np.float32)

    def _hashed(self, text, width):
        row = np.zeros(width)
        for i in range(len(text) - 2):
            row[hashlib.sha256(text[i : i + 3].lower().encode()).digest()[0] % width] += 1
        return row / max(1e-9, float(np.linalg.norm(row)))


@pytest.fixture(scope="module", autouse=True)
def all_measured():
    """A fifth of so few incidents would measure nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.training.examples.MEASURED_OF", 1)
        yield


def labelled(id, title, event, status, **other):
    row = {"id": id, "lang": "en", "title": title, "text": f"{title}. Read on.", "published": "2025-03-01"}
    row |= {"source_kind": "news", "event_type": event, "status": status, "hard_negative": event == "none"}
    return row | other


def written(directory, count=8):
    """`count` texts of each kind in each of three files; two of each are on one incident."""
    directory.mkdir(exist_ok=True)
    for name, synthetic in (("reports", False), ("stories-some", True), ("written", True)):
        rows = [
            labelled(
                f"{name}-{event}-{k}",
                text.format(f"Shop{k}"),
                event,
                status,
                incident=f"{name}-{event}-{k // 2}" if event != "none" else None,
                synthetic=synthetic,
            )
            for event, (text, status) in KINDS.items()
            for k in range(count)
        ]
        if name == "reports":
            rows += [labelled(f"odd-{k}", ODD, "ban", "effective", incident="odd", synthetic=False) for k in (0, 1)]
        (directory / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return read(written(tmp_path_factory.mktemp("corpus"))).described(Pieces(), EXTRACTOR)


@pytest.fixture(scope="module")
def learnt(corpus):
    return validated(corpus)


@pytest.fixture(scope="module")
def held(corpus):
    return out_of_fold(corpus)


@pytest.fixture
def saved(corpus, learnt, tmp_path):
    model, figures, _ = learnt
    model.save(tmp_path, card(corpus, model, figures))
    return tmp_path


def rows_of(corpus):
    return np.concatenate([corpus.vectors, corpus.hinted], axis=1)


def test_it_learns_what_the_texts_teach_and_says_how_well(learnt):
    _, figures, predicted = learnt
    assert set(figures) == {REPORTS, TITLES, STORIES}
    for part in (REPORTS, TITLES, STORIES):
        assert figures[part].documents == (34 if part in (REPORTS, TITLES) else 32)
        assert figures[part].figures["average precision"].value > 0.9
        assert figures[part].figures["detection F1"].value > 0.9
        assert figures[part].figures["status accuracy"].value > 0.9
    assert Counter(one.id.partition("-")[0] for one in predicted) == {"reports": 32, "odd": 2}


def test_a_model_that_judges_an_incident_has_learnt_from_no_text_on_it(corpus, held):
    odd = np.array([example.group == "odd" for example in corpus.examples])
    everything = fit(corpus, np.arange(len(corpus.examples))).reader.decide(rows_of(corpus)[odd])
    judged = evidence(held.decisions)[[example.group == "odd" for example in held.examples]]
    assert len(judged) == odd.sum() == 4  # two texts, and their titles alone
    assert judged.max() < evidence(everything).min()


def test_files_are_measured_by_their_names(corpus, held):
    measured = {example.id.partition("-")[0] for example in corpus.examples if example.measured}
    assert measured == {"reports", "stories", "odd"}
    assert {example.id for example in held.examples} == {
        example.id for example in corpus.examples if not example.id.startswith("written")
    }


def test_reports_are_measured_and_a_fifth_of_the_incidents_of_what_was_found_and_of_stories(monkeypatch):
    monkeypatch.setattr("monitor.training.examples.MEASURED_OF", MEASURED_OF)
    for part, least, most in ((REPORTS, 1, 1), (FOUND, 0.15, 0.25), (STORIES, 0.15, 0.25), ("", 0, 0)):
        texts = [example(f"incident-{number // 2}", part=part) for number in range(2_000)]
        assert least <= np.mean([one.measured for one in texts]) <= most
        assert all(left.measured == right.measured for left, right in zip(texts[::2], texts[1::2], strict=True))


def test_reports_that_were_found_later_are_judged_apart_and_predicted_out_of_fold(tmp_path):
    written(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "reports.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [{**row, "id": "found-" + row["id"], "text": row["text"] + " So it was."} for row in rows]
    (tmp_path / "found.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    _, figures, predicted = validated(read(tmp_path).described(Pieces(), EXTRACTOR))
    assert figures[FOUND].documents == figures[REPORTS].documents == len(rows)
    assert {one.id for one in predicted} == {row["id"] for row in rows + found}


ALWAYS_READ = np.full(1_000, np.inf, dtype=np.float32)  # a platform is named in each: no gate stops them


def test_harmless_texts_that_were_found_by_searching_for_events_do_not_raise_the_threshold():
    def threshold(part):
        texts = [example(event="ban")] * 60 + [example(event="none", hard=True)] * 60
        near = [example(event="none", hard=True, part=part)] * 12
        decisions = np.concatenate([np.linspace(-0.2, 2, 60), np.linspace(-2, -0.2, 60), np.linspace(0.2, 0.6, 12)])
        rows = np.repeat(decisions[:, None], HEADS, axis=1).astype(np.float32)
        every = [*texts, *near]
        return strict(calibrate(_OPEN, rows, every), ALWAYS_READ[: len(every)], rows, every).threshold

    assert threshold(FOUND) < threshold(REPORTS)


def test_a_part_counts_as_much_in_calibration_however_many_texts_it_has():
    texts = [example(event=event, part=part) for part in (REPORTS, STORIES) for event in ("ban", "none", "ban", "none")]
    rows = np.repeat(np.array([1, -1, -0.5, 0.2, 2, -2, 0.1, 0.4], np.float32)[:, None], HEADS, axis=1)
    once = calibrate(_OPEN, rows, texts)
    more = calibrate(_OPEN, np.concatenate([rows, *[rows[4:]] * 5]), texts + texts[4:] * 5)
    assert (more.slope, more.offset) == pytest.approx((once.slope, once.offset), abs=2e-3)


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


def test_the_same_corpus_gives_the_same_model_and_card_to_the_byte(corpus, learnt, saved, tmp_path):
    model, figures, predicted = validated(corpus)
    model.save(tmp_path / "again", card(corpus, model, figures))
    for file in ("model.npz", "card.json"):
        assert (tmp_path / "again" / file).read_bytes() == (saved / file).read_bytes()
    assert predicted == learnt[2]


def test_a_saved_model_judges_as_it_did_before(corpus, learnt, saved):
    model, after = learnt[0], Model.load(saved)
    judged = [one.judge(corpus.worded, corpus.vectors, corpus.hinted) for one in (model, after)]
    reported = [
        (one.event, one.status, two.event, two.status) for one, two in zip(*judged, strict=True) if one.score > 0.5
    ]
    assert len(reported) > 100
    assert all(said[:2] == said[2:] for said in reported)
    assert np.allclose(*([j.score for j in some] for some in judged), atol=0.01)
    gated = [one.glanced(corpus.glances, corpus.hinted) for one in (model, after)]
    assert np.allclose(*gated, atol=0.03)
    made = json.loads((saved / "card.json").read_text())
    assert f"digest {corpus.digest}" in page(made)


def test_a_model_with_other_heads_is_refused(saved):
    with np.load(saved / "model.npz") as stored:
        arrays = dict(stored)
    np.savez(saved / "model.npz", **{**arrays, "reader.weights": arrays["reader.weights"][:, :5]})
    with pytest.raises(ValueError, match=f"{HEADS} heads"):
        Model.load(saved)


def test_a_model_whose_words_are_counted_otherwise_is_refused(saved):
    with np.load(saved / "model.npz") as stored:
        arrays = dict(stored)
    np.savez(saved / "model.npz", **{**arrays, "wording.weights": arrays["wording.weights"][::4]})
    with pytest.raises(ValueError, match="buckets"):
        Model.load(saved)


@pytest.mark.parametrize("missing", ["gate.basis", "reader.support", "reader.gamma", "wording.numbers"])
def test_a_model_that_lacks_an_array_is_refused(saved, missing):
    with np.load(saved / "model.npz") as stored:
        arrays = {name: array for name, array in stored.items() if name != missing}
    np.savez(saved / "model.npz", **arrays)
    with pytest.raises(ValueError, match=rf"lacks.*{missing}"):
        Model.load(saved)


def test_scores_rise_with_the_evidence_and_stay_between_nothing_and_certainty(corpus):
    model = fit(corpus, np.arange(len(corpus.examples)))
    decisions = model.reader.decide(rows_of(corpus))
    model = calibrate(model, decisions, corpus.examples)
    scores = model.scores(decisions)
    order = np.argsort(evidence(decisions))
    assert (np.diff(scores[order]) >= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert 0.2 <= model.threshold <= 0.8


def test_a_judgement_shares_certainty_out_among_types_and_among_statuses(corpus, learnt):
    for judgement in learnt[0].judge(corpus.worded[:9], corpus.vectors[:9], corpus.hinted[:9]):
        for shares in (judgement.events, judgement.statuses):
            assert sum(shares.values()) == pytest.approx(1)
            assert min(shares.values()) >= 0


def passed(held, model, chosen):
    """The share of the chosen examples that the gate lets through."""
    return float((held.gated[np.array(chosen)] >= model.admitted).mean())


def test_the_gate_loses_next_to_nothing_that_the_reader_finds(learnt, held):
    model, told = learnt[0], [one.event != "none" and not one.bare for one in held.examples]
    found = (model.scores(held.decisions) >= model.threshold) & told
    assert found.sum() >= 48
    assert passed(held, model, found) >= 1 - LOST
    assert passed(held, model, [one.event == "none" for one in held.examples]) < 0.2


def example(group="", event="ban", part=REPORTS, hard=False):
    return Example("x", "en", "", "", None, Authority.NEWS, event, None, group, real=True, part=part, hard=hard)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-2, 2), st.booleans()), min_size=1, max_size=400))
def test_the_gate_never_loses_more_than_it_may_on_the_texts_it_is_set_on(texts):
    gated, told, risky = (np.array(column) for column in zip(*texts, strict=True))
    decisions = np.repeat(told[:, None], HEADS, axis=1).astype(np.float32)
    model = opened(_OPEN, gated, decisions, [example(event="ban" if risk else "none") for risk in risky])
    found = (model.scores(decisions) >= 0.5) & risky
    assert (gated[found] < model.admitted).sum() <= LOST * found.sum()


_OPEN = Model(None, None, None, admitted=-np.inf, slope=1.0, offset=0.0, threshold=0.5, version="")


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.floats(-2, 2))
def test_what_the_gate_stops_scores_next_to_nothing_in_the_gates_order(decisions, admitted):
    scores = replace(_OPEN, admitted=admitted).dismissed(np.sort(np.array(decisions)))
    assert (np.diff(scores) >= 0).all()
    assert 0 < scores[0] <= scores[-1] <= 0.01


def test_what_the_gate_stops_is_predicted_as_no_event(learnt, held):
    model = learnt[0]
    shut = held.predicted(replace(model, admitted=np.inf))
    assert all(one.event_type == "none" and one.score <= 0.01 for one in shut)
    assert any(one.event_type != "none" for one in held.predicted(model))


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=60))
def test_reports_of_one_incident_are_always_in_one_fold_and_the_folds_are_even(groups):
    assigned = folds([example(group) for group in groups])
    where = defaultdict(set)
    for group, fold in zip(groups, assigned, strict=True):
        where[group].add(fold)
    assert all(len(found) == 1 and found <= set(range(FOLDS)) for found in where.values())
    sizes = [assigned.count(fold) for fold in range(FOLDS)]
    assert max(sizes) - min(sizes) <= max(Counter(groups).values())


def test_a_title_is_never_learnt_from_where_its_report_is_held_back(corpus):
    measured = [example for example in corpus.examples if example.measured]
    where = defaultdict(set)
    for one, fold in zip(measured, folds(measured), strict=True):
        where[one.id].add(fold)
    assert any(one.bare for one in measured)
    assert all(len(found) == 1 for found in where.values())


def test_a_vector_once_computed_is_not_computed_again(tmp_path):
    encoder = Pieces()
    first = Remembering(encoder, tmp_path / "vectors.npz")
    once = first.encode(["a text", "another"])
    first.save()
    again = Remembering(encoder, tmp_path / "vectors.npz").encode(["another", "a text"])
    assert encoder.asked == 2
    assert np.array_equal(once, again[::-1])
    assert np.array_equal(first.glance(["a text"]), encoder.glance(["a text"]))


def test_vectors_of_another_encoder_are_forgotten(tmp_path):
    (first := Remembering(Pieces(), tmp_path / "vectors.npz")).encode(["a text"])
    first.save()
    (other := Pieces()).name = "other pieces"
    Remembering(other, tmp_path / "vectors.npz").encode(["a text"])
    Remembering(again := Pieces(), tmp_path / "vectors.npz", made="anew").encode(["a text"])
    assert (other.asked, again.asked) == (1, 1)


def test_a_bad_line_of_the_corpus_is_named(tmp_path, capsys):
    (tmp_path / "some.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.jsonl line 1"):
        read(tmp_path)
    assert main(["--corpus", str(tmp_path), "--out", str(tmp_path), "--cache", str(tmp_path / "v.npz")]) == 1
    assert "line 1" in " ".join(capsys.readouterr().out.split())  # however long lines are wrapped


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no labelled texts"):
        read(tmp_path)


def test_training_without_scikit_learn_says_what_to_install(tmp_path):
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from monitor.training import examples, learn\n"
        "from dataclasses import replace\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "try:\n"
        "    corpus = examples.read(Path(sys.argv[1]))\n"
        "    rows = np.eye(len(corpus.examples), dtype='f4')\n"
        "    learn.fit(replace(corpus, hinted=rows, glances=rows, vectors=rows), np.arange(5))\n"
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
    assert "pip install -e '.[train]'" in done.stdout
