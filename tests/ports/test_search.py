"""Search: terms of every script, found by words, phrases and filters, and gone with what they came from."""

import random
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from store_examples import NOON, assessment, document, incident, signal

from monitor.config.settings import KeepSettings
from monitor.retention import Retention
from monitor.steps import Step
from monitor.store import search, search_writing
from monitor.store.ledger import SqlLedger
from monitor.store.retention import SqlRetention
from monitor.store.search import Query, SqlSearch
from monitor.store.search_entries import hour
from monitor.store.terms import Part, placed, query, stretches, terms

DAY = timedelta(days=1)
SCRIPTS = st.text(
    st.sampled_from(
        "ab Zéßİıłø-'_9½ﬁ\u0301\u200d 抖音关闭店铺々カガｶﾞ한국어ร้านค้าပြည်ខ្មែរລາວהמَדमस्तेΕλάςбЙ\"*()!&|:<>\\\0\ud800😀"
    ),
    max_size=40,
)


@given(SCRIPTS)
def test_terms_with_their_places_are_the_same_terms_and_lie_within_the_text(said):
    found = placed(said)
    assert [one.text for one in found] == terms(said)
    assert all(0 <= one.start < one.end <= len(said) for one in found)
    assert all(term and " " not in term and term == term.casefold() for term in terms(said))


@given(SCRIPTS, SCRIPTS)
def test_words_stay_what_they_are_whatever_stands_beside_them(one, other):
    assert terms(f"{one} {other}") == terms(one) + terms(other)


@given(SCRIPTS, SCRIPTS, SCRIPTS)
def test_a_text_is_found_by_whatever_stretch_of_it_stands_between_spaces(before, word, after):
    parts = query(f'"{word.replace(chr(34), "")}"')
    said = f"{before} {word} {after}"
    assert len(parts) == bool(terms(word.replace('"', "")))
    if parts and '"' not in word:
        assert stretches(said, parts)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_query(typed):
    assert all(part.terms for part in query(typed))


@given(st.text(st.characters(categories=("Lo",), min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12))
def test_any_stretch_of_a_text_without_spaces_is_found_in_it(word):
    said = f"昨日{word}今日"
    assert stretches(said, query(word))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("strasse", "Die STRAẞE ist zu"),
        ("istanbul", "İSTANBUL’da"),
        ("lodz", "Łódź"),
        ("店", "店铺"),
        ("铺", "店铺"),
        ("3月31日", "本年３月31日起"),
        ("ガイド", "出品者ｶﾞｲﾄﾞ"),
        ("ร้านค้า", "ปิดร้านค้าออนไลน์"),
        ("محمد", "مُحَمَّد"),
        ("l'app", "dans l’app"),
        ("clos*", "It closes"),
    ],
)
def test_a_word_is_found_however_it_is_written(typed, said):
    assert stretches(said, query(typed))
    assert stretches(unicodedata.normalize("NFC", said), query(typed))


async def found(database, typed: str, **more: object) -> list[str]:
    hits, _ = await SqlSearch(database).find(Query(tuple(query(typed)), **more), 100)
    return [hit.id for hit in hits]


def understood(no: int, lang: str = "en", platform: str = "Temu", region: str = "DE"):
    says = replace(signal(), platforms=(platform,), regions=(region,))
    return replace(assessment(no), lang=lang, signals=(says,))


async def test_documents_and_incidents_are_found_by_their_words(database):
    ledger = SqlLedger(database)
    texts = (
        "Temu raises fees in Germany",
        "抖音将于三月关闭店铺",
        "ปิดร้านค้าออนไลน์",
        "Fees: Germany raises them; Temu says no",
    )
    documents = [replace(document(no, said), title=f"No {no}") for no, said in enumerate(texts, 1)]
    await ledger.keep(Step(NOON, documents=documents, incidents=[incident()]))
    assert set(await found(database, "germany TEMU")) == {"document-0001", "document-0004"}
    assert await found(database, '"raises fees"') == ["document-0001"]
    assert await found(database, "germany -says") == ["document-0001"]
    assert await found(database, "关闭") == ["document-0002"]
    assert await found(database, "铺") == ["document-0002"]
    assert await found(database, "ร้านค้า") == ["document-0003"]
    assert set(await found(database, "fe* -nothing")) == {"document-0001", "document-0004"}
    assert await found(database, "закрывается music") == ["incident-a"]
    assert set(await found(database, "-temu")) == {"document-0002", "document-0003", "incident-a"}
    assert await found(database, "nowhere") == []
    assert await found(database, "") == []


async def test_filters_narrow_and_order_is_the_best_or_the_newest(database):
    ledger = SqlLedger(database)
    documents = [
        replace(document(1, "fees rise"), title="Fees", published=NOON - 3 * DAY),
        replace(document(2, "fees rise"), title="News", published=NOON - 2 * DAY),
        replace(document(3, "fees rise"), title="News", published=NOON - DAY),
    ]
    known = [understood(1), understood(2, "de", "eBay", "FR"), understood(3, "de")]
    await ledger.keep(Step(NOON, documents=documents, assessments=known, incidents=[incident()]))
    one, two, three = (one.id for one in documents)
    assert await found(database, "fees", newest=True) == [three, two, one]
    assert (await found(database, "fees"))[0] == one  # it stands in the title
    assert await found(database, "fees", platform="temu", newest=True) == [three, one]
    assert await found(database, "fees", language="de", country="FR") == [two]
    assert await found(database, "", kind="incident") == ["incident-a"]
    assert await found(database, "", since=NOON - 2 * DAY, until=NOON - DAY - timedelta(hours=1)) == [two]
    assert await found(database, "platform", newest=True) == []  # names of filters are no words


async def test_whatever_is_asked_those_are_found_that_hold_it_and_no_others(database):
    dice = random.Random(5)
    words = ["".join(dice.choices("abc", k=dice.randint(1, 5))) for _ in range(40)] + ["店铺", "关闭店", "ab店"]
    said = {f"document-{no:04}": " ".join(dice.choices(words, k=8)) for no in range(1, 81)}
    documents = [replace(document(no, said[f"document-{no:04}"]), title="") for no in range(1, 81)]
    await SqlLedger(database).keep(Step(NOON, documents=documents))
    for _ in range(150):
        asked = [dice.choice(words) for _ in range(dice.randint(1, 3))]
        asked = [f"{word[: dice.randint(2, 4)]}*" if dice.random() < 0.6 else word for word in asked]
        asked += [f'"{" ".join(dice.choice(list(said.values())).split()[:2])}"'] if dice.random() < 0.2 else []
        asked += [f"-{dice.choice(words)[:3]}*"] if dice.random() < 0.3 else []
        parts = query(" ".join(asked))
        if not any(part.wanted for part in parts):
            continue
        holding = {id for id, text in said.items() if all(held(text, part) == part.wanted for part in parts)}
        best = await found(database, " ".join(asked))
        newest = await found(database, " ".join(asked), newest=True)
        assert set(best) == set(newest) == holding, asked
        assert len(best) == len(newest) == len(holding)


def held(text: str, part: Part) -> bool:
    return bool(stretches(text, [replace(part, wanted=True)]))


HOSTILE = (
    '"', "'", "a' OR 1=1 --", '") OR ("', "NEAR(a b)", "title:x", "AND", "a AND OR", "*", "-", "^a", "a & b | !c",
    "<->", "a:*", "\\", "\0", "\ud800", "{title}: x", "a" * 5_000, "- - -", "x*y", "))))", "%_%", ":kind:document",
)  # fmt: skip


async def test_no_query_is_an_error_or_means_more_than_its_words(database):
    await SqlLedger(database).keep(Step(NOON, documents=[document()]))
    for typed in HOSTILE:
        assert await found(database, typed) == [], typed
        await found(database, f'tiktok -{typed} "{typed}" {typed}*')


async def test_what_was_read_again_is_found_by_what_it_says_now(database):
    ledger = SqlLedger(database)
    await ledger.keep(Step(NOON, documents=[document(1, "the first words")], assessments=[understood(1)]))
    changed = replace(document(1, "other words"), published=NOON + DAY)
    await ledger.keep(Step(NOON, documents=[changed]))
    assert await found(database, "first") == []
    assert await found(database, "other", platform="Temu") == ["document-0001"]
    await ledger.keep(Step(NOON, assessments=[understood(1, platform="eBay")]))
    assert await found(database, "other", platform="Temu") == []
    assert await found(database, "other", platform="eBay") == ["document-0001"]
    moved = replace(incident(revision=2), headline="Another headline", merged_into="")
    await ledger.keep(Step(NOON, incidents=[incident()]))
    await ledger.keep(Step(NOON, incidents=[moved]))
    assert await found(database, "headline") == ["incident-a"]
    gone = replace(moved, revision=3, merged_into="incident-b", evidence=())
    await ledger.keep(Step(NOON, incidents=[gone, incident("incident-b")]))
    assert await found(database, "headline") == []


async def test_documents_that_retention_lets_go_are_found_no_more(database):
    await SqlLedger(database).keep(Step(NOON, documents=[document(1, "fees"), document(2, "fees")]))
    await Retention(SqlRetention(database), lambda: KeepSettings(documents="1d")).step(NOON + 9 * DAY)
    assert await found(database, "fees") == []
    if database.dialect == "sqlite":
        left = await database.read(lambda c: c.scalar(text("SELECT sum(length(block)) FROM search_index_data")))
        await database.write(lambda c: c.execute(text("INSERT INTO search_index(search_index) VALUES('optimize')")))
        after = await database.read(lambda c: c.scalar(text("SELECT sum(length(block)) FROM search_index_data")))
        assert after < left, "their words went with them"


async def test_what_was_kept_before_there_was_an_index_is_indexed_in_batches(database, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 3)
    documents = [document(no, f"fees number{no}") for no in range(1, 8)]
    await SqlLedger(database).keep(Step(NOON, documents=documents, incidents=[incident()]))
    for statement in ("DELETE FROM search_rows", "DELETE FROM search_state"):
        await database.write(lambda c, statement=statement: c.execute(text(statement)))
    assert await found(database, "fees") == []
    indexing = SqlSearch(database)
    for _ in range(8):
        assert await indexing.step(NOON) is False
    assert len(await found(database, "fees")) == 7
    assert await found(database, "закрывается", kind="incident") == ["incident-a"]
    await SqlSearch(database).step(NOON)
    assert len(await found(database, "number3")) == 1


async def test_words_that_another_release_indexed_are_left_behind_and_hold_nothing_up(database):
    ledger = SqlLedger(database)
    await ledger.keep(Step(NOON, documents=[document(1, "first")], incidents=[incident()]))
    await database.write(lambda c: c.execute(text("UPDATE search_rows SET digest = 'of another release'")))
    await ledger.keep(Step(NOON, documents=[document(1, "second")], incidents=[incident(revision=2)]))
    await ledger.keep(Step(NOON, documents=[document(1, "third")]))
    assert await found(database, "third", kind="document") == ["document-0001"]
    assert await found(database, "first") == []
    assert await found(database, "закрывается", kind="incident") == ["incident-a"]


async def test_many_rows_of_one_hour_each_have_a_place(database):
    documents = [document(no, "flood") for no in range(1, 401)]
    await SqlLedger(database).keep(Step(NOON, documents=documents))
    assert len(set(await found(database, "flood"))) == 100
    _, number = await SqlSearch(database).find(Query(tuple(query("flood"))), 1)
    assert number == 400


async def test_a_day_of_which_very_many_are_dated_costs_few_tries_and_they_stay_near_it(database, monkeypatch):
    turns, places = [], search_writing._places
    monkeypatch.setattr(search_writing, "SLOT", 2)  # four places in an hour
    monkeypatch.setattr(search_writing, "_places", lambda one, turn: turns.append(turn) or places(one, turn))
    for start in range(1, 401, 20):
        documents = [document(no, "flood") for no in range(start, start + 20)]
        await SqlLedger(database).keep(Step(NOON, documents=documents))
    assert max(turns) <= 9, "a hundred hours are full, and seven doublings are past them"
    numbers = await database.read(lambda connection: connection.scalars(text("SELECT no FROM search_rows")))
    assert max(numbers) - (hour(NOON) << 2) < 4 << 9


async def test_an_index_that_is_broken_keeps_no_document_from_being_kept(sql, database):
    async def broken(connection):
        await connection.execute(text("DROP TABLE search_index"))

    await database.write(broken)
    await sql.ledger.keep(Step(NOON, documents=[document(1)], assessments=[assessment(1)], incidents=[incident()]))
    assert await sql.ledger.document(document(1).id) == document(1)
    assert [one.id for one in await sql.ledger.incidents([incident().id])] == [incident().id]
