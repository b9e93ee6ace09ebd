"""The encoder's upper layers, tuned to tell events, their types and how certain they are (docs/decisions/0038).

The layers below stay as they are, so what they make of a text is computed once. Texts that the model is measured by
(`Example.measured`) are never learnt from. Needs torch (`tune` extra).
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from rich.progress import Progress

from monitor.training.examples import FOUND, Example
from monitor.training.pretrained import Floats, Pretrained
from monitor.understand.encoder import LAYERS, TUNED
from monitor.understand.model import CERTAINTIES, EVENTS, HEADS, STATUSES, TYPES

EPOCHS = 2
RATE, WARM, DECAY = (
    7e-5,
    0.06,
    0.01,
)  # of learning, at its highest; the share of steps it rises in; what shrinks weights
BATCH = 32  # texts a step
READ = 160  # pieces of a text, from its beginning: what tells an event stands early
DROPPED = 0.1  # of what a layer gives, while it learns
SCALE = 8.0  # of a mean of unit length, before the heads
SIDE = 0.5  # what types, and what statuses, count for beside event or none
KEPT = 0.998  # of the running average of the weights, which is what is given back
CHUNK = 50  # steps whose texts are sorted by length together: a step pads little
Weights = dict[str, Any]


def tuned(
    source: Pretrained, keep: Sequence[int], cut: Sequence[Sequence[int]], some: Sequence[Example]
) -> dict[str, Floats]:
    """Every tensor of the layers above the first of `LAYERS`, by its name in `source`, after learning from the examples
    that are not measured. `cut` are the examples' windows in pieces, as places in `keep`. Half an hour on two cores for
    30,000 texts. Raises RuntimeError where torch is missing, ValueError where nothing is to be learnt from."""
    learnt = [number for number, example in enumerate(some) if not example.measured]
    if not learnt:
        raise ValueError("no texts to tune the encoder on: all are kept to measure by")
    torch = _torch()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    weights = _upper(source)
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    groups = [
        {"params": [tensor for tensor in weights.values() if (tensor.dim() > 1) == shrinks], "weight_decay": decay}
        for shrinks, decay in ((True, DECAY), (False, 0.0))
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    steps = EPOCHS * -(-len(learnt) // BATCH)
    with Progress(transient=True) as bar:
        states = _lower(source, keep, [cut[number][:READ] for number in learnt], bar)
        task, step = bar.add_task("tuning", total=steps), 0
        for _ in range(EPOCHS):
            for chosen in _batches([len(state) for state in states], rng):
                rate = RATE * min(1.0, (step + 1) / (WARM * steps)) * (1 - step / steps)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                said = _heads(weights, source, *_padded([states[i] for i in chosen]))
                optimizer.zero_grad()
                loss(said, [some[learnt[i]] for i in chosen]).backward()
                torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
                optimizer.step()
                step += 1
                share = min(KEPT, step / (9 + step))
                for name, tensor in weights.items():
                    average[name].mul_(share).add_(tensor.detach(), alpha=1 - share)
                bar.advance(task)
    return {name: tensor.numpy() for name, tensor in average.items() if not name.startswith("head")}


def loss(said: Any, some: Sequence[Example]) -> Any:
    """How far the heads are from the labels, a scalar; `said` is (examples, HEADS). A type or status that is as good
    counts as much as the first; what was found does not teach statuses (see `learn.machine`)."""
    torch = _torch()
    ask = torch.nn.functional
    wanted = torch.tensor([_answers(example) for example in some])
    weight = torch.tensor([example.weight for example in some])
    event = ask.binary_cross_entropy_with_logits(said[:, 0], wanted[:, 0], reduction="none")
    rest = sum(
        -(wanted[:, columns] * ask.log_softmax(said[:, columns], dim=-1)).sum(1) for columns in (TYPES, CERTAINTIES)
    )
    return (weight * (event + SIDE * rest)).mean()


def _answers(example: Example) -> list[float]:
    """What each head should say: event or none, then a share for each type and each status, all 0 where not asked."""
    none = example.event == "none"
    kinds = set() if none else {example.event, *example.also_events} - {"none"}
    stated = set() if none or example.part == FOUND else {example.status, *example.also_statuses} - {None}
    return [
        float(not none),
        *(float(event in kinds) / max(1, len(kinds)) for event in EVENTS),
        *(float(status in stated) / max(1, len(stated)) for status in STATUSES),
    ]


def _batches(lengths: Sequence[int], rng: np.random.Generator) -> Iterator[list[int]]:
    """Every text once, in an order of chance, those of one batch nearly of one length."""
    order = rng.permutation(len(lengths)).tolist()
    made: list[list[int]] = []
    for start in range(0, len(order), BATCH * CHUNK):
        chunk = sorted(order[start : start + BATCH * CHUNK], key=lambda number: lengths[number])
        made += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    yield from (made[number] for number in rng.permutation(len(made)))


def _upper(source: Pretrained) -> Weights:
    """What is to be learnt: the layers above the first of `LAYERS`, and heads on the means of `TUNED`."""
    torch = _torch()
    weights = {
        f"l{number - 1}.{part}": torch.tensor(values, requires_grad=True)
        for number in range(min(LAYERS) + 1, max(TUNED) + 1)
        for part, values in source.layer(number).items()
    }
    width = len(TUNED) * source.sizes["width"]
    weights["head.w"] = torch.nn.init.normal_(torch.empty(HEADS, width), std=0.02).requires_grad_()
    weights["head.b"] = torch.zeros(HEADS, requires_grad=True)
    return weights


def _lower(source: Pretrained, keep: Sequence[int], texts: Sequence[Sequence[int]], bar: Progress) -> list[Any]:
    """What the layer below those that learn makes of each text: (pieces, width), in half precision."""
    torch = _torch()
    sizes, width = source.sizes, source.sizes["width"]
    words = torch.tensor(source.tensor("emb.word", sizes["rows"], width)[list(keep)])
    placed = source.tensor("emb.pos", sizes["positions"], width) + source.tensor("emb.type", sizes["kinds"], width)[0]
    scale, bias = (torch.tensor(source.tensor(f"emb.ln.{end}", width)) for end in "wb")
    layers = [
        {part: torch.tensor(values) for part, values in source.layer(number).items()}
        for number in range(1, min(LAYERS) + 1)
    ]
    states: list[Any] = [None] * len(texts)
    task = bar.add_task("reading texts", total=len(texts))
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    with torch.no_grad():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            x, mask = _padded([words[list(texts[number])] for number in chosen])
            x = x + torch.tensor(placed[: x.shape[1]])
            x = torch.nn.functional.layer_norm(x, (width,), scale, bias, source.epsilon)
            for weights in layers:
                x = _layer(x, mask, weights, source, dropped=0.0)
            for row, number in zip(x, chosen, strict=True):
                states[number] = row[: len(texts[number])].half()
            bar.advance(task, len(chosen))
    return states


def _heads(weights: Weights, source: Pretrained, x: Any, mask: Any) -> Any:
    """What the heads say of texts, (texts, HEADS), by the states of the layer below, (texts, pieces, width)."""
    torch = _torch()
    ask, means = torch.nn.functional, []
    for number in range(min(LAYERS) + 1, max(TUNED) + 1):
        own = f"l{number - 1}."
        of = {name.removeprefix(own): weight for name, weight in weights.items() if name.startswith(own)}
        x = _layer(x, mask, of, source, dropped=DROPPED)
        if number in TUNED:
            mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            means.append(SCALE * ask.normalize(mean, dim=-1))
    return ask.linear(ask.dropout(torch.cat(means, dim=-1), DROPPED), weights["head.w"], weights["head.b"])


def _layer(x: Any, mask: Any, of: Mapping[str, Any], source: Pretrained, dropped: float) -> Any:
    """One layer of BERT, as `graph.build` writes it; `mask` is 1 where a piece is."""
    torch = _torch()
    ask = torch.nn.functional
    texts, pieces, width = x.shape
    parts = (
        ask.linear(x, of[f"{part}.w"], of[f"{part}.b"]).view(texts, pieces, source.sizes["heads"], -1).transpose(1, 2)
        for part in "qkv"
    )
    near = ask.scaled_dot_product_attention(*parts, attn_mask=mask[:, None, None, :].bool())
    near = ask.linear(near.transpose(1, 2).reshape(texts, pieces, width), of["ao.w"], of["ao.b"])
    x = ask.layer_norm(x + ask.dropout(near, dropped), (width,), of["aln.w"], of["aln.b"], source.epsilon)
    inner = ask.linear(ask.gelu(ask.linear(x, of["fi.w"], of["fi.b"])), of["fo.w"], of["fo.b"])
    return ask.layer_norm(x + ask.dropout(inner, dropped), (width,), of["oln.w"], of["oln.b"], source.epsilon)


def _padded(rows: Sequence[Any]) -> tuple[Any, Any]:
    """Texts of several lengths as one block, (texts, pieces, width), and where pieces are, (texts, pieces)."""
    torch = _torch()
    block = torch.nn.utils.rnn.pad_sequence([row.float() for row in rows], batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    return block, (torch.arange(block.shape[1]) < lengths[:, None]).float()


def _torch() -> Any:
    try:
        return import_module("torch")
    except ModuleNotFoundError as error:
        raise RuntimeError("tuning needs torch (its CPU build will do): pip install -e '.[train,tune]'") from error
