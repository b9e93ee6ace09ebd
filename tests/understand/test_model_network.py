"""From pre-trained weights to what the daemon runs, with a small network in the same file format."""

import json
import math
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_network import DEPTH, EPSILON, HEADS, KEEP, LETTERS, PIECES, WORDS, shapes, write

from monitor.training import graph, pretrained, vocabulary
from monitor.training.encoder import main as make_encoder
from monitor.understand.encoder import E5, GLANCE, LAYERS, TUNED, WIDTH, meaning


def upper(seed):
    """The layers above the first of `LAYERS`, as tuning might have left them."""
    rng = np.random.default_rng(seed)
    names = tuple(f"l{number}." for number in range(min(LAYERS), DEPTH))
    return {
        name: rng.normal(1.0 if name.endswith("ln.w") else 0.0, 0.06, shape).astype(np.float32)
        for name, shape in shapes()
        if name.startswith(names)
    }


ANEW = upper(11)


def forward(weights, numbers):
    """The means of the chosen layers as they were and as they are tuned, shape (len(LAYERS) + len(TUNED), WIDTH)."""
    return np.concatenate([bert(weights, numbers, LAYERS), bert(weights | ANEW, numbers, TUNED)])


def bert(weights, numbers, chosen):
    """BERT, plainly: the means of the chosen layers, shape (len(chosen), WIDTH)."""

    def normal(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + EPSILON)
        return x * weights[f"{name}.w"] + weights[f"{name}.b"]

    def linear(x, name):
        return x @ weights[f"{name}.w"].T + weights[f"{name}.b"]

    def gelu(x):
        return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    x = weights["emb.word"][numbers].astype(np.float64) + weights["emb.pos"][: len(numbers)] + weights["emb.type"][0]
    x = normal(x, "emb.ln")
    means = []
    for layer in range(DEPTH):
        name, size = f"l{layer}", WIDTH // HEADS
        query, key, value = (linear(x, f"{name}.{part}") for part in "qkv")
        heard = []
        for head in range(HEADS):
            own = slice(head * size, (head + 1) * size)
            looked = np.exp(query[:, own] @ key[:, own].T / math.sqrt(size))
            heard.append(looked / looked.sum(1, keepdims=True) @ value[:, own])
        x = normal(x + linear(np.concatenate(heard, axis=1), f"{name}.ao"), f"{name}.aln")
        x = normal(x + linear(gelu(linear(x, f"{name}.fi")), f"{name}.fo"), f"{name}.oln")
        if layer + 1 in chosen:
            means.append(x.mean(0))
    return np.array(means)


def session_of(model):
    import onnxruntime  # after `monitor.understand`, which sets it up

    return onnxruntime.InferenceSession(model)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.bin"
    weights = write(path)
    return pretrained.load(path), weights


READ = [[0, 9, 30, 12, 2], [0, 2], [0, *range(5, 35), 2]]  # places in KEEP


@pytest.fixture(scope="module")
def encoder(made, tmp_path_factory):
    """All three files of the small network, as `make encoder` writes them, and the directory."""
    source, directory = made[0], tmp_path_factory.mktemp("small")
    tokenizer = vocabulary.trimmed(source, KEEP)
    vocabulary.save(tokenizer, directory / "tokenizer.json")
    words, weights = vocabulary.glances(source, KEEP, [e.ids for e in tokenizer.encode_batch(TEXTS)])
    np.savez_compressed(directory / "words.npz", words=words, weights=weights)
    graph.save(graph.build(source, KEEP, ANEW), directory / "encoder.onnx", "0123abcd")
    return E5(directory), directory


def test_the_file_says_which_corpus_it_was_tuned_on(encoder):
    assert encoder[0].tuned_on == "0123abcd"


TEXTS = ["shop closes", "seller ban", "marketplace closing", "平台关闭", "a market for sellers", "kiss the ring"]


def test_a_file_gives_back_its_vocabulary_and_its_weights(made):
    source, weights = made
    assert source.pieces == PIECES
    assert source.sizes["width"] == WIDTH
    assert source.epsilon == pytest.approx(EPSILON)
    for name, shape in shapes():
        assert np.array_equal(source.tensor(name, *shape), weights[name]), name


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="not a model that is known"):
        pretrained.load(tmp_path / "other.bin")


def test_the_graph_computes_what_a_plain_forward_pass_computes(made):
    source, weights = made
    session = session_of(graph.build(source, KEEP, ANEW).SerializeToString())
    for numbers in READ:
        (means,) = session.run(None, {"pieces": np.array([numbers])})
        wanted = forward(weights, np.array(KEEP)[numbers])
        assert means.shape == (1, len(LAYERS) + len(TUNED), WIDTH)
        # word vectors are in 8 bits even so: a step is 1/254 of the largest weight of a piece at most
        assert np.abs(means[0] - wanted).max() < 0.05
        assert cosines(means[0], wanted).min() > 0.9999


def test_the_graph_is_exact_where_its_word_vectors_are(made, tmp_path):
    """With word vectors that whole steps of 8 bits give without loss, nothing is left to differ but float rounding."""
    source, weights = made
    words = weights["emb.word"]
    steps = np.abs(words).max(1, keepdims=True) / 127
    whole = np.rint(words / steps).astype(np.float32) * steps.astype(np.float32)
    session = session_of(graph.build(source, KEEP, ANEW).SerializeToString())
    for numbers in READ:
        (means,) = session.run(None, {"pieces": np.array([numbers])})
        wanted = forward(weights | {"emb.word": whole}, np.array(KEEP)[numbers])
        assert np.abs(means[0] - wanted).max() < 1e-4


def test_in_eight_bits_it_means_nearly_the_same(made, encoder):
    session = session_of(str(encoder[1] / "encoder.onnx"))
    for numbers in READ:
        (means,) = session.run(None, {"pieces": np.array([numbers])})
        assert cosines(means[0], forward(made[1], np.array(KEEP)[numbers])).min() > 0.98


def test_in_eight_bits_it_is_less_than_a_third_in_size(made, encoder, tmp_path):
    onnx.save(graph.build(made[0], KEEP, ANEW), str(tmp_path / "plain.onnx"))
    assert (encoder[1] / "encoder.onnx").stat().st_size < (tmp_path / "plain.onnx").stat().st_size / 3


def test_the_encoder_reads_its_files(encoder):
    vectors, glances = encoder[0].encode(TEXTS), encoder[0].glance(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder[0].dimensions)
    assert glances.shape == (len(TEXTS), GLANCE)
    assert np.allclose(np.linalg.norm(vectors.reshape(-1, WIDTH), axis=1), 1, atol=1e-5)
    assert np.array_equal(meaning(vectors[0]), vectors[0].reshape(-1, WIDTH)[len(LAYERS) - 1])
    assert np.abs(glances).max(1).min() > 0
    assert encoder[0].encode([]).shape == (0, encoder[0].dimensions)


@pytest.mark.parametrize("missing", ["tokenizer.json", "encoder.onnx", "words.npz", "encoder.bin"])
def test_a_file_that_is_missing_is_named_with_what_makes_it(encoder, tmp_path, missing):
    for path in encoder[1].iterdir():
        if path.name != missing:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(FileNotFoundError, match=rf"{missing}.*make encoder"):
        E5(tmp_path).encode(["a"])


@pytest.fixture
def written(made, tmp_path, monkeypatch):
    """`make encoder` on two texts and no platforms, without the half hour: arguments for its `main`."""
    (tmp_path / "corpus").mkdir()
    rows = [{"id": str(n), "lang": "en", "title": t, "text": "", "event_type": "none"} for n, t in enumerate(TEXTS)]
    (tmp_path / "corpus" / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(pretrained, "load", lambda: made[0])
    monkeypatch.setattr("monitor.training.encoder.load", lambda _: SimpleNamespace(platforms=()))
    return ["--corpus", str(tmp_path / "corpus"), "--out", str(tmp_path / "out")]


def test_make_encoder_tunes_on_the_windows_of_the_corpus_and_writes_files_that_fit_together(
    made, written, tmp_path, monkeypatch
):
    def tuned(source, keep, cut, some):
        assert source is made[0]
        words = [[PIECES[keep[number]] for number in pieces] for pieces in cut]
        assert [one.title for one in some] == TEXTS
        assert all((word[0], word[-1]) == ("<s>", "</s>") for word in words)
        assert "▁seller" in words[TEXTS.index("seller ban")]
        return ANEW

    monkeypatch.setattr("monitor.training.tuning.tuned", tuned)
    assert make_encoder(written) == 0
    vectors = E5(tmp_path / "out").encode(TEXTS)
    assert vectors.shape == (len(TEXTS), E5.dimensions)
    assert np.isfinite(vectors).all()


def test_an_encoder_that_cannot_be_tuned_leaves_the_files_that_are_there(written, tmp_path, monkeypatch, capsys):
    def tuned(*_):
        raise RuntimeError("tuning needs torch")

    monkeypatch.setattr("monitor.training.tuning.tuned", tuned)
    assert make_encoder(written) == 1
    assert "tuning needs torch" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def cosines(some, others):
    return (some * others).sum(1) / np.linalg.norm(some, axis=1) / np.linalg.norm(others, axis=1)


@given(st.lists(st.sampled_from([*WORDS, *LETTERS]), min_size=1, max_size=6), st.booleans())
def test_a_trimmed_tokenizer_cuts_words_of_kept_pieces_as_the_whole_one_does(made, words, spaced):
    text = (" " if spaced else "").join(words)
    cut = vocabulary.whole(made[0]).encode(text).tokens
    if {*cut} <= {PIECES[number] for number in KEEP}:
        trimmed = vocabulary.trimmed(made[0], KEEP).encode(text)
        assert trimmed.tokens == cut
        assert [PIECES[KEEP[number]] for number in trimmed.ids] == cut


def test_a_word_whose_piece_is_gone_is_cut_into_smaller_ones(made):
    assert "▁market" in vocabulary.whole(made[0]).encode("market").tokens
    cut = vocabulary.trimmed(made[0], KEEP).encode("market").tokens
    assert "".join(cut[1:-1]) == "▁market"
    assert "▁market" not in cut


def test_what_the_texts_use_every_single_character_and_the_most_frequent_of_the_rest_survive(made):
    source = made[0]
    keep = vocabulary.kept(source, ["seller 关闭"], most=45)
    pieces = {PIECES[number] for number in keep}
    assert keep == sorted(set(keep))
    assert {"<s>", "<pad>", "</s>", "<unk>", "▁", *LETTERS, "▁s"} <= pieces
    assert set(vocabulary.whole(source).encode("seller 关闭").tokens) <= pieces
    spare = [number for number in range(len(PIECES)) if number not in keep]
    assert len(keep) == 45
    assert all(PIECES[number].removeprefix("▁") not in set(LETTERS) for number in spare)
    assert min(spare) > max(n for n in keep if n not in spare and PIECES[n] in ("▁shop", "▁closes", "▁close"))


def test_a_rare_piece_weighs_more_in_a_glance_than_a_common_one(made):
    texts = [[0, 5, 2], [0, 5, 6, 2], [0, 5, 7, 2], [0, 5, 8, 2]]
    _, weights = vocabulary.glances(made[0], KEEP, texts)
    assert weights[5] == 0
    assert weights[6] > 0
    assert weights[9] > weights[6]
