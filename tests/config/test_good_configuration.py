"""What a good configuration becomes: frozen values in the domain's own types."""

from dataclasses import FrozenInstanceError
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.config import ConfigError, describe, load, warnings
from monitor.config.units import duration, size
from monitor.domain.alerts import Policy, Target
from monitor.domain.exposure import Position, Severity
from monitor.domain.signals import EventType
from monitor.domain.sources import Authority, SourceKind

EVERYTHING = {
    "settings.yaml": """\
        store: {url: "postgresql://sw@db.example.com/sellerwatch", password: "secret:postgres"}
        state_dir: /var/lib/sellerwatch
        fetch: {contact: ops@example.com, timeout: 5s, max_bytes: 512KB, min_every: 1.5s}
        alerts: {min_severity: high, group_wait: 0s, old_news: 30d}
        channels: {email: {host: mail.example.com, sender: "Desk <desk@example.com>", security: tls}}
        targets:
          - id: us-desk
            channel: email
            address: us@example.com
            sellers: [acme]
            platforms: [TikTok Shop]
            countries: [US, "NO", NO]
            events: [ban, market_exit]
            min_severity: medium
        """,
    "sources/shops.yaml": """\
        - {id: b, name: B, url: https://h.eu/b, kind: page, authority: court, publisher: B, every: 2s, languages: [no],
           countries: [NO, XK, EU, WORLD], platforms: [TikTok Shop], enabled: false, off_reason: too slow}
        """,
    "exposure.yaml": """\
        sellers:
          - id: acme
            name: Acme
            currency: EUR
            rates: {USD: 0.92}
            positions:
              - {platform: TikTok Shop, country: US, sales_per_day: 12000.50, stock: 100, currency: USD}
              - {platform: Shopee, country: SG, prepaid_ads: 7}
        """,
}


def test_every_part_arrives_in_the_types_of_the_domain(write):
    config = load(write(EVERYTHING), {"SELLERWATCH_POSTGRES": "pa/ss"})

    assert config.settings.fetch.timeout == timedelta(seconds=5)
    assert config.settings.fetch.max_bytes == 512 * 1024
    assert config.policy == Policy(Severity.HIGH, timedelta(0), timedelta(days=30))
    assert config.state_dir == Path("/var/lib/sellerwatch")
    assert config.store_url == "postgresql+psycopg://sw:pa%2Fss@db.example.com/sellerwatch"
    assert config.targets == (
        Target(
            "us-desk",
            "email",
            "us@example.com",
            ("acme",),
            ("TikTok Shop",),
            ("US", "NO", "NO"),
            (EventType.BAN, EventType.MARKET_EXIT),
            Severity.MEDIUM,
        ),
    )
    newsroom, slow = config.sources
    assert (newsroom.kind, newsroom.authority, newsroom.every) == (
        SourceKind.FEED,
        Authority.OFFICIAL,
        timedelta(minutes=30),
    )
    assert (slow.every, slow.countries, slow.languages) == (timedelta(seconds=2), ("NO", "XK", "EU", "WORLD"), ("no",))
    assert config.platforms[2].ancestors == ()
    assert config.platforms[1].ancestors == ("ByteDance",)


def test_a_platform_goes_by_its_own_name_first(write):
    assert load(write(), {}).platforms[0].aliases == ("Shopee", "虾皮", "蝦皮")


def test_stakes_in_a_foreign_currency_are_converted_exactly(write):
    (acme,) = load(write(EVERYTHING), {"SELLERWATCH_POSTGRES": "x"}).sellers

    assert acme.positions == (
        Position("TikTok Shop", "US", sales_per_day=Decimal("11040.46"), stock=Decimal(92)),
        Position("Shopee", "SG", prepaid_ads=Decimal(7)),
    )


def test_without_an_exposure_file_there_is_one_seller_who_is_told_of_everything(write):
    (seller,) = load(write(), {}).sellers

    assert seller.positions == ()


def test_nothing_but_platforms_is_needed_and_what_that_lacks_is_said(write):
    config = load(write({"sources/press.yaml": None}), {})

    assert config.sources == ()
    assert config.targets == ()
    assert [warning.split(":")[0] for warning in warnings(config)] == [
        "no targets",
        "no source is on",
        "no positions in exposure.yaml",
        "fetch.contact is empty",
    ]


def test_a_seller_that_no_target_is_for_is_warned_of(write):
    sellers = dedent(EVERYTHING["exposure.yaml"]) + "  - {id: best, name: Best, currency: EUR}\n"

    config = load(write({**EVERYTHING, "exposure.yaml": sellers}), {"SELLERWATCH_POSTGRES": "x"})

    assert "no target is for seller best: it will not be told" in warnings(config)


@pytest.mark.parametrize("channel", ["webhook", "alertmanager"])
def test_a_target_that_only_the_switch_of_the_sources_lets_through_in_the_clear_is_warned_of(write, channel):
    targets = f'targets: [{{id: erp, channel: {channel}, address: "http://127.0.0.1:8802/hook"}}]\n'

    def told(settings: str) -> list[str]:
        return [
            row.value for row in describe(load(write({"settings.yaml": targets + settings}), {})) if "erp" in row.value
        ]

    with pytest.raises(ConfigError, match="is plain http"):
        told("")
    words = f"is true and lets it, though channels.{channel}.allow_private is false"
    assert told("fetch: {allow_private: true}") == [
        "erp", f"target erp is called by plain http: fetch.allow_private {words}"
    ]  # fmt: skip
    both = f"fetch: {{allow_private: true}}\nchannels: {{{channel}: {{allow_private: true}}}}"
    assert told(both) == ["erp"], "it was asked for"


def test_a_password_that_would_travel_in_the_clear_is_warned_of(write):
    text = "channels: {email: {host: mail.example.com, username: me, security: none}}"

    config = load(write({"settings.yaml": text}), {"SELLERWATCH_SMTP_PASSWORD": "x"})

    assert "channels.email.security is none: the password travels in the clear" in warnings(config)


def test_the_summary_counts_what_is_watched_and_for_whom(write):
    rows = {
        (row.topic, row.value): row.detail for row in describe(load(write(EVERYTHING), {"SELLERWATCH_POSTGRES": "x"}))
    }

    assert rows["sources", "1 on, 1 off"] == "official 1"
    assert rows["seller", "Acme"] == "2 positions, EUR"
    assert rows["target", "us-desk"] == "email, medium and above"
    assert rows["store", "postgresql"] == "postgresql+psycopg://sw:***@db.example.com/sellerwatch"
    assert not any(topic == "warning" for topic, _ in rows)


def test_the_state_lies_where_systemd_says_or_beside_the_caller(write):
    directory = write()

    assert load(directory, {"STATE_DIRECTORY": "/var/lib/sw:/var/lib/more"}).state_dir == Path("/var/lib/sw")
    assert load(directory, {"STATE_DIRECTORY": "/var/lib/sw"}).store_url == "sqlite:////var/lib/sw/sellerwatch.db"
    assert load(directory, {}).state_dir == Path("var")


def test_a_configuration_cannot_be_changed_in_place(write):
    config = load(write(), {})

    with pytest.raises(FrozenInstanceError):
        config.sources = ()
    with pytest.raises(ValidationError, match="frozen"):
        config.settings.web.port = 1


def test_reloading_is_all_or_nothing(write):
    before = load(write(), {})
    directory = write({"settings.yaml": "web: {port: 1}", "sources/shops.yaml": "- {id: b}"})

    with pytest.raises(ConfigError):
        load(directory, {})
    (directory / "sources/shops.yaml").unlink()
    after = load(directory, {})

    assert (before.settings.web.port, after.settings.web.port) == (9464, 1)
    assert before.sources == after.sources


@given(st.integers(0, 3000), st.sampled_from(["s", "m", "h", "d"]))
def test_a_duration_is_its_number_times_its_unit(number, unit):
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]

    assert duration(f"{number}{unit}") == duration(f"{number} {unit}") == timedelta(seconds=number * seconds)


@given(st.integers(1, 10**6), st.sampled_from(["KB", "MB", "GB"]))
def test_a_size_is_its_number_times_its_unit(number, unit):
    assert size(f"{number}{unit}") == number * 1024 ** (["KB", "MB", "GB"].index(unit) + 1)


def test_one_position_is_one_position(write):
    alone = EVERYTHING["exposure.yaml"].replace("              - {platform: Shopee, country: SG, prepaid_ads: 7}\n", "")
    config = load(write(EVERYTHING | {"exposure.yaml": alone}), {"SELLERWATCH_POSTGRES": "x"})
    assert [row.detail for row in describe(config) if row.topic == "seller"] == ["1 position, EUR"]


def test_a_seller_says_from_which_share_on_a_platform_alone_in_a_country_is_named(write):
    stated = EVERYTHING["exposure.yaml"].replace("currency: EUR\n", "currency: EUR\n            lone_share: 0.02\n", 1)
    config = load(write(EVERYTHING | {"exposure.yaml": stated}), {"SELLERWATCH_POSTGRES": "x"})
    assert [one.lone_share for one in config.sellers] == [0.02]
    with pytest.raises(ConfigError, match="lone_share"):
        load(write(EVERYTHING | {"exposure.yaml": stated.replace("0.02", "2")}), {"SELLERWATCH_POSTGRES": "x"})
