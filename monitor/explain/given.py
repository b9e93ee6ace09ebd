"""A text from outside the store, as `sellerwatch assess` takes it: a row of JSON, or plain words and what is known of
them."""

import json
import re
from typing import Any

from monitor.domain.documents import digest
from monitor.explain.document import DocumentExplained
from monitor.understand.assess import document_of, read_lines

_ROW = re.compile(r'\s*\{\s*("|\})')  # how a row begins, and hardly a sentence
_PLACE = re.compile(r"line \d+: ")


def given(words: str, title: str = "", published: str = "", source_kind: str = "") -> DocumentExplained:
    """The one document that the words are, in which nothing was looked for yet. `title`, `published` and `source_kind`
    (as in a row) stand above what a row says. Raises ValueError for what `assess` would refuse, for several rows, and
    for a text that says nothing."""
    rows = _rows(words)
    if len(rows) > 1:
        raise ValueError(f"{len(rows)} rows, and one is explained at a time: sed -n 2p FILE | sellerwatch explain "
                         "--text - explains the second")  # fmt: skip
    row = rows[0] if rows else {"text": words}
    beside = (("title", title), ("published", published), ("source_kind", source_kind))
    told = {key: value for key, value in beside if value}
    try:
        document, source = document_of({"id": digest(words), **row, **told}, 1)
    except ValueError as error:
        raise ValueError(str(error) if rows else _PLACE.sub("", str(error), count=1)) from None
    if not f"{document.title}{document.text}".strip():
        raise ValueError("neither title nor text says anything: there is nothing to explain")
    return DocumentExplained(document, None, source)


def _rows(words: str) -> list[dict[str, Any]]:
    """What is written as JSON, on one line or on many; nothing for plain words."""
    if not _ROW.match(words):
        return []
    try:
        return [json.loads(words)]
    except ValueError:
        return list(read_lines(words.split("\n")))
