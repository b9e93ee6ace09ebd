"""Who looks at what is kept needs no secret of a channel: those are the daemon's, and of whatever sends."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from monitor import cli

LOOKS = (
    ("incidents",), ("incidents", "--all"), ("deadlines",), ("deadlines", "--steps"), ("exposure",), ("sources",),
    ("sources", "health"), ("deliveries",), ("deliveries", "dead"), ("silences",), ("people",), ("tokens",),
    ("digest",), ("quarantine",), ("ledger", "check"), ("what-if", "Temu", "VN"), ("calendar",),
)  # fmt: skip
SENDS = (("run",), ("once",), ("test-channel", "ops"), ("digest", "--send"), ("check-config",), ("drill",))


@pytest.fixture
def directory(tmp_path: Path, monkeypatch) -> Path:
    """A configuration whose channels have secrets that this shell has not."""
    for name in ("SELLERWATCH_HOOK", "SELLERWATCH_HOOK_FILE", "SELLERWATCH_SMTP_PASSWORD", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)

    def write(name: str, value: object) -> None:
        (tmp_path / name).write_text(yaml.safe_dump(value))

    (tmp_path / "sources").mkdir()
    write("platforms.yaml", [{"name": "Temu", "id": "temu", "owner": "PDD", "kind": "marketplace"}])
    feed = {"url": "http://127.0.0.1:9/feed", "kind": "feed", "authority": "news", "publisher": "a", "every": "5m"}
    write("sources/all.yaml", [{"id": "a", "name": "A", **feed}])
    targets = [
        {"id": "ops", "channel": "slack", "address": "secret:hook", "digest": "daily"},
        {"id": "mail", "channel": "email", "address": "ops@example.com"},
        {"id": "team", "channel": "slack", "address": "C0123ABCD", "secret": "secret:slack"},
    ]
    email = {"host": "mail.example.com", "username": "sellerwatch", "sender": "a@example.com"}
    write(
        "settings.yaml",
        {"state_dir": str(tmp_path / "state"), "targets": targets, "channels": {"email": email}},
    )
    positions = [{"platform": "Temu", "country": "VN", "sales_per_day": 900}]
    write("exposure.yaml", {"sellers": [{"id": "acme", "name": "Acme", "currency": "EUR", "positions": positions}]})
    return tmp_path


def command(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app, [*words, "--config", str(directory)])


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_it_looks_without_the_secrets_of_channels(directory: Path, words: tuple[str, ...]):
    shown = command(directory, *words)
    assert shown.exit_code == 0, (shown.stdout, shown.stderr, shown.exception)
    assert "secret" not in shown.stderr


@pytest.mark.parametrize("words", SENDS, ids=" ".join)
def test_what_sends_and_what_judges_the_configuration_refuse_and_name_them(directory: Path, words: tuple[str, ...]):
    refused = command(directory, *words)
    assert refused.exit_code == 78
    said = " ".join(refused.stderr.split())
    for name in ("secret hook", "secret smtp-password", "secret slack"):
        assert f"{name} was not found" in said


def test_doctor_names_them(directory: Path):
    found = command(directory, "doctor", "--json")
    assert found.exit_code == 1
    assert "secret hook was not found" in json.dumps(json.loads(found.stdout))


def test_the_password_of_the_database_is_needed_to_look(directory: Path):
    settings = yaml.safe_load((directory / "settings.yaml").read_text())
    store = {"url": "postgresql://sellerwatch@127.0.0.1:9/x", "password": "secret:database"}
    (directory / "settings.yaml").write_text(yaml.safe_dump(settings | {"store": store}))
    refused = command(directory, "incidents")
    assert refused.exit_code == 78
    assert "secret database was not found" in " ".join(refused.stderr.split())
    assert "secret hook" not in refused.stderr


def test_what_is_wrong_with_the_configuration_itself_is_told_to_who_looks(directory: Path):
    (directory / "settings.yaml").write_text("web: {prot: 80}")
    refused = command(directory, "incidents")
    assert refused.exit_code == 78
    assert "prot" in refused.stderr
