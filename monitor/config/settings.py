"""settings.yaml as frozen types, with every default in one place."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from monitor.config.problems import refuse
from monitor.config.strict import Strict
from monitor.config.telling import AlertSettings, ChannelSettings, HeartbeatSettings, Period, TargetSettings
from monitor.config.units import (
    Duration,
    Positive,
    Size,
    WebAddress,
    in_the_clear,
    web_address,
)
from monitor.config.web import Network, OidcSettings, ProxySettings


def _at_least_a_second(span: timedelta) -> timedelta:
    if span < timedelta(seconds=1):
        raise refuse("must be 1s or longer")
    return span


def _at_most_a_minute(span: timedelta) -> timedelta:
    if span > timedelta(minutes=1):
        raise refuse("must be 1m or shorter", "documents wait meanwhile")
    return span


def _host(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name):
        raise refuse(f"{name!r} is not a host", "its name alone, in small letters, such as api.example.com")
    return name


def _public(url: str) -> str:
    if url and urlsplit(web_address(_without_query(url))).path not in ("", "/"):
        raise refuse("holds a path", "only scheme and host, such as https://watch.example.com")
    return url.rstrip("/")


def _rising(band: tuple[float, float]) -> tuple[float, float]:
    if band[0] >= band[1]:
        raise refuse("must rise", "such as [0.25, 0.75]")
    return band


def _without_query(url: str) -> str:
    if "?" in url or "#" in url:
        raise refuse("holds a query", "write the address up to /v1, and a key as api_key")
    return url


def _header_text(text: str) -> str:
    if not text.isascii() or not (text + " ").isprintable():
        raise refuse("goes into a request header: only ASCII letters, digits, signs and spaces")
    return text


def _collector(url: str) -> str:
    if "?" in url or "#" in url or url.rstrip("/").endswith("/v1/traces"):
        raise refuse("is more than the collector's address", "such as http://127.0.0.1:4318; /v1/traces is added")
    if url and in_the_clear(web_address(url)):
        raise refuse("is plain http to another machine", "write https://, or name a collector on this machine")
    return url


Host = Annotated[str, AfterValidator(_host)]
Probability = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
HeaderText = Annotated[str, AfterValidator(_header_text)]


class LogLevel(StrEnum):
    """The least important line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log looks."""

    AUTO = "auto"  # console on a terminal, JSON otherwise
    CONSOLE = "console"
    JSON = "json"


class StoreSettings(Strict):
    """Where rows are kept."""

    url: str = ""  # "" is SQLite in the state directory
    password: SecretStr = SecretStr("")


class KeepSettings(Strict):
    """For how long bytes and rows are kept."""

    evidence: Positive = timedelta(days=400)  # bytes of what led to a signal
    quarantined: Positive = timedelta(days=30)  # bytes of what could not be read
    documents: Positive = timedelta(days=180)  # that no incident names
    held: Positive = timedelta(days=180)  # decisions not to speak that newer ones have overtaken


class WebSettings(Strict):
    """Where the console, the API and the metrics listen."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=9464, ge=0, le=65535)  # 0: any free port
    public_url: Annotated[str, AfterValidator(_public)] = ""  # where hubs reach us (WebSub); "" subscribes to nothing
    hosts: tuple[Host, ...] = ()  # names by which it may be called, beside its own, addresses, and that of public_url
    proxy_headers: tuple[Network, ...] = ()  # proxies whose X-Forwarded-For and X-Forwarded-Proto are believed
    proxy: ProxySettings = ProxySettings()
    oidc: OidcSettings = OidcSettings()


class FetchSettings(Strict):
    """How politely and how much is fetched."""

    user_agent: HeaderText = "Sellerwatch/0.1"
    contact: HeaderText = ""  # where a site's owner can reach you
    browser: str = ""  # the program that opens `rendered` pages; "" looks for Chromium
    concurrency: int = Field(default=32, ge=1, le=1000)
    per_host: int = Field(default=2, ge=1, le=32)
    timeout: Positive = timedelta(seconds=20)
    max_bytes: Size = 10 * 1024**2  # after decompression
    allow_private: bool = False  # loopback and internal addresses; for tests and the demo
    page_lease: Positive = timedelta(minutes=2)
    min_every: Annotated[Positive, AfterValidator(_at_least_a_second)] = timedelta(minutes=1)
    gap: Annotated[Duration, AfterValidator(_at_most_a_minute)] = timedelta(seconds=1)  # a host's rest between requests
    pace: Mapping[Host, Annotated[Duration, AfterValidator(_at_most_a_minute)]] = {  # of hosts that ask for another
        "api.gdeltproject.org": timedelta(seconds=5),
        "news.google.com": timedelta(seconds=3),
        "www.bing.com": timedelta(seconds=3),
        "itunes.apple.com": timedelta(seconds=4),  # about 20 calls a minute are let through
        "play.google.com": timedelta(seconds=3),
        "api.ooni.io": timedelta(seconds=2),
    }


class ReadSettings(Strict):
    """The limits of one disposable worker process."""

    workers: int = Field(default=1, ge=1, le=64)
    cpu: Positive = timedelta(seconds=5)
    wall: Positive = timedelta(seconds=10)
    memory: Size = 512 * 1024**2
    idle: Positive = timedelta(seconds=60)  # an idle worker ends after this


class AnswerFormat(StrEnum):
    """How a second opinion's endpoint is told to keep to the schema."""

    AUTO = "auto"  # the first of the others that it takes
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"


class SecondOpinionSettings(Strict):
    """Who is asked about uncertain documents, and within which limits; nobody unless enabled."""

    enabled: bool = False
    base_url: Annotated[WebAddress, AfterValidator(_without_query)] = "http://127.0.0.1:8080/v1"
    model: Annotated[str, Field(max_length=100), AfterValidator(_header_text)] = ""
    api_key: SecretStr = SecretStr("")
    band: Annotated[tuple[Probability, Probability], AfterValidator(_rising)] = (0.25, 0.75)
    weight: float = Field(default=0.4, gt=0, le=0.5, allow_inf_nan=False)
    requests_per_day: int = Field(default=200, ge=0, le=1_000_000)
    tokens_per_day: int = Field(default=500_000, ge=0, le=1_000_000_000)
    timeout: Annotated[Positive, AfterValidator(_at_least_a_second), AfterValidator(_at_most_a_minute)] = timedelta(
        seconds=20
    )
    most_characters: int = Field(default=6_000, ge=200, le=100_000)
    answer_tokens: int = Field(default=400, ge=50, le=10_000)
    remembered: int = Field(default=5_000, ge=0, le=1_000_000)
    format: AnswerFormat = AnswerFormat.AUTO
    insecure: bool = False  # plain http to another machine


class SentrySettings(Strict):
    """Where errors of the daemon itself are reported; nowhere without a DSN."""

    dsn: SecretStr = SecretStr("")
    environment: str = Field(default="production", min_length=1)


class TracingSettings(Strict):
    """Which OpenTelemetry collector takes spans; nobody without an endpoint. Needs the extra `otel`."""

    endpoint: Annotated[str, AfterValidator(_collector)] = ""  # OTLP over HTTP, without /v1/traces


class LogSettings(Strict):
    """The service's own log."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.AUTO


class Settings(Strict):
    """The whole of settings.yaml. Spans of time are timedelta, sizes are bytes, secrets are resolved SecretStr."""

    store: StoreSettings = StoreSettings()
    keep: KeepSettings = KeepSettings()
    state_dir: str = ""
    web: WebSettings = WebSettings()
    fetch: FetchSettings = FetchSettings()
    read: ReadSettings = ReadSettings()
    alerts: AlertSettings = AlertSettings()
    channels: ChannelSettings = ChannelSettings()
    targets: tuple[TargetSettings, ...] = ()
    drill: Period = Period.WEEKLY  # an invented event goes the whole way
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    second_opinion: SecondOpinionSettings = SecondOpinionSettings()
    sentry: SentrySettings = SentrySettings()
    tracing: TracingSettings = TracingSettings()
    log: LogSettings = LogSettings()
