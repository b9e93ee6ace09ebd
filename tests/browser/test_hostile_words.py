"""Cases 23, 24 and 29 of the faults that we must survive, at the desk: whatever a source calls itself or says, a real
browser shows it as words. Every stored title, quote, text, publisher and address is made hostile at once."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

import pytest
from looking import person
from seats import copied, opened
from walking import walk

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

MARKUP = (
    "<img src=x onerror=alert(1)><svg/onload=alert(1)><script>alert(1)</script>\"'><a href=javascript:alert(1)>"
    "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}"
)
ORDER = "ship \u202egnp.exe\u202c now\u200b"
LINKS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    'https://evil.example/"onmouseover="alert(1)',
    "https://user:hunter2@shop.example/notice",
    "https://аmazon.example/notice",  # its first letter is Cyrillic
)
LEADS = "[...document.querySelectorAll('[href], [src]')].map(e => e.getAttribute('href') ?? e.getAttribute('src'))"
WORDS = {"title", "quote", "publisher", "text"}


def poisoned(value: object, links: Iterator[str], at: str = "") -> object:
    """The value with every word from outside replaced, and each address by the next of `links`."""
    match value:
        case dict():
            return {key: poisoned(one, links, key) for key, one in value.items()}
        case list():
            return [poisoned(one, links, at) for one in value]
        case str() if at in WORDS and not re.fullmatch(r"[\d-]+", value):  # a date has a text too
            return f"{MARKUP} {ORDER} {value}"
        case str() if at == "url":
            return next(links)
    return value


def poison(database: Path) -> None:
    links = cycle(LINKS)
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column in (
            ("documents", "value"), ("assessments", "value"), ("incidents", "value"), ("incident_evidence", "value"),
            ("incident_changes", "value"), ("deliveries", "message"),
        ):  # fmt: skip
            for row, text in connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
                if text:
                    worse = json.dumps(poisoned(json.loads(text), links), ensure_ascii=False)
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (worse, row))


@pytest.mark.case(23)
@pytest.mark.case(24)
@pytest.mark.case(29)
async def test_cases_23_24_29_the_desk_shows_hostile_words_as_words_and_links_nowhere_bad(
    played, tmp_path, browser, record_property
):
    directory = copied(played, tmp_path / "desk")
    poison(directory / "state/sellerwatch.db")
    links, shown, pages = set(), "", []
    async with opened(directory) as desk, person(browser, desk.at) as ada:
        await ada.logs_in("ada")
        pages = await walk(ada)
        for path in pages:
            await ada.goes(path)
            links |= set(await ada.page.evaluate(LEADS))
            assert not await ada.page.locator(
                "main :is(img, script, iframe, object, embed, [onerror], [onload])"
            ).count(), path
            shown += await ada.page.locator("main").inner_text()
    assert "<svg/onload=alert(1)>" in shown, "hostile words are shown"
    assert "{{ 7 * 7 }}" in shown
    assert "[U+202E]" in shown, "a hidden order is shown by its code"
    assert "\u202e" not in shown
    assert "hunter2" not in shown
    outside = {link for link in links if not link.startswith(("/", "#", "?"))}
    assert all(link.startswith(("http://", "https://")) for link in outside), outside
    assert not any(link.startswith("//") or "hunter2" in link for link in links)
    assert any("xn--" in link for link in outside), "a host that only looks like a known one is spelt out"
    record_property("figure", f"Chromium on {len(pages)} pages: 0 dialogs, 0 requests elsewhere, 0 complaints")
