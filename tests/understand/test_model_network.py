"""From pre-trained weights to what the daemon runs, with a small network in the same file format."""

import math
import struct

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.training import graph, pretrained, vocabulary
from monitor.understand.encoder import E5, GLANCE, LAYERS, WIDTH, meaning

INNER, HEADS, POSITIONS, KINDS, EPSILON = 64, 12, 40, 1, 1e-12
LETTERS = "abcdefghijklmnopqrstuvwxyz关闭平台"
WORDS = ("shop", "closes", "close", "ban", "market", "place", "seller", "s", "ing", "er", "平台", "关闭")
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", *LETTERS, *(f"▁{word}" for word in WORDS), *WORDS[:7], *WORDS[8:])
DEPTH = max(LAYERS)


def shapes():
    """Every tensor of the network by its name in the file."""
    yield "emb.word", (len(PIECES), WIDTH)
    yield "emb.pos", (POSITIONS, WIDTH)
    yield "emb.type", (KINDS, WIDTH)
    normals = ["emb.ln"]
    for number in range(DEPTH):
        name = f"l{number}"
        for part in ("q", "k", "v", "ao"):
            yield f"{name}.{part}.w", (WIDTH, WIDTH)
            yield f"{name}.{part}.b", (WIDTH,)
        yield f"{name}.fi.w", (INNER, WIDTH)
        yield f"{name}.fi.b", (INNER,)
        yield f"{name}.fo.w", (WIDTH, INNER)
        yield f"{name}.fo.b", (WIDTH,)
        normals += [f"{name}.aln", f"{name}.oln"]
    for name in normals:
        yield f"{name}.w", (WIDTH,)
        yield f"{name}.b", (WIDTH,)


def blocks(values):
    """Floats as blocks of 32: a half-precision scale, then 16 bytes, each the nibbles of one weight and of one 16 on;
    and what these blocks stand for."""
    rows = values.reshape(-1, 32)
    scales = (np.abs(rows).max(1, keepdims=True) / 7).astype(np.float16)
    steps = np.clip(np.rint(rows / scales.astype(np.float32)), -8, 7)
    nibbles = (steps + 8).astype(np.uint8)
    packed = np.concatenate([scales.view(np.uint8), nibbles[:, :16] | nibbles[:, 16:] << 4], axis=1)
    return packed.tobytes(), (steps * scales.astype(np.float32)).reshape(values.shape)


def write(path):
    """A file of the format, with random weights; returns the weights as they stand in it."""
    rng = np.random.default_rng(7)
    weights, stored = {}, {}
    for name, shape in shapes():
        values = rng.normal(0, 0.06, shape).astype(np.float32)
        if ".ln." in name or "ln.w" in name:
            values += 1.0 if name.endswith(".w") else 0.0
        stored[name], weights[name] = blocks(values) if len(shape) == 2 else (values.tobytes(), values)
    encoded = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, encoded)]).tolist()
    scores = [0.0] * 4 + [-2.0 - 6.0 / len(piece) for piece in PIECES[4:]]
    head = b"E5S1" + bytes(4) + struct.pack("<7i", WIDTH, DEPTH, HEADS, INNER, len(PIECES), POSITIONS, KINDS)
    head += struct.pack("<fii4iQ", EPSILON, 32, len(PIECES), 0, 1, 2, 3, starts[-1])
    head += struct.pack(f"<{len(starts)}I{len(scores)}f", *starts, *scores) + b"".join(encoded)
    head += struct.pack("<iI", 0, 5) + b"table" + struct.pack("<i", len(stored))
    at = len(head) + sum(2 + len(name) + 21 for name in stored)
    for name, data in stored.items():
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at, len(data))
        at += len(data)
    path.write_bytes(head + b"".join(stored.values()))
    return weights


def forward(weights, numbers):
    """BERT, plainly: the means of the chosen layers, shape (len(LAYERS), WIDTH)."""

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
        if layer + 1 in LAYERS:
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


KEEP = [number for number in range(len(PIECES)) if PIECES[number] not in ("q", "▁market", "er")]
READ = [[0, 9, 30, 12, 2], [0, 2], [0, *range(5, 35), 2]]  # places in KEEP


@pytest.fixture(scope="module")
def encoder(made, tmp_path_factory):
    """All three files of the small network, as `make encoder` writes them, and the directory."""
    source, directory = made[0], tmp_path_factory.mktemp("small")
    tokenizer = vocabulary.trimmed(source, KEEP)
    vocabulary.save(tokenizer, directory / "tokenizer.json")
    words, weights = vocabulary.glances(source, KEEP, [e.ids for e in tokenizer.encode_batch(TEXTS)])
    np.savez_compressed(directory / "words.npz", words=words, weights=weights)
    graph.save(graph.build(source, KEEP), directory / "encoder.onnx")
    return E5(directory), directory


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
    session = session_of(graph.build(source, KEEP).SerializeToString())
    for numbers in READ:
        (means,) = session.run(None, {"pieces": np.array([numbers])})
        wanted = forward(weights, np.array(KEEP)[numbers])
        assert means.shape == (1, len(LAYERS), WIDTH)
        # word vectors are in 8 bits even so: a step is 1/254 of the largest weight of a piece at most
        assert np.abs(means[0] - wanted).max() < 0.05
        assert cosines(means[0], wanted).min() > 0.9999


def test_the_graph_is_exact_where_its_word_vectors_are(made, tmp_path):
    """With word vectors that whole steps of 8 bits give without loss, nothing is left to differ but float rounding."""
    source, weights = made
    words = weights["emb.word"]
    steps = np.abs(words).max(1, keepdims=True) / 127
    whole = np.rint(words / steps).astype(np.float32) * steps.astype(np.float32)
    session = session_of(graph.build(source, KEEP).SerializeToString())
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
    onnx.save(graph.build(made[0], KEEP), str(tmp_path / "plain.onnx"))
    assert (encoder[1] / "encoder.onnx").stat().st_size < (tmp_path / "plain.onnx").stat().st_size / 3


def test_the_encoder_reads_its_files(encoder):
    vectors, glances = encoder[0].encode(TEXTS), encoder[0].glance(TEXTS)
    assert vectors.shape == (len(TEXTS), WIDTH * len(LAYERS))
    assert glances.shape == (len(TEXTS), GLANCE)
    assert np.allclose(np.linalg.norm(vectors.reshape(-1, WIDTH), axis=1), 1, atol=1e-5)
    assert meaning(vectors[0]).shape == (WIDTH,)
    assert np.abs(glances).max(1).min() > 0
    assert encoder[0].encode([]).shape == (0, WIDTH * len(LAYERS))


@pytest.mark.parametrize("missing", ["tokenizer.json", "encoder.onnx", "words.npz", "encoder.bin"])
def test_a_file_that_is_missing_is_named_with_what_makes_it(encoder, tmp_path, missing):
    for path in encoder[1].iterdir():
        if path.name != missing:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(FileNotFoundError, match=rf"{missing}.*make encoder"):
        E5(tmp_path).encode(["a"])


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
