"""What metrics show of several daemons, and what they know of the duties that there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.exposition import generate_latest

from monitor.cluster.duties import DUTIES
from monitor.cluster.shift import Shift
from monitor.config import load
from monitor.domain.crew import Hands, Member, Queue, Sight
from monitor.loops import Heart
from monitor.metrics import Metrics
from monitor.wiring import open_service

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CONFIG = Path(__file__).parents[2] / "config"


def shown(metrics: Metrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    named = (line.removeprefix("sellerwatch_").rpartition(" ") for line in lines if line.startswith("sellerwatch_"))
    return {name: float(value) for name, _, value in named}


@pytest.mark.long
async def test_metrics_know_every_duty_by_name(tmp_path):
    settings = replace(load(CONFIG, {}), sources=(), platforms=(), state_dir=tmp_path)
    service = await open_service(replace(settings, store_url=f"sqlite:///{tmp_path / 'one.db'}"))
    try:
        crew = SimpleNamespace(engine=SimpleNamespace(watched_by=lambda heart: None), roles=(), beat=None)
        shift = Shift(service.daemon(web=False)._parts, Heart(), lambda: NOW, crew, None)
        assert {duty.name for duty in shift.duties()} == set(DUTIES)
    finally:
        await service.close()


def test_a_daemon_alone_has_every_role_and_one_configuration():
    metrics = Metrics()
    metrics.show_crew(Sight(NOW), timedelta(0))
    known = shown(metrics)
    assert [known[f'cluster_daemons{{role="{role}"}}'] for role in ("fetch", "understand", "deliver", "web")] == [
        1.0
    ] * 4
    assert (known["cluster_configurations"], known["polls_overdue"], known["clock_off_seconds"]) == (1.0, 0.0, 0.0)


def test_what_several_do_is_shown_and_a_duty_of_another_release_with_its_like():
    metrics = Metrics()
    later = NOW + timedelta(seconds=30)
    members = [
        Member("a", "north", ("fetch", "web"), "1", "abc", NOW, NOW, later),
        Member("b", "south", ("fetch",), "1", "def", NOW, NOW, later),
        Member("c", "dead", ("deliver",), "1", "def", NOW, NOW, NOW),
    ]
    queues = [
        Queue("poll", todo=1, doing=2, waits_since=NOW - timedelta(minutes=1)), Queue("health", failed=3),
        Queue("newer", failed=1), Queue("newest", failed=1, stalled=1),
    ]  # fmt: skip
    hands = {"a": Hands(2, 1), "b": Hands(3, 0, 4, 5)}
    metrics.show_crew(Sight(NOW, True, ("fetch",), members, queues, hands, 7), timedelta(seconds=-2))
    known = shown(metrics)
    assert [known[f'cluster_daemons{{role="{role}"}}'] for role in ("fetch", "deliver", "web")] == [2.0, 0.0, 1.0]
    assert known['cluster_jobs{duty="poll",state="doing"}'] == 2.0
    assert known['cluster_jobs{duty="health",state="failed"}'] == 3.0
    assert known['cluster_jobs{duty="other",state="failed"}'] == 2.0
    assert known['cluster_oldest_waiting_timestamp_seconds{duty="poll"}'] == NOW.timestamp() - 60
    assert known['cluster_leases{what="looks"}'] == 5.0
    assert (known["cluster_configurations"], known["polls_overdue"], known["clock_off_seconds"]) == (2.0, 7.0, -2.0)
    metrics.show_crew(Sight(NOW, True, ("fetch",)), timedelta(0))
    known = shown(metrics)
    assert known['cluster_jobs{duty="health",state="failed"}'] == 0.0, "and forgotten"
    assert known["cluster_configurations"] == 0.0
