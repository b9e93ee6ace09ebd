"""A backfill's store as a history to replay: what reports something, understood already, in the order of its days."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.backfill.store import ArchiveStore
from monitor.backtest.history import Dated, History
from monitor.backtest.reading import Understood
from monitor.domain.documents import digest

_SQLITE = b"SQLite format 3\0"
_NO_DAY = datetime(1971, 1, 1, tzinfo=UTC)  # before it nothing was fetched: it stands for no time at all


@dataclass(frozen=True, slots=True)
class Kept:
    """Of all `documents` of a store the `understood`, which report something; `undated` of those cannot be replayed."""

    history: History
    understood: list[Understood]
    documents: int
    undated: int


def is_store(place: str) -> bool:
    """Whether that names a database rather than files of rows."""
    if "://" in place:
        return True
    try:
        with Path(place).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


async def kept(place: str) -> Kept:
    """What lies in the store. Raises WrongStoreError when it is none of a backfill, and what opening one raises."""
    store = await ArchiveStore.look(place)
    try:
        telling, counts = await store.telling(), await store.counts()
    finally:
        await store.close()
    understood: list[Understood] = []
    rows = []
    for document, source, assessment in telling:
        moment = document.published or document.fetched_at
        if moment < _NO_DAY:
            continue
        id = digest(document.id)  # a history's rows are found again by the digest of their names
        row = {"id": document.id, "published": moment.date().isoformat(), "url": document.url or None,
               "title": document.title}  # fmt: skip
        rows.append((moment, document.id, Dated.model_validate(row)))
        dated = replace(document, id=id, source_id=source.id, published=moment)
        understood.append((dated, source, replace(assessment, document_id=id)))
    rows.sort(key=lambda one: one[:2])
    understood.sort(key=lambda one: (one[0].published or _NO_DAY, one[0].id))
    history = History(tuple(row for *_, row in rows), {}, labelled=False)
    return Kept(history, understood, counts.documents, len(telling) - len(understood))
