"""Every document understood once, on all cores; the replay then asks for what is known already."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from multiprocessing import get_context

from monitor.backtest.history import Dated, History
from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source
from monitor.understand.analyst import Analyst
from monitor.understand.assess import document_of

Understood = tuple[Document, Source, Assessment]
_FEW = 40  # documents; for fewer a second process costs more than it saves

_analyst: Analyst | None = None  # of a worker process


def understand(
    history: History, platforms: tuple[Platform, ...], jobs: int, done: Callable[[int], None] = lambda count: None
) -> list[Understood]:
    """Each document with the source that it came from and what it says, in order; `jobs` 0 means all cores.

    `done` is told how many more are understood. A document looks as its own source would have given it: its publisher
    is the host of its address, or itself where none is known.
    """
    texts = [_placed(row, number) for number, row in enumerate(history.documents, 1)]
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(texts) // _FEW))
    found: list[Understood] = []
    if jobs == 1:
        analyst = Analyst(platforms)
        for document, source in texts:
            found.append((document, source, analyst.assess(document, source)))
            done(1)
        return found
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (platforms,)) as pool:
        for (document, source), assessment in zip(texts, pool.map(_assess, texts, chunksize=4), strict=True):
            found.append((document, source, assessment))
            done(1)
    return found


def _placed(row: Dated, number: int) -> tuple[Document, Source]:
    document, source = document_of(row.model_dump(mode="json", include=_READ) | {"lang": row.lang or None}, number)
    source = replace(source, id=f"{source.authority.value}:{source.publisher}")
    return replace(document, source_id=source.id), source


_READ = {"id", "url", "title", "text", "published", "source_kind"}


def _start(platforms: tuple[Platform, ...]) -> None:
    global _analyst
    _analyst = Analyst(platforms)


def _assess(text: tuple[Document, Source]) -> Assessment:
    assert _analyst is not None, "a worker begins with _start"
    return _analyst.assess(*text)


def public_at(document: Document, later: timedelta) -> datetime:
    """When a watcher that looks often enough has a document of that day in hand."""
    assert document.published is not None, "a history's documents are dated"
    return document.published + later


def days_between(first: date, last: date) -> Sequence[date]:
    """The days after `first`, `last` included."""
    return [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
