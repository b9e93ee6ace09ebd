"""Every way to tell somebody that the settings allow: with `wiring` the only file that names channels."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from monitor import logs
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.alerts import Target
from monitor.notify.alertmanager import AlertmanagerChannel
from monitor.notify.email import EmailChannel
from monitor.notify.journal import JournalChannel
from monitor.notify.slack import SlackChannel
from monitor.notify.webhook import SOURCE, WebhookChannel
from monitor.notify.written import Links, no_links
from monitor.ports import Channel

_PARTS = re.compile(r"[/@:?&=#+,]")
_LIKE_A_SECRET = 8  # characters; what is shorter would hide ordinary words

_log = logs.log("channels")


def channels(settings: Config, links: Links = no_links) -> dict[str, Channel]:
    """Every way to tell somebody that the settings allow, by name; Apprise, which is large, only when a target asks.
    `links` are what a message can be answered with."""
    known, anywhere = settings.settings.channels, settings.settings.fetch.allow_private
    email = known.email
    built: dict[str, Channel] = {
        "journal": JournalChannel(),
        "slack": SlackChannel(known.slack.timeout.total_seconds(), anywhere, links=links),
        "webhook": WebhookChannel(
            now=utc_now,
            timeout=known.webhook.timeout.total_seconds(),
            allow_private=anywhere or known.webhook.allow_private,
            source=settings.settings.web.public_url or SOURCE,
            links=links,
        ),
        "alertmanager": AlertmanagerChannel(
            known.alertmanager.timeout.total_seconds(), anywhere or known.alertmanager.allow_private, links
        ),
    }
    if email.host:
        built["email"] = EmailChannel(
            host=email.host,
            port=email.port,
            security=email.security.value,
            username=email.username,
            password=email.password.get_secret_value() if email.username else "",
            sender=email.sender,
            timeout=email.timeout.total_seconds(),
            links=links,
        )
    if asked := [target for target in settings.targets if target.channel == "apprise"]:
        built["apprise"] = _apprise(settings, asked, links)
    return built


def _apprise(settings: Config, asked: Sequence[Target], links: Links) -> Channel:
    """Said at start: what it cannot send to, and that its sockets are not ours."""
    from monitor.notify.apprise import AppriseChannel

    known = settings.settings.channels.apprise
    anywhere = settings.settings.fetch.allow_private or known.allow_private
    channel = AppriseChannel(known.timeout.total_seconds(), anywhere, links)
    _log.warning("apprise_opens_its_own_sockets", targets=[target.id for target in asked])
    for target in asked:
        if trouble := channel.trouble(target.address):
            _log.warning("apprise_cannot_send", target=target.id, error=trouble)
    return channel


def secrets(settings: Config) -> Iterator[str]:
    """Every secret of the configuration, and whom we write to, for the redactor."""
    known = settings.settings
    yield known.channels.email.password.get_secret_value()
    yield known.store.password.get_secret_value()
    yield known.second_opinion.api_key.get_secret_value()
    yield known.web.oidc.client_secret.get_secret_value()
    for url in (known.sentry.dsn, known.heartbeat.url):
        yield from _of_address(url.get_secret_value())
    for target in settings.targets:
        name, _, password = target.secret.partition(":")
        for key in (password or name).split():
            yield from (key, key.removeprefix("whsec_"))
        if target.channel == "apprise":  # a log of another library's may quote any part of it, spelled out
            yield target.address
            host, *parts = _PARTS.split(target.address.partition("://")[2])
            parts += [] if "." in host else [host]  # many a token stands where other addresses have their host
            yield from (text for part in parts for text in (part, unquote(part)) if len(part) >= _LIKE_A_SECRET)
        else:
            yield from _of_address(target.address)


def _of_address(address: str) -> Iterator[str]:
    """It, and what an error may quote of it alone: its path, and whatever in it is no word."""
    yield address
    if address.startswith("http"):
        split = urlsplit(address)
        yield split.path
        for part in _PARTS.split(f"{split.username or ''}/{split.path}/{split.query}"):
            no_word = len(part) > 2 * _LIKE_A_SECRET or not part.isalpha() or not (part.islower() or part.isupper())
            if len(part) >= _LIKE_A_SECRET and no_word:
                yield from (part, unquote(part))
