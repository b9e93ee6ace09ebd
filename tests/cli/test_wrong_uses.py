"""Whoever uses a command wrongly reads which file and which line, what is wrong, and what to do; never a traceback."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor import cli
from monitor.store.schema import VERSION_TABLE

PLATFORMS = "- {name: Amazon, id: amazon, owner: Amazon, kind: marketplace, aliases: [アマゾン], countries: [US]}\n"
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small configuration, with a state directory of its own."""
    made = tmp_path / "config"
    (made / "sources").mkdir(parents=True)
    (made / "platforms.yaml").write_text(PLATFORMS, encoding="utf-8")
    (made / "settings.yaml").write_text("targets: [{id: journal, channel: journal}]\n", encoding="utf-8")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    return made


@pytest.fixture
def said(directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """The exit code of a command, and its complaint."""

    def run(*words: str, config: Path = directory) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["sellerwatch", *words, "--config", str(config)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(str(ended.value.code)), capsys.readouterr().err

    return run


BROKEN = "a:\n  - b: [1, 2\nc: x\n"
EVERY_FILE = ("settings", "platforms", "sources/press", "exposure", "calendar", "calendar.own", "playbooks", "searches")


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_file_that_is_no_yaml_is_named_with_its_line_and_what_to_look_for(name: str, directory: Path, said: Said):
    (directory / f"{name}.yaml").write_text(BROKEN)
    code, words = said("check-config")
    assert (code, f"{name}.yaml:3: is not valid YAML: expected ',' or ']'" in words) == (78, True), words
    assert "what is not closed" in words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"web:\n\tport: 1\n", "settings.yaml:2: is not valid YAML: found character '\\t' that cannot start any token"),
        (b"web:\n\tport: 1\n", "(indent with spaces, not with tabs)"),
        (
            "# good\n# größer\n".encode("latin-1"),
            "settings.yaml:2: is not UTF-8 text (save it as UTF-8; first bad byte",
        ),
    ],
)
def test_settings_that_cannot_be_read_say_how_to_write_them(content: bytes, words: str, directory: Path, said: Said):
    (directory / "settings.yaml").write_bytes(content)
    code, told = said("check-config")
    assert code == 78
    assert words in told


def test_a_directory_that_is_not_there_says_how_to_name_or_to_begin_one(tmp_path: Path, said: Said):
    code, words = said("check-config", config=tmp_path / "nowhere")
    assert code == 78
    assert "nowhere: there is no such directory (name another by --config" in words
    assert "sellerwatch init" in words


MISSING = {
    "assess": ("assess", "FILE"),
    "explain": ("explain", "--text", "FILE"),
    "corpus": ("corpus", "add", "FILE"),
    "ledger": ("ledger", "check", "--received", "FILE"),
}


@pytest.mark.parametrize("command", MISSING)
def test_a_missing_file_is_named_first_and_without_a_number(command: str, tmp_path: Path, said: Said):
    missing = str(tmp_path / "nowhere.jsonl")
    code, words = said(*(missing if word == "FILE" else word for word in MISSING[command]))
    assert code == 1
    assert words.strip().endswith(f"error {missing}: No such file or directory")


def test_an_archive_that_cannot_be_kept_says_where_and_what_to_look_at(tmp_path: Path, said: Said):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "title": "x", "text": "y", "published": "2024-05-06"}\n')
    code, words = said("backfill", str(tmp_path / "a.jsonl"), "--to", str(tmp_path / "nowhere" / "b.db"))
    assert code == 1
    assert f"{tmp_path}/nowhere/b.db: unable to open database file: is its folder there" in words


def test_a_calendar_that_cannot_be_written_says_where(tmp_path: Path, said: Said):
    code, words = said("calendar", "--output", str(tmp_path / "nowhere" / "x.ics"))
    assert code == 1
    assert words.strip().endswith(f"{tmp_path}/nowhere/x.ics: No such file or directory")


@pytest.mark.parametrize("command", ["incidents", "run"])
def test_a_state_directory_that_cannot_be_is_named_with_the_setting(
    command: str, tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "file" / "state"))
    code, words = said(command)
    assert code == 78
    assert f"the state directory {tmp_path}/file/state cannot be used: Not a directory" in words
    assert "name another in state_dir" in words


def test_a_database_of_a_later_version_says_what_to_start(tmp_path: Path, said: Said):
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / "sellerwatch.db")) as later:
        later.execute(f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)")
        later.execute(f"INSERT INTO {VERSION_TABLE} VALUES ('9999')")
        later.commit()
    code, words = said("incidents")
    assert code == 78
    assert "sellerwatch.db: the database has schema 9999, this program knows up to" in words
    assert "start the newer program" in words


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("explain",), 2, "name what to explain"),
        (("explain", "zzz"), 1, "'zzz' is the start of no id: `sellerwatch incidents --all`"),
        (("explain", "zzz", "--text", "x.txt"), 2, "an ID and a --text are two things"),
        (("explain", "zzz", "--title", "x"), 2, "--title, --published and --source-kind tell of"),
        (("explain", "zzz", "--source-kind", "news"), 2, "--title, --published and --source-kind tell of"),
        (("incidents", "show", "zzz"), 1, "'zzz' is the start of no id: `sellerwatch incidents --all`"),
        (("deliveries", "show", "zzz"), 1, "'zzz' is the start of no delivery's key: `sellerwatch deliveries` lists"),
        (("silences", "end", "zzz"), 1, "'zzz' is the start of no silence that stands: `sellerwatch silences` lists"),
        (("evidence", "zzz"), 1, "'zzz' is the start of no id: `sellerwatch explain`"),
        (("silences", "add", "--everything", "--for", "3 fortnights"), 1, "is not a duration (write a number and s, m"),
        (("silences", "add", "--country", "Germany", "--for", "3d"), 1, "'Germany' is no country code (write DE)"),
        (("test-channel", "nope"), 1, "no target 'nope' in the settings; there are: journal"),
        (("what-if", "Amazon", "UKR"), 2, "'UKR' is no country code (two capital letters"),
        (("what-if", "Amazn", "DE"), 2, "no platform is called 'Amazn' (did you mean"),
    ],
)
def test_what_is_named_wrongly_is_told_with_where_to_look(words: tuple[str, ...], code: int, told: str, said: Said):
    ended, complaint = said(*words)
    assert ended == code
    assert told in complaint
