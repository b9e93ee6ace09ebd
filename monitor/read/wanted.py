"""A document whose feed entry was too short, and the page it wanted: which text counts.

Whatever became of the page, the result is that one document and no failure, so that it is understood exactly once.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import FailureReason

_OVERLAP = 0.3  # of the entry's terms: a page that holds fewer is about something else (a consent wall, an error)
TITLE_GUESSED = "title_from_address"  # a doubt: the source gave an address and no title
_WORD = re.compile(r"[^\W\d_\u3040-\u9fff\uac00-\ud7a3]{4,}")
_PAIR = re.compile(r"(?=([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}))")


@dataclass(frozen=True, slots=True)
class Page:
    """What was read out of a page. `text` holds at least one letter; `title` may be empty."""

    title: str
    text: str
    published: datetime | None
    lang: str | None
    doubts: tuple[str, ...]


def with_page(capture: Capture, parent: Document, page: Page) -> ReadResult:
    """The document with the page's text when that is more of the same story; its id, title, address and date stay."""
    guessed = TITLE_GUESSED in parent.doubts
    known = replace(
        parent,
        capture_id=capture.id,
        title=page.title if page.title and guessed else parent.title or page.title,
        published=parent.published or page.published,
        lang=parent.lang or page.lang,
        doubts=tuple(
            doubt
            for doubt in parent.doubts
            if not (doubt == "date_unknown" and page.published) and not (doubt == TITLE_GUESSED and page.title)
        ),
    )
    if len(page.text) <= len(parent.text) or not (guessed or _same_story(parent, page)):
        return ReadResult(documents=(known,), detail="the page says no more than the feed, or something else")
    doubts = tuple(dict.fromkeys((*known.doubts, *page.doubts)))
    return ReadResult(documents=(replace(known, text=page.text, doubts=doubts),))


def without_page(capture: Capture, parent: Document, reason: FailureReason) -> ReadResult:
    """The document as its feed gave it, since its page could not be had; `detail` says why."""
    doubts = tuple(dict.fromkeys((*parent.doubts, "no_page")))
    return ReadResult(documents=(replace(parent, capture_id=capture.id, doubts=doubts),), detail=f"no page: {reason}")


def _same_story(parent: Document, page: Page) -> bool:
    terms = _terms(parent.title + "\n" + parent.text)
    return not terms or len(terms & _terms(page.title + "\n" + page.text)) >= _OVERLAP * len(terms)


def _terms(text: str) -> frozenset[str]:
    """Words of four letters and more, and pairs of characters in scripts that do not part words by spaces."""
    folded = text.casefold()
    return frozenset((*_WORD.findall(folded), *_PAIR.findall(folded)))
