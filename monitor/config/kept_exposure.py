"""Positions uploaded at the desk: a sheet in the state directory, in place of what the files give a seller."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.config.exposure_file import EVERYBODY, read_sellers, with_sheet
from monitor.config.problems import Problem, nearest
from monitor.config.records import SellerRecord
from monitor.config.sheet import Sheet, read_sheet, sheet_of
from monitor.config.units import Known
from monitor.domain.exposure import Seller

PREFIX = "exposure-"  # of the sheets in the state directory, one for each seller that has one
MOST_LINES = 2_000  # of an upload


def place(state_dir: Path, seller_id: str) -> Path:
    """Where a seller's sheet is kept."""
    return state_dir / f"{PREFIX}{seller_id}.csv"


def read(path: Path) -> bytes | None:
    """None when there is none. Raises OSError."""
    return path.read_bytes() if path.exists() else None


def write(path: Path, content: bytes | None) -> None:
    """Whole or not at all; None removes it. Raises OSError."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(path)


def is_kept(state_dir: Path, seller_id: str) -> bool:
    """Whether there is one that we may see: whoever checks a configuration need not be whom the state belongs to."""
    try:
        return place(state_dir, seller_id).is_file()
    except OSError:
        return False


def kept_lines(state_dir: Path, seller: Seller) -> list[dict[str, str]]:
    """What was uploaded for a seller: the cells of its lines, amounts as plain numbers in the money that they are in.
    None of them when there is no sheet that can be read."""
    path = place(state_dir, seller.id)
    sheet, _ = read_sheet(path, str(path), {"": seller.currency})
    mine = ("", seller.id, seller.name.casefold())
    return [{**line.values, "note": line.note} for line in sheet.rows if line.seller.casefold() in mine]


def strays(state_dir: Path, sellers: Iterable[str]) -> list[Path]:
    """Sheets of sellers that there are no more: nobody reads them."""
    known = {f"{PREFIX}{id}.csv" for id in sellers}
    try:
        return sorted(path for path in state_dir.glob(f"{PREFIX}*.csv") if path.name not in known)
    except OSError:
        return []


def with_kept(
    directory: Path, records: Iterable[SellerRecord], state_dir: Path, known: Known
) -> tuple[tuple[Seller, ...], frozenset[str], list[Problem]]:
    """The sellers of the files in `directory`, some with the positions of the sheet that is kept; and which ones."""
    sellers, kept = list[Seller](), set[str]()
    problems: list[Problem] = []
    for record in records:
        if is_kept(state_dir, record.id):
            path = place(state_dir, record.id)
            kept.add(record.id)
            sheet, found = read_sheet(path, str(path), _currencies(record))
            record = _laid_over(directory, record, sheet, found, known)
            problems += found
            if found:
                continue
        sellers.append(record.seller())
    return tuple(sellers), frozenset(kept), problems


@dataclass(frozen=True, slots=True)
class Checked:
    """A sheet that may come in place of what a seller has: the lines as they were read, and all that is wrong."""

    sheet: Sheet
    problems: tuple[Problem, ...]
    seller: Seller | None  # with these positions; None when something is wrong


def checked(directory: Path, seller_id: str, raw: bytes, name: str, known: Known) -> Checked:
    """Check an upload as the file of that name. Raises LookupError when the files know no such seller."""
    records, _ = read_sellers(directory, known)
    record = next((one for one in records or () if one.id == seller_id), None)
    if record is None:
        raise LookupError(seller_id)
    sheet, problems = sheet_of(raw, Path(name), name, _currencies(record))
    if len(sheet.rows) > MOST_LINES:
        hint = "one line for each platform and country is enough"
        return Checked(sheet, (Problem(name, None, "", f"holds more than {MOST_LINES} lines", hint),), None)
    if sheet.rows:
        problems += _strangers(sheet, records or ())
        record = _laid_over(directory, record, sheet, problems, known)
    return Checked(sheet, tuple(problems), None if problems else record.seller())


def _currencies(record: SellerRecord) -> dict[str, str]:
    """Of lines that name none. Nobody has said in which money EVERYBODY reckons."""
    return {} if record is EVERYBODY else dict.fromkeys(("", *_names(record)), record.currency)


def _names(record: SellerRecord) -> tuple[str, str]:
    return record.id, record.name.casefold()


def _laid_over(
    directory: Path, record: SellerRecord, sheet: Sheet, problems: list[Problem], known: Known
) -> SellerRecord:
    """The seller as the sheet has it. Its currency is the sheet's own, unless exposure.yaml states one."""
    if not sheet.rows:
        return record
    if not (directory / "exposure.yaml").exists():
        mine = [line for line in sheet.rows if line.seller.casefold() in ("", *_names(record))]
        own = next((line.values["currency"] for line in mine if "currency" in line.values), "")
        if not own and record is EVERYBODY:
            hint = "add a column currency, such as EUR"
            problems.append(sheet.at(sheet.rows[0].number, "currency", "is missing", hint))
        record = record.model_copy(update={"currency": own or record.currency, "rates": {}})
    return with_sheet(record, sheet, problems, known)


def _strangers(sheet: Sheet, records: Iterable[SellerRecord]) -> Iterator[Problem]:
    """Lines that are nobody's: else what somebody has at stake would be left out in silence."""
    names = {name for record in records for name in _names(record)}
    for line in sheet.rows:
        if line.seller and line.seller.casefold() not in names:
            hint = nearest(line.seller, names)
            yield sheet.at(line.number, "seller", f"no seller is called {line.seller!r}", hint)
