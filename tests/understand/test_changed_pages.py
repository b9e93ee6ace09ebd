"""What is understood of a change of a watched page: what the page says now, and no word or day of ours."""

from datetime import UTC, datetime, timedelta

import pytest
from known_platforms import EXTRACTOR, KNOWN

from monitor.domain import changes
from monitor.domain.documents import Document
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand import cues
from monitor.understand.analyst import Analyst
from monitor.understand.seen import see

PAGE = Source(
    "p", "Temu fees", "https://p.example", SourceKind.WATCHED, Authority.OFFICIAL, "Temu", timedelta(hours=6), ("Temu",)
)
AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
TITLE = "Temu fees (2 changes)"
TEXT = (
    "Now says: Payments are suspended for new sellers until 1 March 2027.\n\n"
    "Said before: Payments are suspended for new sellers until 1 February 2027.\n\n"
    "Added: Commission for shoes: 9 %\n\n"
    "Removed: Commission for shoes and boots, from 5 January 2026: 8 %\n\n"
    "No longer listed: Poland"
)


def document(text=TEXT):
    return Document("d", "p", "c", "https://p.example", TITLE, text, AT, AT, lang="en")


@pytest.fixture(scope="module")
def analyst():
    return Analyst(KNOWN)


def test_days_that_the_page_names_no_longer_are_no_days_of_the_change():
    assert [mention.value for mention in see(document(), PAGE, EXTRACTOR).mentions.dates] == ["2027-03-01"]


@pytest.mark.parametrize("status", Status)
def test_a_change_without_a_day_takes_effect_on_none_though_it_has_words_for_what_happened(status):
    seen = see(document("Added: Payments to sellers have been suspended, accounts were blocked."), PAGE, EXTRACTOR)
    assert any(cue.hint == "happened" for cue in cues.find(seen.text, "en"))
    assert seen.facts(EventType.POLICY, status, None).effective_date is None


def test_the_passage_is_quoted_as_it_stands_and_as_it_stood_and_our_title_never(analyst):
    for text in (TEXT, TEXT.replace("Payments", "Auszahlungen")):
        signal = analyst.assess_as(document(text), PAGE, EventType.POLICY, Status.CONFIRMED, 0.9)
        (why,) = [span for span in signal.spans if span.says == "event:policy"]
        assert (why.field, why.quote) == ("text", text[why.start : why.end])
        assert why.quote in ("\n\n".join(text.split("\n\n")[:2]), *text.split("\n\n")[2:])
        assert all(span.field == "text" for span in signal.spans if span.says.startswith(("event", "status", "date")))


def test_of_a_long_passage_the_sentence_is_quoted_that_says_most(analyst):
    dull = "Here you find what we charge for, and how to read the table below. " * 4
    said = "Commission for shoes on Temu is 9 % from 1 March 2027."
    text = f"Now says: {dull}{said}\n\nSaid before: {dull}{said.replace('9', '8')}"
    signal = analyst.assess_as(document(text), PAGE, EventType.POLICY, Status.CONFIRMED, 0.9)
    (why,) = [span for span in signal.spans if span.says == "event:policy"]
    assert why.quote == said


def test_a_change_reaches_over_both_wordings_wherever_in_it_one_looks():
    first = "\n\n".join(TEXT.split("\n\n")[:2])
    for words in ("1 March", "1 February", "Said before"):
        start, end = changes.around(TEXT, TEXT.index(words))
        assert TEXT[start:end] == first
    start, end = changes.around(TEXT, TEXT.index("9 %"))
    assert TEXT[start:end] == "Added: Commission for shoes: 9 %"


@pytest.mark.parametrize("lang", ["en", "de", "nl", "pl", "ja"])
def test_our_words_around_a_change_hint_at_no_event_but_that_terms_rose(lang):
    def hinted(words):
        return [cue.hint for cue in cues.find(words, lang)]

    assert hinted("Temu fees (5 changes)") == hinted("Temu fees")
    weighty = {*cues.RISK.values(), *cues.CERTAINTY.values()}
    assert weighty.isdisjoint(hinted(f"{changes.NOW}: {changes.WAS}: {changes.ADDED}: {changes.REMOVED}: "))
    assert weighty.intersection(hinted("(increase: 14 → 30)")) <= {cues.RISK[EventType.POLICY]}
