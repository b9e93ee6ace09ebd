"""The encoder's upper layers learn what they are asked, of a small network."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from small_network import DEPTH, KEEP, write

from monitor.training import graph, pretrained, tuning
from monitor.training.examples import FOUND, REPORTS, Example
from monitor.understand.encoder import LAYERS

SHOP, CLOSE, LAUNCH = (range(at, at + 5) for at in (5, 12, 22))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.bin"
    write(path)
    return pretrained.load(path)


def example(number, event, part=""):
    status = None if event == "none" else "confirmed"
    return Example(str(number), "en", "", "x", None, "news", event, status, str(number), real=False, part=part)


def corpus(count=240, seed=3):
    """Texts in pieces: an event has two of the pieces that tell it, at any place."""
    rng = np.random.default_rng(seed)
    cut, some = [], []
    for number in range(count):
        event = ("none", "shutdown")[number % 2]
        pieces = [*rng.choice(SHOP, rng.integers(2, 9)), *rng.choice(CLOSE if number % 2 else LAUNCH, 2)]
        cut.append([0, *(int(piece) for piece in rng.permutation(pieces)), 2])
        some.append(example(number, event))
    return cut, some


def apart(weights, source, cut, some):
    """How well a line drawn between the middles of two classes tells them, by the last mean that is tuned."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph.build(source, KEEP, weights).SerializeToString())
    means = np.array([session.run(None, {"pieces": np.array([pieces])})[0][0, -1] for pieces in cut])
    told = np.array([one.event != "none" for one in some])
    line = means[told].mean(0) - means[~told].mean(0)
    held = (means - means.mean(0)) @ line > 0
    return float((held == told).mean())


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="tuning needs the `tune` extra, which only those who tune install")


@pytest.fixture
def quick(monkeypatch, torch):
    monkeypatch.setattr(tuning, "RATE", 3e-4)
    monkeypatch.setattr(tuning, "BATCH", 8)
    monkeypatch.setattr(tuning, "EPOCHS", 4)
    monkeypatch.setattr(tuning, "KEPT", 0.9)


def test_it_makes_half_the_mistakes_of_what_it_was_given(source, quick):
    cut, some = corpus()
    before = {
        f"l{number - 1}.{part}": values
        for number in range(min(LAYERS) + 1, DEPTH + 1)
        for part, values in source.layer(number).items()
    }
    after = tuning.tuned(source, KEEP, cut, some)
    assert after.keys() == before.keys()
    assert all(after[name].shape == values.shape for name, values in before.items())
    fresh = corpus(seed=4)
    assert 1 - apart(after, source, *fresh) <= (1 - apart(before, source, *fresh)) / 2


def test_the_same_texts_give_the_same_layers_whatever_is_measured_beside_them(source, quick):
    cut, some = corpus(40)
    judged = [replace(one, id="judged", part=REPORTS, event="ban", status="effective") for one in some]
    alone = tuning.tuned(source, KEEP, cut, some)
    beside = tuning.tuned(source, KEEP, cut + cut, some + judged)
    assert all(np.array_equal(alone[name], beside[name]) for name in alone)


def test_where_all_is_measured_there_is_nothing_to_tune_on(source):
    with pytest.raises(ValueError, match="all are kept to measure by"):
        tuning.tuned(source, KEEP, [[0, 5, 2]], [example(1, "ban", REPORTS)])


def test_without_torch_it_says_what_is_wanted(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(RuntimeError, match=r"torch.*\[train,tune\]"):
        tuning.tuned(source, KEEP, [[0, 5, 2]], [example(1, "ban")])


def test_its_layers_are_the_graphs(source, torch):
    """States by torch, padded and in batches, and those of the ONNX file: the same means, below and at the end."""
    import onnxruntime

    cut, _ = corpus(9)
    weights = {name: tensor.detach().numpy() for name, tensor in tuning._upper(source).items() if name[0] == "l"}
    session = onnxruntime.InferenceSession(graph.build(source, KEEP, weights).SerializeToString())
    with tuning.Progress(disable=True) as bar:
        states = tuning._lower(source, KEEP, cut, bar)
    for pieces, state in zip(cut, states, strict=True):
        (means,) = session.run(None, {"pieces": np.array([pieces])})
        assert len(state) == len(pieces)
        assert np.abs(state.float().mean(0).numpy() - means[0, 0]).max() < 0.05  # words in 8 bits there, states in 16
        x, mask = tuning._padded([state, state[:3]])
        for number in range(min(LAYERS) + 1, DEPTH + 1):
            own = {name.partition(".")[2]: torch.tensor(w) for name, w in weights.items() if f"l{number - 1}." in name}
            x = tuning._layer(x, mask, own, source, dropped=0.0)
        assert np.abs(x[0].mean(0).numpy() - means[0, -1]).max() < 0.1


def test_an_answer_that_is_as_good_costs_no_more_and_found_texts_teach_no_status(torch):
    said = torch.zeros(1, tuning.HEADS)
    said[0, 1 + list(tuning.EVENTS).index("ban")] = 9.0
    ban, exit_ = example(1, "ban"), replace(example(1, "market_exit"), also_events=frozenset({"ban"}))
    assert tuning.loss(said, [ban]) < tuning.loss(said, [exit_]) < tuning.loss(said, [example(1, "market_exit")])
    stated = said.clone()
    stated[0, -5:] = torch.tensor([9.0, 0, 0, 0, 0])
    assert tuning.loss(stated, [ban]) != tuning.loss(said, [ban])
    assert tuning.loss(stated, [replace(ban, part=FOUND)]) == tuning.loss(said, [replace(ban, part=FOUND)])
