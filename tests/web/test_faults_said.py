"""What is wrong with an upload, and how a channel says that a try ended: in the reader's language, as all else."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from monitor.config.kept_exposure import MOST_LINES, checked
from monitor.config.units import Known
from monitor.desk.recorded import desk_tongue, recorded
from monitor.notify.slack import _REFUSED
from monitor.notify.tongue import LANGUAGES
from monitor.store.outbox import LEASE_RAN_OUT

ROOT = Path(__file__).parents[2]
GERMAN = desk_tongue("de", "Europe/Berlin")
KNOWN = Known({"amazon": "Amazon", "ebay": "eBay"})

SHEETS = (  # in each something else is wrong
    b"platform,country\nGr\xf6\xdfe,DE\n",
    b"\xff\xfep\x00l",
    b'platform,country\n"Amazon"x,DE\n',
    b"\n",
    b"platform,country,currency\n",
    b"platfrom,country\nAmazon,DE\n",
    b"platform,country,what else\nAmazon,DE,1\n",
    b"platform,platform,country\nAmazon,Amazon,DE\n",
    b"platform\nAmazon\n",
    b"platform,stock\nAmazon,1\n",
    b"platform,country,currency\nAmazon,DE,EUR,1,2\n",
    b"seller,platform,country,currency\n,Amazon,DE,EUR\n",
    b"seller,platform,country,currency\nsomebody,Amazon,DE,EUR\n",
    b"seller,platform,country,currency\nevrybody,Amazon,DE,EUR\n",
    b"platform,country,stock\nAmazon,DE,12\n",
    b"platform,country,stock,currency\nAmazn,Germany,12x,EURO\nzzz,xx,much,qq\nAmazon,,1,EUR\n",
    b"platform,country,stock,currency\nAmazon,DE,$12,EUR\n",
    b"platform,country,stock\nAmazon,DE,$12\n",
    b'platform\tcountry\tstock\tcurrency\nAmazon\tDE\t1.234\tEUR\n',
    b"platform,country,stock,currency\nAmazon,DE,-5,EUR\neBay,DE,1234567890123456789012,EUR\n",
    b"platform,country,stock,currency\nAmazon,DE,5,EUR\neBay,DE,5,USD\nAmazon,DE,6,EUR\n",
    b"platform,country,share,currency\nAmazon,DE,35%,EUR\n",
    b"platform,country,share,currency\nAmazon,DE,135%,EUR\n",
    b"platform,country,sales_per_day,share,currency\nAmazon,DE,10,35%,EUR\neBay,DE,10,20%,EUR\n",
    b"platform,country\n" + b"Amazon,DE\n" * (MOST_LINES + 1),
    b"platform,country,currency\n" + b"Amazn,Germany,EURO\n" * 400,
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(SHEETS)))
def test_whatever_is_wrong_with_an_upload_is_said_in_the_readers_language(number: int, tmp_path: Path) -> None:
    found = checked(tmp_path, "everybody", SHEETS[number], "stakes.csv", KNOWN).problems
    assert found, "something is wrong with it"
    for problem in found:
        for text in filter(None, (problem.what, problem.hint)):
            said = recorded(text, GERMAN)
            assert said is not None, text
            assert "{" not in said.replace("rates: {", "")
            assert recorded(text, desk_tongue("en", "UTC")) is not None


def test_what_stands_in_a_cell_is_told_as_it_is_and_its_column_by_its_letter() -> None:
    assert (
        recorded("'12x' holds 'x', which is no currency sign", GERMAN)
        == "'12x' enthält 'x', das kein Währungszeichen ist"
    )
    assert recorded("stock (column D)", desk_tongue("ja", "UTC")) == "stock（D列）"
    assert (
        recorded("is 35%, and by sales_per_day it is 50%", GERMAN) == "ist 35\u00a0%, und nach sales_per_day 50\u00a0%"
    )
    assert (
        recorded("Amazon in DE is written twice, first in line 2", GERMAN)
        == "Amazon (DE) steht zweimal da, zuerst in Zeile 2"
    )


# --- how tries end

VALUES = {  # of names in the sentences; all else is a number
    "what": ("the mail", "an address"),
    "detail": ("no answer in time", "the connection broke"),
    "words": ("asks to come back later", "refuses the message"),
    "missing": ("target", "channel"),
    "who": ("the receiver", "Alertmanager"),
}


def sentences(node: ast.expr) -> Iterator[str]:
    """Every text that an expression of the code may be."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [
            (str(one.value),) if isinstance(one, ast.Constant) else VALUES.get(ast.unparse(one.value), ("550",))  # type: ignore[attr-defined]
            for one in node.values
        ]
        yield from map("".join, product(*parts))


def ends() -> Iterator[str]:
    """The detail of every attempt that the channels make."""
    for path in (ROOT / "monitor/notify").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Attempt":
                yield from sentences(call.args[2])
    yield from _REFUSED.values()
    yield from ("Slack asks to come back later", "the receiver asks to come back later (503)", LEASE_RAN_OUT.detail)
    yield from ("an answer that Apprise does not take for a yes after the message was handed over",)
    yield from ("folded into 0123456789abcdef", "told with others: 0123456789abcdef", "withdrawn before it was sent")
    yield from ("its incident was closed by kim meanwhile", "kim said meanwhile that it is not for them")


@pytest.mark.parametrize("language", LANGUAGES)
def test_however_a_try_ends_is_said_in_the_readers_language(language: str) -> None:
    told = sorted(set(ends()))
    assert len(told) > 50
    assert [text for text in told if recorded(text, desk_tongue(language, "UTC")) is None] == []
