"""An archive by seed, as CC-NEWS has it: WARC files, packed record by record, of pages in many languages with what
surrounds an article on a real site, some feeds, and what is no article: requests, redirects, pictures.

Texts are those of the corpus, drawn as `benchmarks/understand.py` draws them: 5 % report events. Each page has an
address of its own, so the archive holds as many documents as were asked for.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from understand import corpus, known, stream
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

FEEDS = 0.1  # of the documents come in feeds
ENTRIES = 20  # of a feed
Row = dict[str, Any]
_SITES = ("news.example", "daily.example", "shop.example", "markt.example", "presse.example", "noticias.example")
_CHARSETS = {"ja": "shift_jis", "zh": "gb18030", "ru": "windows-1251", "ko": "euc-kr"}


def drawn(documents: int, seed: int) -> list[Row]:
    """So many texts, each with a language and a day."""
    rows = stream(corpus(), known(), documents, seed)
    rng = random.Random(seed)
    rng.shuffle(rows)
    return rows[:documents] + rng.choices(rows, k=max(0, documents - len(rows)))


def archive(folder: Path, documents: int, files: int, seed: int = 1) -> list[Path]:
    """Write so many documents into so many files of that folder."""
    rows = drawn(documents, seed)
    rng = random.Random(seed)
    paths = []
    for number in range(files):
        some = list(enumerate(rows))[number::files]
        path = folder / f"CC-NEWS-{number:05}.warc.gz"
        with path.open("wb") as file:
            writer = WARCWriter(file, gzip=True)
            file_of_rows(writer, some, rng)
        paths.append(path)
    return paths


def file_of_rows(writer: WARCWriter, rows: Sequence[tuple[int, Row]], rng: random.Random) -> None:
    feeds = round(len(rows) * FEEDS / ENTRIES) * ENTRIES
    for start in range(0, feeds, ENTRIES):
        some = rows[start : start + ENTRIES]
        site = rng.choice(_SITES)
        put(writer, f"https://{site}/feed/{some[0][0]}.xml", "application/rss+xml", feed(site, some).encode())
    for number, row in rows[feeds:]:
        url = f"https://{rng.choice(_SITES)}/{row['lang']}/{number}"
        charset = _CHARSETS.get(row["lang"], "utf-8") if rng.random() < 0.3 else "utf-8"
        body = page(row, charset, rng).encode(charset, "xmlcharrefreplace")
        put(writer, url, f"text/html; charset={charset}", body)
        if rng.random() < 0.05:
            put(writer, f"{url}/old", "text/html", b"moved", "301 Moved Permanently")
        if rng.random() < 0.05:
            put(writer, f"{url}.jpg", "image/jpeg", rng.randbytes(2_000))


def put(writer: WARCWriter, url: str, kind: str, body: bytes, status: str = "200 OK") -> None:
    headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
    request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example")], is_http_request=True)
    writer.write_record(writer.create_warc_record(url, "request", BytesIO(), 0, http_headers=request))
    dated = {"WARC-Date": "2026-06-01T00:00:00Z"}
    record = writer.create_warc_record(
        url, "response", BytesIO(body), len(body), http_headers=headers, warc_headers_dict=dated
    )
    writer.write_record(record)


def page(row: Row, charset: str, rng: random.Random) -> str:
    """An article with menus, scripts, related stories and a footer around it."""
    title, day = escape(row["title"] or "News"), _day(row)
    paragraphs = "".join(f"<p>{escape(part)}</p>\n" for part in _paragraphs(row["text"]))
    menu = "".join(f'<li><a href="/s/{n}">Section {n}</a></li>' for n in range(rng.randint(10, 40)))
    related = "".join(f'<div class="card"><a href="/r/{n}">Story {n}</a></div>' for n in range(rng.randint(5, 20)))
    script = "window.q=" + ",".join(str(rng.random()) for _ in range(rng.randint(50, 400))) + ";"
    return (
        f'<!DOCTYPE html><html lang="{row["lang"]}"><head><meta charset="{charset}"><title>{title}</title>'
        f'<meta property="article:published_time" content="{day.isoformat()}"><script>{script}</script></head><body>'
        f"<nav><ul>{menu}</ul></nav><main><article><h1>{title}</h1>{paragraphs}</article></main>"
        f"<aside>{related}</aside><footer><p>All rights reserved.</p></footer></body></html>"
    )


def feed(site: str, rows: Sequence[tuple[int, Row]]) -> str:
    items = "".join(
        f"<item><guid>{number}</guid><title>{escape(row['title'] or 'News')}</title>"
        f"<link>https://{site}/f/{number}</link><pubDate>{_day(row):%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description>{escape(row['text'])}</description></item>\n"
        for number, row in rows
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{site}</title>{items}</channel></rss>'


def _day(row: Row) -> datetime:
    """The day of the corpus, or one of the three years before the archive."""
    said = str(row.get("published") or "")
    if len(said) == len("YYYY-MM-DD") and said < "2026-06-01":
        return datetime.fromisoformat(said).replace(hour=9, tzinfo=UTC)
    return datetime(2023, 6, 1, 9, tzinfo=UTC) + timedelta(days=random.Random(str(row["id"])).randrange(1_095))


def _paragraphs(text: str) -> Iterator[str]:
    words = text.split(" ")
    for start in range(0, len(words), 60):
        yield " ".join(words[start : start + 60])
