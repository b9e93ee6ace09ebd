"""`sellerwatch digest`: the very words that would be sent now, and sent when asked to."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from given import due, evidence
from typer.testing import CliRunner, Result

from monitor import cli, wiring
from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.alerts import Reason
from monitor.domain.assembly import assemble
from monitor.steps import Step


async def filled(directory: Path) -> None:
    """A closing known for two days, with something due, and a ban that is new."""
    store, now = await wiring.open_store(load(directory)), utc_now()
    before = now - timedelta(days=2)
    late, soon = (str((now + timedelta(days=days)).date()) for days in (60, 9))
    closing = evidence(date=late, deadlines=[due(soon)], at=before)
    ban = evidence("d2", "rumor", "ban", platforms=("Temu",), regions=("VN",), at=now)
    step = Step(
        at=now,
        incidents=[assemble("closing", [closing], None, before, "d1"), assemble("ban", [ban], None, now, "d2")],
    )
    await store.ledger.keep(step)
    await store.database.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    def write(name: str, value: object) -> None:
        (tmp_path / name).write_text(yaml.safe_dump(value))

    (tmp_path / "sources").mkdir()
    write(
        "platforms.yaml",
        [
            {"name": name, "id": name.lower().replace(" ", "-"), "owner": name, "kind": "marketplace"}
            for name in ("TikTok Music", "Temu")
        ],
    )
    feed = {"url": "http://127.0.0.1:9/feed", "kind": "feed", "authority": "news", "publisher": "a", "every": "5m"}
    write("sources/all.yaml", [{"id": "a", "name": "A", **feed}])
    write("settings.yaml", {
        "state_dir": str(tmp_path / "state"),
        "targets": [
            {"id": "desk", "channel": "journal", "digest": "weekly", "zone": "Asia/Jakarta", "language": "id"},
            {"id": "ops", "channel": "journal", "events": ["ban"]},
        ],
    })  # fmt: skip
    positions = [
        {"platform": "TikTok Music", "country": "ID", "sales_per_day": 400, "stock": 20000},
        {"platform": "Temu", "country": "VN", "sales_per_day": 900},
    ]
    write("exposure.yaml", {"sellers": [{"id": "acme", "name": "Acme", "currency": "EUR", "positions": positions}]})
    asyncio.run(filled(tmp_path))
    return tmp_path


def command(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app, ["digest", *words, "--config", str(directory)])


def test_it_shows_what_is_open_due_and_unseen(directory: Path):
    shown = command(directory)
    assert shown.exit_code == 0
    assert "Daily digest: Acme: 2 open, 1 new, 1 due" in shown.stdout
    assert "TikTok Music closes on" in shown.stdout
    assert "export your data" in shown.stdout
    assert "0 of 1 sources seen." in shown.stdout


def test_it_shows_it_as_a_target_gets_it(directory: Path):
    assert "Ringkasan mingguan" in command(directory, "--target", "desk").stdout
    banned = command(directory, "--target", "ops").stdout
    assert "Temu may be banned" in banned
    assert "TikTok" not in banned
    assert "Wochenübersicht" in command(directory, "--weekly", "--language", "de").stdout


def test_its_columns_are_headed_in_the_language_that_was_asked_for(directory: Path):
    german, english = command(directory, "--language", "de").stdout, command(directory).stdout
    assert "Was" in german
    assert "Dazu" in german
    assert "About it" in english
    assert "about it" not in german.lower()


def test_machines_get_it_whole(directory: Path):
    (digest,) = json.loads(command(directory, "--json").stdout)
    assert [one["incident_id"] for one in digest["open"]] == ["closing", "ban"]
    assert digest["due"][0]["left"] == 9


def test_it_is_sent_to_those_who_get_digests(directory: Path):
    sent = command(directory, "--send")
    assert sent.exit_code == 0
    assert "In the outbox for desk" in sent.stdout

    async def waiting() -> list[tuple[str, Reason]]:
        store = await wiring.open_store(load(directory))
        try:
            return [(one.target, one.reason) for one in await store.desk.deliveries()]
        finally:
            await store.database.close()

    assert asyncio.run(waiting()) == [("desk", Reason.DIGEST)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--seller", "nope"), "no seller is called 'nope'"),
        (("--target", "nope"), "no target is called 'nope'"),
        (("--language", "xx"), "no language of ours"),
        (("--send", "--target", "ops"), "nobody gets a digest of acme"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(directory: Path, words: tuple[str, ...], why: str):
    refused = command(directory, *words)
    assert refused.exit_code == 1
    assert why in " ".join(refused.stderr.split())
