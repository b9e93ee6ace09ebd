"""What is quoted when people ask who says so: the sentence on what happens to whom, and none on what to do by when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from known_platforms import EXTRACTOR, KNOWN

from monitor.domain.documents import Document
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand import cues
from monitor.understand.analyst import Analyst
from monitor.understand.findings import NOTHING, Stated, reasons
from monitor.understand.windows import Window

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
AT = datetime(2025, 3, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def analyst():
    return Analyst(KNOWN)


def quoted(analyst, title, text, event=EventType.MARKET_EXIT, lang="en", status=Status.CONFIRMED):
    document = Document("d", "s", "c", "https://s.example/1", title, text, AT, AT, lang=lang)
    signal = analyst.assess_as(document, NEWS, event, status, 0.9)
    (span,) = [span for span in signal.spans if span.says == f"event:{event}"]
    assert {"title": title, "text": text}[span.field][span.start : span.end] == span.quote
    return span.quote


@pytest.mark.parametrize(
    ("lang", "says", "due"),
    [
        ("en", "Temu will leave Chile in June.", "Sellers have 30 days to withdraw, and withdraw they must."),
        ("de", "Temu verlässt Chile im Juni.", "Händler haben 30 Tage Zeit für Rückzug und Marktaustritt."),
        ("fr", "Temu quitte le Chili en juin.", "Les vendeurs ont 30 jours pour se retirer, le retrait est gratuit."),
        ("es", "Temu abandona Chile en junio.", "Tienen 30 días para la salida y retirar lo suyo."),
        ("pl", "Temu opuszcza Chile w czerwcu.", "Mają 30 dni, by wycofać się i wycofać towar."),
        ("zh", "Temu将于6月退出智利。", "卖家须在30天内撤出库存、撤离仓库。"),
        ("ja", "Temuは6月にチリから撤退する。", "出品者は30日以内に在庫を引き揚げ、撤退してください。"),
    ],
)
def test_who_leaves_is_quoted_and_not_how_long_sellers_have_to_withdraw(analyst, lang, says, due):
    gap = "" if lang in ("zh", "ja") else " "
    assert quoted(analyst, "News", says + gap + due, lang=lang) == says
    assert quoted(analyst, "News", due + gap + says, lang=lang) == says


@pytest.mark.parametrize("lang", sorted({lang for of in cues.lexicon().values() for lang in of}))
def test_in_every_language_of_the_cue_words_the_sentence_with_the_word_and_the_name_is_quoted(lang):
    known = [(event, cues.lexicon()[hint].get(lang, ())) for event, hint in cues.RISK.items()]
    asked = [(event, next(cue for cue in some if "~" not in cue).strip()) for event, some in known if some]
    for event, word in asked:
        due, says = f"{word}, {word}, 30 days to go.", f"Temu {word}."
        text = f"{due} {says}"
        mentions = EXTRACTOR.mentions("", text, "en", date(2025, 3, 3))
        named = Stated([m for m in mentions.platforms if m.value == "Temu"], (), ())
        why, _ = reasons("A letter", text, lang, [Window(0, len(text), text)], event, Status.CONFIRMED, named)
        assert why.quote == says, (event, word)
    assert asked


@pytest.mark.parametrize("title", ["Temu closes its Chilean site", "Temu says goodbye to Chile"])
def test_the_title_is_quoted_where_the_text_only_says_what_to_do(analyst, title):
    text = (
        "Dear partners, thank you for your trust. Stock in closed or closing warehouses must be taken away by 30 June."
    )
    assert quoted(analyst, title, text, EventType.SHUTDOWN) == title


def test_a_title_that_plays_with_words_gives_way_to_the_sentence_that_says_it(analyst):
    said = "The mobile operators blocked the app last night, the ministry said."
    assert quoted(analyst, "No more dancing", f"Students were sad. {said}", EventType.BAN) == said


def test_what_a_trade_rule_hits_is_its_places(analyst):
    text = "The customs duty was long in the making. From 1 July Sweden ends the duty exemption for small parcels."
    assert quoted(analyst, "Parcels", text, EventType.TRADE_RULE).startswith("From 1 July Sweden")


def test_of_equal_sentences_that_with_the_day_is_quoted(analyst):
    day = "Temu closes its site in Chile on 30 June 2025."
    assert quoted(analyst, "News", f"Temu closes a site. {day}", EventType.SHUTDOWN) == day


@pytest.mark.parametrize("title", ["Temu back in Chile", "Temu"])
def test_that_it_is_off_is_quoted_and_not_that_it_was_to_come(analyst, title):
    text = "Temu was to be banned and blocked in Chile. The court has lifted the ban. Nobody had expected it."
    said = quoted(analyst, title, text, EventType.BAN, status=Status.REVERSED)
    assert said == "The court has lifted the ban."


def test_what_the_deciding_window_lacks_another_one_on_the_event_says():
    text = "Temu leaves Chile. Whoever withdraws later pays."
    decides, tells = Window(19, len(text), text[19:]), Window(0, 18, text[:18])
    mentions = EXTRACTOR.mentions("", text, "en", None)
    told = Stated.of(replace(NOTHING, platforms=("Temu",)), mentions)
    why, _ = reasons("", text, "en", [decides, tells], EventType.MARKET_EXIT, Status.CONFIRMED, told)
    assert why.quote == "Temu leaves Chile."


def test_nothing_is_quoted_of_a_document_without_words():
    told = Stated((), (), ())
    assert reasons("", "", "en", [Window(0, 0, "")], EventType.BAN, Status.RUMOR, told) == ()
