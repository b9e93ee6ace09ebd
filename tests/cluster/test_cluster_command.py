"""`sellerwatch cluster`: one daemon alone says so; of several it says what is wrong, and ends with 1."""

import json
from pathlib import Path

import psycopg
import yaml
from rich.console import Console
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from monitor import cli, cluster_command, tables

ROLES = "fetch,understand,deliver,web"


def given(directory: Path, **store: str) -> list[str]:
    """A configuration; how it is named on the command line."""
    directory.mkdir(mode=0o700)
    for name, value in (
        ("platforms.yaml", [{"name": "Bazarino", "id": "bazarino", "owner": "B AG", "kind": "marketplace"}]),
        ("settings.yaml", {"state_dir": str(directory / "state"), "store": store}),
    ):
        (directory / name).write_text(yaml.safe_dump(value))
    return ["--config", str(directory)]


def join(url: str, id: str, machine: str, roles: str, lasts: str, failures: str = "{}") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "WITH now AS (SELECT (extract(epoch FROM now()) * 1e6)::bigint AS at) INSERT INTO daemons"
            " SELECT %s, %s, %s, '1.0', 'abc', at, at, at + %s::bigint * 1000000, 0, '{}', %s FROM now",
            [id, machine, roles, lasts, failures],
        )


def told(words: list[str], monkeypatch, width: int = 160) -> tuple[int, str]:
    wide = Console(width=width, highlight=False)
    monkeypatch.setattr(tables, "console", wide)
    monkeypatch.setattr(cluster_command, "console", wide)
    with wide.capture() as captured:
        status = CliRunner().invoke(cli.app, ["cluster", *words]).exit_code
    return status, captured.get()


def test_one_daemon_alone_says_so(tmp_path: Path, monkeypatch):
    words = given(tmp_path / "config")
    status, said = told(words, monkeypatch)
    assert (status, "One daemon works alone here" in said) == (0, True)
    assert json.loads(CliRunner().invoke(cli.app, ["cluster", *words, "--json"]).stdout)["shared"] is False
    assert CliRunner().invoke(cli.app, ["cluster", *words, "--again", "poll"]).exit_code == 1


def test_daemons_are_shown_and_what_is_wrong_is_said(tmp_path: Path, postgres, monkeypatch):
    url = postgres.fresh()
    words = given(tmp_path / "config", url=make_url(url)._replace(password=None).render_as_string(False))
    join(url, "a1", "north", ROLES, "3600", '{"health": "KeyError: 1"}')
    status, said = told(words, monkeypatch)
    assert (status, "Nothing is wrong." in said) == (0, True), said
    join(url, "b2", "south", "fetch", "-5")
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status)"
            " VALUES ('deliver-rounds', 'health', 'health', 'failed')"
        )
    status, said = told(words, monkeypatch)
    assert status == 1
    assert "wrong health failed (1): KeyError: 1" in said
    assert "wrong The daemon on south has been silent for" in said
    status, said = told(words, monkeypatch, width=80)
    assert all(len(line) <= 80 or line.startswith("wrong") for line in said.splitlines())
    assert "south" in said
    status, said = told([*words, "--again", "health"], monkeypatch)
    assert (status, "failed (" in said) == (1, False), "and the silent one is wrong still"
    known = json.loads(CliRunner().invoke(cli.app, ["cluster", *words, "--json"]).stdout)
    assert [(one["machine"], one["alive"]) for one in known["daemons"]] == [("north", True), ("south", False)]
    assert [(one["duty"], one["todo"], one["failed"]) for one in known["duties"]] == [("health", 1, 0)]
