"""Every way to tell somebody that the settings allow: with `wiring` the only file that names channels."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from monitor.config import Config
from monitor.notify.email import EmailChannel
from monitor.notify.journal import JournalChannel
from monitor.notify.slack import SlackChannel
from monitor.ports import Channel


def channels(settings: Config) -> dict[str, Channel]:
    """Every way to tell somebody that the settings allow, by name."""
    email, slack = settings.settings.channels.email, settings.settings.channels.slack
    built: dict[str, Channel] = {
        "journal": JournalChannel(),
        "slack": SlackChannel(slack.timeout.total_seconds(), settings.settings.fetch.allow_private),
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
        )
    return built


def secrets(settings: Config) -> Iterator[str]:
    """Every secret of the configuration, and whom we write to, for the redactor."""
    known = settings.settings
    yield known.channels.email.password.get_secret_value()
    yield known.store.password.get_secret_value()
    yield known.sentry.dsn.get_secret_value()
    yield known.second_opinion.api_key.get_secret_value()
    for target in settings.targets:
        yield target.address
        yield target.secret
        if target.channel == "slack":
            yield urlsplit(target.address).path  # an error may quote the path alone
