"""`evidence ID`: what a document was read from, as somebody asks who doubts it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from sqlalchemy import update
from typer.testing import CliRunner, Result

from monitor import cli, wiring
from monitor.config import load
from monitor.domain.documents import Capture, Document
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.steps import Step
from monitor.store.beginnings import beginning
from monitor.store.tables import captures

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
BODY = "<rss>虾米 closes</rss>".encode()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A configuration whose store holds a notice that led to a signal, and an article that led to none."""
    (tmp_path / "sources").mkdir()
    platform = {"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}
    (tmp_path / "platforms.yaml").write_text(yaml.safe_dump([platform]))
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state")}))
    (tmp_path / "settings.yaml").chmod(0o600)
    asyncio.run(filled(tmp_path))
    return tmp_path


async def filled(directory: Path) -> None:
    store = await wiring.open_store(load(directory, {}))
    signal = Signal(EventType.SHUTDOWN, Status.CONFIRMED, ("Bazarino",), ("PL",), None, (), 0.9, ())
    for name, signals in (("notice", (signal,)), ("article", ())):
        taken = Capture(f"c-{name}", "press", "https://x.example/", AT, 200, "text/xml", BODY, sha256(BODY).hexdigest())
        document = Document(f"d-{name}", "press", taken.id, taken.url, name, name, AT, AT)
        await store.inbox.looked(Look("press", AT, Outcome.OK), SourceState("press", AT), taken)
        claim = await store.inbox.claim(AT, timedelta(minutes=1))
        await store.ledger.keep(
            Step(AT, claim, documents=[document], assessments=[Assessment(document.id, "en", 0.9, signals)])
        )
    await store.database.close()


def asked(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app, ["evidence", *words, "--config", str(directory)])


def test_what_led_to_a_signal_is_shown_and_its_bytes_can_be_saved(directory: Path, tmp_path: Path):
    shown = asked(directory, "d-notice")
    assert shown.exit_code == 0, shown.output
    assert "whole" in shown.output
    assert "2026-03-10 09:00" in shown.output
    value = json.loads(asked(directory, "c-not", "--json").stdout)
    assert (value["verdict"], value["kept_as"], value["bytes"]) == ("whole", "signal", len(BODY))
    assert asked(directory, "d-notice", "--save", str(tmp_path / "bytes")).exit_code == 0
    assert (tmp_path / "bytes").read_bytes() == BODY
    assert asked(directory, "d-notice", "--save", "-").stdout_bytes == BODY


def test_what_led_to_nothing_is_gone_but_for_its_hash(directory: Path, tmp_path: Path):
    shown = asked(directory, "d-article")
    assert shown.exit_code == 0
    assert "gone" in shown.output
    assert sha256(BODY).hexdigest() in shown.output
    saved = asked(directory, "d-article", "--save", str(tmp_path / "bytes"))
    assert (saved.exit_code, (tmp_path / "bytes").exists()) == (1, False)


def test_bytes_that_were_tampered_with_are_an_error(directory: Path):
    async def tamper() -> None:
        store = await wiring.open_store(load(directory, {}))
        await store.database.write(lambda c: c.execute(update(captures).values(body=b"other")))
        await store.database.close()

    asyncio.run(tamper())
    shown = asked(directory, "d-notice")
    assert shown.exit_code == 1
    assert "broken" in shown.output


def test_an_unknown_id_is_an_error_that_says_so(directory: Path):
    assert "is the start of no id" in asked(directory, "nothing-like-it").stderr


def test_the_start_of_several_ids_names_them(directory: Path):
    several = asked(directory, "d-")
    assert several.exit_code == 1
    assert "'d-' is the start of several: document d-article, document d-notice; write more" in several.stderr
    config = ["--config", str(directory)]
    explained = CliRunner().invoke(cli.app, ["explain", "d-", *config])
    assert explained.exit_code == 1
    assert "'d-' is the start of several: document d-article, document d-notice; write more" in explained.stderr
    corrected = CliRunner().invoke(cli.app, ["corpus", "feedback", "d-", "--event", "none", *config])
    assert corrected.exit_code == 1
    assert "'d-' is the start of several: document d-article" in corrected.stderr


def test_of_many_ids_with_one_beginning_the_first_are_named_and_letters_of_the_start_are_no_pattern(directory: Path):
    async def look() -> None:
        store = await wiring.open_store(load(directory, {}))
        documents = [Document(f"aaaaaaaaaa{n}bcdef", "press", "", "", "", "x", AT, AT) for n in range(8)]
        await store.ledger.keep(Step(AT, documents=documents))
        named = await beginning(store.database, "aaa", ("incident", "document"), 3)
        assert named == [("document", f"aaaaaaaaaa{n}bcdef") for n in range(3)]
        assert await beginning(store.database, "%", ("document",)) == []
        assert await beginning(store.database, "", ("document",)) == []
        await store.database.close()

    asyncio.run(look())
    told = CliRunner().invoke(cli.app, ["explain", "aaaaaaaaaa", "--config", str(directory)]).stderr
    assert "document aaaaaaaaaa0bcd, document aaaaaaaaaa1bcd" in " ".join(told.split())
    assert "aaaaaaaaaa4bcd, ...; write more of the one that you mean" in " ".join(told.split())
