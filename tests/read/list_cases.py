"""Captures of announcement lists: the frozen pages in data/lists, and how their goldens show what is read of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from reading_cases import DATA, capture
from reading_cases import source as plain_source

from monitor.domain.documents import ReadResult
from monitor.domain.sources import SourceKind
from monitor.read.capture import read_capture

LISTS = DATA / "lists"
SEEN_AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
HOME = "https://watched.example"
NAMES = sorted(path.stem for path in LISTS.glob("*.html"))
FULL = [name for name in NAMES if json.loads((LISTS / f"{name}.json").read_text())["entries"]]


def read_list(markup, known=frozenset(), memory="", url=f"{HOME}/news/", at=SEEN_AT, **spec) -> ReadResult:
    page = replace(capture(markup, "text/html", url=url), fetched_at=at)
    listed = replace(plain_source(SourceKind.LIST), url=url, spec=tuple(spec.items()))
    return read_capture(page, listed, frozenset(known), None, memory)


def markup_of(name: str) -> str:
    return (LISTS / f"{name}.html").read_text(encoding="utf-8")


def shown(result: ReadResult) -> dict:
    return {
        "failure": result.failure,
        "entries": [
            {
                "title": d.title,
                "url": d.url.removeprefix(HOME),
                "published": d.published.isoformat().removesuffix(":00+00:00") if d.published else None,
                "text": d.text,
            }
            for d in result.documents
        ],
    }


def rows(*dates: str, lang: str = "en") -> str:
    items = "".join(
        f"<li><a href='/n/{n}'>Announcement to all sellers, no. {n}</a> <i>{d}</i></li>" for n, d in enumerate(dates)
    )
    return f"<html lang='{lang}'><body><ul>{items}</ul></body></html>"
