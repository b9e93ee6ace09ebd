"""Text written to be misread gets the verdict that a reader would give, in bounded time and without an error."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import known_platforms
import pytest

from monitor.domain.documents import Document
from monitor.domain.sources import Authority, Source, SourceKind

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
PUBLISHED = datetime(2025, 3, 3, 9, tzinfo=UTC)
STORIES = (
    ("Shopee to shut down in Chile", "The marketplace stops taking orders on 31 March 2025; sellers must withdraw."),
    ("Вьетнам заблокировал Temu", "Министерство приказало провайдерам закрыть доступ к маркетплейсу."),
    ("Temu冻结卖家资金", "大批卖家店铺被封，货款被平台扣押，申诉无果。"),
    ("Shopee launches a spring sale", "Free shipping and vouchers for every order until Sunday."),
)


@pytest.fixture(scope="module")
def analyst():
    return known_platforms.analyst()


def assess(analyst, title, text):
    bare = Document("d", "s", "c", "https://s.example/1", "", "", PUBLISHED, PUBLISHED)
    return analyst.assess(replace(bare, title=title, text=text), NEWS)


def verdict(assessment):
    return [(s.event_type, s.status, s.platforms, s.regions, s.effective_date) for s in assessment.signals]


def between(sign):
    return lambda text: sign.join(text)


DISGUISES = {
    "zero width": between("\u200b"),
    "joiners": between("\u2060"),
    "soft hyphens": between("\u00ad"),
    "bidi": lambda text: f"\u202e{text}\u202c\u2066",
    "tags": between("\U000e0041"),
    "selectors": between("\ufe0f"),
    "controls": between("\x01"),
    "tags of HTML": lambda text: f"<div><p class='x'>{text.replace(' ', ' <b></b>')}</p></div><script>ban()</script>",
    "entities": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "look-alikes": lambda text: text.replace("Temu", "Тemu").replace("Shopee", "Shоpee"),
    "wide letters": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_that_a_reader_does_not_see_changes_no_verdict(analyst, disguise):
    for title, text in STORIES:
        hidden = DISGUISES[disguise]
        assert verdict(assess(analyst, hidden(title), hidden(text))) == verdict(assess(analyst, title, text))


def test_spans_of_disguised_words_quote_the_original(analyst):
    title, text = (between("\u200b")(part) for part in STORIES[0])
    spans = [span for signal in assess(analyst, title, text).signals for span in signal.spans]
    assert spans
    for span in spans:
        whole = title if span.field == "title" else text
        assert whole[span.start : span.end] == span.quote


PIECES = ("a", "关", "\U0001f600", "Temu banned. ", "<a ", "\u05d0\u202e", "a\n", " \t", "\n ")


@pytest.mark.parametrize(
    "text",
    [*(piece * (1_000_000 // len(piece)) for piece in PIECES), "".join(map(chr, range(0x110000)))],
    ids=lambda text: ascii(text[:8]),
)
def test_a_megabyte_of_anything_is_understood_in_bounded_time(analyst, text):
    started = time.process_time()
    assert 0 <= assess(analyst, "Temu", text).score <= 1
    assert time.process_time() - started < 30  # of the processor; thirty times what it takes
