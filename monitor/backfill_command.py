"""`sellerwatch backfill`: archives read and understood as the daemon does it, into a store of their own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from monitor.backfill.feeds import fetched
from monitor.backfill.pieces import File, UnknownFormError, file_of, found
from monitor.backfill.provenance import Provenance
from monitor.backfill.run import Ended, Run
from monitor.backfill.run import Progress as Done
from monitor.backfill.store import ArchiveStore, Counts
from monitor.backfill.work import Setup, model_version
from monitor.backfill.workforce import Cluster, Lanes, Workforce, WorkforceError
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.sources import SourceKind
from monitor.fetch.host import SpiderHost
from monitor.fetching import fetch_settings
from monitor.invocation import AsJson, ConfigDir, refuse, settings_of
from monitor.tables import complaints, console, table

Hear = Callable[[Ended, Done], None]
_EVERY = 15.0  # seconds between two lines where nobody sees a bar
_SHOWN = 10  # causes and files that the summary names


def backfill(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="ARCHIVE...", help="Files, folders or patterns; a feed's address for its own archive."),
    ],
    to: Annotated[str, typer.Option(metavar="STORE", help="A file, or postgresql://...")] = "backfill.db",
    workers: Annotated[int, typer.Option(help="Processes; 0: one for each core.", min=0)] = 0,
    dask: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler, instead of processes.")] = "",
    pages: Annotated[int, typer.Option(help="Of a feed's own archive, read so many at most.", min=1)] = 100,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """Read archives (WARC, JSON lines, feeds) into a store of their own; nobody is told. Goes on where it stopped.

    `sellerwatch backtest STORE` then shows what would have been said.
    """
    if dask and workers:
        raise refuse("--workers and --dask: a cluster brings its own workers, so give one of the two", 2)
    settings = settings_of(config)
    say = _say(as_json)
    try:
        raise typer.Exit(asyncio.run(_Command(settings, to, say, as_json).run(inputs, workers, dask, pages)))
    except (WorkforceError, FileNotFoundError) as error:
        raise refuse(error) from None
    except ImportError as error:
        raise refuse(f"WARC needs {error.name}, which the extra `warc` brings: docs/supply.md") from None


class _Command:
    """One call of the command."""

    def __init__(self, settings: Config, to: str, say: Callable[[str], None], as_json: bool) -> None:
        self._settings, self._to, self._say, self._as_json = settings, to, say, as_json
        self._wrong: list[str] = []  # of what was named, that which gives nothing
        self._passed = 0  # files in folders that are nothing to read

    async def run(self, inputs: Sequence[str], workers: int, dask: str, pages: int) -> int:
        read = self._settings.settings.read
        limits = (read.cpu.total_seconds(), read.wall.total_seconds(), read.memory)
        setup = Setup(self._settings.platforms, tuple(self._settings.sources), *limits)
        store = await ArchiveStore.open(self._to, await asyncio.to_thread(model_version))
        try:
            files = [*self._files([one for one in inputs if "://" not in one])]
            files += await self._feeds([one for one in inputs if "://" in one], pages)
            if not files:
                raise WorkforceError(f"nothing to read: {'; '.join(self._wrong) or 'no archive in what was named'}")

            def hire() -> Workforce:
                return Cluster(dask, setup, files[:1]) if dask else Lanes(workers or os.cpu_count() or 1, setup)

            with self._shown() as heard:
                work = Run(store, hire, heard)
                with _interrupted(work.stop):
                    finished = await work.over(files)
            self._wrong += [f"{path}: {why}" for path, why in work.unreadable.items()]
            return self._end(work.progress, await store.counts(), finished)
        finally:
            await store.close()

    def _files(self, named: Sequence[str]) -> Iterator[File]:
        for path, itself in found(named):
            try:
                yield file_of(path)
            except UnknownFormError as error:
                self._passed += 1
                if itself:
                    self._wrong.append(str(error))
            except OSError as error:
                self._wrong.append(f"{path}: {error.strerror}")

    async def _feeds(self, addresses: Sequence[str], pages: int) -> list[File]:
        if not addresses:
            return []
        folder = Path("backfill.fetched" if "://" in self._to else f"{self._to}.fetched")
        known = Provenance(self._settings.sources)
        host = SpiderHost(fetch_settings(self._settings.settings.fetch), utc_now)
        running = asyncio.create_task(host.run())
        files = []
        try:
            for address in addresses:
                source = known.of(address, SourceKind.FEED)
                source = source if source.url else replace(source, url=address)
                archive = await fetched(source, host, folder, pages, utc_now, self._say)
                if archive.why:
                    self._wrong.append(archive.why)
                if archive.pages or not archive.why:
                    files.append(file_of(archive.path, source))
        finally:
            await host.stop()
            await running
        return files

    @contextmanager
    def _shown(self) -> Iterator[Hear]:
        """A bar where somebody sees it, else a line now and then; lines of JSON for machines."""
        if self._as_json:
            yield lambda ended, now: _print({"event": "slice", **_ended(ended), **_figures(now)})
            return
        if not complaints.is_terminal:
            yield _lines(complaints)
            return
        words = TextColumn("{task.fields[words]}")
        with Progress(BarColumn(), TaskProgressColumn(), words, console=complaints, transient=True) as bar:
            task = bar.add_task("", total=None, words="starting")
            yield lambda ended, now: bar.update(
                task, total=now.bytes_total, completed=now.bytes_done, words=_words(now)
            )

    def _end(self, now: Done, counts: Counts, finished: bool) -> int:
        """Sum up; the exit code."""
        wrong = self._wrong
        if self._as_json:
            _print({"event": "done" if finished else "stopped", **_figures(now), "files": now.files, "wrong": wrong,
                    "store": {"documents": counts.documents, "events": counts.events,
                              "failures": dict(counts.failures)}})  # fmt: skip
            return 0 if finished and not wrong else 1
        rows = [
            ["documents", f"{counts.documents:,}", f"{now.documents:,} by this run, {now.folded:,} seen before"],
            ["events", f"{counts.events:,}", "documents that report something"],
            *(
                [f"not read: {why}", f"{count:,}", f"such as: {counts.told[why]}" if counts.told[why] else ""]
                for why, count in list(counts.failures.items())[:_SHOWN]
            ),
        ]
        table(f"{self._to}", "in the store", "how many", "of what", rows=rows, empty="")
        if finished and not now.slices and not wrong:
            console.print(f"{now.files:,} files, all of which were read before")
        else:
            console.print(f"{now.files:,} files, {_duration(now.seconds)}, {now.rate:.1f} documents a second")
        if counts.failures:
            console.print("Where each of those stands: the table backfill_failures of the store")
        if self._passed:
            console.print(f"{self._passed:,} files hold nothing that is read here")
        for why in wrong[:_SHOWN]:
            complaints.print(f"wrong: {why}", markup=False, soft_wrap=True)
        if not finished:
            complaints.print("Stopped. What is done is kept: the same command goes on from there.", markup=False)
        return 0 if finished and not wrong else 1


@contextmanager
def _interrupted(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(one)


def _say(as_json: bool) -> Callable[[str], None]:
    return lambda words: None if as_json else complaints.print(words, markup=False, soft_wrap=True)


def _lines(to: Console) -> Hear:
    said = [monotonic()]

    def heard(_: Ended, now: Done) -> None:
        if monotonic() - said[0] >= _EVERY:
            said[0] = monotonic()
            share = 100 * now.bytes_done / max(now.bytes_total, 1)
            to.print(f"{share:.0f} % {_words(now)}", markup=False, soft_wrap=True)

    return heard


def _words(now: Done) -> str:
    failures = now.failures.total()
    left = "" if now.left is None else f", {_duration(now.left)} left"
    return (
        f"{now.documents + now.folded:,} documents, {now.events:,} events, {failures:,} not read, "
        f"{now.rate:.1f}/s{left}"
    )


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _ended(ended: Ended) -> dict[str, Any]:
    return {
        "file": ended.path,
        "start": ended.start,
        "end": ended.end,
        "failures": [
            {"at": one.at, "url": one.url, "reason": one.reason.value, "detail": one.detail} for one in ended.failures
        ],
    }


def _figures(now: Done) -> dict[str, Any]:
    return {
        "documents": now.documents,
        "seen_before": now.folded,
        "events": now.events,
        "not_read": now.failures.total(),
        "passed_over": now.passed,
        "bytes_done": now.bytes_done,
        "bytes_total": now.bytes_total,
        "seconds": round(now.seconds, 3),
        "rate": round(now.rate, 2),
        "left": None if now.left is None else round(now.left, 1),
    }


def _print(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()
