"""platforms.yaml and sources/*.yaml: files of records, and what must hold between the records."""

from pathlib import Path
from typing import TypeVar

from monitor.config.problems import Problem
from monitor.config.records import PlatformRecord, SourceRecord
from monitor.config.searches import read_searches
from monitor.config.strict import Strict
from monitor.config.templates import expand, once
from monitor.config.units import Known
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.yaml_file import YamlFile, read_yaml
from monitor.domain.documents import canonical_url
from monitor.domain.platforms import Platform
from monitor.domain.sources import Source

R = TypeVar("R", bound=Strict)


def read_platforms(directory: Path) -> tuple[tuple[Platform, ...], dict[str, str] | None, list[Problem]]:
    """The platforms, and every name they go by in casefold -> canonical name (None when the file cannot be read)."""
    file, problems = read_yaml(directory / "platforms.yaml", "platforms.yaml")
    if problems and file.value is None:
        return (), None, problems
    records = _records(file, PlatformRecord, Known(), problems)
    names: dict[str, str] = {}
    lines: dict[str, str] = {}
    for key in ("name", "id"):
        problems += taken_twice(file, (((n, key), row.get(key)) for n, row in blocks(file.value)), lines)
        lines = {}
    for _, row in blocks(file.value):  # a record that is wrong elsewhere still lends its name
        if isinstance(name := row.get("name"), str):
            names |= {name.casefold(): name, str(row.get("id", name)).casefold(): name}
    owners: dict[str, str] = {}
    for n, record in records:
        plain = {record.name, *record.aliases} - {*record.ambiguous}
        for alias in sorted({alias.casefold() for alias in plain}):
            names.setdefault(alias, record.name)
            owner = owners.setdefault(alias, record.name)
            if owner != record.name:
                what = f"{alias!r} is an alias of {owner} too"
                problems.append(file.problem((n, "aliases"), what, "keep one, or name it under ambiguous"))
    return tuple(record.platform() for _, record in records), names, problems


def read_sources(
    directory: Path, known: Known, platforms: tuple[Platform, ...] = ()
) -> tuple[tuple[Source, ...], list[Problem]]:
    """The sources of all files, in order of file name; a template gives all that it stands for. News searches ask for
    those of the platforms that they name, in the words of searches.yaml."""
    sources: list[Source] = []
    searches, problems = read_searches(directory, platforms, known)
    ids: dict[str, str] = {}
    urls: dict[str, str] = {}
    for path in sorted(directory.glob("sources/*.yaml")):
        file, found = read_yaml(path, f"sources/{path.name}")
        problems += found
        file, found = expand(file, known, searches)
        records = _records(file, SourceRecord, known, found)
        found += taken_twice(file, (((n, "id"), row.get("id")) for n, row in blocks(file.value)), ids)
        for n, record in records:
            first = urls.setdefault(canonical_url(record.url), record.id)
            if first != record.id:
                found.append(file.problem((n, "url"), f"is the address of {first} too", "one source is one voice"))
            sources.append(record.source())
        problems += once(found)
    return tuple(sources), problems


def _records(file: YamlFile, model: type[R], known: Known, problems: list[Problem]) -> list[tuple[int, R]]:
    """The good records of a file that is a list of them, with their places in it."""
    if file.value is None:
        return []
    if not isinstance(file.value, list):
        problems.append(file.problem((), "should be a list of records", "begin each record with '- '"))
        return []
    good = []
    for n in range(len(file.value)):
        record, found = validate(model, file, (n,), known)
        problems += found
        if record is not None:
            good.append((n, record))
    return good
