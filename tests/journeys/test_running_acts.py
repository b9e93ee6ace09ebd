"""What people do from the command line while the daemon works on the same rows, and what a kill leaves of it."""

import asyncio
import os
import signal
import sys

import pytest
from desks import CLOSING, EXPORT, Desk, item, notice, rss, running, until
from local_sites import LocalSite

from monitor.daemon import utc_now


def other_notice(site: LocalSite) -> str:
    """A second event, on another platform."""
    text = f"""Kramavo will close its marketplace in Poland on {CLOSING:%-d %B %Y}. Kramavo says that sellers can no
    longer list products or receive orders from that day on, and that all seller accounts will be closed. Please
    export your data and invoices before {EXPORT:%-d %B %Y}. Outstanding payouts will be transferred as usual. """
    return item("Kramavo closes its marketplace in Poland", text * 2, site.url("/other"))


def both_known(desk: Desk) -> None:
    """Bazarino and Kramavo are platforms, and the seller is on both."""
    desk.write("platforms.yaml", [
        {"name": name, "id": name.lower(), "owner": f"{name} AG", "kind": "marketplace"}
        for name in ("Bazarino", "Kramavo")
    ])  # fmt: skip
    desk.write("exposure.yaml", {"sellers": [{
        "id": "acme", "name": "Acme", "currency": "EUR",
        "positions": [
            {"platform": name, "country": "PL", "sales_per_day": 4000, "stock": 90000}
            for name in ("Bazarino", "Kramavo")
        ],
    }]})  # fmt: skip


async def test_a_person_merges_closes_and_splits_beside_the_running_daemon(desk: Desk, site: LocalSite):
    both_known(desk)
    site.says("/feed.xml", rss(notice(site)))
    site.says("/other.xml", rss(other_notice(site)))
    desk.watches(bazarino=site.url(), kramavo=site.url("/other.xml"))
    async with running(desk) as (service, _):
        await until(lambda: len(desk.mail.mails) == 2, 40)
        first, second = await desk.json("incidents")
        merged = await desk.json("incidents", "merge", first["id"][:12], second["id"][:12], "--by", "anna")
        assert {one["document_id"] for one in merged["evidence"]} == {
            one["document_id"] for incident in (first, second) for one in incident["evidence"]
        }
        gone = ({first["id"], second["id"]} - {merged["id"]}).pop()
        assert [one["id"] for one in await desk.json("incidents")] == [merged["id"]]
        shown = await desk.command("incidents", gone[:12])
        assert shown.exit_code == 0, shown.output
        assert f"incident {merged['id']}" in shown.output, "the old name leads to the one that goes on"
        assert "anna: merge" in shown.output
        assert (await desk.json("explain", gone))["incident"]["id"] == merged["id"]

        duty = merged["deadlines"][0]
        deadline = f"deadline:{duty['role']}:{duty['date']['text']}"
        did = await desk.command("incidents", "done", merged["id"], deadline, "--by", "bob")
        assert did.exit_code == 0, did.stderr
        row = next(one for one in await desk.json("deadlines") if one["role"] == duty["role"])
        assert [one["by"] for one in row["done"]] == ["bob"]
        assert "bob" in (await desk.command("deadlines")).output

        closed = await desk.command("incidents", "close", gone, "--by", "anna", "--note", "moved away in May")
        assert closed.exit_code == 0, closed.output
        assert await desk.json("incidents") == []
        assert await desk.json("deadlines") == []
        assert "closed by anna" in (await desk.command("incidents", "--all")).output
        again = await desk.command("incidents", "close", gone, "--by", "anna")
        assert (again.exit_code, "closed already, by anna" in again.stderr) == (1, True)
        assert (await desk.command("incidents", "reopen", gone, "--by", "anna")).exit_code == 0

        document = second["evidence"][0]["document_id"]
        split = await desk.json("incidents", "split", merged["id"], document[:12], "--by", "anna")
        assert [one["document_id"] for one in split["evidence"]] == [document]
        assert len(await desk.json("incidents")) == 2
        assert await service.pipeline.tick(utc_now()) == 0
    assert len(desk.mail.mails) == 2, "nothing was told twice"


@pytest.mark.long
async def test_a_command_that_is_killed_has_merged_wholly_or_not_at_all(desk: Desk, site: LocalSite):
    both_known(desk)
    site.says("/feed.xml", rss(notice(site)))
    site.says("/other.xml", rss(other_notice(site)))
    desk.watches(bazarino=site.url(), kramavo=site.url("/other.xml"))
    await desk.round()
    first, second = await desk.json("incidents")
    words = ["-m", "monitor", "incidents", "merge", first["id"], second["id"], "--by", "anna"]
    for wait in (0.4, 0.8, 1.2, 1.6, 2.0, 30.0):
        command = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--config", str(desk.directory), stdout=asyncio.subprocess.DEVNULL
        )
        try:
            await asyncio.wait_for(command.wait(), wait)
        except TimeoutError:
            os.kill(command.pid, signal.SIGKILL)
            await command.wait()
        open_now = await desk.json("incidents")
        assert sum(len(one["evidence"]) for one in open_now) == 2
        acts = (await desk.json("explain", first["id"]))["acts"]
        assert (len(open_now), [act["kind"] for act in acts]) in ((2, []), (1, ["merge"]))
        if acts:
            break
    assert acts


async def test_a_mail_that_was_refused_does_not_come_after_the_incident_was_closed(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    desk.mail.answers["RCPT"] = "451 try later"
    await desk.round()
    assert (len(desk.slack), desk.mail.mails) == (1, [])
    (one,) = await desk.json("incidents")
    assert (await desk.command("incidents", "close", one["id"], "--by", "anna")).exit_code == 0
    desk.mail.answers.clear()
    states = {row["target"]: row["state"] for row in await desk.json("deliveries")}
    assert states == {"chat": "sent", "ops": "superseded"}
    await desk.round()
    assert (len(desk.slack), desk.mail.mails) == (1, [])
