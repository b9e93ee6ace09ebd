"""settings.yaml and the environment, made one: sections validated, secrets looked up, targets checked."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from monitor import tracing
from monitor.config.addresses import ADDRESSES, SECRETS, heartbeat_address, is_slack_channel
from monitor.config.environment import lay_over
from monitor.config.problems import Problem, nearest, refuse
from monitor.config.secrets import REFERENCE, SecretProblem, Secrets, opened_to_others
from monitor.config.settings import SecondOpinionSettings, Settings, WebSettings
from monitor.config.telling import AlertSettings, ChannelName, HeartbeatSettings, TargetSettings
from monitor.config.units import Known, in_the_clear, web_address
from monitor.config.validation import blocks, taken_twice, validate
from monitor.config.web import OidcSettings
from monitor.config.yaml_file import KeyPath, YamlFile, read_yaml

NAME = "settings.yaml"
_DATABASE = ("store", "password")


def read_settings(
    directory: Path, environ: Mapping[str, str], known: Known, looks: bool = False
) -> tuple[Settings, YamlFile, list[Problem]]:
    """The settings with their secrets in place. What did not validate stands at its default, and is in the problems.

    Who only `looks` at what is kept asks nobody else for anything: of the secrets it needs the database's alone, and
    another that cannot be had is empty, and no problem.
    """
    path = directory / NAME
    file, problems = read_yaml(path, NAME) if path.exists() else (YamlFile(NAME, path), [])
    if file.value is not None and not isinstance(file.value, dict):
        problems.append(file.problem((), "should be a block of keys and values"))
    file = replace(file, value=file.value if isinstance(file.value, dict) else {})
    file, found = lay_over(file, environ)
    problems += found
    sound = {}
    for key, value in file.value.items():  # one by one: a mistake in one section does not hide those in the others
        section, found = validate(Settings, replace(file, value={key: value}), (), known)
        problems += found
        if section is not None:
            sound[key] = value
    settings, _ = validate(Settings, replace(file, value=sound), (), known)
    ids = ((("targets", n, "id"), row.get("id")) for n, row in blocks(file.value.get("targets")))
    problems += taken_twice(file, ids, {})
    resolver = _Resolver(file, Secrets(environ), known, looks, problems)
    return (
        resolver.resolve(settings or Settings(), mail_is_known="channels" in sound or "channels" not in file.value),
        file,
        problems,
    )


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Puts what `secret:NAME` stands for in its place, and checks what can be checked only then."""

    file: YamlFile
    secrets: Secrets
    known: Known
    looks: bool  # and sends nothing
    problems: list[Problem] = field(default_factory=list)

    def resolve(self, settings: Settings, mail_is_known: bool) -> Settings:
        email = settings.channels.email
        password = self._secret(("channels", "email", "password"), email.password, bool(email.host and email.username))
        channels = settings.channels.model_copy(update={"email": email.model_copy(update={"password": password})})
        store = {"password": self._secret(_DATABASE, settings.store.password, bool(settings.store.url))}
        dsn = self._secret(("sentry", "dsn"), settings.sentry.dsn)
        self._check(("sentry", "dsn"), _dsn, dsn.get_secret_value())
        if settings.tracing.endpoint and not tracing.installed():
            hint = "make deploy EXTRAS=otel (docs/supply.md), or leave it empty"
            self._report(("tracing", "endpoint"), "is set, and OpenTelemetry is not installed", hint)
        web = settings.web.model_copy(update={"oidc": self._oidc(settings.web)})
        mailless = mail_is_known and not email.host
        return settings.model_copy(
            update={
                "channels": channels,
                "store": settings.store.model_copy(update=store),
                "web": web,
                "second_opinion": self._second_opinion(settings.second_opinion),
                "sentry": settings.sentry.model_copy(update={"dsn": dsn}),
                "heartbeat": self._heartbeat(settings.heartbeat, settings.fetch.allow_private),
                "targets": self._joined(tuple(self._targets(mailless, _in_the_clear(settings))), settings.alerts),
            }
        )

    def _joined(self, targets: tuple[TargetSettings, ...], alerts: AlertSettings) -> tuple[TargetSettings, ...]:
        """The same, when every target that another one or a level of the escalation names is there."""
        known = {target.id: target for target in targets}
        written = [(n, row.get("id"), row.get("fallback")) for n, row in blocks(self.file.value.get("targets"))]
        for n, id, fallback in written:
            if not fallback or not isinstance(fallback, str):
                continue
            if fallback not in {other for _, other, _ in written}:
                self._report(("targets", n, "fallback"), f"no target is called {fallback!r}", nearest(fallback, known))
            elif id in _chain(fallback, known):
                self._report(("targets", n, "fallback"), "leads back to this target", "name another, or none")
        for n, level in enumerate(alerts.escalation):
            for name in level.targets:
                if name not in {other for _, other, _ in written}:
                    path = ("alerts", "escalation", n, "targets")
                    self._report(path, f"no target is called {name!r}", nearest(name, known))
        return targets

    def _heartbeat(self, asked: HeartbeatSettings, clear: bool) -> HeartbeatSettings:
        """With its address, which is https but in a network of our own."""
        path = ("heartbeat", "url")
        if clear and asked.url.get_secret_value().startswith("http://"):  # what goes in the clear is no secret
            return asked
        url = self._secret(path, asked.url)
        self._check(path, heartbeat_address, url.get_secret_value())
        return asked.model_copy(update={"url": url})

    def _oidc(self, web: WebSettings) -> OidcSettings:
        """With its secret; set, it needs its extra, and an address to come back to."""
        asked = web.oidc
        secret = self._secret(("web", "oidc", "client_secret"), asked.client_secret, bool(asked.issuer))
        if asked.issuer and find_spec("authlib") is None:
            hint = "make deploy EXTRAS=oidc (docs/supply.md), or leave it empty"
            self._report(("web", "oidc", "issuer"), "is set, and Authlib is not installed", hint)
        if asked.issuer and not web.public_url:
            hint = "set web.public_url, the address at which browsers reach the desk"
            self._report(("web", "oidc", "issuer"), "is set, and there is no way back to the desk", hint)
        return asked.model_copy(update={"client_secret": secret})

    def _second_opinion(self, asked: SecondOpinionSettings) -> SecondOpinionSettings:
        """With its key; what is wrong with an endpoint that nobody asks is let be."""
        key = self._secret(("second_opinion", "api_key"), asked.api_key, asked.enabled)
        if asked.enabled:
            self._check(("second_opinion", "api_key"), _bearer, key.get_secret_value())
            if not asked.model:
                self._report(("second_opinion", "model"), "is missing", "the name under which the endpoint serves it")
            if not asked.insecure:
                self._check(("second_opinion", "base_url"), _kept_private, asked.base_url)
        return asked.model_copy(update={"api_key": key})

    def _targets(self, mailless: bool, clear: Collection[ChannelName]) -> list[TargetSettings]:
        """The good targets among the written ones. The channels in `clear` may call plain http."""
        written = self.file.value.get("targets")
        good = []
        for n in range(len(written) if isinstance(written, list) else 0):
            target, _ = validate(TargetSettings, self.file, ("targets", n), self.known)
            if target is None:
                continue
            if target.channel is ChannelName.EMAIL and mailless:
                self._report(("targets", n, "channel"), "there is no mail server to send by", "set channels.email.host")
            if target.channel is ChannelName.ALERTMANAGER and target.cap:
                what = "would leave alerts unfired: Alertmanager does the counting itself"
                self._report(("targets", n, "cap"), what, "leave it out, and group and repeat there")
            address = self._address(("targets", n, "address"), target, target.channel in clear)
            secret = self._signed(("targets", n, "secret"), target, address.get_secret_value())
            good.append(target.model_copy(update={"address": address, "secret": secret}))
        return good

    def _address(self, path: KeyPath, target: TargetSettings, clear: bool) -> SecretStr:
        text = target.address.get_secret_value()
        if target.channel is ChannelName.JOURNAL:
            return target.address
        if not text:
            self._report(path, f"is missing: the {target.channel} channel needs to know where to")
            return target.address
        rule: Callable[[str], object] = ADDRESSES[target.channel]
        if text.startswith("http://") and clear:  # a sink on this machine; what goes in the clear is no secret
            address, rule = target.address, web_address
        elif target.channel is ChannelName.EMAIL or is_slack_channel(text):
            address = self._looked_up(path, text)
        else:
            address = self._secret(path, target.address)
        self._check(path, rule, address.get_secret_value())
        return address

    def _signed(self, path: KeyPath, target: TargetSettings, address: str) -> SecretStr:
        """The target's secret, as its channel takes one."""
        secret = self._secret(path, target.secret)
        if rule := SECRETS.get(target.channel):
            self._check(path, rule, secret.get_secret_value())
        app = target.channel is ChannelName.SLACK and is_slack_channel(address)
        if app and not target.secret.get_secret_value():
            self._report(path, "is missing: the token by which the app writes to the channel", 'such as "secret:slack"')
        return secret

    def _secret(self, path: KeyPath, written: SecretStr, needed: bool = True) -> SecretStr:
        """The secret itself; written out in the file, it must be for its owner's eyes only."""
        text = written.get_secret_value()
        literal = text and not text.startswith(REFERENCE) and path in self.file.lines
        if literal and not self.file.is_overridden(path) and (command := opened_to_others(self.file.path)):
            self._report(path, "is a secret, and others can read this file", f"{command}, or write secret:NAME here")
        return self._looked_up(path, text) if needed else SecretStr("")

    def _looked_up(self, path: KeyPath, text: str) -> SecretStr:
        try:
            return SecretStr(self.secrets.resolve(text))
        except SecretProblem as error:
            if not self.looks or path == _DATABASE:
                self._report(path, str(error))
            return SecretStr("")

    def _check(self, path: KeyPath, rule: Callable[[str], object], text: str) -> None:
        try:
            if text:
                rule(text)
        except PydanticCustomError as error:
            self._report(path, error.message(), (error.context or {}).get("hint", ""))

    def _report(self, path: KeyPath, what: str, hint: str = "") -> None:
        self.problems.append(self.file.problem(path, what, hint))


def _in_the_clear(settings: Settings) -> frozenset[ChannelName]:
    """The channels that may post to plain http and to networks of ours."""
    known = settings.channels
    allowed = {
        ChannelName.SLACK: False,
        ChannelName.WEBHOOK: known.webhook.allow_private,
        ChannelName.ALERTMANAGER: known.alertmanager.allow_private,
    }
    return frozenset(name for name, may in allowed.items() if may or settings.fetch.allow_private)


def _chain(id: str, targets: Mapping[str, TargetSettings]) -> list[str]:
    """The target and its fallbacks, one after the other."""
    chain: list[str] = []
    while id in targets and id not in chain:
        chain.append(id)
        id = targets[id].fallback
    return chain


def _dsn(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise refuse("is not a Sentry DSN", "it begins with https://; or leave it empty")
    return text


def _bearer(key: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise refuse("is no key: it goes into a request header", "ASCII letters, digits and signs alone")
    return key


def _kept_private(url: str) -> str:
    """Texts and the key cross the network under TLS or not at all."""
    if in_the_clear(url):
        raise refuse("is plain http to another machine", "write https://, or insecure: true in a network of your own")
    return url
