"""How the corpus grows: rows taken in, and the corrections that users make of what was read."""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.config.problems import Problem
from monitor.corpus.check import Row, apart, near, same_text
from monitor.corpus.likeness import Progress, alike, normal, unseen
from monitor.corpus.rows import Labelled, Placed, parse, read_rows
from monitor.domain.documents import Document, digest
from monitor.domain.signals import Assessment
from monitor.domain.sources import Authority
from monitor.understand.language import detect

VOICES = {
    Authority.OFFICIAL: "official",
    Authority.REGULATOR: "regulator",
    Authority.COURT: "regulator",
    Authority.TRADE: "trade",
    Authority.NEWS: "news",
    Authority.OBSERVED: "other",
    Authority.COMMUNITY: "forum",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of new rows: those that may enter the corpus, and why the others may not."""

    rows: tuple[Row, ...]
    refused: tuple[Problem, ...]


def take(
    lines: Iterable[str], file: str, known: Sequence[Row], written: bool | None = None, progress: Progress = unseen
) -> Taken:
    """Rows to add beside the `known` ones, in order. Missing ids, languages and `synthetic` are filled in.

    `written` says whether the texts were written to learn from; None: those without a `url` were. What a row of
    feedback says of its origin stays behind. `progress` is told how far they are compared with the known ones.
    """
    sound, refused = read_rows((_filled(line, file, written) for line in lines), file, Labelled)
    fresh = [Placed(placed.row.model_copy(update={"feedback": None}), file, placed.line) for placed in sound]
    ids = {placed.row.id: placed for placed in known}
    refusals: dict[int, Problem] = {}
    for placed in fresh:
        if (first := ids.setdefault(placed.row.id, placed)) is not placed:
            what = f"{placed.row.id!r} is the id of {first.place} already"
            refusals[placed.line] = placed.problem("id", what, "give it another, or leave it out")
    every = [*known, *fresh]
    for pair in alike([placed.row.words for placed in every], since=len(known), progress=progress):
        one, other = every[pair.one], every[pair.other]
        if other.line in refusals or (pair.one >= len(known) and one.line in refusals):
            continue
        if normal(one.row.words) == normal(other.row.words):
            refusals[other.line] = same_text(one, other)
        elif apart(one.row, other.row):
            refusals[other.line] = near(one, other, pair.share)
    return Taken(
        tuple(placed for placed in fresh if placed.line not in refusals),
        tuple(sorted([*refused, *refusals.values()], key=lambda problem: problem.line or 0)),
    )


def append(rows: Iterable[Labelled], path: Path) -> None:
    """The rows at the end of the file: all of them or, whatever happens, none. Raises OSError."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    _replace(path, before + "".join(row.line() for row in rows), 0o644)


def keep(row: Labelled, path: Path) -> bool:
    """The row in the file, in the place of an earlier one with its id; says whether there was one. Raises OSError."""
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    others = [line for line in lines if line.strip() and json.loads(line)["id"] != row.id]
    _replace(path, "".join(f"{line}\n" for line in others) + row.line(), 0o600)
    return len(others) < sum(bool(line.strip()) for line in lines)


def corrected(
    document: Document,
    assessment: Assessment,
    authority: Authority | None,
    said: dict[str, Any],
    by: str,
    at: datetime,
    note: str = "",
) -> Labelled:
    """What a user holds a document to say, as a row of feedback.

    `said` holds the labels that the user gave (event_type, status, platforms, regions, effective_date). An event keeps
    the other facts as they were read. Raises ValueError where that leaves no sound row: an event that nothing gives a
    status, a none that has one, a date that does not exist.
    """
    signal = next((one for one in assessment.signals if one.event_type == said["event_type"]), None)
    main = signal or (assessment.signals[0] if assessment.signals else None)
    read: dict[str, Any] = {
        "event_type": str(main.event_type) if main else "none",
        "status": str(main.status) if main else None,
        "platforms": list(main.platforms) if main else [],
        "regions": list(main.regions) if main else [],
        "effective_date": str(main.effective_date) if main and main.effective_date else None,
    }
    facts = {key: value for key, value in read.items() if key not in ("event_type", "status")}
    if said["event_type"] == "none":
        labels = {**said, "hard_negative": main is not None}
    else:
        unsure = {"date_unsure": True} if "effective_date" not in said else {}
        labels = {**facts, "status": str(signal.status) if signal else None, **unsure, **said}
    return parse(
        {
            "id": f"feedback-{document.id[:12]}",
            "lang": assessment.lang if assessment.lang != "und" else detect(document.title, document.text, None),
            "url": document.url or None,
            "published": document.published.date().isoformat() if document.published else None,
            "title": document.title,
            "text": document.text,
            "source_kind": VOICES[authority] if authority else "other",
            **labels,
            "feedback": {
                "document": document.id,
                "at": at.isoformat(timespec="seconds"),
                "by": by,
                "model": assessment.model,
                "read_as": {**read, "score": assessment.score},
                "note": note,
            },
        },
        Labelled,
    )


def _filled(line: str, file: str, written: bool | None) -> str:
    """The line with what can be known for the writer; as it stands where it cannot be read."""
    try:
        row = json.loads(line)
    except ValueError:
        return line
    if not isinstance(row, dict):
        return line
    title, text = str(row.get("title") or ""), str(row.get("text") or "")
    filled = {
        "id": f"{Path(file).stem.strip('<>')}-{digest(title, text)[:10]}",
        "lang": detect(title, text, None),
        "title": "",
        "text": "",
        **{key: value for key, value in row.items() if value is not None},
    }
    made_up = written if written is not None else row.get("synthetic", not row.get("url"))
    return json.dumps({**filled, "synthetic": made_up})


def _replace(path: Path, text: str, mode: int) -> None:
    """The file with new content, never half of it: written beside it, made to last, put in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
