"""A spreadsheet saved as CSV -> the same plain values that a YAML file gives, with the line and column of each."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.config.amounts import AmountError, Written, amount, style_of, written
from monitor.config.problems import Problem, nearest
from monitor.config.yaml_file import KeyPath, YamlFile

AMOUNTS = ("sales_per_day", "stock", "unsettled_payouts", "prepaid_ads", "share")
COLUMNS = ("seller", "platform", "country", *AMOUNTS, "currency", "note")
NEEDED = ("platform", "country")
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Line:
    """One line of a sheet: its number, whose it is, and the cells that are not empty (amounts as plain numbers)."""

    number: int
    seller: str
    values: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True)
class Sheet(YamlFile):
    """A file of which `problem` names the column; `value` is for whoever puts the lines together."""

    columns: Mapping[str, str] = field(default_factory=dict)  # key -> "stock (column D)"
    rows: tuple[Line, ...] = ()

    def problem(self, path: KeyPath, what: str, hint: str = "") -> Problem:
        found = super().problem(path, what, hint)
        column = next((self.columns[step] for step in reversed(path) if step in self.columns), "")  # type: ignore[index]
        return Problem(found.file, found.line, column, what, hint)

    def at(self, line: int | None, column: str, what: str, hint: str = "") -> Problem:
        """The problem of one cell."""
        return Problem(self.name, line, self.columns.get(column, column), what, hint)


def read_sheet(path: Path, name: str, currencies: Mapping[str, str]) -> tuple[Sheet, list[Problem]]:
    """Every line that holds anything, and all that is wrong with the cells. `currencies`: of
    lines that name none, by whose they are in casefold, and by ""."""
    try:
        if path.stat().st_size > MOST_BYTES:
            hint = "one line for each platform and country is enough"
            return Sheet(name, path), [Problem(name, None, "", f"is larger than {MOST_BYTES // 10**6} MB", hint)]
        raw = path.read_bytes()
    except OSError as error:
        return Sheet(name, path), [Problem(name, None, "", f"cannot be read: {error.strerror}")]
    return sheet_of(raw, path, name, currencies)


def sheet_of(raw: bytes, path: Path, name: str, currencies: Mapping[str, str]) -> tuple[Sheet, list[Problem]]:
    """The same of what a sheet holds; it may lie at `path` or not."""
    text, wrong = _text(raw)
    if wrong:
        return Sheet(name, path), [Problem(name, None, "", *wrong)]
    delimiter, text, skipped = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    cells: list[tuple[int, list[str]]] = []
    try:
        begins = skipped + 1
        for row in reader:
            cells.append((begins, [cell.strip() for cell in row]))
            begins = skipped + reader.line_num + 1
    except csv.Error as error:
        hint = 'a cell that holds quotes is written "with ""quotes"" doubled"'
        return Sheet(name, path), [Problem(name, begins, "", f"is not valid CSV: {error}", hint)]
    cells = [(number, row) for number, row in cells if any(row)]
    if not cells:
        return Sheet(name, path), [
            Problem(name, None, "", "holds nothing", f"begin with a line of {', '.join(NEEDED)}, ...")
        ]
    (first, header), *lines = cells
    keys = [re.sub(r"[\s_-]+", "_", cell.casefold()) for cell in header]
    sheet = Sheet(name, path, columns={
        key: f"{cell} (column {_letters(n)})" for n, (key, cell) in enumerate(zip(keys, header, strict=True)) if cell
    })  # fmt: skip
    problems = list(_headers(sheet, first, keys))
    if problems:
        return sheet, problems
    if not lines:
        return sheet, [
            sheet.at(first, "", "holds no line under its header", "write one line for each platform and country")
        ]
    return _filled(sheet, keys, lines, delimiter, currencies)


def _text(raw: bytes) -> tuple[str, tuple[str, str] | None]:
    """The text whatever byte order mark it begins with; or what is wrong, and what to do."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding), None
    except UnicodeDecodeError as error:
        hint = f"save it as CSV UTF-8 in the spreadsheet; first bad byte at {error.start}"
        return "", (f"is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} text", hint)


def _delimiter(text: str) -> tuple[str, str, int]:
    """What separates the cells, the text without a `sep=;` that spreadsheets write before it, and how many lines that
    was."""
    if match := re.match(r'"?sep=([,;\t])"?\r?\n', text):
        return match[1], text[match.end() :], 1
    header = re.sub('"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(",;\t", key=header.count), text, 0


def _letters(n: int) -> str:
    """A, B, ... Z, AA: as spreadsheets call the column of this index."""
    return (_letters(n // 26 - 1) if n >= 26 else "") + chr(ord("A") + n % 26)


def _headers(sheet: Sheet, line: int, keys: Sequence[str]) -> list[Problem]:
    problems = []
    for n, key in enumerate(keys):
        if key and key not in COLUMNS:
            hint = nearest(key, COLUMNS) or f"known here: {', '.join(COLUMNS)}"
            problems.append(sheet.at(line, key, "is no column that is known", hint))
        elif key and key in keys[:n]:
            problems.append(sheet.at(line, key, "stands above two columns", "keep one"))
    if problems:
        return problems
    if not any(keys[1:]):
        return [sheet.at(line, "", "holds one column", "separate the columns by comma, semicolon or tab")]
    return [
        sheet.at(line, "", f"holds no column {key}", f"the first line names the columns: {key}, ...")
        for key in NEEDED
        if key not in keys
    ]


def _filled(
    sheet: Sheet,
    keys: Sequence[str],
    lines: Sequence[tuple[int, list[str]]],
    delimiter: str,
    currencies: Mapping[str, str],
) -> tuple[Sheet, list[Problem]]:
    problems, read = [], []
    numbers: dict[tuple[int, str], Written] = {}
    for number, row in lines:
        if any(row[len(keys) :]):
            hint = "put a cell that holds the separator in quotes"
            problems.append(sheet.at(number, "", f"has {len(row)} cells, and the header {len(keys)}", hint))
            continue
        cells = {key: cell for key, cell in zip(keys, row, strict=False) if key and cell}
        if "seller" in keys and "seller" not in cells:
            problems.append(sheet.at(number, "seller", "is missing", "every line says whose it is"))
        said = cells.get("currency") or currencies.get(cells.get("seller", "").casefold(), "")
        for key in AMOUNTS:
            if key in cells:
                try:
                    percent = key == "share" and cells[key].endswith("%")
                    text = cells[key].removesuffix("%") if percent else cells[key]
                    numbers[number, key] = written(text, "" if key == "share" else said)
                except AmountError as error:
                    problems.append(sheet.at(number, key, str(error), error.hint))
        read.append((number, cells))
    style = style_of(numbers.values(), delimiter)
    rows = []
    for number, cells in read:
        for key in AMOUNTS:
            if (number, key) in numbers:
                try:
                    value = amount(numbers[number, key], style)
                    cells[key] = f"{value:f}" + ("%" if cells[key].endswith("%") else "")
                except AmountError as error:
                    problems.append(sheet.at(number, key, str(error), error.hint))
        values = {key: cell for key, cell in cells.items() if key not in ("seller", "note")}
        rows.append(Line(number, cells.get("seller", ""), values, cells.get("note", "")))
    return Sheet(sheet.name, sheet.path, columns=sheet.columns, rows=tuple(rows)), problems


def placed(rows: Sequence[Line], at: KeyPath) -> tuple[list[dict[str, Any]], dict[KeyPath, int]]:
    """Lines as a list of records that is to stand at a path of `value`, and their places for `lines`."""
    lines = {(*at, n): row.number for n, row in enumerate(rows)}
    return [dict(row.values) for row in rows], lines
