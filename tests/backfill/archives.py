"""Archives for the tests: written record by record, as crawlers write them."""

import gzip
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ARTICLE = "The shop sells shoes. It has done so for many years, and people like it for its patience with them. " * 3


def page(title: str, text: str = ARTICLE, day: str = "2024-05-06") -> bytes:
    head = f'<title>{title}</title><meta property="article:published_time" content="{day}T09:00:00+00:00">'
    body = f"<article><h1>{title}</h1><p>{text}</p></article>"
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body>{body}</body></html>".encode()


def feed(*entries: tuple[str, str], links: str = "", site: str = "https://news.example") -> bytes:
    items = "".join(
        f"<item><guid>{guid}</guid><title>{title}</title><link>{site}/{guid}</link>"
        f"<pubDate>Mon, 06 May 2024 09:00:00 GMT</pubDate><description>{ARTICLE}</description></item>"
        for guid, title in entries
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>News</title>{links}{items}</channel></rss>"
    ).encode()


def record(
    url: str,
    body: bytes,
    kind: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    date: str = "2024-06-01T00:00:00Z",
    more: Sequence[tuple[str, str]] = (),
    packed: bool = True,
) -> bytes:
    """A response as it stands in a file."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=packed)
    headers = StatusAndHeaders(status, [("Content-Type", kind), *more], protocol="HTTP/1.1")
    one = writer.create_warc_record(
        url, "response", BytesIO(body), len(body), http_headers=headers, warc_headers_dict={"WARC-Date": date}
    )
    writer.write_record(one)
    return out.getvalue()


def request(url: str, packed: bool = True) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=packed)
    headers = StatusAndHeaders("GET / HTTP/1.1", [("Host", "news.example")], is_http_request=True)
    writer.write_record(writer.create_warc_record(url, "request", BytesIO(), 0, http_headers=headers))
    return out.getvalue()


def address(number: int) -> str:
    return f"https://news.example/story/{number}"


def pages(numbers: Iterable[int], packed: bool = True) -> list[bytes]:
    """Requests with their answers, one story each."""
    some = []
    for number in numbers:
        some.append(request(address(number), packed))
        some.append(record(address(number), page(f"Story {number}"), packed=packed))
    return some


def written(path: Path, *parts: bytes, whole: bool = False) -> Path:
    """A file of those records; with `whole` packed as one."""
    data = b"".join(parts)
    path.write_bytes(gzip.compress(data) if whole else data)
    return path
