"""`sellerwatch sources health`: for people in 80 columns, for machines whole."""

import asyncio
import json
import shutil
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from monitor import cli, tables, wiring
from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.steps import Step

SHIPPED = Path(__file__).parents[2] / "config"


def test_health_is_shown_in_80_columns_and_told_to_machines(tmp_path: Path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    words = ["sources", "health", "--config", str(tmp_path / "config")]
    narrow = Console(width=80, highlight=False)
    monkeypatch.setattr(tables, "console", narrow)
    with narrow.capture() as captured:
        assert CliRunner().invoke(cli.app, words).exit_code == 0
    by_country, by_language = captured.get().split("Coverage: ")[1:]
    assert "each country" in by_country
    assert " DE " in by_country.splitlines()[1]
    assert "each language" in by_language
    assert " zh " in by_language.splitlines()[1]
    assert any(line.startswith("TikTok Shop") and " . " in line for line in by_language.splitlines()), "not in Russian"
    assert max(map(len, captured.get().splitlines())) <= 80
    told = json.loads(CliRunner().invoke(cli.app, [*words, "--json"]).stdout)
    assert told["standings"]["unknown"] + told["standings"]["off"] == len(told["sources"])
    assert told["coverage"]


async def _half_the_world_away(directory: Path) -> tuple[str, str]:
    """Every shipped source has looked once: the last one's answer could not be read, no other answered at all."""
    settings = load(directory)
    store, now = await wiring.open_store(settings), utc_now()
    *away, unread = [source for source in settings.sources if source.enabled]
    for source in away:
        look = Look(source.id, now, Outcome.FAILED, reason=FailureReason.DNS, detail="name not known")
        state = SourceState(source.id, now + source.every, last_look_at=now, failures=1, last_reason=FailureReason.DNS)
        await store.inbox.looked(look, state, None)
    good = SourceState(unread.id, now + unread.every, last_look_at=now, last_success_at=now)
    await store.inbox.looked(Look(unread.id, now, Outcome.OK), good, None)
    harvest = Harvest(unread.id, last_read_at=now, failures=1, reason=FailureReason.NOT_A_FEED, detail="no JSON")
    await store.ledger.keep(Step(at=now, harvest=harvest))
    await store.database.close()
    return away[0].id, unread.id


def test_what_has_given_nothing_yet_is_not_called_live_and_the_map_stays_in_sight(tmp_path: Path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    away, unread = asyncio.run(_half_the_world_away(tmp_path / "config"))
    words = ["--config", str(tmp_path / "config")]
    shown = CliRunner().invoke(cli.app, ["sources", "health", *words]).stdout
    assert " live" not in shown.splitlines()[0]
    assert "it was never read yet: no JSON" in shown
    assert "more: --json has them all" in shown
    assert len(shown.splitlines()) < 100
    rows = {row["id"]: row for row in json.loads(CliRunner().invoke(cli.app, ["sources", *words, "--json"]).stdout)}
    assert rows[away]["state"] == "failing"
    assert (rows[unread]["state"], rows[unread]["why"]) == ("unreadable", "not_a_feed: no JSON")


def test_sources_that_name_no_country_are_in_the_map_too(tmp_path: Path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "platforms.yaml").write_text("- {name: Temu, id: temu, owner: PDD, kind: marketplace}")
    (tmp_path / "settings.yaml").write_text(f"state_dir: {tmp_path}/state")
    (tmp_path / "sources" / "one.yaml").write_text(
        "- {id: one, name: One, url: 'https://one.example/feed', kind: feed, authority: news, publisher: one,"
        " every: 1h, platforms: [Temu]}"
    )
    shown = CliRunner().invoke(cli.app, ["sources", "health", "--config", str(tmp_path)]).stdout
    assert ["Temu", "?"] in [line.split() for line in shown.splitlines()]
