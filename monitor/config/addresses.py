"""What each channel's address and secret must look like."""

import base64
import re
from collections.abc import Callable, Mapping

from monitor.config.problems import refuse
from monitor.config.telling import ChannelName, mailbox
from monitor.config.units import web_address

Rule = Callable[[str], object]

_SLACK_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")
_HERE = {"blink1", "dbus", "glib", "gnome", "kde", "qt", "macosx", "syslog", "windows"}
_UNSEEN = {"deltachat", "mqtt", "mqtts", "xmpp", "xmpps"}
_FILES = {"attach", "config", "from_file", "key", "keyfile", "pem", "pgpkey", "subfile", "template"}


def is_slack_channel(address: str) -> bool:
    """Whether it is the id of a channel, which an app writes to, and no webhook."""
    return _SLACK_ID.fullmatch(address) is not None


def _webhook(text: str) -> None:
    if not text.startswith("https://"):
        raise refuse("is not a webhook address", "https://hooks.slack.com/services/...")
    web_address(text)


def _slack(text: str) -> None:
    if not is_slack_channel(text):
        _webhook(text)


def _https(text: str) -> None:
    if text.startswith("http://"):
        raise refuse("is plain http", "https://, or set allow_private for the channel, which is for networks of yours")
    web_address(text)


def heartbeat_address(text: str) -> None:
    """That of an outside check, which knows us by it."""
    if not text.startswith("https://"):
        raise refuse("is not an https address", "such as https://hc-ping.com/...")
    web_address(text)


def _apprise(text: str) -> None:
    """One URL, of a service that is elsewhere, and that is seen to connect."""
    scheme, sign, rest = text.partition("://")
    name = scheme.lower()
    if not sign or not rest or not re.fullmatch(r"[a-z][a-z0-9+]*", name) or not text.isprintable() or " " in text:
        raise refuse("is not an Apprise URL", "such as ntfy://TOPIC or tgram://TOKEN/CHAT; one target each")
    if name in _HERE:
        raise refuse(f"{name}:// is something of this machine", "the journal channel writes to the log")
    if name in _UNSEEN:
        raise refuse(f"{name}:// connects in threads of its own, where no guard sees it")
    asked = {part.partition("=")[0].lower().lstrip("+-:") for part in rest.partition("?")[2].split("&")}
    if named := asked & _FILES:
        raise refuse(f"asks for a file of this machine ({', '.join(sorted(named))})")


def _slack_token(secret: str) -> None:
    if not re.fullmatch(r"xox[a-z]-[A-Za-z0-9-]+", secret):
        raise refuse("is not the token of a Slack app", "it begins with xoxb-")


def _signing_keys(secret: str) -> None:
    for one in secret.split():
        try:
            key = base64.b64decode(one.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not one.startswith("whsec_") or len(key) < 24:
            hint = "python3 -c 'import base64, os; print(\"whsec_\" + base64.b64encode(os.urandom(32)).decode())'"
            raise refuse("is not a signing key: whsec_ and at least 24 bytes in Base64", hint)


def _header(secret: str) -> None:
    if not secret.isprintable() or (":" not in secret and not secret.isascii()):
        raise refuse("goes into a request header", "user:password, or a bearer token")


ADDRESSES: Mapping[ChannelName, Rule] = {
    ChannelName.EMAIL: mailbox,
    ChannelName.SLACK: _slack,
    ChannelName.WEBHOOK: _https,
    ChannelName.ALERTMANAGER: _https,
    ChannelName.APPRISE: _apprise,
}
"""By channel; each raises PydanticCustomError. The journal has no address."""

SECRETS: Mapping[ChannelName, Rule] = {
    ChannelName.SLACK: _slack_token,
    ChannelName.WEBHOOK: _signing_keys,
    ChannelName.ALERTMANAGER: _header,
}
"""The same, of a target's secret where the channel has use for one."""
