"""platforms.yaml, sources/*.yaml and exposure.yaml: files of records, and what must hold between the records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from babel.numbers import list_currencies

from monitor.config.problems import Problem
from monitor.config.records import ExposureFile, PlatformRecord, SourceRecord
from monitor.config.searches import read_searches
from monitor.config.settings import Strict
from monitor.config.templates import expand, once
from monitor.config.units import Known
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.yaml_file import KeyPath, YamlFile, read_yaml
from monitor.domain.documents import canonical_url
from monitor.domain.exposure import Seller
from monitor.domain.platforms import Platform
from monitor.domain.sources import Source

R = TypeVar("R", bound=Strict)

# Who is told when nobody wrote down what is at stake: of everything, weighed by event and certainty alone.
EVERYBODY = Seller(id="everybody", name="Everybody", currency="EUR")


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


def read_sellers(directory: Path, known: Known) -> tuple[tuple[Seller, ...] | None, list[Problem]]:
    """The sellers with amounts in their own currency; EVERYBODY without an exposure.yaml; None when it is wrong."""
    path = directory / "exposure.yaml"
    if not path.exists():
        return (EVERYBODY,), []
    file, problems = read_yaml(path, path.name)
    if file.value is None:
        return None, problems or [file.problem((), "holds nothing", "write sellers: [...], or remove the file")]
    exposure, found = validate(ExposureFile, file, (), known)
    problems += found
    rows = list(blocks(file.value.get("sellers") if isinstance(file.value, dict) else None))
    problems += taken_twice(file, ((("sellers", n, "id"), row.get("id")) for n, row in rows), {})
    for n, row in rows:
        problems += _positions(file, ("sellers", n), row)
    if exposure is None or problems:
        return None, problems
    return tuple(record.seller() for record in exposure.sellers), []


def _positions(file: YamlFile, at: KeyPath, seller: dict[str, Any]) -> Iterator[Problem]:
    """Stakes that cannot be converted, and those written twice; asked of the plain values, whatever else is wrong."""
    rates = seller.get("rates")
    convertible = {seller.get("currency"), *(rates if isinstance(rates, dict) else ())}
    places: dict[tuple[str, str], int] = {}
    for n, row in blocks(seller.get("positions")):
        here = (*at, "positions", n)
        currency = row.get("currency")
        if currency in list_currencies() and currency not in convertible:
            hint = f"add rates: {{{currency}: ...}}, what one {currency} is worth in the seller's currency"
            yield file.problem((*here, "currency"), f"there is no rate for {currency}", hint)
        place = (str(row.get("platform")), str(row.get("country")))
        if place in places:
            first = file.lines[(*at, "positions", places[place])]
            yield file.problem(here, f"{place[0]} in {place[1]} is written twice, first in line {first}", "add them up")
        places.setdefault(place, n)


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
