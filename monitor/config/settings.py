"""settings.yaml as frozen types, with every default in one place."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo

from monitor.config.problems import nearest, refuse
from monitor.config.units import (
    Country,
    Duration,
    Known,
    PlatformName,
    Positive,
    SeverityName,
    Size,
    WebAddress,
    web_address,
)
from monitor.domain.alerts import Policy
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType


class Strict(BaseModel):
    """Unknown keys and wrong types are refused; values are never shown in errors, as they may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def mailbox(address: str) -> str:
    """One `user@host`, as it stands."""
    try:
        parsed = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        parsed = Address()
    if not parsed.username or not parsed.domain or not address.isascii() or not address.isprintable():
        several = "," in address or ";" in address
        raise refuse("is not one e-mail address", "write one target each" if several else "such as ops@example.com")
    return address


def _sender(text: str) -> str:
    name, bracket, rest = text.partition("<")
    if not text.isprintable() or (bracket and not rest.endswith(">")):
        raise refuse("is not a sender", "such as Sellerwatch <alerts@example.com>")
    mailbox(rest[:-1] if bracket else name.strip())
    return text


def _seller(name: str, info: ValidationInfo) -> str:
    known: Known = info.context or Known()
    if known.sellers is not None and name not in known.sellers:
        raise refuse(f"no seller is called {name!r}", nearest(name, known.sellers) or "add it to exposure.yaml")
    return name


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


Host = Annotated[str, AfterValidator(_host)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Probability = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
HeaderText = Annotated[str, AfterValidator(_header_text)]


class ChannelName(StrEnum):
    """The ways to tell somebody."""

    EMAIL = "email"
    SLACK = "slack"
    JOURNAL = "journal"  # the service's own log


class Security(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


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
    """For how long bytes are kept after they were read."""

    evidence: Positive = timedelta(days=400)  # of what led to a signal
    quarantined: Positive = timedelta(days=30)  # of what could not be read


class WebSettings(Strict):
    """Where the console, the API and the metrics listen."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=9464, ge=0, le=65535)  # 0: any free port
    public_url: Annotated[str, AfterValidator(_public)] = ""  # where hubs reach us (WebSub); "" subscribes to nothing


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


class AlertSettings(Strict):
    """When to speak, and for how long to try."""

    min_severity: SeverityName = Severity.LOW
    group_wait: Duration = timedelta(seconds=30)
    old_news: Positive = timedelta(days=45)
    page_for: Positive = timedelta(hours=24)
    info_for: Positive = timedelta(hours=72)
    blind_wait: Duration = timedelta(hours=1)  # from the first source that went blind to the notice of all

    def policy(self) -> Policy:
        return Policy(**self.model_dump())


class EmailSettings(Strict):
    """The mail server."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    username: str = ""
    password: SecretStr = SecretStr("secret:smtp-password")
    sender: Annotated[str, AfterValidator(_sender)] = "Sellerwatch <sellerwatch@localhost>"
    timeout: Positive = timedelta(seconds=30)


class SlackSettings(Strict):
    """How webhooks are called; their addresses stand at the targets."""

    timeout: Positive = timedelta(seconds=15)
    per_second: float = Field(default=1.0, gt=0, le=100, allow_inf_nan=False)


class ChannelSettings(Strict):
    """What each channel needs, whoever is told by it."""

    email: EmailSettings = EmailSettings()
    slack: SlackSettings = SlackSettings()


class TargetSettings(Strict):
    """Who is told, of what: an empty filter lets everything through."""

    id: Id
    channel: ChannelName
    address: SecretStr = SecretStr("")
    sellers: tuple[Annotated[str, AfterValidator(_seller)], ...] = ()
    platforms: tuple[PlatformName, ...] = ()
    countries: tuple[Country, ...] = ()
    events: tuple[EventType, ...] = ()
    min_severity: SeverityName = Severity.LOW
    operations: bool = False  # is told when our own sources go blind; every target is, when none is marked


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
    second_opinion: SecondOpinionSettings = SecondOpinionSettings()
    sentry: SentrySettings = SentrySettings()
    log: LogSettings = LogSettings()
