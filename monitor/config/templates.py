"""One record that stands for many: `each` gives the values that its `{marks}` take, `query` the words of a news search.

A template becomes plain records before anything else looks at them, and each of these keeps the lines of the template,
so that what is wrong with one is said where it is written.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any
from urllib.parse import quote

from monitor.config.problems import Problem
from monitor.config.searches import Searches
from monitor.config.units import Known
from monitor.config.validation import blocks
from monitor.config.yaml_file import KeyPath, YamlFile

MOST = 400  # records out of one template: more is a slip, and would be a crowd at one server's door

_MARK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = {"query", "since", "until", "id"}  # marks that are filled elsewhere: by a search, a probe, a reader

Marks = Mapping[str, Any]


@dataclass(slots=True)
class _Expansion:
    """The plain records found so far, with the lines of their templates."""

    records: list[Any] = field(default_factory=list)
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def add(self, record: Any, lines: Mapping[KeyPath, int]) -> None:
        """`lines` are those of the template, by paths within it."""
        here = len(self.records)
        self.records.append(record)
        self.lines |= {(here, *at): line for at, line in lines.items()}


def expand(file: YamlFile, known: Known, searches: Searches) -> tuple[YamlFile, list[Problem]]:
    """The file with every template replaced by the records that it stands for; a wrong template by nothing."""
    if not isinstance(file.value, list) or not any("each" in row or "query" in row for _, row in blocks(file.value)):
        return file, []
    lines: dict[int, dict[KeyPath, int]] = {}
    for at, line in file.lines.items():
        if at:
            lines.setdefault(int(at[0]), {})[at[1:]] = line
    out, problems = _Expansion(), list[Problem]()
    for n, row in enumerate(file.value):
        if not isinstance(row, dict) or not ("each" in row or "query" in row):
            out.add(row, lines[n])
            continue
        found: list[Problem] = []
        records = list(_records(file, n, row, known, searches, found))
        if not found and len({str(record.get("id")) for record in records}) < len(records):
            marks = ", ".join(f"{{{name}}}" for name in dict.fromkeys(_names(row["each"])))
            found.append(file.problem((n, "id"), "is the same for several of `each`", f"write one of {marks} into it"))
        problems += found
        for record in () if found else records:
            out.add(record, lines[n])
    whole = {at: line for at, line in file.lines.items() if not at}
    return replace(file, value=out.records, lines=whole | out.lines), problems


def once(problems: Sequence[Problem]) -> list[Problem]:
    """The problems without those that a template gave again and again: one for each line and wording."""
    return list({(p.file, p.line, p.what): p for p in reversed(problems)}.values())[::-1]


def fill(record: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """The record with its marks filled, and marks that nothing fills left as they are.

    In its `id` what is filled in becomes small letters, digits and hyphens; in its `url` it is percent-encoded.
    Elsewhere a text that is nothing but one mark becomes the list or the truth value that the mark stands for.
    """
    written = {"id": _hyphened, "url": _encoded}
    return {key: _filled(value, marks, written.get(key, str)) for key, value in record.items()}


def _filled(value: Any, marks: Marks, written: Callable[[Any], str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, marks, str) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, marks, str) for item in value]
    if not isinstance(value, str):
        return value
    alone = _MARK.fullmatch(value)
    if alone and isinstance(marks.get(alone[1]), list | bool):
        return marks[alone[1]]
    return _MARK.sub(lambda mark: written(marks[mark[1]]) if mark[1] in marks else mark[0], value)


def _hyphened(value: Any) -> str:
    return re.sub("[^a-z0-9]+", "-", str(value).casefold()).strip("-")


def _encoded(value: Any) -> str:
    return quote(str(value), safe="/:", errors="replace")


def _records(
    file: YamlFile, n: int, row: dict[str, Any], known: Known, searches: Searches, problems: list[Problem]
) -> Iterator[dict[str, Any]]:
    """The plain records of the template in place `n`; what is wrong is added to the problems."""
    plain = {key: value for key, value in row.items() if key not in {"each", "query"}}
    if "each" in row and (wrong := _wrong_each(file, (n, "each"), row["each"])):
        problems.append(wrong)
        return
    for marks in _combinations(row.get("each", {})):
        if "query" not in row:
            yield fill(plain, marks)
            continue
        if "{query}" not in str(plain.get("url")):
            problems.append(file.problem((n, "url"), "has no place for the query", "write {query} into it"))
            return
        query = fill(row["query"], marks) if isinstance(row["query"], dict) else row["query"]
        filled = replace(file, value=[*file.value[:n], {**row, "query": query}])
        made, found = searches.queries(filled, (n, "query"), known)
        problems += found
        for part, query in enumerate(made, 1):
            record = {"asks": list(query.platforms)} | fill(plain, {**marks, "query": query.words})
            yield record if part == 1 else _part(record, part)


def _part(record: dict[str, Any], part: int) -> dict[str, Any]:
    """A query too long for one address goes on in further records; the first keeps the template's own id."""
    return {**record, "id": f"{record.get('id')}-{part}", "name": f"{record.get('name')} ({part})"}


def _combinations(each: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every choice of one value a key; a value that is a block gives its own marks."""
    for choice in product(*each.values()):
        marks: dict[str, Any] = {}
        for name, value in zip(each, choice, strict=True):
            marks |= value if isinstance(value, dict) else {name: value}
        yield marks


def _names(each: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for name, values in each.items():
        yield from next((value for value in values if isinstance(value, dict)), [name])


def _wrong_each(file: YamlFile, at: KeyPath, each: Any) -> Problem | None:
    """The first thing that keeps `each` from being read, if any."""
    if not isinstance(each, dict) or not each:
        return file.problem(at, "should be a block of lists", "such as each: {country: [DE, FR]}")
    for name, values in each.items():
        here = (*at, name)
        if not isinstance(values, list) or not values:
            return file.problem(here, "should be a list of values", "such as country: [DE, FR]")
        blocks_of = [value for value in values if isinstance(value, dict)]
        if blocks_of and (len(blocks_of) < len(values) or any(value.keys() != values[0].keys() for value in values)):
            return file.problem(here, "should hold plain values, or blocks that all have the same keys")
        for mark in values[0] if blocks_of else [name]:
            if not _NAME.fullmatch(mark) or mark in _TAKEN:
                hint = f"small letters, digits and _, and none of {', '.join(sorted(_TAKEN))}"
                return file.problem(here, f"{mark!r} is no name for a mark", hint)
        for k, value in enumerate(values):
            for part in value.values() if isinstance(value, dict) else [value]:
                if part is None or isinstance(part, dict) or (isinstance(part, list) and not isinstance(value, dict)):
                    return file.problem((*here, k), "should be a text or a number", "or a block of them")
    names = list(_names(each))
    if twice := next((name for name in names if names.count(name) > 1), ""):
        return file.problem(at, f"{twice!r} is given twice")
    if (count := prod(len(values) for values in each.values())) > MOST:
        return file.problem(at, f"gives {count:,} records, and {MOST} are the most", "split it, or leave some out")
    return None
