"""Tables as CSV (RFC 4180) that a spreadsheet opens without obeying what is in them."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

TYPE = "text/csv; charset=utf-8"
MARK = "\ufeff"  # tells spreadsheets that it is UTF-8
_COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """The cell as text. What a spreadsheet would take for a formula gets an apostrophe in front, unless it is a number
    of ours (OWASP, CSV injection)."""
    if cell is None:
        return ""
    text = str(cell)
    ours = isinstance(cell, int | float | Decimal)
    return f"'{text}" if text.startswith(_COMMANDS) and not ours else text


def lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows, each with its end of line."""
    out = io.StringIO()
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()
