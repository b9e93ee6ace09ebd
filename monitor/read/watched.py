"""Pages watched for changes: terms, fee tables, country selectors. The change is the announcement.

The first look is what later ones are compared with. Walls, blank pages and pages that lost most of their text are
failures; when the next look finds the very same short text, that is the change.
"""

import base64
import json
import zlib

import lxml.etree
import lxml.html

from monitor.domain.changes import ADDED, NOW, REMOVED, WAS
from monitor.domain.documents import Document, ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.read.asked import Asked
from monitor.read.charset import decode
from monitor.read.declared import language, web_url
from monitor.read.difference import Block, Change, blocks_of, elements
from monitor.read.restless import Restless
from monitor.read.rises import rises
from monitor.read.text import without_xml_controls
from monitor.read.walls import seen_wall

LARGEST = 10 * 1024 * 1024  # bytes
LARGEST_MEMORY = 256 * 1024  # characters, as kept
_SHRUNK = 0.3  # of the text before
_UNPACKED = 32 * 1024 * 1024  # bytes
_QUOTED, _TEXT = 1_500, 20_000  # characters of a passage, and of a document


class _Memory:
    """What is kept between looks: the blocks and their size, what moves by itself, a doubted short text."""

    def __init__(self, kept: str) -> None:
        self.blocks: tuple[Block, ...] = ()
        self.restless, self.size, self.doubted, self.known = Restless(), 0, "", False
        try:
            told = json.loads(zlib.decompressobj().decompress(base64.b85decode(kept), _UNPACKED)) if kept else None
            if told:
                blocks = tuple(Block(*map(str, block)) for block in told["blocks"])
                moves = {str(key): (int(at), int(times), int(most)) for key, (at, times, most) in told["moves"].items()}
                restless = Restless(int(told["looks"]), moves)
                restless.held = {str(key): int(at) for key, at in told.get("held", {}).items()}
                self.size, self.doubted = int(told["size"]), str(told["doubted"])
                self.blocks, self.restless, self.known = blocks, restless, True
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error):
            self.known = False  # the next look is a first one

    def kept(self) -> str:
        """As a text of at most LARGEST_MEMORY; of a page too large for that, the ends of long passages are left out."""
        packed, restless = "", self.restless
        for longest in (2_000, 400, 100, 20, 8):  # at 8, the most blocks of the rarest letters need 200 kB
            told = {
                "blocks": [(b.kind, b.text[:longest], b.key, b.shape, b.columns[:longest]) for b in self.blocks],
                "moves": restless.moves,
                "held": restless.held,
                "looks": restless.looks,
                "size": self.size,
                "doubted": self.doubted,
            }
            packed = base64.b85encode(zlib.compress(json.dumps(told, ensure_ascii=False).encode(), 9)).decode()
            if len(packed) <= LARGEST_MEMORY:
                break
        return packed

    def look_at(self, blocks: tuple[Block, ...], size: int) -> list[Change]:
        """What changed, noise left out; from now on those blocks are what is known."""
        found = self.restless.look(self.blocks, blocks) if self.known else []
        self.blocks, self.size, self.doubted, self.known = blocks, size, "", True
        return found


def read_watched(asked: Asked) -> ReadResult:
    """One document for what changed since the last look; none for the first."""
    capture, source, memory = asked.capture, asked.source, _Memory(asked.memory)
    if len(capture.body) > LARGEST:
        return ReadResult(failure=FailureReason.TOO_LARGE, detail=f"at most {LARGEST} bytes are read")
    markup = without_xml_controls(decode(capture.body, capture.content_type).text)
    if wall := seen_wall(capture.status, capture.headers, markup, capture.url):
        blank = wall.reason is FailureReason.NO_TEXT and memory.known
        return ReadResult(failure=FailureReason.WENT_EMPTY if blank else wall.reason, detail=wall.detail)
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.LxmlError:
        return ReadResult(failure=FailureReason.NO_TEXT, detail="no HTML")
    for unwanted in elements(tree, source.told("ignore")) if source.told("ignore") else ():
        if unwanted.getparent() is not None:
            unwanted.drop_tree()
    only, noise = source.told("only"), source.told("noise")
    roots = elements(tree, only) if only else tree.xpath("//body")[:1] or [tree]
    if not roots:
        return ReadResult(failure=FailureReason.SELECTOR_BROKEN, detail=f"{only!r} finds nothing")
    blocks = blocks_of(roots, noise, whole=bool(only)) or blocks_of(roots, noise, whole=True)
    if not blocks:
        reason = FailureReason.WENT_EMPTY if memory.known else FailureReason.NO_TEXT
        return ReadResult(failure=reason, detail="no text was found in the page")
    return _compared(asked, memory, blocks, language(tree.get("lang")))


def _compared(asked: Asked, memory: _Memory, blocks: tuple[Block, ...], lang: str | None) -> ReadResult:
    state, size = digest(*(block.key for block in blocks)), _size(blocks)
    shrunk = memory.known and size < _SHRUNK * memory.size
    if shrunk and memory.doubted != state:
        memory.doubted = state
        detail = f"{size} characters where {memory.size} were: a change only if it stays so"
        return ReadResult(failure=FailureReason.WENT_EMPTY, detail=detail, memory=memory.kept())
    told = memory.look_at(blocks, size)
    documents = (_document(asked, told, state, lang, shrunk),) if told else ()
    return ReadResult(documents=documents, items=len(blocks), memory=memory.kept())


def _size(blocks: tuple[Block, ...]) -> int:
    return sum(len(block.text) for block in blocks)


def _document(asked: Asked, told: list[Change], state: str, lang: str | None, shrunk: bool) -> Document:
    source, capture = asked.source, asked.capture
    named = [name for name in source.platforms[:1] if name.casefold() not in source.name.casefold()]
    where = ", ".join((source.name, *named))
    parts = ["The page is much shorter than before; two looks in a row found it so."] if shrunk else []
    lines: dict[str, list[str]] = {}
    for change in told:
        for block, listed, passage in (
            (change.now, "Newly listed", ADDED),
            (change.was, "No longer listed", REMOVED),
        ):
            if block is None:
                continue
            if change.was and change.now:
                passage = NOW if block is change.now else WAS
            if block.kind in ("option", "item") and len(block.text) <= 60 and passage in (ADDED, REMOVED):
                lines.setdefault(listed, []).append(block.text)
            else:
                parts.append(f"{passage}: {block.quoted(_QUOTED)}{_risen(change) if passage == NOW else ''}")
    parts += [f"{label}: {', '.join(names)}" for label, names in lines.items()]
    return Document(
        id=digest(source.id, "change", asked.memory, state),
        source_id=source.id,
        capture_id=capture.id,
        url=web_url(capture.url) or capture.url,
        title=f"{where} ({len(told)} change{'s' if len(told) > 1 else ''})",
        text="\n\n".join(parts)[:_TEXT],
        published=capture.fetched_at,  # when it was first seen so
        fetched_at=capture.fetched_at,
        lang=lang,
    )


def _risen(change: Change) -> str:
    """What readers of the new wording alone would not see."""
    was, now = (block.quoted(_QUOTED) if block else "" for block in (change.was, change.now))
    told = ", ".join(f"{old} → {new}" for old, new in rises(was, now))
    return f" (increase: {told})" if told else ""  # "from 1 to 2" would be read as days
