"""A small network in the file format of the pre-trained one, with random weights."""

import struct

import numpy as np

from monitor.understand.encoder import LAYERS, WIDTH

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


KEEP = [number for number in range(len(PIECES)) if PIECES[number] not in ("q", "▁market", "er")]
