"""The vocabulary, trimmed to what our languages use, as a tokenizer of the `tokenizers` library."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from monitor.training.pretrained import END, PADDING, START, UNKNOWN, Pretrained
from monitor.understand.encoder import GLANCE

KEPT = 80_000  # of 250,000 pieces, at the least; our own texts use 84,000 and the single characters 9,000 more


def whole(source: Pretrained) -> Tokenizer:
    """The pre-trained vocabulary as it is."""
    return _tokenizer(source.pieces, source.scores)


def kept(source: Pretrained, texts: Iterable[str], most: int = KEPT) -> list[int]:
    """Which pieces stay, in their order: those that the texts use, every single character, and the most frequent of the
    others (the vocabulary is ordered by frequency) up to `most`, so that a new word is still cut into few pieces."""
    tokenizer = whole(source)
    used = {START, PADDING, END, UNKNOWN}
    for encoded in tokenizer.encode_batch(list(texts)):
        used.update(encoded.ids)
    used.update(number for number, piece in enumerate(source.pieces) if len(piece.removeprefix("▁")) <= 1)
    for number in range(len(source.pieces)):
        if len(used) >= most:
            break
        used.add(number)
    return sorted(used)


def trimmed(source: Pretrained, keep: Sequence[int]) -> Tokenizer:
    """A tokenizer of the kept pieces; its numbers are their places in `keep`."""
    return _tokenizer([source.pieces[i] for i in keep], [source.scores[i] for i in keep])


def glances(
    source: Pretrained, keep: Sequence[int], read: Iterable[Sequence[int]]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """What a glance needs: the word vectors on their `GLANCE` principal axes, in steps of one size, shape
    (len(keep), GLANCE), and how rare each piece is, log(texts / texts with it). `read` are the texts in pieces."""
    words = source.tensor("emb.word", source.sizes["rows"], source.sizes["width"])[list(keep)]
    words = words / np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-6)
    texts = [sorted(set(pieces)) for pieces in read]
    seen = np.bincount(np.concatenate([np.array(pieces) for pieces in texts]), minlength=len(keep))
    weights = np.log(len(texts) / (1.0 + seen)).clip(0).astype(np.float32)
    means = np.array([weights[pieces] @ words[pieces] / max(1e-6, float(weights[pieces].sum())) for pieces in texts])
    _, axes = np.linalg.eigh(np.cov(means.T))
    turned = words @ axes[:, ::-1][:, :GLANCE]
    return np.rint(turned / np.abs(turned).max() * 127).astype(np.int8), weights


def save(tokenizer: Tokenizer, path: Path) -> None:
    """One JSON file, which the daemon reads."""
    path.write_text(tokenizer.to_str(pretty=False) + "\n", encoding="utf-8")


def _tokenizer(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), UNKNOWN, False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", START), ("</s>", END)]
    )
    return tokenizer
