"""What reading costs: `python benchmarks/read.py` prints CPU time, feedparser alone beside us on the same feeds.

Synthetic feeds of 20 entries (about 20 KB) in three languages, and pages around one article, from a fixed seed. CPU
milliseconds of this process, the median of the rounds; through a worker it is wall time, as the work is done there.
"""

import asyncio
import io
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser

from monitor.domain.documents import Capture, digest
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.read.capture import read_capture
from monitor.read.workers import Workers

NOW = datetime(2026, 3, 11, tzinfo=UTC)
FEEDS, PAGES, ROUNDS = 40, 40, 5
LEXICON = {
    "en": "the marketplace will close its site and sellers must withdraw balances before orders payout notice",
    "fr": "la place de marché fermera son site et les vendeurs devront retirer leurs soldes avant la date",
    "zh": "平台 将于 六月 停止 运营 请 卖家 尽快 完成 提现 并 下载 订单 数据 公告 通知",
}
Measured = tuple[str, float, str]


def main() -> None:
    """Measure and print."""
    dice = random.Random(20260311)
    feeds = [_capture(_feed(dice, n), "application/rss+xml", n) for n in range(FEEDS)]
    pages = [_capture(_page(dice), "text/html", n) for n in range(PAGES)]
    rows = [*_of_feeds(feeds), *_of_pages(pages), *asyncio.run(_of_workers(feeds))]
    for name, value, unit in rows:
        print(f"{name:<58} {value:9.2f} {unit}")


def _of_feeds(feeds: list[Capture]) -> list[Measured]:
    source = _source(SourceKind.FEED)
    seen = [read_capture(feed, source, frozenset(), None).seen for feed in feeds]

    def ours(unseen: int) -> Callable[[int], object]:
        return lambda n: read_capture(feeds[n], source, frozenset(seen[n][unseen:]), None)

    def alone(n: int) -> object:
        return feedparser.parse(io.BytesIO(feeds[n].body), response_headers={"content-type": "application/rss+xml"})

    return [
        ("feedparser alone, 20 entries", _cpu(alone, FEEDS), "ms a feed"),
        ("read_capture, 20 of 20 entries unseen", _cpu(ours(20), FEEDS), "ms a feed"),
        ("read_capture, 1 of 20 unseen", _cpu(ours(1), FEEDS), "ms a feed"),
        ("read_capture, 0 of 20 unseen", _cpu(ours(0), FEEDS), "ms a feed"),
    ]


def _of_pages(pages: list[Capture]) -> list[Measured]:
    source = _source(SourceKind.PAGE)
    return [
        ("read_capture, a page", _cpu(lambda n: read_capture(pages[n], source, frozenset(), None), PAGES), "ms a page")
    ]


async def _of_workers(feeds: list[Capture]) -> list[Measured]:
    source, known = _source(SourceKind.FEED), frozenset[str]()
    workers = Workers()
    begun = time.perf_counter()
    await workers.read(feeds[0], source, known, None)
    first = time.perf_counter() - begun
    seen = frozenset((await workers.read(feeds[0], source, known, None)).seen)
    rounds = []
    for _ in range(200):
        begun = time.perf_counter()
        await workers.read(feeds[0], source, seen, None)
        rounds.append(time.perf_counter() - begun)
    resident = _resident(workers.pids[0])
    await workers.close()
    return [
        ("the first read of a new worker (wall)", first * 1e3, "ms"),
        ("a read with nothing new through a worker (wall)", statistics.median(rounds) * 1e3, "ms a feed"),
        ("resident memory of a worker", resident, "MB"),
    ]


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def _cpu(work: Callable[[int], object], count: int) -> float:
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for n in range(count):
            work(n)
        rounds.append((time.process_time() - begun) / count * 1e3)
    return statistics.median(rounds)


def _words(dice: random.Random, lang: str, count: int) -> str:
    return " ".join(dice.choice(LEXICON[lang].split()) for _ in range(count))


def _feed(dice: random.Random, number: int) -> str:
    lang = ("en", "zh", "fr")[number % 3]
    items = "".join(
        f"<item><title>{_words(dice, lang, 9)}</title><link>https://news.example/{number}/{n}</link>"
        f"<guid>{number}-{n}</guid><pubDate>Tue, 10 Mar 2026 09:{n:02}:00 GMT</pubDate>"
        f"<description><![CDATA[<p>{_words(dice, lang, 60)}</p><p>{_words(dice, lang, 60)}</p>]]></description></item>"
        for n in range(20)
    )
    return f'<rss version="2.0"><channel><title>News</title><language>{lang}</language>{items}</channel></rss>'


def _page(dice: random.Random) -> str:
    links = "".join(f'<li><a href="/{n}">{_words(dice, "en", 3)}</a></li>' for n in range(120))
    words = "".join(f"<p>{_words(dice, 'en', 50)}.</p>" for _ in range(12))
    return (
        f"<html lang='en'><head><title>{_words(dice, 'en', 8)}</title></head><body><nav><ul>{links}</ul></nav>"
        f"<article><h1>{_words(dice, 'en', 8)}</h1>{words}</article><footer><ul>{links}</ul></footer></body></html>"
    )


def _capture(body: str, content_type: str, number: int) -> Capture:
    data = body.encode()
    url = f"https://news.example/{number}"
    return Capture(f"c{number}", "bench", url, NOW, 200, content_type, data, digest(data))


def _source(kind: SourceKind) -> Source:
    return Source("bench", "Bench", "https://news.example/", kind, Authority.NEWS, "bench", timedelta(minutes=15))


if __name__ == "__main__":
    main()
