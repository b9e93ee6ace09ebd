"""A reader that gets no processor is no fault of the page that it reads."""

import os
import signal
from pathlib import Path

from archives import address, page, record, written

from monitor.backfill.pieces import Slice, file_of
from monitor.backfill.work import Hand, Setup
from monitor.domain.documents import Document
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source


class Reader:
    def assess(self, document: Document, source: Source) -> Assessment:
        return Assessment(document.id, "en", 0.1, ())


def taken(hand: Hand, path: Path, number: int):
    file = file_of(written(path / f"{number}.warc.gz", record(address(number), page(f"Story {number}"))))
    return hand.take(Slice(file, 0, file.size))


def test_a_page_whose_reader_stands_still_is_read_by_another(tmp_path: Path) -> None:
    hand = Hand(Setup((), (), wall=3.0), Reader())  # type: ignore[arg-type]
    try:
        assert taken(hand, tmp_path, 1).documents
        (pid,) = hand._readers.pids
        os.kill(pid, signal.SIGSTOP)
        gain = taken(hand, tmp_path, 2)
        assert [document.id for document in gain.documents.values()]
        assert gain.failures == []
        assert hand._readers.pids != (pid,)
    finally:
        hand.close()


def test_a_page_that_no_reader_ends_with_is_set_aside(tmp_path: Path) -> None:
    hand = Hand(Setup((), (), wall=0.0), Reader())  # type: ignore[arg-type]
    try:
        (failure,) = taken(hand, tmp_path, 1).failures
        assert failure.reason is FailureReason.WALL_LIMIT
    finally:
        hand.close()
