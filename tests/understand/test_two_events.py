"""Two events in a few sentences: each is a signal of its own, and what stands beside one event is none."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import known_platforms
import pytest

from monitor.config import load
from monitor.corpus.rows import Labelled, read_file
from monitor.domain.documents import Document
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import Analyst
from monitor.understand.assess import document_of
from monitor.understand.findings import BACKED, SURER, backed, family_of
from monitor.understand.model import Judgement
from monitor.understand.windows import MOST_JOINTS, Told, Window, clauses, stories

FILE = Path(__file__).parent / "data" / "two_events.jsonl"
NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
PUBLISHED = datetime(2025, 3, 3, 9, tzinfo=UTC)
LEAVES = "Lazada leaves Singapore and closes its site there on 31 May 2025."
BLOCKED = "In Vietnam the ministry has ordered providers to block Temu from 10 March."


def assess(text: str, title: str = ""):
    document = Document("d", "s", "c", "https://s.example/1", title, text, PUBLISHED, PUBLISHED)
    return known_platforms.analyst().assess(document, NEWS)


def facts(signal):
    return signal.platforms, signal.regions, str(signal.effective_date)


@pytest.mark.parametrize(
    "title", ["", "Trade desk", "Lazada leaves Singapore", "Lazada out of Singapore, Temu blocked"]
)
@pytest.mark.parametrize("gap", [" ", "\n\n"])
def test_two_events_in_two_sentences_are_two_signals_each_with_its_own_facts(title, gap):
    found = {signal.event_type: facts(signal) for signal in assess(f"{LEAVES}{gap}{BLOCKED}", title).signals}
    assert found == {
        EventType.MARKET_EXIT: (("Lazada",), ("SG",), "2025-05-31"),
        EventType.BAN: (("Temu",), ("VN",), "2025-03-10"),
    }


def test_each_of_them_quotes_its_own_sentence():
    signals = assess(f"{LEAVES} {BLOCKED}").signals
    assert [span.quote for signal in signals for span in signal.spans if "event:" in span.says] == [LEAVES, BLOCKED]


def test_a_rule_of_a_state_hits_no_platform_that_the_other_sentence_alone_names():
    rule = "Switzerland abolishes the customs exemption for small parcels on 1 January 2026."
    found = {signal.event_type: facts(signal) for signal in assess(f"{LEAVES} {rule}").signals}
    assert found[EventType.TRADE_RULE] == ((), ("CH",), "2026-01-01")
    assert found[EventType.MARKET_EXIT] == (("Lazada",), ("SG",), "2025-05-31")


@pytest.mark.parametrize(
    "beside",
    [
        "Shopee closed its site in France in March 2022.",
        "Rivals such as Shopee say that they will not close in France.",
        "Shopee is not affected and continues to sell in France.",
        "Sellers must withdraw their goods from the warehouses by 15 June.",
        "Shopee has more customers in Vietnam than Temu.",
    ],
    ids=["history", "rivals", "spared", "the same event", "no event"],
)
def test_what_stands_beside_an_event_is_none(beside):
    alone, (signal,) = assess(LEAVES).signals, assess(f"{LEAVES} {beside}").signals
    assert signal.event_type is EventType.MARKET_EXIT
    assert signal.platforms == alone[0].platforms == ("Lazada",)


@pytest.mark.parametrize(
    "text",
    [
        "Shein will leave Chile on 1 May 2025 and Etsy will leave Peru on 1 June 2025.",
        "Shein will leave Chile on 1 May 2025. Etsy will leave Peru on 1 June 2025.",
        "Shein is shutting down in Chile on 1 May 2025.\n\nSeparately, Etsy closes its site in Peru on 1 June 2025.",
        "Shein verlässt Chile am 1. Mai 2025, und Etsy zieht sich zum 1. Juni 2025 aus Peru zurück.",
        "Shein deja Chile el 1 de mayo de 2025. Etsy deja Perú el 1 de junio de 2025.",
        "Shein将于2025年5月1日退出智利，Etsy将于2025年6月1日退出秘鲁。",
        "Shein은 2025년 5월 1일 칠레에서 철수하고, Etsy는 2025년 6월 1일 페루 서비스를 종료한다.",
    ],
    ids=["and", "two sentences", "paragraphs", "German", "no word of a list", "Chinese", "Korean"],
)
@pytest.mark.parametrize("title", ["", "Marketplace briefing"])
def test_two_events_of_one_type_share_no_platform_place_or_day(text, title):
    found = {(*facts(signal), signal.deadlines) for signal in assess(text, title).signals}
    assert found == {(("Shein",), ("CL",), "2025-05-01", ()), (("Etsy",), ("PE",), "2025-06-01", ())}


def test_three_events_in_three_sentences_are_three_signals():
    third = "Etsy is shutting down in Peru on 1 June 2025."
    found = {facts(signal) for signal in assess(f"{LEAVES} {third} {BLOCKED}", "Trade desk").signals}
    assert found == {
        (("Lazada",), ("SG",), "2025-05-31"),
        (("Etsy",), ("PE",), "2025-06-01"),
        (("Temu",), ("VN",), "2025-03-10"),
    }


def test_a_sentence_ends_after_a_day_of_a_month_and_what_is_due_belongs_to_the_event_before_it():
    text = (
        "Temu suspended all sales from local sellers in Turkey on February 17. Etsy will close its shop in Peru on "
        "June 30, 2025; sellers can export their data until July 31, 2025."
    )
    first, second = assess(text, "Temu stops in Turkey, Etsy in Peru").signals
    assert (facts(first), first.deadlines) == ((("Temu",), ("TR",), "2025-02-17"), ())
    assert facts(second) == (("Etsy",), ("PE",), "2025-06-30")
    assert [str(due.date) for due in second.deadlines] == ["2025-07-31"]


@pytest.mark.parametrize(
    "first",
    ["AliExpress closed in Poland on 1 March 2025.", "AliExpress closes in Poland on 31 May 2025."],
)
def test_the_first_of_two_events_may_be_told_in_so_few_words_that_it_would_be_doubted_alone(first):
    found = [signal.platforms for signal in assess(f"{first} Shopee closed its German site on 2 March 2025.").signals]
    assert found == [("AliExpress",), ("Shopee",)]


@pytest.mark.parametrize(
    "text",
    [
        "Shein will leave Chile on 1 May 2025. Etsy opens a warehouse in Peru on 1 June 2025.",
        "Shein verlässt Chile am 1. Mai 2025, und Etsy eröffnet am 1. Juni 2025 ein Lager in Peru.",
        "Shein将于2025年5月1日退出智利。Etsy将于2025年6月1日在秘鲁开设新仓库。",
    ],
)
def test_a_harmless_sentence_with_a_platform_a_place_and_a_day_is_no_event(text):
    assert [signal.platforms for signal in assess(text).signals] == [("Shein",)]


CLOSES, BANS, RULES = (frozenset({event}) for event in (EventType.SHUTDOWN, EventType.BAN, EventType.TRADE_RULE))
TEXT = "One. Two. Three."


def told(*some: tuple[str, str, frozenset[EventType]], aside: bool = False) -> list[str]:
    """Which of the sentences of `TEXT` are stories, when they name such platforms, places and events."""
    bounds = ((0, 4), (5, 9), (10, 16))
    said = [
        Told(*where, frozenset(names.split()), frozenset(places.split()), events, aside and number > 0)
        for number, (where, (names, places, events)) in enumerate(zip(bounds, some, strict=False))
    ]
    return [window.words for window in stories(TEXT, said)]


def test_stories_are_on_other_platforms_or_on_other_events_elsewhere():
    assert told(("Etsy", "", CLOSES), ("Temu", "", CLOSES)) == ["One.", "Two."]
    assert told(("Etsy", "PL", CLOSES), ("Etsy", "FR", BANS)) == ["One.", "Two."]
    assert told(("", "PL", CLOSES), ("", "FR", BANS)) == ["One.", "Two."]
    assert told(("", "ZA", RULES), ("Etsy", "ZA", CLOSES)) == ["One.", "Two."]


def test_a_sentence_that_tells_on_belongs_to_the_story_before_it():
    assert told(("Etsy", "PL", CLOSES), ("", "PL", BANS), ("Temu", "FR", BANS)) == ["One. Two.", "Three."]


@pytest.mark.parametrize(
    "some",
    [
        [("Etsy", "PL", CLOSES)],
        [("Etsy", "PL", CLOSES), ("Etsy", "FR", CLOSES)],
        [("Etsy", "PL", CLOSES), ("Etsy", "PL", BANS)],
        [("Etsy", "PL", CLOSES), ("", "EU", BANS)],
        [("Etsy", "PL", CLOSES), ("Temu", "FR", frozenset())],
        [("TikTok", "PL", CLOSES), ("TikTokShop", "FR", CLOSES)],
        [("Etsy", "PL", CLOSES), ("Temu", "FR", BANS), ("Etsy eBay", "", BANS)],
    ],
    ids=["one", "more places", "same place", "the place lies in it", "no event", "a part", "compared"],
)
def test_anything_else_is_one_story(some):
    assert told(*some) == []


def test_what_only_adds_to_the_first_is_no_story():
    assert told(("Etsy", "", CLOSES), ("Temu", "", CLOSES), aside=True) == []


SAYS = {"Shein": "names", "Etsy": "names", "Chile": "places", "Peru": "places", "Norway": "places"}


def parts(text: str) -> list[str]:
    """The clauses of a sentence; `closes` is a word for an event, May is a day."""

    def said(start: int, end: int) -> Told:
        words = text[start:end]
        named = {kind: frozenset(w for w in SAYS if w in words and SAYS[w] == kind) for kind in ("names", "places")}
        closing = CLOSES if "closes" in words else frozenset[EventType]()
        return Told(start, end, **named, events=closing, aside=False, dated="May" in words)

    return [text[one.start : one.end] for one in clauses(text, 0, len(text), said)]


def test_a_sentence_has_parts_where_each_says_which_platform_closes_where():
    assert parts("Shein closes in Chile and Etsy closes in Peru") == ["Shein closes in Chile", "Etsy closes in Peru"]
    assert parts("Shein leaves Chile in May; Etsy closes in Peru") == [
        "Shein leaves Chile in May",
        "Etsy closes in Peru",
    ]
    assert parts("Shein closes in Chile, in Norway in May, and Etsy closes in Peru") == [
        "Shein closes in Chile, in Norway in May",
        "Etsy closes in Peru",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Shein and Etsy closes in Chile and Peru",
        "Shein closes in Chile and in Peru in May",
        "Shein closes in Chile, Norway and Etsy closes in Chile",
        "Shein closes in Chile and Etsy of Peru thrives",
        "Shein closes in Chile and Etsy closes",
        "Shein closes in Chile and Etsy closes in Peru" + ", yes" * MOST_JOINTS,
    ],
    ids=["lists", "one platform", "one place", "no event", "nowhere", "endless"],
)
def test_any_other_sentence_is_one_part(text):
    assert parts(text) == [text]


def test_of_a_rule_that_no_place_has_there_is_no_story():
    assert told(("Etsy", "PL", CLOSES), ("", "", RULES)) == []


def test_a_later_story_without_a_word_of_a_list_must_say_who_where_and_when():
    text, nothing = "One. Two.", frozenset[EventType]()
    first = Told(0, 4, frozenset({"Etsy"}), frozenset({"PL"}), CLOSES, aside=False)
    for places, dated, found in (({"FR"}, True, 2), ({"FR"}, False, 0), (set[str](), True, 0)):
        later = Told(5, 9, frozenset({"Temu"}), frozenset(places), nothing, aside=False, dated=dated)
        assert len(stories(text, [first, later])) == found


@pytest.mark.parametrize(
    ("words", "first", "least"),
    [
        ("It closes.", True, 0.5 * BACKED),
        ("It closes.", False, 0.5),
        ("It goes.", True, 0.5),
        ("It goes.", False, 0.5 + SURER),
    ],
)
def test_a_story_counts_the_sooner_the_more_speaks_for_it(words, first, least):
    def score(own: float) -> float:
        shares = dict.fromkeys(EventType, 0.0) | {EventType.SHUTDOWN: 1.0}
        story = Judgement(own, shares, dict.fromkeys(Status, 0.2))
        return backed(story, Window(0, len(words), words), "en", first, 0.5).score

    assert score(least) == max(least, 0.5)
    assert score(least - 0.01) < 0.5


@cache
def rows() -> dict[str, Labelled]:
    found, wrong = read_file(FILE, Labelled)
    assert not wrong
    return {placed.row.id: placed.row for placed in found}


def test_the_labelled_texts_are_two_events_harmless_mentions_and_one_event_told_in_two_sentences():
    kinds = Counter((id.split("-")[0], len(row.signals)) for id, row in rows().items())
    assert kinds == {("two", 2): 40, ("one", 1): 40, ("same", 1): 20}
    assert len({row.lang for row in rows().values()}) == 12


@pytest.mark.long
def test_most_texts_with_two_events_give_both_and_hardly_one_other_gives_a_second():
    """The rule was made while looking at the texts with odd numbers; of the even ones only totals were read."""
    analyst = Analyst(load(FILE.parents[3] / "config").platforms)
    several: Counter[str] = Counter()
    for number, (id, row) in enumerate(rows().items(), 1):
        signals = analyst.assess(*document_of(row.model_dump(mode="json"), number)).signals
        told = {family_of(signal.event_type) for signal in signals}
        labelled = {family_of(EventType(one.event_type)) for one in row.signals}
        several[id.split("-")[0]] += len(signals) > 1 and (told == labelled or len(row.signals) < 2)
    assert several["two"] >= 20
    assert several["one"] + several["same"] <= 2
