"""What stays of what was fetched, through the whole path: the words that woke somebody can be shown byte for byte."""

from hashlib import sha256

import pytest
from desks import CLOSING, HARMLESS, Desk, item, notice, rss
from local_sites import LocalSite

from monitor.config import load
from monitor.store.evidence import Kept, Verdict
from monitor.wiring import open_store


@pytest.mark.long
async def test_the_bytes_behind_an_alert_are_kept_and_those_of_everything_else_go(desk: Desk, site: LocalSite):
    loud, quiet = rss(notice(site)), rss(HARMLESS)
    site.says("/loud.xml", loud)
    site.says("/quiet.xml", quiet)
    site.says("/broken.xml", b"<html><body>Not found</body></html>")
    desk.watches(loud=site.url("/loud.xml"), quiet=site.url("/quiet.xml"), broken=site.url("/broken.xml"))
    await desk.round()
    assert len(desk.mail.mails) == 1

    [incident] = await desk.json("incidents")
    document = incident["evidence"][0]["document_id"]
    assert "shutdown" in (await desk.command("explain", document)).output, "explained without its bytes, too"
    shown = await desk.json("evidence", document[:12])
    assert (shown["source"], shown["verdict"], shown["sha256"]) == ("loud", "whole", sha256(loud).hexdigest())
    saved = await desk.command("evidence", document, "--save", str(desk.directory / "saved"))
    assert (saved.exit_code, (desk.directory / "saved").read_bytes()) == (0, loud)

    [bad] = await desk.json("quarantine")
    assert (await desk.json("evidence", bad["id"]))["kept_as"] == "quarantine"
    store = await open_store(load(desk.directory, {}))
    counts = await store.desk.counts()
    await store.database.close()
    assert (counts.inbox_waiting, counts.documents) == (0, 2)


async def test_where_a_page_told_the_story_the_feed_and_the_page_are_kept(desk: Desk, site: LocalSite):
    words = f"Bazarino will shut down on {CLOSING:%-d %B %Y}. Sellers can no longer log in or receive orders after it. "
    page = f"<html><body><article><h1>Bazarino to shut down for good</h1><p>{words * 8}</p></article></body></html>"
    site.says("/feed.xml", rss(item("Bazarino to shut down for good", "Read on.", site.url("/story"))))
    site.says("/story", page.encode(), Content_Type="text/html")
    desk.watches(bazarino=site.url())
    await desk.round()
    [incident] = await desk.json("incidents")
    store = await open_store(load(desk.directory, {}))
    try:
        told = await store.evidence.exhibit(incident["evidence"][0]["document_id"])
        assert (told.url, told.kept, told.body) == (site.url("/story"), Kept.SIGNAL, page.encode())
        captures = await store.database.read(
            lambda c: c.exec_driver_sql("SELECT id FROM captures WHERE kept = 'signal' ORDER BY fetched_at")
        )
        both = [await store.evidence.exhibit(row.id) for row in captures]
    finally:
        await store.database.close()
    assert [(one.url, one.verdict) for one in both] == [
        (site.url(), Verdict.WHOLE),
        (site.url("/story"), Verdict.WHOLE),
    ]
