"""`sellerwatch backfill` as it is used: real processes, the real model, and what is killed on the way."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from archives import address, page, pages, record, written
from typer.testing import CliRunner

from monitor import cli

ROOT = Path(__file__).parents[2]
CLOSING = "TikTok announced that TikTok Music will close for good on 30 June 2024. Export your data by 15 June. " * 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def archive(folder: Path, files: int, stories: int) -> Path:
    there = folder / "archive"
    there.mkdir()
    for number in range(files):
        told = record(address(1_000 + number), page(f"TikTok Music will shut down, part {number}", CLOSING))
        written(there / f"{number}.warc.gz", *pages(range(number * stories, (number + 1) * stories)), told)
    return there


def command(*arguments: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "monitor", "backfill", *arguments, "--config", "config", "--json"]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def said(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def counted(store: str) -> tuple[int, int]:
    with sqlite3.connect(store) as database:
        return tuple(
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("documents", "assessments")
        )


@contextmanager
def running(*line: str, until: str) -> Iterator[subprocess.Popen[str]]:
    """A part of a cluster, once it has said that; what it starts ends with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", *line],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        assert any(until in said for said in process.stderr)
        reading = Thread(target=process.stderr.read)  # a full pipe would hold it up
        reading.start()
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reading.join()
        process.stderr.close()


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def invoked(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, [*arguments, "--config", "config"])


@pytest.mark.long
def test_an_archive_becomes_a_store_that_is_replayed_and_never_run(folder: Path) -> None:
    there = archive(folder, files=2, stories=4)
    with command(str(there), "--workers", "2") as process:
        *slices, last = said(process)
    assert process.returncode == 0
    assert last["event"] == "done"
    assert last["store"] == {"documents": 10, "events": 2, "failures": {}}
    assert {Path(one["file"]).name for one in slices} == {"0.warc.gz", "1.warc.gz"}

    again = invoked("backfill", str(there))
    assert again.exit_code == 0, again.output
    assert "0 by this run" in again.output
    assert "all of which were read before" in again.output

    replayed = invoked("backtest", "backfill.db", "--json")
    assert replayed.exit_code == 0, replayed.output
    assert json.loads(replayed.stdout)["documents"] == 2

    settings = folder / "config" / "settings.yaml"
    settings.write_text(f"store:\n  url: sqlite:///{folder}/backfill.db\n", encoding="utf-8")
    refused = subprocess.run(
        [sys.executable, "-m", "monitor", "run", "--config", "config"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 78
    assert "the store of a backfill" in refused.stderr


@pytest.mark.long
def test_a_worker_that_is_killed_and_a_command_that_is_killed_lose_nothing(folder: Path) -> None:
    there = archive(folder, files=6, stories=20)
    with command(str(there), "--workers", "1") as process:
        said_so_far = said(process)
        next(said_so_far)
        for child in children(process.pid):  # its workers, and what watches over them
            os.kill(child, signal.SIGKILL)
        next(said_so_far)
        os.killpg(process.pid, signal.SIGKILL)
    assert 0 < counted("backfill.db")[0] < 126
    with command(str(there), "--workers", "1") as process:
        *_, last = said(process)
    assert last["store"] == {"documents": 126, "events": 6, "failures": {}}
    assert last["documents"] < 126
    assert counted("backfill.db") == (126, 126)


@pytest.mark.long
def test_a_cluster_does_the_same_and_a_worker_of_it_may_die(folder: Path) -> None:
    there = archive(folder, files=6, stories=20)
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    one = ["--nthreads", "1", "--local-directory", str(folder / "worker")]
    with (
        running("distributed.cli.dask_scheduler", *here, "--port", address.rpartition(":")[2], until="Scheduler at"),
        running("distributed.cli.dask_worker", address, *here, *one, until="Registered to") as nanny,
        command(str(there), "--dask", address) as process,
    ):
        said_so_far = said(process)
        next(said_so_far)
        for child in children(nanny.pid):
            os.kill(child, signal.SIGKILL)
        *_, last = said_so_far
    assert last["event"] == "done"
    assert last["store"] == {"documents": 126, "events": 6, "failures": {}}
    assert counted("backfill.db") == (126, 126)


@pytest.mark.long
def test_who_interrupts_it_is_told_how_it_goes_on(folder: Path) -> None:
    there = archive(folder, files=6, stories=20)
    line = [sys.executable, "-m", "monitor", "backfill", str(there), "--workers", "1", "--config", "config"]
    with command(str(there), "--workers", "1") as process:
        next(said(process))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        *_, last = said(process)
        assert process.wait() == 1
    assert last["event"] == "stopped"
    kept = counted("backfill.db")[0]
    assert 0 < kept < 126
    plain = subprocess.run(line, capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stderr
    assert f"{126 - kept} by this run" in plain.stdout
    assert "\x1b" not in plain.stdout + plain.stderr


@pytest.mark.long
def test_what_cannot_be_done_is_refused_with_what_to_do(folder: Path) -> None:
    there = archive(folder, files=1, stories=1)
    absent = invoked("backfill", "nowhere/*.gz")
    assert (absent.exit_code, "nothing matches" in absent.output) == (1, True)
    both = invoked("backfill", str(there), "--workers", "2", "--dask", "tcp://127.0.0.1:1")
    assert both.exit_code == 2
    unreachable = invoked("backfill", str(there), "--dask", "tcp://127.0.0.1:1")
    assert unreachable.exit_code == 1
    assert "start one with `dask scheduler`" in unreachable.output
