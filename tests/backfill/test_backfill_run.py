"""What is left is handed out, kept as it comes back, and goes on after whatever dies. The worker is a thread here; what
it reads is real, what it understands is not."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archives import ARTICLE, address, feed, page, pages, record, written
from postgres import Postgres
from sqlalchemy import select

from monitor.backfill.mark import is_backfill
from monitor.backfill.pieces import File, Slice, file_of
from monitor.backfill.records import items
from monitor.backfill.run import Ended, Progress, Run
from monitor.backfill.store import ArchiveStore, WrongStoreError
from monitor.backfill.work import Failure, Gain, Hand, Setup
from monitor.backfill.workforce import ClusterLostError, DiedError, WorkforceError
from monitor.domain.documents import Document, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.steps import Step
from monitor.store.codec import dump
from monitor.store.database import Database
from monitor.store.ledger import SqlLedger
from monitor.store.tables import documents

DAY = datetime(2024, 5, 6, tzinfo=UTC)
SHUTDOWN = Signal(EventType.SHUTDOWN, Status.CONFIRMED, ("Temu",), ("WORLD",), None, (), 0.9, ())


class Reader:
    """Finds an event in every text that says so."""

    def assess(self, document: Document, source: Source) -> Assessment:
        if "unspeakable" in document.title:
            raise ArithmeticError("no words for it")
        return Assessment(document.id, "en", 0.9, (SHUTDOWN,) if "closes" in document.title else ())


SOURCE = Source(
    id="temu-news", name="Temu", url="https://seller.example/feed", kind=SourceKind.FEED,
    authority=Authority.OFFICIAL, publisher="Temu", every=timedelta(hours=1), platforms=("Temu",),
)  # fmt: skip


class Here:
    """Workers of this process. It `dies` over a slice that the test says so of."""

    room = 2

    def __init__(self, hand: Hand, dies: Callable[[Slice], BaseException | None] = lambda piece: None) -> None:
        self._hand, self._dies = hand, dies
        self._thread = ThreadPoolExecutor(1)
        self.taken: list[Slice] = []

    def submit(self, piece: Slice) -> Future[Gain]:
        self.taken.append(piece)
        return self._thread.submit(self._take, piece)

    def _take(self, piece: Slice) -> Gain:
        if (error := self._dies(piece)) is not None:
            raise error
        return self._hand.take(piece)

    def fault(self, error: BaseException) -> BaseException:
        return error

    def close(self) -> None:
        self._thread.shutdown()


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand(Setup((), (SOURCE,)), Reader())  # type: ignore[arg-type]
    yield hand
    in_a_thread = threading.Thread(target=hand.close)
    in_a_thread.start()
    in_a_thread.join()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ArchiveStore]:
    opened = await ArchiveStore.open(str(tmp_path / "store.db"), "a model")
    yield opened
    await opened.close()


def rows_of(path: Path, *rows: str) -> File:
    return file_of(written(path, "\n".join(rows).encode()))


def row(id: str, title: str = "A shop", **more: str) -> str:
    return json.dumps({"id": id, "title": title, "text": ARTICLE, "published": "2024-05-06", **more})


def fine(cut: File, size: int) -> File:
    """Cut into small slices, as a large file is."""

    class Fine(File):
        cut = size

    return Fine(cut.path, cut.form, cut.layout, cut.size, cut.bytes, cut.mtime, cut.source)


async def over(store: ArchiveStore, workers: Here, *files: File) -> tuple[list[Ended], Progress]:
    heard: list[Ended] = []
    run = Run(store, lambda: workers, lambda ended, _: heard.append(ended))
    assert await run.over(files)
    assert run.progress.bytes_done == run.progress.bytes_total
    return heard, run.progress


async def test_documents_of_all_forms_come_in_with_the_ids_that_the_daemon_gives(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    kept = Document("abc", "temu-news", "", "https://seller.example/1", "Temu closes", ARTICLE, None,
                    DAY)  # fmt: skip
    some = [*pages([1]), record("https://seller.example/feed", feed(("tag:1", "Temu closes")), "text/xml")]
    files = [
        file_of(written(tmp_path / "a.warc.gz", *some)),
        rows_of(tmp_path / "b.jsonl", row("row-1", url="https://daily.example/x"), dump(kept)),
        file_of(written(tmp_path / "saved.xml", feed(("tag:2", "News"), links="<link>https://daily.example/</link>"))),
    ]
    _, now = await over(store, Here(hand), *files)
    ids = await store.database.read(_ids)
    assert ids == {
        digest("news:news.example", canonical_url(address(1))): "news:news.example",
        digest("temu-news", "tag:1"): "temu-news",
        digest("row-1"): "news:daily.example",
        "abc": "temu-news",
        digest("news:daily.example", "tag:2"): "news:daily.example",
    }
    assert (now.documents, now.events, now.failures.total()) == (5, 2, 0)
    assert {document.id for document, _, _ in await store.telling()} == {"abc", digest("temu-news", "tag:1")}


async def _ids(connection: object) -> dict[str, str]:
    rows = await connection.execute(select(documents.c.id, documents.c.source_id))  # type: ignore[attr-defined]
    return dict(rows.tuples().all())


async def test_a_document_of_several_files_is_one_in_its_newest_form(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    def fetched(name: str, title: str, day: str) -> File:
        return file_of(written(tmp_path / name, record(address(1), page(title), date=f"{day}T00:00:00Z")))

    files = [
        fetched("a", "Temu opens", "2024-05-02"),
        fetched("b", "Temu closes", "2024-05-03"),
        fetched("c", "Temu doubts", "2024-05-01"),
    ]
    _, now = await over(store, Here(hand), *files)
    ((document, _, _),) = await store.telling()
    assert document.title == "Temu closes"
    assert (now.documents, now.folded) == (1, 2)


async def test_a_second_run_reads_what_is_left_and_a_file_that_changed(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    one = fine(rows_of(tmp_path / "a.jsonl", *(row(f"a{n}") for n in range(9))), 1_000)
    other = rows_of(tmp_path / "b.jsonl", row("b"))
    run = Run(store, lambda: Here(hand), lambda ended, now: run.stop())
    assert not await run.over([one, other])
    first = run.progress
    assert 0 < first.documents < 9
    _, second = await over(store, again := Here(hand), one, other)
    assert first.documents + second.documents == 10
    assert second.bytes_before == first.bytes_done
    assert again.taken[0].start > 0
    changed = rows_of(Path(other.path), row("b"), row("c"))
    _, third = await over(store, Here(hand), one, changed)
    assert (third.documents, third.folded) == (1, 1)


async def test_a_record_over_which_processes_die_is_set_aside_and_no_other(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    file = fine(rows_of(tmp_path / "a.jsonl", *(row(f"a{n}") for n in range(20))), 2_500)

    def dies(piece: Slice) -> BaseException | None:
        ahead = [item for item, _ in zip(items(piece), range(piece.most), strict=False)]
        return DiedError("killed") if any(b'"a7"' in getattr(item, "text", b"") for item in ahead) else None

    heard, now = await over(store, Here(hand, dies), file)
    (failure,) = [one for ended in heard for one in ended.failures]
    assert (failure.reason, failure.at) == (FailureReason.CRASHED, 7 * (len(row("a7")) + 1))
    assert now.documents == (await store.counts()).documents == 19
    counts = await store.counts()
    assert counts.failures == {"crashed": 1}
    assert counts.told == {"crashed": failure.detail}, "the summary says what it was"


async def test_one_death_sets_nothing_aside(tmp_path: Path, store: ArchiveStore, hand: Hand) -> None:
    file = rows_of(tmp_path / "a.jsonl", row("a"), row("b"))
    deaths = iter([DiedError("killed"), DiedError("killed")])
    _, now = await over(store, Here(hand, lambda piece: next(deaths, None)), file)
    assert (now.documents, now.failures.total()) == (2, 0)


async def test_workers_that_always_die_end_the_run_and_nothing_is_blamed(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    file = rows_of(tmp_path / "a.jsonl", *(row(f"a{n}") for n in range(40)))
    with pytest.raises(WorkforceError, match="every process that is started dies"):
        await over(store, Here(hand, lambda piece: DiedError("killed")), file)
    assert (await store.counts()).failures.get("crashed", 0) < 10


async def test_a_cluster_that_went_away_is_waited_for(tmp_path: Path, store: ArchiveStore, hand: Hand) -> None:
    file = fine(rows_of(tmp_path / "a.jsonl", *(row(f"a{n}") for n in range(9))), 1_000)
    lost = iter([None, ClusterLostError("gone")])
    hired: list[Here] = []

    def hire() -> Here:
        if len(hired) == 1:
            hired.append(Here(hand))
            raise ClusterLostError("not there yet")
        hired.append(Here(hand, lambda piece: next(lost, None)))
        return hired[-1]

    run = Run(store, hire, lambda ended, now: None)
    assert await run.over([file])
    assert (run.progress.documents, len(hired)) == (9, 3)


async def test_a_file_that_cannot_be_read_any_more_is_left_for_another_run(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    file, other = rows_of(tmp_path / "a.jsonl", row("a")), rows_of(tmp_path / "b.jsonl", row("b"))
    gone = Here(hand, lambda piece: FileNotFoundError(2, "No such file") if piece.file is file else None)
    run = Run(store, lambda: gone, lambda ended, now: None)
    assert await run.over([file, other])
    assert run.unreadable == {file.path: "No such file"}
    assert (await over(store, Here(hand), file, other))[1].documents == 1


async def test_rows_that_are_wrong_and_texts_that_nobody_can_judge_are_named(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    rows = [row("fine"), "nonsense", "[]", '{"text": "no id"}', row("x", "unspeakable")]
    heard, now = await over(store, Here(hand), rows_of(tmp_path / "a.jsonl", *rows))
    failures: list[Failure] = [one for ended in heard for one in ended.failures]
    assert [one.reason.value for one in failures] == ["raised"] * 3 + ["step_failed"]
    assert "'id' is missing" in failures[2].detail
    assert failures[3].detail == "ArithmeticError: no words for it"
    assert now.documents == 1


async def test_a_page_that_gives_no_document_is_named_with_its_address(
    tmp_path: Path, store: ArchiveStore, hand: Hand
) -> None:
    blank = record(address(1), b"<!DOCTYPE html><html><body><img src='x.png'></body></html>")
    heard, now = await over(store, Here(hand), file_of(written(tmp_path / "a.warc.gz", blank, *pages([2]))))
    ((failure,),) = [ended.failures for ended in heard]
    assert (failure.url, failure.reason) == (address(1), FailureReason.NO_TEXT)
    assert now.documents == 1


async def test_what_could_not_be_kept_is_not_done(tmp_path: Path, store: ArchiveStore) -> None:
    file = rows_of(tmp_path / "a.jsonl", row("a"))
    broken = Gain(file.size, failures=[Failure(0, "", None, "no reason")])  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        await store.keep(Slice(file, 0, file.size), broken)
    assert await store.begin(file) == ()


@pytest.mark.long
async def test_a_store_on_postgresql_holds_the_same(tmp_path: Path, hand: Hand, postgres: Postgres) -> None:
    rows = [row("a", "Temu closes"), "nonsense", row("b")]
    other = rows_of(tmp_path / "b.jsonl", row("a", "Temu closes", published="2024-05-07"), row("c"))
    store = await ArchiveStore.open(postgres.empty(), "a model")
    try:
        _, now = await over(store, Here(hand), rows_of(tmp_path / "a.jsonl", *rows), other)
        counts, telling = await store.counts(), await store.telling()
    finally:
        await store.close()
    assert (now.documents, now.folded, now.events) == (3, 1, 1)
    assert (counts.documents, counts.events, counts.failures) == (3, 1, {"raised": 1})
    ((document, source, _),) = telling
    assert (document.published, source.id) == (DAY.replace(day=7, hour=12), "news:a")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_daemons_database_is_refused_and_one_of_another_model_too(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres: Postgres = request.getfixturevalue("postgres")
    place = postgres.fresh() if kind == "postgresql" else str(tmp_path / "store.db")
    mine = await ArchiveStore.open(place, "a model")
    assert await is_backfill(mine.database)
    await mine.close()
    with pytest.raises(WrongStoreError, match="understood by model a model"):
        await ArchiveStore.open(place, "a newer model")

    daemons = postgres.fresh() if kind == "postgresql" else str(tmp_path / "daemon.db")
    database = await Database.open(daemons if kind == "postgresql" else f"sqlite:///{daemons}")
    document = Document("a", "s", "c", "", "title", "text", None, DAY)
    await SqlLedger(database).keep(Step(at=DAY, documents=[document]))
    assert not await is_backfill(database)
    await database.close()
    with pytest.raises(WrongStoreError, match="a daemon's database"):
        await ArchiveStore.open(daemons, "a model")
    with pytest.raises(WrongStoreError, match="no store of"):
        await ArchiveStore.look(daemons)
