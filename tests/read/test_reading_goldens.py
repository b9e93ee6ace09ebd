"""Sitemaps, JSON feeds and probes: each frozen answer in data/ and what is read of it, as its golden says.

A golden holds all of a result that says something, so that what changes in a reader shows here.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from reading_cases import DATA, FEED_URL, capture, source

from monitor.domain.documents import Document, ReadResult
from monitor.domain.sources import SourceKind
from monitor.read.capture import read_capture

MAP = "https://watched.example/sitemap.xml"
STORES = {
    "app_store": "https://itunes.apple.com/lookup?id=1235601864&country=DE",
    "google_play": "https://play.google.com/store/apps/details?id=com.zhiliaoapp.musically&gl=DE&hl=en",
    "ooni": "https://api.ooni.io/api/v1/aggregation?probe_cc=RU&domain=temu.com&since={since}&until={until}",
}
NAMES = sorted(
    f"{file.parent.name}/{file.name}"
    for family in ("sitemaps", "jsonfeeds", "probes")
    for file in (DATA / family).iterdir()
    if file.suffix != ".golden"
)


def read(name: str) -> ReadResult:
    """The frozen answer as its family's reader takes it at a first look."""
    family, file = Path(name).parts
    body = (DATA / name).read_bytes()
    if family == "sitemaps":
        asked, taken = replace(source(SourceKind.SITEMAP), url=MAP), capture(body, url=MAP)
    elif family == "jsonfeeds":
        asked, taken = source(), capture(body, "application/feed+json", FEED_URL)
    else:
        sees = next(word for word in STORES if file.startswith(word))
        asked = replace(source(SourceKind.PROBE), url=STORES[sees], spec=(("sees", sees),))
        taken = replace(capture(body, "", STORES[sees]), status=404 if "absent.html" in file else 200)
    return read_capture(taken, asked, frozenset(), None)


def shown(result: ReadResult) -> dict[str, object]:
    told = {
        "failure": result.failure,
        "detail": result.detail,
        "sighting": result.sighting,
        "items": result.items,
        "follow": list(result.follow),
        "hub": result.hub,
        "topic": result.topic,
        "rejected": [entry.reason for entry in result.rejected],
        "documents": [_shown(document) for document in result.documents],
    }
    return {name: value for name, value in told.items() if value}


def _shown(document: Document) -> dict[str, object]:
    return {
        "title": document.title,
        "url": document.url,
        "published": document.published.isoformat() if document.published else None,
        "lang": document.lang,
        "text": document.text,
        "doubts": list(document.doubts),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_answer_is_read_as_its_golden_says(name: str):
    assert shown(read(name)) == json.loads((DATA / name).with_suffix(".golden").read_text(encoding="utf-8"))


def test_every_frozen_answer_has_a_golden_and_every_golden_an_answer():
    stems = {str(Path(name).with_suffix("")) for name in NAMES}
    goldens = {f"{family}/{file.stem}" for family in ("sitemaps", "jsonfeeds", "probes")
               for file in (DATA / family).glob("*.golden")}  # fmt: skip
    assert len(stems) == len(NAMES) == 15
    assert stems == goldens


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("probes/")])
def test_what_was_read_once_is_not_read_again(name: str):
    first = read(name)
    family, _ = Path(name).parts
    kind = SourceKind.SITEMAP if family == "sitemaps" else SourceKind.FEED
    url = MAP if family == "sitemaps" else FEED_URL
    asked = replace(source(kind), url=url)
    again = read_capture(capture((DATA / name).read_bytes(), url=url), asked, frozenset(first.seen), None, first.memory)
    assert (again.failure, again.documents) == (None, ())
