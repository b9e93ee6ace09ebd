"""Files cut anywhere: everything is read once, and what is broken costs itself."""

import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from archives import ARTICLE, address, feed, page, pages, record, request, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.backfill.pieces import MEMBER, File, Form, Layout, Slice, UnknownFormError, file_of, found, slices
from monitor.backfill.records import LONGEST, Broken, Fetched, Item, Line, Passed, items
from monitor.domain.errors import FailureReason

ROWS = [json.dumps({"id": f"row-{number}", "text": "x" * number}) for number in range(40)]


def lines_file(path: Path, packed: bool) -> Path:
    return written(path, "\n".join(ROWS).encode() + b"\n", whole=packed)


FILES: dict[str, Callable[[Path], Path]] = {
    "packed by record": lambda path: written(path, *pages(range(12))),
    "plain": lambda path: written(path, *pages(range(12), packed=False)),
    "packed as one": lambda path: written(path, *pages(range(12), packed=False), whole=True),
    "lines": lambda path: lines_file(path, packed=False),
    "packed lines": lambda path: lines_file(path, packed=True),
}


def everything(file: File, *cuts: int) -> list[Item]:
    bounds = [0, *sorted(cuts), file.size]
    return [item for start, end in pairwise(bounds) for item in items(Slice(file, start, end))]


def addresses(some: list[Item]) -> list[str]:
    return [item.url for item in some if isinstance(item, Fetched)]


def failures(some: list[Item]) -> list[FailureReason]:
    return [item.reason for item in some if isinstance(item, Broken)]


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shares=st.lists(st.floats(0, 1), max_size=5))
def test_everything_is_read_once_wherever_a_file_is_cut(kind: str, shares: list[float], tmp_path: Path) -> None:
    file = file_of(FILES[kind](tmp_path / "archive"))
    whole = everything(file)
    assert len(whole) == (40 if file.form is Form.LINES else 24)
    assert not failures(whole)
    assert everything(file, *(round(share * file.size) for share in shares)) == whole


@given(done=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=6), size=st.integers(0, 100))
def test_what_is_left_and_what_is_done_make_the_whole(done: list[tuple[int, int]], size: int) -> None:
    file = File("archive", Form.LINES, Layout.PLAIN, size, size, 0)
    ranges = [(start, min(start + length, size)) for start, length in done if start < size]
    left = [(piece.start, piece.end) for piece in slices(file, ranges)]
    covered = [place for start, end in left for place in range(start, end)]
    assert len(covered) == len(set(covered))
    assert sorted({*covered, *(place for start, end in ranges for place in range(start, end))}) == list(range(size))
    assert not set(covered).intersection(place for start, end in ranges for place in range(start, end))


def test_how_a_file_is_packed_is_seen_in_it(tmp_path: Path) -> None:
    kinds = {name: file_of(make(tmp_path / name.replace(" ", "-"))) for name, make in FILES.items()}
    assert {name: (file.form, file.layout) for name, file in kinds.items()} == {
        "packed by record": (Form.WARC, Layout.MEMBERS),
        "plain": (Form.WARC, Layout.PLAIN),
        "packed as one": (Form.WARC, Layout.STREAM),
        "lines": (Form.LINES, Layout.PLAIN),
        "packed lines": (Form.LINES, Layout.STREAM),
    }


def test_feeds_are_known_whatever_they_are_called(tmp_path: Path) -> None:
    rss = written(tmp_path / "download", feed(("1", "One")))
    json_feed = written(tmp_path / "latest", b'{"version": "https://jsonfeed.org/version/1.1", "items": []}')
    assert [file_of(path).form for path in (rss, json_feed)] == [Form.FEED, Form.FEED]
    (item,) = items(Slice(file_of(rss), 0, rss.stat().st_size))
    assert isinstance(item, Fetched)
    assert item.body == rss.read_bytes()


def test_what_is_nothing_to_read_is_refused(tmp_path: Path) -> None:
    for name, body in (("page.html", page("A page")), ("notes.txt", b"Buy milk"), ("empty", b""), ("x.gz", MEMBER)):
        with pytest.raises(UnknownFormError):
            file_of(written(tmp_path / name, body))


def test_a_file_that_is_named_twice_is_found_once(tmp_path: Path) -> None:
    (tmp_path / "2024" / "05").mkdir(parents=True)
    one = written(tmp_path / "2024" / "05" / "a.warc.gz", *pages([1]))
    other = written(tmp_path / "2024" / "b.jsonl", b"{}")
    named = [str(tmp_path), str(one), str(tmp_path / "2024" / "**" / "*.gz"), str(other)]
    assert [path for path, _ in found(named)] == [one, other]
    with pytest.raises(FileNotFoundError, match="nothing matches"):
        list(found([str(tmp_path / "2025" / "*.gz")]))


@pytest.mark.parametrize("packed", [True, False])
def test_a_record_that_is_damaged_costs_itself(packed: bool, tmp_path: Path) -> None:
    some = pages(range(5), packed)
    some[5] = some[5][:60] + b"\0damage" * 3 + some[5][81:]  # the answer with story 2
    file = file_of(written(tmp_path / "archive", *some))
    read = everything(file)
    assert addresses(read) == [address(number) for number in (0, 1, 3, 4)]
    assert everything(file, 1_000) == read


@pytest.mark.parametrize("packed", [True, False])
def test_a_record_that_is_cut_off_is_named(packed: bool, tmp_path: Path) -> None:
    path = written(tmp_path / "archive", *pages(range(3), packed))
    path.write_bytes(path.read_bytes()[:-100])
    read = everything(file_of(path))
    assert addresses(read) == [address(0), address(1)]
    assert len(failures(read)) == 1


def test_a_length_that_lies_takes_no_other_record_along(tmp_path: Path) -> None:
    lying = record(address(1), page("A lie"), packed=False)
    length = next(line for line in lying.split(b"\r\n") if line.startswith(b"Content-Length"))
    longer = lying.replace(length, b"Content-Length: 1500", 1)
    rest = pages(range(2, 6), packed=False)
    read = everything(file_of(written(tmp_path / "archive", longer, *rest)))
    assert addresses(read) == [address(number) for number in range(2, 6)]
    assert failures(read) == [FailureReason.RAISED]


def test_a_body_is_unpacked_as_its_server_packed_it(tmp_path: Path) -> None:
    body = page("Packed", ARTICLE)
    packed = gzip.compress(body)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    said = [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    (item,) = everything(file_of(written(tmp_path / "archive", record(address(1), chunked, more=said))))
    assert isinstance(item, Fetched)
    assert item.body == body


def test_what_grows_without_end_is_given_up(tmp_path: Path) -> None:
    bomb = record(address(1), bytes(LONGEST + 1_000))
    assert len(bomb) < 100_000
    read = everything(file_of(written(tmp_path / "archive", bomb, *pages([2]))))
    assert failures(read) == [FailureReason.TOO_LARGE]
    assert addresses(read) == [address(2)]


def test_what_is_no_answer_is_passed_over(tmp_path: Path) -> None:
    some = [request(address(1)), record(address(1), b"moved", status="301 Moved"), record(address(2), page("Here"))]
    read = everything(file_of(written(tmp_path / "archive", *some)))
    assert [type(item) for item in read] == [Passed, Passed, Fetched]


def test_lines_packed_in_a_broken_file_are_read_up_to_the_break(tmp_path: Path) -> None:
    path = lines_file(tmp_path / "rows.gz", packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    read = everything(file_of(path))
    assert [type(item) for item in read[:-1]] == [Line] * (len(read) - 1)
    assert len(read) > 1
    assert isinstance(read[-1], Broken)
