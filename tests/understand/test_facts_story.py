"""The documents that the project began with, and how an extractor behaves over a day of work."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand import language
from monitor.understand.facts import Facts, gather

SEEDS = [json.loads(line) for line in (Path(__file__).parent / "data/documents.jsonl").read_text("utf-8").splitlines()]


def facts(number: int, event: str, status: str, begin: str = "", end: str = "") -> Facts:
    """The facts of one event in a seed; `begin` and `end` are the words between which its passage stands."""
    title, text = SEEDS[number]["title"] or "", SEEDS[number]["text"]
    day = date.fromisoformat(SEEDS[number]["published"])
    window = (text.index(begin), text.index(end)) if begin else None
    lang = language.detect(title, text, None)
    mentions = EXTRACTOR.mentions(title, text, lang, day)
    told = gather(mentions, title, text, lang, day, EventType(event), Status(status), window, (), ())
    for span in told.spans:
        assert (title if span.field == "title" else text)[span.start : span.end] == span.quote
    return told


def test_tiktok_music_closes_on_28_november_and_playlists_must_be_moved_by_28_october() -> None:
    indonesian = facts(1, "shutdown", "confirmed")
    chinese = facts(4, "shutdown", "confirmed", "TikTok Music的告别", "可能有人会问")
    for told in (indonesian, chinese):
        assert told.platforms == ("TikTok Music",)
        assert str(told.effective_date) == "2024-11-28"
        assert ("2024-10-28", "data_export") in [(str(d.date), str(d.role)) for d in told.deadlines]
    assert set(indonesian.regions) == set(chinese.regions) == {"ID", "BR", "AU", "MX", "SG"}


def test_the_french_report_of_the_same_closure_agrees() -> None:
    told = facts(0, "shutdown", "confirmed")
    assert told.platforms == ("TikTok Music",)
    assert set(told.regions) == {"ID", "BR", "AU", "MX", "SG"}
    assert str(told.effective_date) == "2024-11-28"
    assert [(str(d.date), str(d.role)) for d in told.deadlines] == [("2024-11-28", "refund")]


def test_xiami_closes_in_the_year_that_the_text_does_not_give() -> None:
    told = facts(2, "shutdown", "confirmed")
    assert told.platforms == ("Xiami Music",)
    assert str(told.effective_date) == "2021-03-05"
    assert "2021-02-05" in [str(d.date) for d in told.deadlines]


def test_the_ban_buried_in_a_report_of_a_closure_has_its_own_facts() -> None:
    told = facts(4, "ban", "confirmed", "美国市场的“生死局”", "这事儿一出")
    assert told.platforms == ("TikTok",)
    assert told.regions == ("US",)
    assert str(told.effective_date) == "2025-01-19"
    assert {span.says for span in told.spans} >= {"platform:TikTok", "region:US", "date:2025-01-19"}


def test_an_extractor_gives_every_thread_the_same_answer() -> None:
    def all_seeds(_: int) -> list[Facts]:
        return [facts(number, "shutdown", "confirmed") for number in range(len(SEEDS))]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(all_seeds, range(8))
    assert all(other == first for other in others)


PIECES = [
    "Temu",
    "TikTok Shop",
    "«Лавка»",
    "将关闭",
    "in Germany",
    "米国",
    "until",
    "28 November",
    "11月28日",
    "\n",
    ". ",
    "。",
    "closes",
]


def test_no_day_is_half_title_and_half_text() -> None:
    found = EXTRACTOR.mentions("TikTok Music closes in November", "28 sellers wait", "en", date(2024, 2, 29)).dates
    assert [mention.value for mention in found if mention.value.endswith("28")] == []


@settings(max_examples=100, deadline=None)
@given(
    title=st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join),
    text=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=25).map(" ".join),
    lang=st.sampled_from(["en", "zh", "ja", "ru", "ar", "und", "xx"]),
    event=st.sampled_from(list(EventType)),
    status=st.sampled_from(list(Status)),
    published=st.one_of(st.none(), st.just(date(2024, 2, 29))),
    cut=st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(0, 120))),
)
def test_whatever_the_text_the_facts_come_from_it_and_every_span_quotes_it(
    title: str,
    text: str,
    lang: str,
    event: EventType,
    status: Status,
    published: date | None,
    cut: tuple[int, int] | None,
) -> None:
    window = (min(cut[0], len(text)), min(max(cut), len(text))) if cut else None
    mentions = EXTRACTOR.mentions(title, text, lang, published)
    for mention in (*mentions.platforms, *mentions.regions, *mentions.dates):
        assert (title if mention.field == "title" else text)[mention.start : mention.end] == mention.quote
    told = gather(mentions, title, text, lang, published, event, status, window, (), ())
    said = {span.says for span in told.spans}
    assert {f"platform:{name}" for name in told.platforms} <= said
    assert told.effective_date is None or any(span.says.startswith("date:") for span in told.spans)
    for span in told.spans:
        assert (title if span.field == "title" else text)[span.start : span.end] == span.quote
