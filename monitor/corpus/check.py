"""Whether the labelled texts are sound as a whole, and where there are too few of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from monitor.config.problems import Problem
from monitor.corpus.likeness import Progress, alike, normal, unseen
from monitor.corpus.rows import Certainty, Event, Labelled, Placed, read_file

TEXTS, A_CLASS, A_LANGUAGE, A_STATUS, BIGGEST = 3_000, 250, 100, 200, 12  # what a corpus needs at least
CLASSES: tuple[str, ...] = get_args(Event)
STATUSES: tuple[str, ...] = get_args(Certainty)
Row = Placed[Labelled]


@dataclass(frozen=True, slots=True)
class Thin:
    """A part of the corpus with fewer texts than it should have."""

    what: str
    has: int
    needs: int

    def __str__(self) -> str:
        return f"{self.what}: {self.has} of {self.needs}"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. `errors` spoil learning or measuring; `notes` are for somebody to look at."""

    rows: tuple[Row, ...]
    errors: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def languages(self) -> list[str]:
        """The most frequent first."""
        return [lang for lang, _ in Counter(placed.row.lang for placed in self.rows).most_common()]

    def count(self, lang: str | None = None) -> Counter[str]:
        """How many texts of a language (or all) have each event type, each status, and are hard negatives."""
        chosen = [placed.row for placed in self.rows if lang in (None, placed.row.lang)]
        counts: Counter[str] = Counter(row.event_type for row in chosen)
        counts.update(row.status for row in chosen if row.status)
        counts.update({"texts": len(chosen), "hard": sum(row.hard_negative for row in chosen)})
        return counts

    def thin(self) -> list[Thin]:
        """What has too few texts, of the corpus' own biggest languages among others."""
        counts = self.count()
        wanted = [
            ("texts", "texts", TEXTS),
            *((f"event type {name}", name, A_CLASS) for name in CLASSES),
            *((f"status {name}", name, A_STATUS) for name in STATUSES),
        ]
        found = [Thin(what, counts[name], least) for what, name, least in wanted if counts[name] < least]
        sizes = [(lang, self.count(lang)["texts"]) for lang in self.languages[:BIGGEST]]
        return found + [Thin(f"language {lang}", size, A_LANGUAGE) for lang, size in sizes if size < A_LANGUAGE]


def inspect(directory: Path, names: Mapping[str, str], progress: Progress = unseen) -> Inspection:
    """Every `*.jsonl` of the directory. `names` gives each known name of a platform, in casefold, its canonical one;
    `progress` is told how far the texts are compared.

    Raises FileNotFoundError when there is no such file.
    """
    paths = sorted(directory.glob("*.jsonl"))
    if not paths:
        raise FileNotFoundError(f"{directory} holds no labelled texts (*.jsonl)")
    rows: list[Row] = []
    errors: list[Problem] = []
    for path in paths:
        sound, wrong = read_file(path, Labelled)
        rows += sound
        errors += wrong
    alike_errors, alike_notes = too_alike(rows, progress)
    return Inspection(
        tuple(rows),
        (*errors, *same_ids(rows), *alike_errors),
        (*alike_notes, *same_titles(rows), *settings(rows), *unlisted(rows, names)),
    )


def same_ids(rows: Iterable[Row]) -> list[Problem]:
    """Rows whose id another has already."""
    first: dict[str, Row] = {}
    return [
        placed.problem("id", f"{placed.row.id!r} is the id of {known.place} too", "give it another")
        for placed in rows
        if (known := first.setdefault(placed.row.id, placed)) is not placed
    ]


def too_alike(rows: Sequence[Row], progress: Progress = unseen) -> tuple[list[Problem], list[Problem]]:
    """Texts that are the same (errors), or nearly so though not of one incident (errors where a real report has a
    written likeness: what was learnt from one is then asked of the other; else notes)."""
    errors: list[Problem] = []
    notes: list[Problem] = []
    for pair in alike([placed.row.words for placed in rows], progress=progress):
        one, other = rows[pair.one], rows[pair.other]
        if normal(one.row.words) == normal(other.row.words):
            errors.append(same_text(one, other))
        elif apart(one.row, other.row):
            kept = errors if one.row.synthetic != other.row.synthetic else notes
            kept.append(near(one, other, pair.share))
    return errors, notes


def apart(one: Labelled, other: Labelled) -> bool:
    """Whether two texts may be taken for independent ones, as they are not said to be of one incident."""
    return one.incident is None or one.incident != other.incident


def same_text(one: Row, other: Row) -> Problem:
    """That the second text is the first, and whether the labels agree."""
    if _verdict(one.row) == _verdict(other.row):
        return other.problem("text", f"is the text of {one.place} too", "keep one of the two")
    said = " and ".join(" ".join(_verdict(placed.row)) for placed in (one, other))
    return other.problem("text", f"is the text of {one.place} too, with another label: {said}", "decide which holds")


def near(one: Row, other: Row, share: float) -> Problem:
    """That the second text is close to the first."""
    what = f"is {share:.0%} the text of {one.place}, and they are not of one incident"
    return other.problem("text", what, "name one incident in both, or write it anew")


def same_titles(rows: Iterable[Row]) -> list[Problem]:
    """Titles of several texts that say different things: a feed of titles cannot tell them apart."""
    first: dict[str, Row] = {}
    found = []
    for placed in rows:
        if not (title := normal(placed.row.title)):
            continue
        known = first.setdefault(title, placed)
        if known.row.event_type != placed.row.event_type:
            what = f"is the title of {known.place} too, which is {known.row.event_type}, not {placed.row.event_type}"
            found.append(placed.problem("title", what, "let each title say what its text says"))
    return found


def settings(rows: Iterable[Row]) -> list[Problem]:
    """How many texts of a file report nothing and still name platforms, regions or an incident."""
    kinds = Counter(
        (placed.file, key)
        for placed in rows
        for key in ("platforms", "regions", "incident")
        if not placed.row.risky and getattr(placed.row, key)
    )
    hint = "nothing is hit there: they are the setting only, and not scored"
    return [Problem(file, None, key, f"named in {n} texts that are none", hint) for (file, key), n in kinds.items()]


def unlisted(rows: Iterable[Row], names: Mapping[str, str]) -> list[Problem]:
    """Platforms that go by another name in the list of platforms, each once, and how many are not in it at all."""
    first: dict[str, Row] = {}
    for placed in rows:
        for name in placed.row.platforms:
            first.setdefault(name, placed)
    found = [
        placed.problem("platforms", f"{name!r} is listed as {canonical!r}", "write the canonical name")
        for name, placed in first.items()
        if (canonical := names.get(name.casefold())) and canonical.casefold() != name.casefold()
    ]
    strange = sorted(name for name in first if name.casefold() not in names)
    if strange:
        what = f"{len(strange)} of {len(first)} names are not in the list of platforms: {', '.join(strange[:12])} ..."
        found.append(
            Problem("", None, "platforms", what, "invented names are no mistake; real ones belong in the list")
        )
    return found


def _verdict(row: Labelled) -> tuple[str, ...]:
    return (row.event_type, row.status) if row.status else (row.event_type,)
