"""What a reader sees of a text that was written to be misread."""

import itertools
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.signals import Span
from monitor.understand.clean import LONGEST, Cleaned

ANY = st.text(st.characters(min_codepoint=0, max_codepoint=sys.maxunicode, categories=None))
MARKUP = ["<b>", "</p>", "<!--", "-->", "<script>", "</script>", "&amp;", "&lt;", "#38;", "lt;", "&#8203;", "."]
LETTERS = ["e\u0301", "\u0301" * 5, "Ｔ", "𝐓", "ﬁ", "Тemu", "ТЕМU", "ガ", "ｶﾞ", "\u1112\u1161\u11ab", "\U0001f600"]
UNSEEN = ["\u200b", "\u202e", "\ud800", "\0", "\u2028", "\U000e0041", "\U00050000"]
RUNS = [" ", "\n", "a b", "s h u t", "x" * 25, "关 闭 平 台"]
NASTY = st.lists(st.sampled_from(MARKUP + LETTERS + UNSEEN + RUNS) | ANY, max_size=12).map("".join)


@given(NASTY)
def test_no_text_is_too_odd_and_a_clean_one_stays_as_it_is(text):
    once = Cleaned.of(text)
    assert Cleaned.of(once.text).text == once.text


@given(NASTY)
def test_every_character_knows_where_it_came_from(text):
    clean = Cleaned.of(text)
    places = [clean.span(at, at + 1) for at in range(len(clean.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    kept = [place for place, sign in zip(places, clean.text, strict=True) if text[slice(*place)] == sign]
    assert all(left < right for left, right in itertools.pairwise(kept))
    assert all(left <= right for left, right in itertools.pairwise(places))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Shop closes on 30 June. Sellers must withdraw; fees < 5 % and > 2 %, AT&T said – “for good” …",
        "平台将于下月关闭，卖家需在6月前提现！（来源：海关）",
        "Площадка закроется 1 июня — продавцам вернут деньги.",
        "แพลตฟอร์มจะปิดให้บริการในเดือนหน้า",
        "A Shopee bezár 🇭🇺 ő ű ǘ naïve",
        "ⓒ 연합뉴스, <TikTok Shop> 철수",
    ],
)
def test_an_ordinary_text_is_left_alone(text):
    clean = Cleaned.of(text)
    assert clean.text == text
    assert clean.starts is None


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        ("T\u200be\u200dm\u00adu is ban\u2060ned", "Temu is banned"),
        ("\ufeff\u202eTemu\u202c banned", "Temu banned"),
        ("Temu\U000e0041\U000e0042\ufe0f", "Temu"),
        ("Tеmu аnd Тemu", "Temu and Temu"),  # Cyrillic е, а, Т
        ("маркетплeйc", "маркетплейс"),  # Latin e, c
        ("Ｔｅｍｕ　closes ２０２５", "Temu　closes 2025"),
        ("𝐓𝐞𝐦𝐮 𝓬𝓵𝓸𝓼𝓮𝓼 🅣🅔🅜🅤 ᴛᴇᴍᴜ", "Temu closes temu temu"),
        ("T̶e̶m̶u̶ closes", "Temu closes"),
        ("s h u t  d o w n", "shut down"),
        ("关 闭 平 台", "关闭平台"),
        ("oﬃcial ﬁne", "official fine"),
        (unicodedata.normalize("NFD", "Nền tảng đóng cửa, ガ, 종료"), "Nền tảng đóng cửa, ガ, 종료"),
        ("ｻｰﾋﾞｽ終了", "サービス終了"),
        ("<p>Temu &amp; Shein</p><p>are <b>banned</b></p>", "\nTemu & Shein\n\nare banned\n"),
        ("&lt;b&gt;Temu&lt;/b&gt; &amp;#8217;s end", "Temu ’s end"),
        ("Temu<script>var a = '<b>shut down</b>';</script> grows<!-- closes -->", "Temu\n grows"),
        ("never <!-- closed Temu", "never  closed Temu"),
        ("a\ud800b\U000abcdec", "a b c"),
        ("Te\0mu\x07\u2028next", "Temu\nnext"),
        ("n" + "o" * 500, "n" + "o" * 20),
        ("می‌بندد", "میبندد"),
    ],
)
def test_it_reads_what_a_person_reads(hidden, seen):
    assert Cleaned.of(hidden).text == seen


@pytest.mark.parametrize("often", [2, 400])
def test_a_reader_looks_through_marks_piled_on_every_letter(often):
    assert Cleaned.of("".join(letter + "\u0303\u030a" * often for letter in "Temu closes")).text == "Temu closes"


def test_a_span_of_the_clean_text_quotes_the_original():
    text = "<p>T\u200bemu is <b>ban\u00adned</b> &amp; gone</p>"
    clean = Cleaned.of(text)
    at = clean.text.index("banned &")
    quoted = clean.quoted(Span("text", at, at + 8, "banned &", "event:ban"))
    assert quoted.quote == "ban\u00adned</b> &amp;" == text[quoted.start : quoted.end]


def test_stretches_taken_out_of_a_clean_text_keep_their_places():
    text = "menu\nT\u200bemu closes.\nfooter"
    clean = Cleaned.of(text)
    story = clean.only([(5, 17)])
    assert story.text == "Temu closes."
    assert text[slice(*story.span(0, 4))] == "T\u200bemu"


MEGABYTE = 1_000_000
PIECES = ["a", "\u200b", "a\u200b", "<!--", "<script>", "<a ", "&#38;", "a\u0301", "e" + "\u0301" * 999]
PIECES += ["\ufdfa", "a\u043e", "\u0430 b ", "\ud800", "&", "a  b "]


@pytest.mark.parametrize(
    "text",
    [*(piece * (MEGABYTE // len(piece)) for piece in PIECES), "".join(map(chr, range(0x110000)))],
    ids=lambda text: ascii(text[:12]),
)
def test_a_megabyte_of_anything_is_read_as_far_as_the_limit(text):
    clean = Cleaned.of(text)
    assert len(clean.text) <= LONGEST
    assert Cleaned.of(clean.text).text == clean.text


def test_a_megabyte_of_nothing_does_not_hide_what_follows():
    assert Cleaned.of("\u200b" * MEGABYTE + "Temu closes").text == "Temu closes"
