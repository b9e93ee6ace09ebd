"""exposure.yaml and exposure.csv -> the sellers, with every amount in their own currency."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import list_currencies

from monitor.config.problems import Problem, nearest
from monitor.config.records import ROUNDING, ExposureFile, PositionRecord, SellerRecord, sold_elsewhere
from monitor.config.sheet import Line, Sheet, placed, read_sheet
from monitor.config.units import Known
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.yaml_file import KeyPath, YamlFile, read_yaml
from monitor.domain.exposure import Seller

# Who is told when nobody wrote down what is at stake: of everything, weighed by event and certainty alone.
EVERYBODY = SellerRecord(id="everybody", name="Everybody", currency="EUR")
THE_ONE = "Seller"  # whose a sheet without a column `seller` is
ENOUGH = 300  # faults of one sheet after which no more are looked for
NO_CURRENCY = "XXX"  # ISO 4217's own code for none, while all that is wrong is looked for

Records = tuple[tuple[SellerRecord, ...] | None, list[Problem]]


def read_sellers(directory: Path, known: Known) -> Records:
    """The sellers of exposure.yaml or exposure.csv; EVERYBODY when there is neither; None when one is wrong."""
    written, sheet = directory / "exposure.yaml", directory / "exposure.csv"
    if not written.exists():
        return _records_in(sheet, known) if sheet.exists() else ((EVERYBODY,), [])
    sellers, problems = _records_in(written, known)
    if sheet.exists() and not any(
        row.get("exposure_file") == sheet.name for _, row in _rows(read_yaml(written, "")[0])
    ):
        hint = f"write exposure_file: {sheet.name} at the seller whose it is, or remove one of the two"
        problems.append(Problem(sheet.name, None, "", f"is not read, since there is {written.name}", hint))
    return sellers, problems


def sellers_in(path: Path, known: Known) -> tuple[tuple[Seller, ...] | None, list[Problem]]:
    """The sellers of one file, CSV by the end of its name and else YAML."""
    records, problems = _records_in(path, known)
    return None if records is None else tuple(record.seller() for record in records), problems


def _records_in(path: Path, known: Known) -> Records:
    if path.suffix.lower() == ".csv":
        return _of_sheet(path, known)
    file, problems = read_yaml(path, path.name)
    if file.value is None:
        return None, problems or [file.problem((), "holds nothing", "write sellers: [...], or remove the file")]
    return _of_values(file, known, problems)


def _of_sheet(path: Path, known: Known) -> Records:
    """A sheet that stands alone: each name under `seller` is one, and its lines agree on a currency."""
    sheet, problems = read_sheet(path, path.name, {})
    if not sheet.rows:
        return None, problems
    groups: dict[str, list[Line]] = {}
    names: dict[str, str] = {}
    for row in sheet.rows:
        name = row.seller or THE_ONE
        id = re.sub("[^a-z0-9]+", "-", name.casefold()).strip("-")[:64]
        if not id:
            hint = "write a name in Latin letters, such as shenzhen-co"
            problems.append(sheet.at(row.number, "seller", f"{name!r} cannot become an id", hint))
        before = names.setdefault(id, name)
        if id and len({id, name.casefold(), before.casefold()}) == 3:  # else each would hear of what both have at stake
            hint = "write names that differ in their Latin letters"
            problems.append(sheet.at(row.number, "seller", f"{name!r} would be one seller with {before!r}: {id}", hint))
        groups.setdefault(id, []).append(row)
    sellers: list[dict[str, Any]] = []
    lines: dict[KeyPath, int] = {}
    for n, (id, rows) in enumerate(groups.items()):
        currencies: dict[str, Line] = {}
        for row in rows:
            if "currency" in row.values:
                currencies.setdefault(row.values["currency"], row)
        first, *others = currencies or [""]
        if not first:
            hint = "add a column currency, such as EUR"
            problems.append(sheet.at(rows[0].number, "currency", "is missing", hint))
        for other in others:
            hint = "convert them, or write exposure.yaml with rates, and in it exposure_file: " + path.name
            what = f"{names[id]} has amounts in {first} and in {other}"
            problems.append(sheet.at(currencies[other].number, "currency", what, hint))
        positions, places = placed(rows, ("sellers", n, "positions"))
        lines |= places
        rates = {other: 1 for other in others if other in list_currencies()}  # complained of above, and not again
        own = first if first in list_currencies() else NO_CURRENCY  # the cells themselves are complained of
        sellers.append({"id": id, "name": names[id], "currency": own, "rates": rates, "positions": positions})
    file = Sheet(sheet.name, path, {"sellers": sellers}, lines, columns=sheet.columns)
    return (None, problems) if problems and not all(groups) else _of_values(file, known, problems)


def _of_values(file: YamlFile, known: Known, problems: list[Problem]) -> Records:
    exposure, found = validate(ExposureFile, file, (), known)
    rows = list(_rows(file))
    found += taken_twice(file, ((("sellers", n, "id"), row.get("id")) for n, row in rows), {})
    records = dict(enumerate(exposure.sellers)) if exposure else {}
    currencies = {name: record.currency for record in records.values() for name in (record.id, record.name.casefold())}
    for n, row in rows:
        found += _positions(file, ("sellers", n), row)
        if n in records and records[n].exposure_file:
            records[n], wrong = _filled(file, ("sellers", n), records[n], currencies, known)
            found += wrong
        if n in records and not found:
            found += _shares(file, ("sellers", n, "positions"), records[n])
    if exposure is not None:
        found += _strangers(file, exposure)
    problems += [problem for problem in dict.fromkeys(found) if (problem.line, problem.key) not in _told(problems)]
    if exposure is None or problems:
        return None, problems
    return tuple(records.values()), []


def _rows(file: YamlFile) -> Iterator[tuple[int, dict[str, Any]]]:
    return blocks(file.value.get("sellers") if isinstance(file.value, dict) else None)


def _told(problems: list[Problem]) -> set[tuple[int | None, str]]:
    """The cells that are complained of already."""
    return {(problem.line, problem.key) for problem in problems if problem.line}


def _filled(
    file: YamlFile,
    at: KeyPath,
    record: SellerRecord,
    currencies: Mapping[str, str],
    known: Known,
) -> tuple[SellerRecord, list[Problem]]:
    """A seller with the positions of the sheet that its exposure_file names."""
    if record.positions:
        return record, [file.problem((*at, "exposure_file"), "stands beside positions", "keep one of the two")]
    assert record.exposure_file
    path = file.path.parent / record.exposure_file
    if path.suffix.lower() != ".csv":
        return record, [file.problem((*at, "exposure_file"), "is no CSV file", "let its name end in .csv")]
    sheet, problems = read_sheet(path, record.exposure_file, {**currencies, "": record.currency})
    return with_sheet(record, sheet, problems, known), problems


def with_sheet(record: SellerRecord, sheet: Sheet, problems: list[Problem], known: Known) -> SellerRecord:
    """The seller with the positions that a sheet gives it; what is wrong with them joins the `problems`."""
    mine = [line for line in sheet.rows if line.seller.casefold() in ("", record.id, record.name.casefold())]
    if sheet.rows and not mine:
        problems.append(sheet.at(None, "seller", f"has no line of {record.id}", "write its id or name there"))
    positions, lines = placed(mine, ("positions",))
    filled = Sheet(sheet.name, sheet.path, {"positions": positions}, lines, columns=sheet.columns)
    good, told = [], _told(problems)
    for n in range(len(positions)):
        if len(problems) > ENOUGH:  # each costs a search for what was meant
            problems.append(sheet.at(None, "", "has more faults than these", "mend these first"))
            break
        position, found = validate(PositionRecord, filled, ("positions", n), known)
        problems += [problem for problem in found if (problem.line, problem.key) not in told]
        good += [position] if position else []
    stated = {"currency": record.currency, "rates": dict(record.rates), "positions": positions}
    problems += _positions(filled, (), stated)
    record = record.model_copy(update={"positions": tuple(good)})
    if not problems:
        problems += _shares(filled, ("positions",), record)
    return record


def _strangers(file: YamlFile, exposure: ExposureFile) -> Iterator[Problem]:
    """Lines of a sheet that are nobody's: else what a client has at stake would be left out in silence."""
    names = {name for record in exposure.sellers for name in (record.id, record.name.casefold())}
    for name in dict.fromkeys(filter(None, (record.exposure_file for record in exposure.sellers))):
        for line in read_sheet(file.path.parent / name, name, {})[0].rows if name.lower().endswith(".csv") else ():
            if line.seller and line.seller.casefold() not in names:
                hint = nearest(line.seller, names) or f"add the seller to {file.name}"
                yield Problem(name, line.number, "seller", f"no seller is called {line.seller!r}", hint)


def _positions(file: YamlFile, at: KeyPath, seller: dict[str, Any]) -> Iterator[Problem]:
    """Stakes that cannot be converted, and those written twice; asked of the plain values, whatever else is wrong."""
    rates = seller.get("rates")
    convertible = {str(seller.get("currency")), *(rates if isinstance(rates, dict) else ())}
    places: dict[tuple[str, str], int] = {}
    for n, row in blocks(seller.get("positions")):
        here = (*at, "positions", n)
        currency = str(row.get("currency"))
        if currency in list_currencies() and currency not in convertible:
            hint = f"add rates: {{{currency}: ...}}, what one {currency} is worth in the seller's currency"
            yield file.problem((*here, "currency"), f"there is no rate for {currency}", hint)
        place = (str(row.get("platform")), str(row.get("country")))
        if place in places:
            first = file.lines[(*at, "positions", places[place])]
            yield file.problem(here, f"{place[0]} in {place[1]} is written twice, first in line {first}", "add them up")
        places.setdefault(place, n)


def _shares(file: YamlFile, at: KeyPath, record: SellerRecord) -> Iterator[Problem]:
    """Shares of all sales that the figures contradict; where they leave room, the rest is sold elsewhere."""
    seller = record.seller()
    stated = [
        (position.sales_per_day, one.share) for position, one in zip(seller.positions, record.positions, strict=True)
    ]
    total = sum((sales for sales, _ in stated), Decimal(0)) + sold_elsewhere(stated)
    for n, (sales, share) in enumerate(stated):
        if share is None:
            continue
        here = (*at, n, "share")
        if share and not sales:
            yield file.problem(here, "stands without sales_per_day", "a share alone has no amount: write both")
        elif abs((sales / total if total else Decimal(0)) - share) > ROUNDING:
            hint = "the share is of all sales, those elsewhere too; mend one of them, or leave the share out"
            yield file.problem(here, f"is {share:.0%}, and by sales_per_day it is {sales / total:.0%}", hint)
