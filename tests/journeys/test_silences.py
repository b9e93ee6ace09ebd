"""A silence from the command line to the mailbox: what it holds, where people see that, and how it ends."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest
from desks import Desk, notice, rss
from local_sites import LocalSite
from typer.testing import CliRunner, Result

from monitor.daemon import utc_now
from monitor.silences_command import silences


async def says(desk: Desk, *words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, silences, ["--config", str(desk.directory), *words])


def text_of(desk: Desk) -> str:
    (mail,) = desk.mail.mails
    return mail.get_body(("plain",)).get_content()


async def test_what_is_silenced_waits_in_sight_and_is_told_when_the_silence_is_ended(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()  # makes the database; both targets hear of it
    assert "Nothing is silent" in (await says(desk)).output

    made = await says(
        desk, "add", "--for", "4h", "--target", "ops", "--platform", "Bazarino", "--by", "anna", "--note", "a fair"
    )
    assert made.exit_code == 0, made.output
    assert "Bazarino, to ops" in made.output
    (known,) = json.loads((await says(desk, "--json")).stdout)
    assert (known["who"], known["note"], known["target"]) == ("anna", "a fair", "ops")
    listed = (await says(desk)).output
    assert "anna" in listed
    assert "a fair" in listed

    ended = await says(desk, "end", known["id"][:8], "--by", "bob")
    assert ended.exit_code == 0, ended.output
    assert "over, said bob: Bazarino, to ops" in ended.output
    assert "Nothing is silent" in (await says(desk)).output
    assert (await says(desk, "end", known["id"][:8])).exit_code == 1


async def test_the_message_itself_says_that_it_was_held(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    site.says("/feed.xml", rss())
    await desk.round()
    assert (await says(desk, "add", "--for", "4h", "--target", "ops", "--by", "anna")).exit_code == 0
    site.says("/feed.xml", rss(notice(site)))
    await desk.round()
    assert desk.mail.mails == []
    assert len(desk.slack) == 1, "another target's"
    shown = (await desk.command("deliveries")).output
    assert "waits for" in " ".join(shown.split())
    (incident,) = await desk.json("incidents")
    explained = (await desk.command("explain", incident["id"][:8])).output
    assert "ops (email): pending, waits for silence of anna until" in explained
    assert "passes news: confirmed" in explained
    assert "passes route ops: its filters let it through" in explained
    assert "passes wait ops: silence of anna until" in explained

    (known,) = json.loads((await says(desk, "--json")).stdout)
    ended = await says(desk, "end", known["id"][:8], "--by", "bob")
    assert "1 message waits no longer for it" in ended.output
    await desk.round()
    assert "anna" in text_of(desk), "it says whose silence held it"
    assert len(desk.slack) == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--for", "4h"), "say what is to be silent"),
        (("--target", "ops"), "say when it ends"),
        (("--target", "ops", "--for", "4h", "--until", "2099-01-01"), "say when it ends"),
        (("--target", "ops", "--for", "soon"), "is not a duration"),
        (("--target", "ops", "--for", "900d"), "within 366 days"),
        (("--target", "ops", "--until", "tomorrow"), "is no moment"),
        (("--target", "ops", "--until", "2020-01-01"), "must end after now"),
        (("--target", "nobody", "--for", "4h"), "no target is called 'nobody'; there are: ops, chat"),
        (("--seller", "nobody", "--for", "4h"), "no seller is called 'nobody'; there are: acme"),
        (("--platform", "Bazzarino", "--for", "4h"), "no platform is called 'Bazzarino'"),
        (("--country", "Polonia", "--for", "4h"), "no country code"),
        (("--incident", "nothing", "--for", "4h"), "is the start of no id"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_can(desk: Desk, words: tuple[str, ...], complaint: str):
    desk.watches()
    refused = await says(desk, "add", *words, "--by", "anna")
    assert refused.exit_code == 1
    assert complaint in " ".join(refused.output.split())


async def test_the_end_is_said_in_any_zone_and_kept_in_utc(desk: Desk):
    desk.watches()
    end = (utc_now() + timedelta(days=2)).replace(microsecond=0)
    written = end.astimezone().isoformat()
    assert (await says(desk, "add", "--everything", "--until", written, "--by", "anna")).exit_code == 0
    (known,) = json.loads((await says(desk, "--json")).stdout)
    assert datetime.fromisoformat(known["until"]) == end
