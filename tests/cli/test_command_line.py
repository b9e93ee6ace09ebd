"""The commands as an operator meets them: exit codes, what is said on an empty start, what is wrong and where."""

import fcntl
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import __version__, cli

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch) -> Path:
    """The shipped configuration, with a state directory of its own."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "config"


def ran(directory: Path, *words: str, stdin: str | None = None):
    return CliRunner().invoke(cli.app, [*words, "--config", str(directory)], input=stdin)


def test_it_says_its_version_and_lists_its_commands():
    assert __version__ in CliRunner().invoke(cli.app, ["--version"]).output
    listed = CliRunner().invoke(cli.app, ["--help"]).output
    for command in ("run", "once", "demo", "assess", "explain", "incidents", "check-config", "test-channel"):
        assert command in listed


def test_a_good_configuration_is_summed_up(directory: Path):
    result = ran(directory, "check-config")
    assert result.exit_code == 0
    assert re.search(r"\d{3} on, \d+ off", result.output)
    assert json.loads(ran(directory, "check-config", "--json").output)[0]["topic"] == "sources"


def test_a_wrong_key_is_named_by_file_line_and_key_with_a_suggestion_and_nothing_starts(directory: Path):
    (directory / "settings.yaml").write_text("web:\n  prot: 9464\n")
    for command in ("check-config", "run", "once", "incidents"):
        result = ran(directory, command)
        assert result.exit_code == 78
        assert "settings.yaml:2: web.prot" in result.stderr
        assert "port" in result.stderr


def test_a_missing_directory_is_bad_configuration(tmp_path: Path):
    assert ran(tmp_path / "nowhere", "check-config").exit_code == 78


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("incidents", "No incident is open"),
        ("deadlines", "No deadline is known"),
        ("deliveries", "Nothing was told"),
        ("quarantine", "Nothing is in quarantine"),
        ("exposure", "No exposure is configured"),
    ],
)
def test_an_empty_start_says_what_empty_means(directory: Path, command: str, says: str):
    result = ran(directory, command)
    assert result.exit_code == 0, result.output
    assert says in " ".join(result.output.split())
    assert isinstance(json.loads(ran(directory, command, "--json").stdout), list)


def test_every_configured_source_is_listed_with_how_it_stands(directory: Path):
    rows = json.loads(ran(directory, "sources", "--json").stdout)
    assert {row["state"] for row in rows} == {"not yet looked", "off"}
    assert all(row["why"] for row in rows if row["state"] == "off"), "an idle source says why"


def test_the_example_of_an_exposure_can_be_taken_as_it_is(directory: Path):
    (directory / "exposure.example.yaml").rename(directory / "exposure.yaml")
    result = ran(directory, "exposure")
    assert result.exit_code == 0, result.stderr
    assert json.loads(ran(directory, "exposure", "--json").stdout)[0]["positions"]


def test_a_second_daemon_on_the_same_state_is_told_so(directory: Path, tmp_path: Path):
    (tmp_path / "state").mkdir()
    with (tmp_path / "state" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = ran(directory, "run")
    assert result.exit_code == 75
    assert "another daemon" in result.stderr


def test_a_database_that_cannot_be_used_is_bad_configuration(directory: Path, tmp_path: Path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sellerwatch.db").write_bytes(b"this is no database, whatever its name says" * 100)
    command = [sys.executable, "-m", "monitor", "incidents", "--config", str(directory)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 78
    assert "sellerwatch.db" in ended.stderr or "not a database" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_assess_reads_lines_and_names_the_line_that_is_wrong(directory: Path):
    good = {
        "id": "a",
        "title": "The museum opens late on Sundays",
        "text": "It is open until ten.",
        "source_kind": "news",
    }
    result = ran(directory, "assess", "-", stdin=json.dumps(good) + "\n")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["event_type"] == "none"
    broken = ran(directory, "assess", "-", stdin=json.dumps(good) + "\n{not json\n")
    assert broken.exit_code == 1
    assert "line 2" in broken.stderr
    assert ran(directory, "assess", "no-such-file.jsonl").exit_code == 1


def test_assess_names_the_file_and_its_own_line_of_what_is_wrong(directory: Path, tmp_path: Path):
    rows, latin = tmp_path / "rows.jsonl", tmp_path / "latin.jsonl"
    rows.write_text('{"id": "a", "text": "It is open."}\n\n\n{"id": "b"}\n')
    latin.write_bytes('{"id": "a", "text": "né"}\n'.encode("latin-1"))
    assert f"{rows}: line 4: 'text' is missing" in ran(directory, "assess", str(rows)).stderr
    assert f"{latin}: line 1: not UTF-8; save the file as UTF-8" in ran(directory, "assess", str(latin)).stderr


def test_assess_passes_over_what_is_wrong_and_says_so_at_the_end(directory: Path, tmp_path: Path):
    rows = tmp_path / "rows.jsonl"
    good = [f'{{"id": "{name}", "text": "It is open."}}' for name in "ab"]
    rows.write_bytes("\n".join([good[0], "{not json", '{"id": "né", "text": "?"}', "[]", good[1]]).encode("latin-1"))
    result = ran(directory, "assess", str(rows))
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["a", "b"]
    for number, complaint in ((2, "not JSON"), (3, "not UTF-8"), (4, "an object was expected")):
        assert f"{rows}: line {number}: {complaint}" in result.stderr
    assert result.exit_code == 1


@pytest.mark.long
def test_assess_says_nothing_when_its_reader_has_enough(directory: Path, tmp_path: Path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "It is open."}\n' * 50)
    command = [sys.executable, "-m", "monitor", "assess", str(rows), "--config", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stdout
        assert reading.stderr
        reading.stdout.close()
        assert reading.stderr.read() == ""


def test_a_test_for_nobody_names_who_there_is(directory: Path):
    result = ran(directory, "test-channel", "nobody")
    assert result.exit_code == 1
    assert "no target 'nobody'" in result.stderr


def test_usage_that_is_wrong_is_exit_code_2(directory: Path):
    assert CliRunner().invoke(cli.app, ["incidents", "--no-such-option"]).exit_code == 2


def test_a_look_at_a_state_that_no_daemon_has_used_says_where_it_looked(directory: Path, tmp_path: Path):
    looked = ran(directory, "incidents", "--json")
    assert looked.exit_code == 0
    assert json.loads(looked.stdout) == []
    assert f"no daemon has worked in {tmp_path / 'state'} yet" in looked.stderr
    (tmp_path / "state" / "lock").touch()
    assert ran(directory, "incidents").stderr == ""
