"""Stories of the reading processes: limits that hold, and a daemon that goes on."""

import asyncio
import io
import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from reading_cases import FEED, PAGE, capture, entry, frozen, rss, short_entry

from monitor.domain.errors import FailureReason
from monitor.read import workers as reading
from monitor.read.capture import read_capture
from monitor.read.worker import serve
from monitor.read.workers import LEAST, ReadingUnavailableError, Workers

MIB = 1024 * 1024
GOOD = frozen("marketplace_rss_en.xml")
# libxml2 needs some 30 s for the attributes of this one tag, and nothing but the end of the process stops it.
MANY_ATTRIBUTES = capture(
    f"<html><body><p {' '.join(f'a{n}=1' for n in range(40_000))}>x</p></body></html>", "text/html"
)


@asynccontextmanager
async def workers(**limits):
    reader = Workers(**limits)
    try:
        yield reader
    finally:
        await reader.close()


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def read(reader, taken=GOOD, source=FEED, parent=None):
    return await reader.read(taken, source, frozenset(), parent)


async def test_a_process_reads_just_what_the_function_reads():
    async with workers() as reader:
        for taken, source, parent in [
            (GOOD, FEED, None),
            (frozen("shop_rdf_ja_sjis.xml"), FEED, None),
            (frozen("notice_page_ru_1251.html", "text/html"), PAGE, None),
            (frozen("notice_page_ru_1251.html", "text/html"), FEED, short_entry()),
            (capture(b""), FEED, None),
            (capture(rss(entry(1, title="x").replace(">x<", ">&#x110000;<"), entry(2))), FEED, None),
        ]:
            assert await read(reader, taken, source, parent) == read_capture(taken, source, frozenset(), parent)
        assert len(reader.pids) == 1


async def test_a_tag_with_forty_thousand_attributes_costs_one_process_and_one_capture():
    kills = []
    async with workers(cpu=1.0, wall=30.0, on_kill=kills.append) as reader:
        await read(reader)
        before = reader.pids
        killed = await read(reader, MANY_ATTRIBUTES, PAGE)
        assert (killed.failure, killed.documents) == (FailureReason.CPU_LIMIT, ())
        assert killed.detail
        assert len((await read(reader)).documents) == 3
        assert reader.pids != before
    assert kills == [FailureReason.CPU_LIMIT]


async def test_the_processor_limit_is_for_each_capture_and_not_for_a_life():
    one_second = capture(rss(*(entry(n) for n in range(700))))
    async with workers(cpu=1.0, wall=60.0) as reader:
        await read(reader)
        before = reader.pids
        for _ in range(6):
            assert (await read(reader, one_second)).failure is None
        assert reader.pids == before


async def test_the_wall_limit_ends_what_the_processor_limit_does_not():
    kills = []
    async with workers(cpu=60.0, wall=1.0, on_kill=kills.append) as reader:
        assert (await read(reader, MANY_ATTRIBUTES, PAGE)).failure is FailureReason.WALL_LIMIT
        assert (await read(reader)).failure is None
    assert kills == [FailureReason.WALL_LIMIT]


async def test_memory_that_runs_out_costs_one_capture():
    kills = []
    hungry = capture("\N{CHART WITH DOWNWARDS TREND}" + "x" * 9_900_000, "text/html")  # four bytes for each character
    async with workers(cpu=60.0, wall=60.0, memory=256 * MIB, on_kill=kills.append) as reader:
        assert (await read(reader, hungry, PAGE)).failure is FailureReason.MEMORY_LIMIT
        assert (await read(reader)).failure is None
    assert kills == [FailureReason.MEMORY_LIMIT]


async def test_a_process_that_dies_at_work_is_a_crash_of_that_capture_alone():
    kills = []
    async with workers(cpu=60.0, wall=60.0, on_kill=kills.append) as reader:
        reading = asyncio.create_task(read(reader, MANY_ATTRIBUTES, PAGE))
        await until(lambda: reader.busy)
        os.kill(reader.pids[0], signal.SIGKILL)
        assert (await reading).failure is FailureReason.CRASHED
        assert (await read(reader)).failure is None
    assert kills == [FailureReason.CRASHED]


async def test_a_process_that_dies_in_its_sleep_costs_nothing():
    kills = []
    async with workers(on_kill=kills.append) as reader:
        await read(reader)
        (pid,) = reader.pids
        os.kill(pid, signal.SIGKILL)
        while alive(pid):  # without an await: the loop hears nothing of it
            os.sched_yield()
        assert len((await read(reader)).documents) == 3
    assert kills == []


async def test_a_wanted_page_that_kills_its_reader_still_leaves_its_entry_to_be_understood():
    wanted = short_entry()
    async with workers(cpu=60.0, wall=1.0) as reader:
        result = await read(reader, MANY_ATTRIBUTES, FEED, wanted)
    assert result.failure is None
    assert result.documents == (replace(wanted, capture_id="capture-1", doubts=("no_page",)),)
    assert "wall_limit" in result.detail


async def test_an_idle_process_ends_and_the_next_capture_starts_another():
    async with workers(idle=0.05) as reader:
        await read(reader)
        (pid,) = reader.pids
        await until(lambda: reader.pids == ())
        assert not alive(pid)
        assert len((await read(reader)).documents) == 3


async def test_a_process_that_holds_on_to_nothing_reads_on():
    async with workers() as reader:
        small = capture(rss(entry(1)))
        await read(reader, small)
        first = reader.pids
        for _ in range(550):
            await read(reader, small)
        assert reader.pids == first
        (worker,) = reader._alive
        assert 16 * MIB < worker.space() < 256 * MIB, "the system tells how much it holds"


async def test_a_process_that_holds_ever_more_makes_room_before_its_limit_hurts_a_capture(monkeypatch):
    """A mebibyte more at each read, as a library with a leak would have it."""
    monkeypatch.setattr(reading._Worker, "space", lambda worker: (100 + worker.reads) * MIB)
    async with workers(memory=512 * MIB) as reader:
        small, pids = capture(rss(entry(1))), []
        for _ in range(160):
            await read(reader, small)
            pids.append(reader.pids)
    assert set(pids[:156]) == {pids[0]}, "half of its memory is left"
    assert not set(pids[0]) & set(pids[-1])


async def test_a_process_that_needs_much_from_the_start_is_good_for_some_reads_all_the_same(monkeypatch):
    monkeypatch.setattr(reading._Worker, "space", lambda worker: 400 * MIB)
    async with workers(memory=512 * MIB) as reader:
        small, seen = capture(rss(entry(1))), set()
        for _ in range(LEAST + 2):
            await read(reader, small)
            seen.update(reader.pids)
    assert len(seen) == 2


async def test_a_process_is_replaced_by_and_by_where_nobody_can_see_how_it_grows(monkeypatch):
    monkeypatch.setattr(reading._Worker, "space", lambda worker: 0)
    monkeypatch.setattr(reading, "READS", 3)
    async with workers() as reader:
        pids = []
        for _ in range(5):
            await read(reader, capture(rss(entry(1))))
            pids.append(reader.pids)
    assert pids[0] == pids[1] != pids[3]


async def test_no_more_processes_run_than_allowed():
    async with workers(size=2) as reader:
        results = await asyncio.gather(*(read(reader) for _ in range(8)))
        assert {len(r.documents) for r in results} == {3}
        assert len(reader.pids) <= 2


async def test_closing_leaves_no_process_even_at_work():
    reader = Workers(size=2, cpu=60.0, wall=60.0)
    await read(reader)
    reading = asyncio.create_task(read(reader, MANY_ATTRIBUTES, PAGE))
    await until(lambda: reader.busy)
    pids = reader.pids
    await reader.close()
    with pytest.raises(ReadingUnavailableError):
        await reading
    assert not any(alive(pid) for pid in pids)
    with pytest.raises(ReadingUnavailableError):
        await read(reader)


async def test_closing_while_a_process_starts_leaves_none_and_closing_twice_is_fine():
    reader = Workers()
    reading = asyncio.create_task(read(reader))
    await until(lambda: reader.pids)
    (pid,) = reader.pids
    await reader.close()
    await reader.close()
    with pytest.raises(ReadingUnavailableError):
        await reading
    assert not alive(pid)
    assert reader.pids == ()


async def test_a_read_that_is_cancelled_takes_its_process_with_it():
    async with workers(cpu=60.0, wall=60.0) as reader:
        reading = asyncio.create_task(read(reader, MANY_ATTRIBUTES, PAGE))
        await until(lambda: reader.busy)
        (pid,) = reader.pids
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not alive(pid)
        assert len((await read(reader)).documents) == 3


async def test_a_process_inherits_no_secret_and_ignores_the_signals_of_its_group(monkeypatch):
    monkeypatch.setenv("SELLERWATCH_SLACK_TOKEN", "xoxb-secret")
    async with workers() as reader:
        await read(reader)
        (pid,) = reader.pids
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
        await read(reader)
        assert reader.pids == (pid,)


def test_the_frames_are_a_length_and_a_pickle_in_and_a_length_and_json_out():
    request = pickle.dumps((GOOD, FEED, frozenset(), None))
    frame = len(request).to_bytes(4, "big") + request
    replies = io.BytesIO()
    before = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        serve(io.BytesIO(frame * 2), replies, cpu=1e6)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        assert used + 1e6 <= resource.getrlimit(resource.RLIMIT_CPU)[0] <= used + 1e6 + 600
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)
    data = replies.getvalue()
    assert data[:4] == bytes(4)  # ready
    size = int.from_bytes(data[4:8], "big")
    assert json.loads(data[8 : 8 + size])["documents"][0]["title"].startswith("Northgate Market to close")
    assert len(data) == 4 + 2 * (4 + size)


PARENT = """
import asyncio, sys
sys.path[:0] = {path!r}
from reading_cases import FEED, capture, rss
from monitor.read.worker import serve
from monitor.read.workers import Workers

async def main():
    reader = Workers()
    await reader.read(capture(rss()), FEED, frozenset(), None)
    print(reader.pids[0], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_process_does_not_outlive_a_parent_that_was_killed():
    program = PARENT.format(path=[str(Path(__file__).parent)])
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    pid = int(await parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    await parent.communicate()
    await until(lambda: not alive(pid))


NEVER = {
    "speaks": "socket.create_connection(('127.0.0.1', int(sys.argv[3])))",
    "sends": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "asks for a name": "socket.getaddrinfo('localhost', 80)",
    "starts a program": "subprocess.run(['true'])",
    "starts a shell": "os.system('true')",
    "becomes another": "os.execv('/bin/true', ['true'])",
    "splits": "os.fork() or os._exit(0)",
    "writes": "open('written', 'w').write('x' * 100_000)",
    "opens without end": "[open('/dev/null') for _ in range(100)]",
}


@pytest.mark.case(12)
def test_a_process_does_nothing_that_reading_does_not_need(tmp_path: Path):
    """Whatever a document talks a library into; here the library is all of the reading."""
    hostile = f"""
import json, os, socket, subprocess, sys
from monitor.read import worker
def parse(*_):
    ends = {{}}
    for what, done in {NEVER!r}.items():
        try:
            exec(done)
            ends[what] = "it went well"
        except OSError as error:
            ends[what] = "refused"
    sys.stderr.write(json.dumps(ends))
    raise SystemExit
worker.read_capture = parse
worker.main()
"""
    request = pickle.dumps((GOOD, FEED, frozenset(), None), pickle.HIGHEST_PROTOCOL)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = subprocess.run(
            [sys.executable, "-c", hostile, "5", str(512 * 1024**2), str(server.getsockname()[1])],
            input=len(request).to_bytes(4, "big") + request,
            capture_output=True,
            cwd=tmp_path,
            check=True,
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert json.loads(ended.stderr) == dict.fromkeys(NEVER, "refused")
