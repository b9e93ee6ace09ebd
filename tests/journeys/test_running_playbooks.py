"""From a notice on a site to the next steps in mail and Slack, ticked off from the command line."""

import shutil
from pathlib import Path

from desks import Desk, notice, rss
from local_sites import LocalSite

SHIPPED = Path(__file__).parents[2] / "config"


async def test_a_message_tells_the_next_steps_and_what_is_done_is_asked_no_more(desk: Desk, site: LocalSite) -> None:
    shutil.copy(SHIPPED / "playbooks.yaml", desk.directory)
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()
    told = desk.mail.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "YOUR NEXT STEPS\n- by " in told
    assert ", operations: Name one person who leads on this" in told
    assert "- and 6 more: sellerwatch incidents show " in told
    (section,) = [
        block["text"]["text"]
        for block in desk.slack[0]["blocks"]
        if block["type"] == "section" and "Your next steps" in block.get("text", {}).get("text", "")
    ]
    assert section.count("•") == 4
    (incident,) = await desk.json("incidents")
    did = await desk.command("incidents", "done", incident["id"], "step:name-a-lead", "--by", "kim")
    assert did.exit_code == 0, did.stderr
    steps = {row["subject"]: row for row in await desk.json("deadlines", "--steps") if row["kind"] == "step"}
    assert "step:name-a-lead" not in steps
    assert steps["step:check-the-source"]["sellers"] == ["acme"]
