"""The part of settings.yaml that says who is told, of what, when and by which way."""

from datetime import time, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from monitor.config.problems import nearest, refuse
from monitor.config.strict import Id, Strict
from monitor.config.units import (
    WEEK,
    ClockTime,
    Country,
    Duration,
    Known,
    Language,
    MessageLanguage,
    PlatformName,
    Positive,
    SeverityName,
    Weekday,
    Zone,
)
from monitor.domain.alerts import Level, Policy, Target
from monitor.domain.exposure import Severity
from monitor.domain.hours import Hours, Quiet
from monitor.domain.signals import EventType, Status


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


def _in_time(span: timedelta) -> timedelta:
    if span > timedelta(seconds=60):
        raise refuse("must be 60s or shorter", "others wait meanwhile")
    return span


def _a_heartbeat(span: timedelta) -> timedelta:
    if span < timedelta(seconds=30):
        raise refuse("must be 30s or longer", "that is how often we look")
    return span


def _seller(name: str, info: ValidationInfo) -> str:
    known: Known = info.context or Known()
    if known.sellers is not None and name not in known.sellers:
        raise refuse(f"no seller is called {name!r}", nearest(name, known.sellers) or "add it to exposure.yaml")
    return name


class ChannelName(StrEnum):
    """The ways to tell somebody."""

    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    APPRISE = "apprise"  # DingTalk, Feishu, WeCom, Telegram, Teams, PagerDuty, ntfy ...
    JOURNAL = "journal"  # the service's own log


class Security(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Period(StrEnum):
    """How often a digest comes."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"  # on Mondays


class LevelSettings(Strict):
    """Who hears of it when nobody acknowledged it for `after`."""

    after: Positive
    targets: Annotated[tuple[Id, ...], Field(min_length=1)]


class HoursSettings(Strict):
    """Hours of the week, by the target's own zone."""

    start: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="to")
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def hours(self) -> Hours:
        """As the domain takes them."""
        return Hours(self.start, self.end, frozenset(WEEK.index(day) for day in self.days))


class QuietSettings(HoursSettings):
    """Hours in which only what weighs at least `below` is said at once."""

    below: SeverityName = Severity.CRITICAL

    def quiet(self) -> Quiet:
        """As the domain takes it."""
        return Quiet(self.hours(), self.below)


class AlertSettings(Strict):
    """When to speak, and for how long to try."""

    min_severity: SeverityName = Severity.LOW
    group_wait: Duration = timedelta(seconds=30)
    old_news: Positive = timedelta(days=45)
    page_for: Positive = timedelta(hours=24)
    info_for: Positive = timedelta(hours=72)
    blind_wait: Duration = timedelta(hours=1)  # from the first source that went blind to the notice of all

    group_interval: Duration = timedelta(minutes=5)  # between two messages of one incident to one target
    repeat: Duration = timedelta(hours=4)  # while nobody acknowledged it; 0s: never
    most_repeats: int = Field(default=3, ge=0, le=100)
    escalation: tuple[LevelSettings, ...] = ()
    reminders: tuple[Annotated[int, Field(ge=0, le=365)], ...] = (30, 14, 7, 3, 1, 0)  # days before a deadline
    inhibit: bool = True  # a ban of the platform mutes its fee change

    def policy(self) -> Policy:
        """As the decisions take it."""
        plain = {name: getattr(self, name) for name in type(self).model_fields}
        levels = tuple(Level(level.after, level.targets) for level in self.escalation)
        days = tuple(sorted(set(self.reminders), reverse=True))
        return Policy(**plain | {"escalation": levels, "reminders": days})


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


class PostSettings(Strict):
    """How other people's servers are called; their addresses stand at the targets."""

    timeout: Annotated[Positive, AfterValidator(_in_time)] = timedelta(seconds=15)
    allow_private: bool = False  # plain http, and addresses inside networks of ours


class AppriseSettings(PostSettings):
    """The same, for what Apprise calls."""

    timeout: Annotated[Positive, AfterValidator(_in_time)] = timedelta(seconds=30)


class ChannelSettings(Strict):
    """What each channel needs, whoever is told by it."""

    email: EmailSettings = EmailSettings()
    slack: SlackSettings = SlackSettings()
    webhook: PostSettings = PostSettings()
    alertmanager: PostSettings = PostSettings()
    apprise: AppriseSettings = AppriseSettings()


class HeartbeatSettings(Strict):
    """An outside check that hears from us while all is well, and raises an alarm when it does not."""

    url: SecretStr = SecretStr("")  # whoever knows it can pretend that we live
    every: Annotated[Positive, AfterValidator(_a_heartbeat)] = timedelta(minutes=5)


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
    min_certainty: Status = Status.RUMOR  # rumor | proposed | confirmed | effective
    languages: tuple[Language, ...] = ()  # of the sources that say it
    language: MessageLanguage = "en"  # of the messages
    zone: Zone = "UTC"
    quiet: tuple[QuietSettings, ...] = ()
    duty: tuple[HoursSettings, ...] = ()  # told only then
    fallback: str = ""  # the target that gets what this one refuses for good
    cap: int = Field(default=0, ge=0, le=10_000)  # messages an hour, critical ones apart; 0: no limit
    pace: int = Field(default=0, ge=0, le=6_000)  # messages a minute; 0: as the channel bears
    digest: Period = Period.NEVER
    digest_at: ClockTime = time(8)
    alerts: bool = True  # false: digests alone
    drill: bool = False  # hears the drills; the operators do, when no target is marked
    secret: SecretStr = SecretStr("")  # signs what a webhook gets; the token of a Slack app

    def target(self) -> Target:
        """As the decisions and the channels take it."""
        return Target(
            id=self.id,
            channel=self.channel.value,
            address=self.address.get_secret_value(),
            sellers=self.sellers,
            platforms=self.platforms,
            countries=self.countries,
            events=self.events,
            min_severity=self.min_severity,
            operations=self.operations,
            min_certainty=self.min_certainty,
            languages=self.languages,
            language=self.language,
            zone=self.zone,
            quiet=tuple(one.quiet() for one in self.quiet),
            duty=tuple(one.hours() for one in self.duty),
            fallback=self.fallback,
            cap=self.cap,
            pace=self.pace,
            digest="" if self.digest is Period.NEVER else self.digest.value,
            digest_at=self.digest_at,
            alerts=self.alerts,
            drill=self.drill,
            secret=self.secret.get_secret_value(),
        )
