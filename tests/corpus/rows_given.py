"""Rows to tell stories with, each with defaults that a story does not care about."""

import json
from typing import Any

from monitor.corpus.rows import Labelled, Placed, parse

EVENT = {
    "id": "a",
    "lang": "en",
    "title": "Vietnam blocks Temu",
    "text": "Providers cut access to the marketplace on 5 December 2024, the ministry said.",
    "published": "2024-12-05",
    "source_kind": "news",
    "event_type": "ban",
    "status": "effective",
    "platforms": ["Temu"],
    "regions": ["VN"],
    "effective_date": "2024-12-05",
    "deadlines": [],
    "incident": "temu-vietnam",
    "hard_negative": False,
    "synthetic": True,
}
HARMLESS = {
    **EVENT,
    "id": "h",
    "title": "Ten recipes for a summer salad",
    "text": "Cut the cucumbers, then banish the onions.",
    "event_type": "none",
    "status": None,
    "platforms": [],
    "regions": [],
    "effective_date": None,
    "incident": None,
}


def line(row: dict[str, Any], **changed: Any) -> str:
    return json.dumps({**row, **changed}, ensure_ascii=False)


def placed(number: int = 1, file: str = "x.jsonl", row: dict[str, Any] = EVENT, **changed: Any) -> Placed[Labelled]:
    return Placed(parse({**row, **changed}, Labelled), file, number)
