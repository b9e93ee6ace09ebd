"""Cases 12 to 22 of the faults that we must survive: hostile bytes, through reading processes and the whole path."""

import itertools
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from desks import Desk, item, notice
from desks import rss as news
from local_sites import LocalSite, fresh, running_host, source_of
from reading_cases import FEED, PAGE, capture, entry, frozen, rss
from smtp_sink import smtp_sink
from test_reading_hostile import mutants
from test_reading_workers import MANY_ATTRIBUTES

from monitor.config import load
from monitor.domain.documents import Capture, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Source
from monitor.read.capture import read_capture
from monitor.read.dates import published_at
from monitor.read.text import LONGEST_TITLE
from monitor.read.workers import Workers
from monitor.wiring import open_store

KILLED = {FailureReason.CPU_LIMIT, FailureReason.MEMORY_LIMIT, FailureReason.WALL_LIMIT, FailureReason.CRASHED}
MIB = 1024 * 1024


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    reader = Workers(size=1, cpu=3.0, wall=20.0)
    yield reader
    await reader.close()


@pytest.fixture
async def desk(tmp_path, site: LocalSite) -> AsyncIterator[Desk]:
    async with smtp_sink() as mail:
        yield Desk(tmp_path, site, mail)


async def read(
    reader: Workers, body: str | bytes | Capture, source: Source = FEED, kind: str = "text/xml"
) -> ReadResult:
    taken = body if isinstance(body, Capture) else capture(body, kind)
    return await reader.read(taken, source, frozenset(), None)


async def reads_on(reader: Workers) -> None:
    """The next capture is read as if nothing had happened."""
    assert [d.title for d in (await read(reader, rss(entry(7)))).documents] == ["Announcement 7"]


async def test_case_12_entities_expand_to_nothing_and_ask_nobody(workers: Workers, tmp_path) -> None:
    laughs = "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in itertools.pairwise("abcdefghi"))
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        heads = {
            "&i;": f'<!DOCTYPE rss [<!ENTITY a "lol">{laughs}]>',
            "&a;" * 40_000: f'<!DOCTYPE rss [<!ENTITY a "{"x" * 60_000}">]>',
            "&f;&h;": f'<!DOCTYPE rss SYSTEM "{there}dtd" [<!ENTITY f SYSTEM "{secret.as_uri()}">'
            f'<!ENTITY h SYSTEM "{there}h"><!ENTITY % p SYSTEM "{there}p"> %p;]>',
        }
        for words, head in heads.items():
            body = rss(entry(1).replace("Announcement 1", f"about {words}"), entry(2), head=head)
            result = await read(workers, body)
            assert "Announcement 2" in [d.title for d in result.documents]
            assert all(len(d.title) <= LONGEST_TITLE for d in result.documents)
            assert "hunter2" not in repr(result)
            assert "lollol" not in repr(result)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "depth", [1_000_000, pytest.param(600_000, marks=pytest.mark.long)], ids=["7 MB", "below the cap"]
)
async def test_case_13_a_million_nested_tags_are_one_failure(workers: Workers, depth: int) -> None:
    result = await read(workers, f"<rss><channel>{'<item>' * depth}")
    assert result.failure in KILLED | {FailureReason.TOO_LARGE, FailureReason.NOT_A_FEED, FailureReason.RAISED}
    assert result.documents == ()
    await reads_on(workers)


async def test_case_13_a_feed_of_too_many_entries_is_read_in_parts(workers: Workers) -> None:
    result = await read(workers, rss(*(entry(n) for n in range(2_500))))
    assert (result.failure, len(result.documents)) == (None, 2_000)


async def test_case_14_a_feed_of_a_hundred_megabytes_never_reaches_the_parser(
    site: LocalSite, workers: Workers
) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse(headers={"Content-Type": "text/xml"})
        await answer.prepare(request)
        while sent < 100 * MIB:
            await answer.write(b"<item>" * 10_000)
            sent += 60_000
        return answer

    site.pages["/feed.xml"] = endless
    source = source_of(site.url())
    async with running_host() as host:
        look, taken = await host.look(source, fresh(source))
    assert (look.reason, taken) == (FailureReason.TOO_LARGE, None)
    assert sent < 50 * MIB, "we hung up"
    over = await read(workers, b"<rss>" + b" " * (5 * MIB))
    assert over.failure is FailureReason.TOO_LARGE
    assert workers.pids


@pytest.mark.long
async def test_case_15_a_tag_of_forty_thousand_attributes_costs_three_captures_and_no_neighbour(
    desk: Desk, site: LocalSite
) -> None:
    looks = 0

    async def hostile(_: web.Request) -> web.Response:
        nonlocal looks
        looks += 1
        return web.Response(body=MANY_ATTRIBUTES.body + b"%d" % looks, content_type="text/html")

    site.pages["/bad.html"] = hostile
    site.says("/feed.xml", news(notice(site)))
    desk.watches(bad=site.url("/bad.html"), bazarino=site.url())
    desk.keeps({"read": {"cpu": "1s", "wall": "8s"}})
    for _ in range(3):
        await desk.round()
    rows = await desk.json("quarantine")
    assert [(row["source"], row["reason"]) for row in rows] == [("bad", "cpu_limit")] * 3
    assert len(desk.mail.mails) == 1
    store = await open_store(load(desk.directory, {}))
    harvest = await store.ledger.harvest("bad")
    await store.database.close()
    assert (harvest.failures, harvest.reason) == (3, FailureReason.CPU_LIMIT), "it is known to be blind"


@pytest.mark.parametrize(
    "body", [b"<" * (10 * MIB), b"<html><body>" + b"\x01\x02" * 400_000 + b"</body></html>"], ids=["<", "no letters"]
)
async def test_case_16_a_page_without_text_is_a_failure_and_never_a_quiet_page(workers: Workers, body: bytes) -> None:
    result = await read(workers, body, PAGE, "text/html")
    assert result.failure in {FailureReason.NO_TEXT, FailureReason.EMPTY} | KILLED
    assert result.documents == ()
    await reads_on(workers)


async def test_case_16_one_line_of_ten_megabytes_is_read_or_refused(workers: Workers) -> None:
    line = "The marketplace closes on 30 June. " * (10 * MIB // 36)
    result = await read(workers, f"<html><body><p>{line}</p></body></html>", PAGE, "text/html")
    assert bool(result.documents) != (result.failure is not None)
    await reads_on(workers)


TITLE = "关于平台停止运营的公告 Closing"
XML = rss(entry(1, title=TITLE))


@pytest.mark.parametrize(
    ("body", "says", "doubted"),
    [
        (XML.encode().replace(b"Closing", b"Clos\xff\xfeing"), "关于平台停止运营的公告", True),
        (XML.encode().replace(b"Closing", b"Clo\x00s\x01i\x08ng"), "关于平台停止运营的公告 Closing", False),
        (XML.encode(), TITLE, False),
        (XML.replace('"utf-8"', '"gb2312"').encode(), TITLE, True),
        (XML.replace('encoding="utf-8"', "").encode("utf-16-le"), TITLE, False),
        (XML.replace('"utf-8"', '"utf-7"').encode(), TITLE, False),
    ],
    ids=["invalid UTF-8", "NUL and controls", "honest", "gb2312 claimed over UTF-8", "UTF-16 without a mark", "UTF-7"],
)
async def test_case_17_an_entry_in_whatever_characters_is_kept_storable_and_doubted(
    workers: Workers, body: bytes, says: str, doubted: bool
) -> None:
    [document] = (await read(workers, body)).documents
    assert says in document.title
    assert ("encoding_doubt" in document.doubts) == doubted
    stored = document.title + document.text + document.url
    assert stored.encode()
    assert "\x00" not in stored


@pytest.mark.parametrize("reference", ["&#x110000;", "&#xD800;"])
async def test_case_18_of_entries_one_of_which_is_poison_all_others_are_read(workers: Workers, reference: str) -> None:
    entries = [entry(n) for n in range(9)]
    entries[4] = entries[4].replace("Announcement 4", reference)
    result = await read(workers, rss(*entries))
    assert [d.title for d in result.documents] == [f"Announcement {n}" for n in range(9) if n != 4]
    assert [r.reason for r in result.rejected] == [FailureReason.RAISED]


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("marketplace_rss_en.xml", FEED, 300),
        ("regulator_atom_fr.xml", FEED, 300),
        ("notice_page_ru_1251.html", PAGE, 100),
        pytest.param("marketplace_rss_en.xml", FEED, 1_500, marks=pytest.mark.long),
        pytest.param("regulator_atom_fr.xml", FEED, 1_500, marks=pytest.mark.long),
        pytest.param("notice_page_ru_1251.html", PAGE, 1_500, marks=pytest.mark.long),
    ],
)
def test_case_18_no_mutant_lets_an_exception_out(name: str, source: Source, count: int) -> None:
    outcomes = [
        read_capture(capture(mutant, "text/xml" if source is FEED else "text/html"), source, frozenset(), None)
        for mutant in mutants(frozen(name).body, seed=18, count=count)
    ]
    assert len(outcomes) == count
    assert sum(bool(outcome.documents) for outcome in outcomes) > count / 2
    assert all(outcome.failure in (None, FailureReason.DAMAGED) or not outcome.documents for outcome in outcomes)


@pytest.mark.parametrize(
    "raw",
    ["-001-01-01T00:00:00Z", "0000-01-01", "10000-01-01", "Tue, 10 Mar 2026 09:00:00 +9999",
     "2026-03-10T09:00:00+99:99", "a", "12", "NaN", "1e400", "Tue, 10 Mar 1026 09:00:00 GMT",
     "Tue, 10 Mar 2099 09:00:00 GMT", "1" * 64],
)  # fmt: skip
async def test_case_19_a_date_that_cannot_be_is_unknown_and_said_so(workers: Workers, raw: str) -> None:
    body = rss(entry(1).replace("Tue, 10 Mar 2026 09:00:00 GMT", raw))
    [document] = (await read(workers, body)).documents
    assert (document.published, "date_unknown" in document.doubts) == (None, True)


async def test_case_19_a_date_that_others_read_wrongly_is_read(workers: Workers) -> None:
    body = rss(entry(1).replace("Tue, 10 Mar 2026 09:00:00 GMT", "2026年3月10日"))
    [document] = (await read(workers, body)).documents
    assert f"{document.published:%Y-%m-%d}" == "2026-03-10"


@pytest.mark.parametrize("piece", ["1 ", "10:", "2026-03-", "March "])
async def test_case_20_a_date_of_ten_thousand_pieces_is_none_and_its_entry_is_read(
    workers: Workers, piece: str
) -> None:
    long = piece * 10_000
    result = await read(workers, rss(entry(1, text=long).replace("Tue, 10 Mar 2026 09:00:00 GMT", long), entry(2)))
    assert [d.published is None for d in result.documents] == [True, False]
    assert published_at(long, result.documents[0].fetched_at) is None


async def test_case_21_words_below_the_parsers_depth_are_read_and_the_page_is_doubted(workers: Workers) -> None:
    deep = "<div>" * 3_000 + "The marketplace closes on 30 June. " * 60 + "</div>" * 3_000
    [document] = (await read(workers, f"<html><body>{deep}</body></html>", PAGE, "text/html")).documents
    assert "The marketplace closes on 30 June." in document.text
    assert "truncated_by_parser" in document.doubts


async def test_case_22_one_guid_a_thousand_times_and_edited_later_is_one_incident_and_one_page(
    desk: Desk, site: LocalSite
) -> None:
    said = notice(site)
    site.says("/feed.xml", news(*[said] * 1_000))
    desk.watches(bazarino=site.url())
    await desk.round()
    assert len(desk.mail.mails) == 1
    [before] = await desk.json("incidents")

    edited = said.replace("regret this", "deeply regret this")
    site.says("/feed.xml", news(edited))
    await desk.round()
    reused = item("Opening hours", "Our help centre is open on Sundays, too. " * 20, site.url("/notice"))
    site.says("/feed.xml", news(reused))
    await desk.round()
    [incident] = await desk.json("incidents")
    assert incident["id"] == before["id"]
    assert incident["revision"] > before["revision"], "what changed is in its history"
    assert len(desk.mail.mails) == 1, "nothing that matters changed: nobody is woken again"
