"""Whether our read step gives the entries that feedparser gives, feed by feed.

    python benchmarks/feedparser_equality.py [DIRECTORY]

The directory holds feeds (by default feedparser's own test collection, from its source distribution); of a collection
of feedparser's, the shapes that a daemon meets. A feed's `Header:` lines are what its server sends. Both readers get
the same bytes, the same headers and the same address. Entries are equal when these are:

    id      the same guid, else link, else title decides it
    link    the address, where it is one of the web and holds no password; else the feed's own stands for it
    title   the same letters (white space apart); of an untitled entry the first words of its text
    text    the same letters as the longest of the entry's contents and summary, markup and drawings taken off by lxml
    date    the same second, or the same lack of one

An entry with neither title nor text is none to us, so it gets a title first, for both. Dates are judged from the day
after the newest in the feed, since ours refuses those out of its time. What is not equal is counted by its cause, and a
difference whose cause is not a decision of ours fails the run.
"""

import html
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import lxml.html

from monitor.domain.documents import Capture, Document, ReadResult, canonical_url, digest
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.read.capture import read_capture
from monitor.read.charset import decode
from monitor.read.declared import web_url

URL = "https://feeds.example/news/feed.xml"
SOURCE = Source("feed", "Feed", URL, SourceKind.FEED, Authority.NEWS, "feed", timedelta(hours=1))
MET = (  # the folders of feedparser's collection whose feeds a daemon meets
    "wellformed/rss", "wellformed/atom", "wellformed/atom10", "wellformed/rdf", "wellformed/namespace",
    "wellformed/base", "wellformed/lang", "wellformed/http", "wellformed/xml", "wellformed/sgml", "illformed",
    "encoding",
)  # fmt: skip
UNTITLED = "Untitled"
_HEADER = re.compile(rb"^Header:\s+([^:\s]+):(.*)$", re.MULTILINE)
_MISREAD = re.compile(r"\d{4}\s*[年년/.]|\d{9,13}$")  # to it 2026/03/10 is the first of November
_MARKUP = re.compile(r"<[^<>]+>")
_START = re.compile(rb"<((?:[\w.-]+:)?)(item|entry)((?=[\s>])[^<>]*(?<!/))>")


@dataclass(frozen=True, slots=True)
class Difference:
    """What one entry, or a whole feed, is unlike in. `decided`: by us, on purpose."""

    cause: str
    decided: bool
    theirs: object = None
    ours: object = None


def compared(body: bytes) -> tuple[int, list[Difference]]:
    """How many entries feedparser finds in the feed, and each way in which ours are not equal to them."""
    headers = tuple((n.decode().lower(), v.strip().decode()) for n, v in _HEADER.findall(body))
    theirs, _, _ = _theirs(body, headers)
    if any(not _letters(_title(entry)) and not _text(entry) for entry in theirs):
        body = _START.sub(rb"<\1\2\3><\1title>" + UNTITLED.encode() + rb"</\1title>", body)
    theirs, charset, fits = _theirs(body, headers)
    newest = max(filter(None, map(_moment, theirs)), default=datetime(2026, 3, 10, tzinfo=UTC))
    newest = max(newest, datetime(1970, 1, 1, tzinfo=UTC))
    content_type = dict(headers).get("content-type", "")
    capture = Capture("c", SOURCE.id, URL, newest + timedelta(days=1), 200, content_type, body, digest(body), headers)
    ours = read_capture(capture, SOURCE, frozenset(), None)
    differences = list(_differences(theirs, ours))
    decoded = decode(body, content_type)
    if (decoded.doubt or not fits) and any(not difference.decided for difference in differences):
        in_our_letters, *_ = _theirs(decoded.text.encode(), (*headers, ("content-type", "text/xml; charset=utf-8")))
        differences = [
            Difference(
                "charset: what is declared does not fit, so we look at the letters", True, charset, decoded.encoding
            ),
            *_differences(in_our_letters, ours),
        ]
    return len(theirs), differences


def _theirs(body: bytes, headers: tuple[tuple[str, str], ...]) -> tuple[list[Any], str, bool]:
    """Its entries, the charset that it settled on, and whether it was content with what is declared."""
    said = dict(headers)
    said["content-location"] = urljoin(URL, said.get("content-location", ""))  # as it does with what it fetches itself
    found = feedparser.parse(io.BytesIO(body), response_headers=said)
    misfits = (feedparser.CharacterEncodingOverride, feedparser.CharacterEncodingUnknown)
    return found.entries, found.encoding, not isinstance(found.get("bozo_exception"), misfits)


def _differences(theirs: list[Any], ours: ReadResult) -> Iterator[Difference]:
    if ours.failure is not None and ours.failure.value != "damaged":  # of what came damaged we read all that they do
        if theirs or ours.failure.value not in ("not_a_feed", "empty"):
            yield Difference(f"no feed to us: {ours.failure.value}", False, len(theirs), ours.detail)
        return
    readable = [entry for entry in theirs if _letters(_title(entry)) or _text(entry)]
    for _ in theirs[len(readable) :]:
        yield Difference("neither title nor text: no document", True)
    twice = len(readable) > len(ours.documents)
    distinct = [entry for n, entry in enumerate(readable) if not twice or entry not in readable[:n]]
    for _ in readable[len(distinct) :]:
        yield Difference("an entry that is there twice counts once", True)
    if len(distinct) != len(ours.documents):
        yield Difference("other entries", False, len(distinct), [document.title for document in ours.documents])
        return
    names = Counter(map(_name, distinct))
    for entry, document in zip(distinct, ours.documents, strict=True):
        yield from _of_entry(entry, document, names[_name(entry)] > 1)


def _of_entry(entry: Any, document: Document, shares_name: bool) -> Iterator[Difference]:
    named = entry.get("id") or entry.get("link")  # what has neither goes by its title, whose markup is ours
    if named and not shares_name and document.id != digest(SOURCE.id, _name(entry)):
        yield Difference("id", False, _name(entry))
    link, expected = entry.get("link"), web_url(entry.get("link"))
    if document.url != (expected or URL):
        yield Difference("link", False, link, document.url)
    elif link and document.url != link:
        yield Difference("link: not of the web, or with a password", True, link, document.url)
    text = _text(entry)
    title = _letters(_title(entry))
    if title != _letters(document.title) and (title or not text.startswith(_letters(document.title))):
        yield Difference("title", False, title, document.title)
    if text != _letters(document.text):
        yield Difference("text", False, text, document.text)
    if any("<svg" in str(detail.get("value")) for detail in _details(entry)):
        yield Difference("text: the words within a drawing (svg) are left out", True)
    moment, raw = _moment(entry), _raw_date(entry)
    if moment != document.published:
        if document.published is None:
            yield Difference("date: a form that we do not believe", True, f"{raw} = {moment}")
        elif moment is None:
            yield Difference("date: a form that feedparser does not know", True, raw, document.published)
        elif _MISREAD.match(raw):
            yield Difference(
                "date: a form that feedparser takes for another", True, f"{raw} = {moment}", document.published
            )
        else:
            yield Difference("date", False, f"{raw} = {moment}", document.published)


def _name(entry: Any) -> str:
    link = entry.get("link")
    return str(entry.get("id") or (canonical_url(link) if link else "") or entry.get("title") or "")


def _title(entry: Any) -> str:
    return _plain(entry.get("title_detail") or {"value": entry.get("title")})


def _details(entry: Any) -> list[Any]:
    return [*entry.get("content", ()), entry.get("summary_detail") or {}]


def _text(entry: Any) -> str:
    return max((_letters(_plain(detail)) for detail in _details(entry)), key=len)


def _plain(detail: Any) -> str:
    value = str(detail.get("value") or "")
    if str(detail.get("type") or "text/plain").startswith("text/") and detail.get("type") != "text/html":
        return value
    if not _MARKUP.search(value):
        return html.unescape(value)
    tree = lxml.html.document_fromstring(f"<div>{value}</div>")
    for drawing in list(tree.iter("svg")):
        drawing.drop_tree()
    return str(tree.text_content())


def _letters(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] not in "CZ")
    return "".join(kept)


def _raw_date(entry: Any) -> str:
    return next(
        (str(dict.get(entry, name)) for name in ("published", "created", "updated") if dict.get(entry, name)), ""
    )


def _moment(entry: Any) -> datetime | None:
    for name in ("published", "created", "updated"):
        if dict.get(entry, name):
            parsed = dict.get(entry, f"{name}_parsed")
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=timegm(parsed)) if parsed else None
    return None


def collection(folder: Path) -> Path:
    """feedparser's own tests, of the version that is installed here."""
    asked = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        str(folder),
    ]
    subprocess.run([*asked, f"feedparser=={feedparser.__version__}"], check=True, stderr=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("*/tests"))


def feeds(folder: Path) -> list[Path]:
    """Those of a collection of feedparser's that a daemon meets; every file of any other folder."""
    places = [folder / name for name in MET if (folder / name).is_dir()] or [folder]
    return sorted(path for place in places for path in place.rglob("*") if path.suffix in (".xml", ".rss", ".atom"))


def report(paths: list[Path], folder: Path, verbose: bool) -> int:
    """Print the table; 1 when a difference is no decision of ours."""
    entries, alike, causes = 0, 0, Counter[tuple[bool, str]]()
    where: dict[tuple[bool, str], Path] = {}
    for path in paths:
        try:
            found, differences = compared(path.read_bytes())
        except Exception as error:  # a reader that raises is what this looks for
            found, differences = 0, [Difference(f"raised {type(error).__name__}: {error}", False)]
        entries += found
        alike += not differences
        for difference in differences:
            key = (difference.decided, difference.cause)
            causes[key] += 1
            where.setdefault(key, path)
            if verbose or not difference.decided:
                print(f"{path.relative_to(folder)}: {difference.cause}\n  {difference.theirs!r}\n  {difference.ours!r}")
    print(f"{len(paths)} feeds with {entries} entries: {alike} feeds are equal in every entry")
    for (decided, cause), times in sorted(causes.items()):
        print(f"{times:6}  {'decided' if decided else 'UNLIKE '}  {cause}, first in {where[decided, cause].name}")
    return int(any(not decided for decided, _ in causes))


def main() -> int:
    named = [argument for argument in sys.argv[1:] if argument != "--all"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(named[0]) if named else collection(Path(temporary))
        return report(feeds(folder), folder, "--all" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
