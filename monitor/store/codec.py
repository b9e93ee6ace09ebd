"""Domain values to JSON text and back. What a database cannot hold is refused here, with the field's name."""

import json
import re
from typing import Any, TypeVar

from pydantic import TypeAdapter

V = TypeVar("V")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def dump(value: object, *, without: frozenset[str] = frozenset()) -> str:
    """A domain value as JSON text; equal values give equal text.

    Fields named in `without` are left out wherever they occur and read back as their default. Raises ValueError for
    U+0000 and lone surrogates, which PostgreSQL or UTF-8 cannot hold.
    """
    kind = type(value)
    plain = _adapter(kind).dump_python(value, mode="json")
    text = _json(plain)
    # Most values need nothing, and one look at their text tells: a walk through every field costs as much as the rest.
    if not without and "\\u0000" not in text and not _UNSTORABLE.search(text):
        return text
    return _json(_storable(plain, kind.__name__, without))


_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def load(kind: type[V], text: str) -> V:
    """The value that `dump` wrote. Raises ValueError (of pydantic) when the text is not one of that kind."""
    value: V = _adapter(kind).validate_json(text)
    return value


def row(table: str, **columns: Any) -> dict[str, Any]:
    """Columns of a row to insert or update. Raises ValueError for text that cannot be stored, naming the column."""
    for name, value in columns.items():
        if isinstance(value, str):
            _checked(value, f"{table}.{name}")
    return columns


_adapters: dict[Any, TypeAdapter[Any]] = {}  # building one costs milliseconds


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _checked(text: str, where: str) -> str:
    found = _UNSTORABLE.search(text) if not text.isascii() or "\0" in text else None
    if found:
        raise ValueError(f"{where} holds U+{ord(found[0]):04X} at {found.start()}, which cannot be stored")
    return text


def _storable(value: Any, where: str, without: frozenset[str]) -> Any:
    if isinstance(value, str):
        return _checked(value, where)
    if isinstance(value, list):
        return [_storable(item, f"{where}[{no}]", without) for no, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: _storable(item, f"{where}.{key}", without) for key, item in value.items() if key not in without}
    return value
