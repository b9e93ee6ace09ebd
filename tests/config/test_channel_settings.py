"""What channels need: which addresses and secrets are taken, and what the redactor must know."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.channels import channels, secrets
from monitor.config import Config, load

KEY = "whsec_" + "QUJD" * 10


@pytest.fixture
def loaded(write: Callable[..., Path]) -> Callable[[str], Config]:
    def _loaded(settings: str) -> Config:
        return load(write({"settings.yaml": settings}), {})

    return _loaded


def test_each_channel_takes_the_address_of_its_kind(loaded: Callable[[str], Config]):
    settings = loaded(f"""\
        targets:
          - {{id: a, channel: slack, address: "https://hooks.slack.com/services/T0/B0/x"}}
          - {{id: b, channel: slack, address: C0123ABCD, secret: xoxb-1-2-abc}}
          - {{id: c, channel: webhook, address: "https://erp.example.com/hook", secret: "{KEY} {KEY}"}}
          - {{id: d, channel: alertmanager, address: "https://am.example.com", secret: "kim:pass"}}
          - {{id: e, channel: apprise, address: "ntfy://topic"}}
          - {{id: f, channel: journal}}
        """)
    assert [target.channel for target in settings.targets] == [
        *("slack", "slack", "webhook", "alertmanager", "apprise", "journal")
    ]


def test_a_channel_may_be_let_into_our_own_network(loaded: Callable[[str], Config]):
    settings = loaded("""\
        channels: {alertmanager: {allow_private: true}}
        targets: [{id: d, channel: alertmanager, address: "http://alertmanager:9093"}]
        """)
    assert settings.targets[0].address == "http://alertmanager:9093"


def test_apprise_is_there_only_when_a_target_asks_for_it(loaded: Callable[[str], Config]):
    plain = loaded("targets: [{id: f, channel: journal}]")
    asked = loaded('targets: [{id: e, channel: apprise, address: "ntfy://topic"}]')
    assert list(channels(plain)) == ["journal", "slack", "webhook", "alertmanager"]
    assert list(channels(asked))[-1] == "apprise"


def test_every_part_of_an_address_that_may_be_a_secret_is_hidden(loaded: Callable[[str], Config]):
    settings = loaded(f"""\
        targets:
          - {{id: b, channel: slack, address: C0123ABCD, secret: xoxb-1-2-abc}}
          - {{id: c, channel: webhook, address: "https://erp.example.com/hook/verysecret", secret: "{KEY} {KEY}QUJD"}}
          - {{id: d, channel: alertmanager, address: "https://am.example.com", secret: "kim:password"}}
          - {{id: g, channel: apprise, address: "ntfy://ntfy.example.com/secret-topic"}}
          - {{id: e, channel: apprise, address: "dingtalk://signing%2Fsecret@0123456789abcdef"}}
        """)
    hidden = set(secrets(settings))
    assert not {"kim", "am.example.com", "ntfy.example.com"} & hidden, "which would hide ordinary words"
    assert {
        "xoxb-1-2-abc",
        "/hook/verysecret",
        KEY,
        "password",
        "0123456789abcdef",
        "signing/secret",
        "secret-topic",
    } <= hidden
