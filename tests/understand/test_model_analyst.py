"""Whole documents, read by the shipped model: the five long ones that the project began with, and short entries."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows, read_lines
from monitor.understand.encoder import E5

CONFIG = Path(__file__).parents[2] / "config"
DATA = Path(__file__).parent / "data"
NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))


def platform(name, *aliases, parent=None, ancestors=()):
    return Platform(name, name.lower().replace(" ", "-"), "", "app", aliases, parent=parent, ancestors=ancestors)


PLATFORMS = (
    platform("TikTok", "Tik Tok"),
    platform("TikTok Music", parent="TikTok", ancestors=("TikTok",)),
    platform("TikTok Shop", parent="TikTok", ancestors=("TikTok",)),
    platform("Resso"),
    platform("Xiami", "虾米音乐"),
    platform("Temu"),
    platform("Shopee"),
)


class Counting:
    """The shipped encoder, which counts the texts that it encodes."""

    def __init__(self):
        self._inner, self.encoded = E5(), 0
        self.name, self.dimensions = self._inner.name, self._inner.dimensions

    def glance(self, texts):
        return self._inner.glance(texts)

    def encode(self, texts):
        self.encoded += len(texts)
        return self._inner.encode(texts)


@pytest.fixture(scope="module")
def counting():
    return Counting()


@pytest.fixture(scope="module")
def analyst(counting):
    return Analyst(PLATFORMS, encoder=counting)


@pytest.fixture(scope="module")
def seeds():
    """The acceptance documents as the shipped configuration reads them."""
    lines = (DATA / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in (DATA / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    return list(zip(gold, assess_rows(read_lines(lines), Analyst(load(CONFIG).platforms)), strict=True))


def entry(title, text="", **other):
    published = datetime(2025, 3, 3, 9, tzinfo=UTC)
    return replace(Document("d", "s", "c", "https://s.example/1", title, text, published, published), **other)


def test_all_five_long_documents_are_found_and_at_least_four_types_are_right(seeds):
    assert all(said["event_type"] != "none" for _, said in seeds)
    assert sum(said["event_type"] == gold["event_type"] for gold, said in seeds) >= 4


def test_the_day_and_the_deadline_of_the_music_service_are_found(seeds):
    said = seeds[1][1]
    assert said["effective_date"] == "2024-11-28"
    assert "2024-10-28" in {due["date"] for due in said["deadlines"]}


def test_a_closure_whose_text_names_no_year_falls_into_the_right_one(seeds):
    assert seeds[2][1]["effective_date"] == "2021-03-05"


def test_a_document_on_two_events_gives_both(seeds):
    signals = seeds[4][1]["signals"]
    assert signals[0]["event_type"] == "shutdown"
    assert any(
        signal["event_type"] == "ban"
        and "TikTok" in signal["platforms"]
        and "US" in signal["regions"]
        and signal["effective_date"] == "2025-01-19"
        for signal in signals
    )


def test_a_ban_told_in_passing_leaves_the_closing_its_own_places(seeds):
    for said in (seeds[1][1], seeds[4][1]):
        assert set(said["regions"]) == {"ID", "BR", "AU", "MX", "SG"}
    told = [signal for signal in seeds[1][1]["signals"] if "IN" in signal["regions"]]  # India banned another service
    assert all((signal["event_type"], signal["platforms"]) == ("ban", ["Resso"]) for signal in told)


def test_bans_of_one_platform_in_two_countries_are_two_events(analyst):
    india = "India has banned TikTok. The government ordered on 15 January 2025 that the app be blocked in India. "
    states = (
        "In the United States, a ban on TikTok took effect on 19 January 2025. The app went dark for its users in the "
        "United States. "
    )
    trade = (
        "Shops that sell through live streams lost their orders at once. A trader in Mumbai said that she has three "
        "hundred parcels in her flat and nobody to send them to. Her payouts of the last two weeks are still due. "
        "Consumer groups praised the step, while a union of small traders called it rash."
    )
    makers = (
        "Analysts expect advertisers to spend their money elsewhere. Creators moved to other apps over the weekend and "
        "told their fans where to find them. A law firm in Boston says that contracts with agencies may have to be "
        "paid all the same."
    )
    text = f"{india}{trade}\n\n{trade}\n\n{makers}\n\n{states}{makers}"
    said = analyst.assess(entry("India bans TikTok", text, published=datetime(2025, 1, 20, tzinfo=UTC)), NEWS)
    told = [(signal.event_type, signal.platforms, signal.regions) for signal in said.signals]
    assert told == [(EventType.BAN, ("TikTok",), ("IN",)), (EventType.BAN, ("TikTok",), ("US",))]
    assert str(said.signals[0].effective_date) != "2025-01-19"  # that is the other ban's
    assert str(said.signals[1].effective_date) == "2025-01-19"


def test_every_span_quotes_the_document_and_the_deciding_ones_come_first(seeds):
    documents = [json.loads(line) for line in (DATA / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    for document, (_, said) in zip(documents, seeds, strict=True):
        for signal in said["signals"]:
            for span in signal["spans"]:
                whole = document[span["field"]] or ""
                assert whole[span["start"] : span["end"]] == span["quote"] != ""
            assert [span["says"] for span in signal["spans"][:2]] == [
                f"event:{signal['event_type']}",
                f"status:{signal['status']}",
            ]


@pytest.mark.parametrize(
    ("title", "text", "event"),
    [
        (
            "Shopee to shut down in Chile",
            "The marketplace stops taking orders on 31 March; sellers must withdraw their balance by 30 April.",
            {EventType.SHUTDOWN, EventType.MARKET_EXIT},
        ),
        (
            "Вьетнам заблокировал Temu",
            "Министерство приказало провайдерам закрыть доступ к маркетплейсу.",
            {EventType.BAN},
        ),
        ("Temu冻结卖家资金", "大批卖家店铺被封，货款被平台扣押，申诉无果。", {EventType.ENFORCEMENT}),
    ],
)
def test_it_reads_short_entries_in_several_languages(analyst, title, text, event):
    assessment = analyst.assess(entry(title, text), NEWS)
    assert assessment.signals[0].event_type in event
    assert assessment.score == max(signal.score for signal in assessment.signals)
    assert abs(sum(x * x for x in assessment.meaning) - 1) < 0.01


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Shopee launches a spring sale", "Free shipping and vouchers for every order until Sunday."),
        ("Cómo cerrar tu tienda durante las vacaciones", "Sigue estos tres pasos en la configuración."),
        ("週末のシステムメンテナンスのお知らせ", "日曜午前2時から4時まで一部の機能をご利用いただけません。"),
    ],
)
def test_harmless_stories_with_the_same_words_give_no_signal(analyst, title, text):
    assessment = analyst.assess(entry(title, text), NEWS)
    assert assessment.signals == ()
    assert assessment.score < 0.5


@pytest.mark.parametrize(
    ("stopped", "undone"),
    [
        ("Court suspends the shopping app Shopee", "Court suspends the ban on the shopping app Shopee"),
        ("Un juez suspende la aplicación Temu", "Un juez suspende el bloqueo de la aplicación Temu"),
        ("Justiça suspende o aplicativo Shopee", "Justiça suspende o bloqueio do aplicativo Shopee"),
        ("Le tribunal suspend Temu", "Le tribunal suspend l'interdiction de Temu"),
        ("Суд приостановил работу Temu", "Суд приостановил блокировку Temu"),
        ("当局暂停Temu在当地的业务", "当局暂停对Temu的封锁"),
    ],
)
def test_a_platform_suspended_is_hit_and_a_ban_suspended_is_lifted(analyst, stopped, undone):
    assert analyst.assess(entry(stopped), NEWS).signals[0].status in {Status.EFFECTIVE, Status.CONFIRMED}
    lifted = analyst.assess(entry(undone), NEWS).signals[0]
    assert (lifted.event_type, lifted.status) == (EventType.BAN, Status.REVERSED)


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Shopee will shut down in Chile", Status.CONFIRMED),
        ("Temu is to leave the Czech Republic", Status.CONFIRMED),
        ("Shopee cerrará en Chile", Status.CONFIRMED),
        ("Shopee va quitter le Chili", Status.CONFIRMED),
        ("Shopee将退出智利", Status.CONFIRMED),
        ("Shopee considers leaving Chile", Status.PROPOSED),
        ("Appeal fails, ban on Temu stands", Status.CONFIRMED),
    ],
)
def test_a_title_alone_says_that_it_is_still_to_come(analyst, title, status):
    assert analyst.assess(entry(title), NEWS).signals[0].status is status


@pytest.mark.parametrize("text", ["", "Read more.", "Continue reading"])
@pytest.mark.parametrize(
    "title",
    [
        "Temu: last days of the summer sale",
        "Shopee festival closes with a concert",
        "Letzte Stunden: Schlussverkauf bei Temu endet",
        "Horario de soporte de Shopee en Navidad",
        "ร้านหนังสือเก่าปิดตัวหลังเปิดมา 40 ปี",
    ],
)
def test_a_harmless_title_alone_gives_no_signal(analyst, title, text):
    assert analyst.assess(entry(title, text), NEWS).signals == ()


IDLE = entry("Snow on the hills this weekend", "Walkers should take warm clothes and a map.")


def test_a_document_that_the_gate_stops_costs_no_encoder_run(analyst, counting):
    before = counting.encoded
    said = analyst.assess(IDLE, NEWS)
    assert counting.encoded == before
    assert (said.signals, said.meaning) == ((), ())
    assert 0 < said.score <= 0.01


def test_a_document_that_the_gate_lets_through_costs_one_run_a_window(analyst, counting):
    before = counting.encoded
    analyst.assess(entry("Vietnam blocks Temu", "Providers cut access to the marketplace."), NEWS)
    assert counting.encoded == before + 1


def test_to_ask_whether_a_page_is_worth_fetching_costs_no_encoder_run(analyst, counting):
    before = counting.encoded
    assert analyst.worth_a_page(entry("Vietnam blocks Temu"), NEWS)
    assert counting.encoded == before


@pytest.mark.parametrize("voice", [Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT])
def test_of_who_speaks_with_authority_the_lead_is_always_read(analyst, counting, voice):
    before = counting.encoded
    said = analyst.assess(IDLE, replace(NEWS, authority=voice))
    assert counting.encoded == before + 1
    assert said.signals == ()
    assert len(said.meaning) > 0


FURNISHED = (
    "Home | Business | Sports\n\nShare this article\n\n"
    "<p>The market\u200bplace Sho\u00adpee &amp; its app <b>will close</b> in Chile on 31&nbsp;March 2025.</p>"
    "<script>ban()</script><p>Sellers must with\u200bdraw their balance by 30 April 2025.</p>\n\n"
    "Related articles\n- Temu banned in Vietnam\n- Ten gifts\n\n\u00a9 2025 All rights reserved"
)


def test_spans_quote_what_was_published_with_its_markup_and_its_invisible_characters(analyst):
    document = entry("Sho\u200bpee to <i>close</i> in Chile", FURNISHED)
    (signal,) = analyst.assess(document, NEWS).signals
    parts = {"title": document.title, "text": document.text}
    assert all(parts[s.field][s.start : s.end] == s.quote != "" for s in signal.spans)
    quoted = {span.says.partition(":")[0]: span.quote for span in signal.spans}
    assert signal.platforms == ("Shopee",)
    assert quoted["platform"] in ("Sho\u200bpee", "Sho\u00adpee")
    assert (str(signal.effective_date), signal.regions) == ("2025-03-31", ("CL",))
    assert any(span.quote == "31&nbsp;March 2025" for span in signal.spans)
    assert not any(word in span.quote for span in signal.spans for word in ("Temu", "Home", "Share", "ban()"))


def test_what_was_announced_for_a_day_now_past_is_in_effect(analyst):
    text = "TikTok Music announced that it will close on 28 November 2024. Subscriptions are cancelled."
    before = analyst.assess(entry("TikTok Music closes", text, published=datetime(2024, 10, 1, tzinfo=UTC)), NEWS)
    after = analyst.assess(entry("TikTok Music closes", text, published=datetime(2024, 12, 20, tzinfo=UTC)), NEWS)
    assert before.signals[0].status is Status.CONFIRMED
    assert after.signals[0].status is Status.EFFECTIVE


def test_text_that_tries_to_break_the_encoder_is_read_like_any_other(analyst):
    hostile = entry("Temu\0 banned \ud800", "x\0y " * 50 + "\n" * 2000 + "\u202e" * 100)
    assert 0 <= analyst.assess(hostile, NEWS).score <= 1
    assert analyst.assess(entry("", ""), NEWS).signals == ()


@pytest.mark.parametrize("title", ["", "a", "404 Not Found", "公告", "お知らせ", "Update", "%$#@!", "1234567890"])
@pytest.mark.parametrize("source", [NEWS, replace(NEWS, authority=Authority.OFFICIAL)], ids=["news", "official"])
def test_what_says_too_little_and_names_nobody_reports_nothing(analyst, title, source):
    understood = analyst.assess(entry(title, ""), source)
    assert (understood.signals, understood.faint) == ((), None)
    assert understood.score <= 0.01


def test_threads_get_the_answers_that_one_thread_gets(analyst):
    some = [entry(f"Temu blocked in country number {k}", "Providers cut access.") for k in range(6)]
    alone = [analyst.assess(document, NEWS) for document in some]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda document: analyst.assess(document, NEWS), some)) == alone


def test_a_page_is_worth_fetching_for_a_name_a_cue_or_an_official_voice(analyst):
    official = replace(NEWS, authority=Authority.OFFICIAL)
    assert analyst.worth_a_page(entry("Temu grows"), NEWS)
    assert analyst.worth_a_page(entry("Ein Onlineshop macht dicht"), NEWS)
    assert analyst.worth_a_page(entry("Update"), official)
    assert not analyst.worth_a_page(entry("Sunny weekend ahead"), NEWS)
