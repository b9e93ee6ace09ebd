"""What a configuration amounts to, in a few rows, and what its owner may have overlooked."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from monitor.config.kept_exposure import PREFIX, strays
from monitor.config.load import Config


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table that `check-config` prints; never a secret or an address."""

    topic: str
    value: str
    detail: str = ""


def describe(config: Config) -> tuple[Row, ...]:
    """The table: sources by authority and language, platforms, sellers, targets, store; warnings last."""
    watched = [source for source in config.sources if source.enabled]
    off = len(config.sources) - len(watched)
    languages = Counter(language for source in watched for language in source.languages)
    store = make_url(config.store_url)
    rows = [
        Row("sources", f"{len(watched)} on, {off} off", _counts(source.authority.value for source in watched)),
        Row("kinds", str(len({source.kind for source in watched})), _counts(source.kind.value for source in watched)),
        Row("languages", str(len(languages)), _counts(languages.elements())),
        Row("platforms", str(len(config.platforms)), _counts(platform.kind for platform in config.platforms)),
    ]
    for seller in config.sellers:
        stakes = _positions(len(seller.positions))
        uploaded = ", uploaded at the desk" if seller.id in config.kept else ""
        rows.append(Row("seller", seller.name, f"{stakes}{uploaded}, {seller.currency}"))
    for target in config.targets:
        rows.append(Row("target", target.id, f"{target.channel}, {target.min_severity.name.lower()} and above"))
    if (asked := config.settings.second_opinion).enabled:
        limits = f"{asked.requests_per_day} requests and {asked.tokens_per_day} tokens a day at most"
        between = f"asked from {asked.band[0]} to {asked.band[1]}"
        rows.append(Row("second opinion", asked.model, f"{urlsplit(asked.base_url).hostname}, {between}, {limits}"))
    if endpoint := config.settings.tracing.endpoint:
        rows.append(Row("traces", urlsplit(endpoint).hostname or "", "ids and counts, to an OpenTelemetry collector"))
    where = store.render_as_string(hide_password=True) if store.host else str(store.database)
    rows.append(Row("store", store.get_backend_name(), where))
    return (*rows, *(Row("warning", warning) for warning in warnings(config)))


def warnings(config: Config) -> tuple[str, ...]:
    """What is allowed and yet probably not meant."""
    found = []
    if not config.targets:
        found.append("no targets: nobody will be told")
    watched = [source for source in config.sources if source.enabled]
    if not watched:
        found.append("no source is on: nothing is watched")
    if not any(seller.positions for seller in config.sellers):
        found.append("no positions in exposure.yaml: alerts are weighed by event and certainty alone")
    for path in strays(config.state_dir, (seller.id for seller in config.sellers)):
        found.append(f"{path} is not read: no seller is called {path.stem.removeprefix(PREFIX)}")
    if not config.settings.fetch.contact:
        found.append("fetch.contact is empty: a site's owner who is troubled by the requests cannot reach you")
    addressed = {name for target in config.targets for name in target.sellers}
    heard = not config.targets or any(not target.sellers for target in config.targets)
    for seller in config.sellers:
        if not heard and seller.id not in addressed:
            found.append(f"no target is for seller {seller.id}: it will not be told")
    found += _in_the_clear(config)
    email = config.settings.channels.email
    if email.username and email.security.value == "none":
        found.append("channels.email.security is none: the password travels in the clear")
    asked = config.settings.second_opinion
    if asked.enabled and asked.insecure and not asked.base_url.lower().startswith("https://"):
        found.append("second_opinion.insecure is true: documents and the key may travel in the clear")
    return tuple(found)


def _in_the_clear(config: Config) -> Iterator[str]:
    """The targets whose own channel would refuse their address: the switch of the sources lets it pass."""
    channels = config.settings.channels
    allowed = {"webhook": channels.webhook.allow_private, "alertmanager": channels.alertmanager.allow_private}
    for target in config.targets:
        if target.address.startswith("http://") and not allowed.get(target.channel, False):
            other = f", though channels.{target.channel}.allow_private is false" if target.channel in allowed else ""
            yield f"target {target.id} is called by plain http: fetch.allow_private is true and lets it{other}"


def _positions(number: int) -> str:
    if not number:
        return "no positions: told of everything"
    return "1 position" if number == 1 else f"{number} positions"


def _counts(words: Iterable[str]) -> str:
    """`en 12, de 4`: the most frequent first."""
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{word} {count}" for word, count in ranked)
