"""What the operator decides about fetching, and the Scrapy settings that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How we show ourselves to servers and how much we take from them."""

    user_agent: str  # product/version; robots.txt groups are matched against it
    contact: str  # URL or address at which a server's owner reaches us
    concurrency: int = 32  # requests in flight
    per_host: int = 2  # of them to one host
    timeout: float = 20.0  # seconds for a whole fetch: name, connection, redirects, robots.txt and body
    max_bytes: int = 10 * 1024 * 1024  # of a body, counted on the wire and again after decompression
    allow_private: bool = False  # loopback and intranet addresses, on any port
    gap: float = 0.0  # seconds from the start of one request to a host to the next; none on this machine itself
    pace: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # gaps of single hosts
    browser: str = ""  # the Chromium that opens rendered pages; "": the first on PATH, else Playwright's own
    rendering: float = 20.0  # seconds that a rendered page gets on top of `timeout`

    @property
    def identity(self) -> str:
        """The User-Agent header."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent

    def gap_of(self, host: str) -> float:
        """Seconds between two requests to the host; the common gap is for other people's servers."""
        return self.pace.get(host, 0.0 if host in _THIS_MACHINE else self.gap)


_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
MAX_REDIRECTS = 5
MAX_HEADERS = 200


def scrapy_settings(settings: FetchSettings) -> dict[str, Any]:
    """Scrapy with nothing in it that we did not choose.

    The `*_BASE` dictionaries are emptied rather than trusted: Scrapy's defaults include a remote control server, a
    telnet console, handlers for file: and data: URLs, retries, and cookies.
    """
    handler = "monitor.fetch.handler.GuardedHandler"
    return {
        "SPIDER_MODULES": ["spiders"],
        "TWISTED_REACTOR_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "EXTENSIONS_BASE": {},
        "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
        "LOG_ENABLED": False,
        "DOWNLOAD_HANDLERS_BASE": {},
        "DOWNLOAD_HANDLERS": {
            "http": handler,
            "https": handler,
            "file": None,
            "data": None,
            "ftp": None,
            "s3": None,
        },
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DOWNLOAD_MAXSIZE": settings.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "DOWNLOADER_MIDDLEWARES": {
            "monitor.fetch.robots.RobotsGate": 100,
            "monitor.fetch.rendering.RenderedPages": 500,
            "monitor.fetch.responses.BoundedDecompression": 590,
            "monitor.fetch.responses.CheckedRedirect": 600,
        },
        "REDIRECT_MAX_TIMES": MAX_REDIRECTS,
        "RETRY_ENABLED": False,  # the schedule has its own backoff
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,  # it would answer from memory, and a watcher must not
        "METAREFRESH_ENABLED": False,
        # Every status reaches the spider: HttpError is left out, and `handle_httpstatus_all` would stop redirects.
        "SPIDER_MIDDLEWARES_BASE": {"scrapy.spidermiddlewares.referer.RefererMiddleware": 700},
        "REFERRER_POLICY": "no-referrer",
        "USER_AGENT": settings.identity,
        "CONCURRENT_REQUESTS": settings.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.per_host,
        "CONCURRENT_ITEMS": 1,  # a response costs one task then, not a hundred
        "DOWNLOAD_DELAY": 0,
        "SCHEDULER": "monitor.fetch.line.Line",
        "LOG_FORMATTER": "monitor.fetch.line.Quiet",
    }
