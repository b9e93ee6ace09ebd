"""The encoder as an ONNX file that the daemon runs: weights and word vectors in 8 bits, no training framework needed.

The graph is BERT's (Devlin et al. 2019) with the means of layers as its outputs: the upper ones say what a text is
about, the middle ones how it says so (docs/decisions/0009); above the layer of the first mean it stands twice, as it
was and tuned. Weights are quantised per channel to seven bits, so that processors without VNNI, which add two 8-bit
products in 16 bits, give the same vectors as those with it.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

from monitor.training.pretrained import Floats, Pretrained
from monitor.understand.encoder import LAYERS, TUNED

OPSET = 17


class _Graph:
    """Nodes and constants, named by their place."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> list[str]:
        names = [f"{kind}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0], **attributes))
        return names

    def one(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.node(kind, *inputs, **attributes)[0]

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def linear(self, x: str, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> str:
        """x @ weight.T + bias."""
        return self.one("Add", self.one("MatMul", x, self.constant(weight.T)), self.constant(bias))


def build(source: Pretrained, keep: list[int], tuned: Mapping[str, Floats]) -> onnx.ModelProto:
    """Input `pieces` (1, length) int64, places in `keep`; output `means` (1, len(LAYERS) + len(TUNED), width), not
    normalised. `tuned` holds every tensor of the layers above the first of `LAYERS` anew, by its name in `source`."""
    graph, sizes = _Graph(), source.sizes
    width, heads = sizes["width"], sizes["heads"]

    def normal(x: str, scale: Floats, bias: Floats) -> str:
        known = (graph.constant(values) for values in (scale, bias))
        return graph.one("LayerNormalization", x, *known, axis=-1, epsilon=source.epsilon)

    words = source.tensor("emb.word", sizes["rows"], width)[keep]
    steps = np.maximum(np.abs(words).max(1, keepdims=True), 1e-8) / 127
    found = graph.one("Cast", _rows(graph, np.rint(words / steps).astype(np.int8), "pieces"), to=TensorProto.FLOAT)
    found = graph.one("Mul", found, _rows(graph, steps.astype(np.float32), "pieces"))
    placed = source.tensor("emb.pos", sizes["positions"], width) + source.tensor("emb.type", sizes["kinds"], width)[0]
    one, two = graph.constant(np.array([1])), graph.constant(np.array([2]))
    length = graph.one("Slice", graph.one("Shape", "pieces"), one, two)
    positions = graph.one("Slice", graph.constant(placed), graph.constant(np.array([0])), length)
    x = normal(graph.one("Add", found, positions), *(source.tensor(f"emb.ln.{end}", width) for end in "wb"))

    apart = graph.constant(np.array([0, 0, heads, width // heads]))
    together = graph.constant(np.array([0, 0, width]))
    shrink = (width // heads) ** -0.5

    def layer(x: str, of: Mapping[str, Floats]) -> str:
        joined = graph.linear(
            x,
            np.concatenate([of["q.w"] * shrink, of["k.w"], of["v.w"]]),
            np.concatenate([of["q.b"] * shrink, of["k.b"], of["v.b"]]),
        )
        query, key, value = (
            graph.one("Transpose", graph.one("Reshape", part, apart), perm=order)
            for part, order in zip(
                graph.node("Split", joined, outputs=3, axis=2), ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True
            )
        )
        near = graph.one("MatMul", graph.one("Softmax", graph.one("MatMul", query, key), axis=-1), value)
        near = graph.one("Reshape", graph.one("Transpose", near, perm=(0, 2, 1, 3)), together)
        x = normal(graph.one("Add", x, graph.linear(near, of["ao.w"], of["ao.b"])), of["aln.w"], of["aln.b"])
        inner = _gelu(graph, graph.linear(x, of["fi.w"], of["fi.b"]))
        return normal(graph.one("Add", x, graph.linear(inner, of["fo.w"], of["fo.b"])), of["oln.w"], of["oln.b"])

    means, shared = [], x
    for number in range(1, max(LAYERS) + 1):
        x = layer(x, source.layer(number))
        if number == min(LAYERS):
            shared = x
        if number in LAYERS:
            means.append(graph.one("ReduceMean", x, axes=[1], keepdims=1))
    for number in range(min(LAYERS) + 1, max(TUNED) + 1):
        shared = layer(shared, {part: tuned[f"l{number - 1}.{part}"] for part in source.layer(number)})
        if number in TUNED:
            means.append(graph.one("ReduceMean", shared, axes=[1], keepdims=1))
    graph.nodes.append(helper.make_node("Concat", means, ["means"], axis=1))
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("pieces", TensorProto.INT64, (1, "length"))],
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, (1, len(means), width))],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def save(model: onnx.ModelProto, path: Path, corpus: str = "") -> None:
    """Quantised, into the file, with the digest of the corpus that it was tuned on; its largest table into one beside
    it: that one is mapped, and only the rows in use take memory."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # not before `monitor.understand` has set it up

    with tempfile.TemporaryDirectory() as directory:
        plain = Path(directory) / "plain.onnx"
        onnx.save(model, str(plain))
        quantize_dynamic(
            str(plain),
            str(path),
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    small = onnx.load(str(path))
    helper.set_model_props(small, {"corpus": corpus})
    beside = path.with_suffix(".bin")
    beside.unlink(missing_ok=True)  # a table that is there would be added to
    largest = max(len(table.raw_data) for table in small.graph.initializer)
    convert_model_to_external_data(small, location=beside.name, size_threshold=largest)
    onnx.save(small, str(path))
    beside.chmod(0o644)  # `onnx` writes it for its owner alone


def _rows(graph: _Graph, table: npt.NDArray[np.generic], at: str) -> str:
    return graph.one("Gather", graph.constant(table), at, axis=0)


def _gelu(graph: _Graph, x: str) -> str:
    """x/2 (1 + erf(x/sqrt 2))."""
    bent = graph.one("Erf", graph.one("Mul", x, graph.constant(np.array([0.5**0.5], np.float32))))
    return graph.one(
        "Mul",
        graph.one("Mul", x, graph.one("Add", bent, graph.constant(np.array([1], np.float32)))),
        graph.constant(np.array([0.5], np.float32)),
    )
