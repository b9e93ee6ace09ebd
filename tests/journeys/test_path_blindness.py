"""Sources that go blind: one message through the outbox by mail and Slack, not repeated after a restart, with the
feed's new address found on its own site."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from local_sites import NOON, LocalSite, running_host, source_of

from monitor.deciding import Watch
from monitor.domain.alerts import Policy, Target
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.metrics import Metrics
from monitor.notify.blocks import payload
from monitor.notify.render import bodies
from monitor.notify.written import written
from monitor.read.workers import Workers
from monitor.seek import Seeker
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.vigils import SqlVigils
from monitor.vigilance import Vigilance

FEED = b"""<rss version="2.0"><channel><title>P</title><item><title>New home</title><guid>1</guid>
<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
HOME = (
    b'<html><head><link rel="alternate" type="application/rss+xml" href="/new/feed.xml"></head><body>Hi</body></html>'
)


async def test_blind_sources_are_told_once_together_and_a_lost_feed_is_found_again(site: LocalSite, tmp_path: Path):
    site.says("/", HOME, content_type="text/html")
    site.says("/new/feed.xml", FEED, content_type="application/rss+xml")
    gone = source_of(site.url("/old.xml"), id="gone")
    dead = source_of("http://dead.example/feed", id="dead")
    watch = Watch({"gone": gone, "dead": dead}, (), [Target("ops", "email", "ops@example.com")], Policy())
    database = await Database.open(f"sqlite:///{tmp_path / 'sight.db'}")
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database), SqlOutbox(database)
    for one, reason in ((gone, FailureReason.GONE), (dead, FailureReason.TIMEOUT)):
        state = SourceState(
            one.id, NOON + timedelta(days=1), last_look_at=NOON, last_success_at=NOON - timedelta(hours=9), failures=5,
            last_reason=reason, retired=reason is FailureReason.GONE, url=one.url,
        )  # fmt: skip
        await inbox.looked(Look(one.id, NOON, Outcome.FAILED, reason=reason), state, None)
    workers = Workers()
    try:
        async with running_host() as host:

            def vigilance() -> Vigilance:
                seek = Seeker(host, workers).seek
                return Vigilance(inbox, ledger, SqlVigils(database), Metrics(), lambda: watch, seek)

            await vigilance().step(NOON)
            assert await outbox.claim_delivery(NOON, timedelta(minutes=1)) is None, "held back for an hour"
            later = NOON + timedelta(hours=1)
            for _ in range(3):  # each a new start
                await vigilance().step(later)
        claim = await outbox.claim_delivery(later, timedelta(minutes=1))
        (found,) = [one.find for one in claim.item.message.fresh if one.source_id == "gone"]
        assert (found.url, found.items, found.title) == (site.url("/new/feed.xml"), 1, "New home")
        bulletin = written(claim.item)
        assert "2 sources went blind" in bulletin.subject
        for said in (*vars_of(bodies(bulletin)), json.dumps(payload(bulletin))):
            assert site.url("/new/feed.xml") in said
        await outbox.recover(later + timedelta(hours=1))
        again = await outbox.claim_delivery(later + timedelta(hours=1), timedelta(minutes=1))
        assert again.item.key == claim.item.key, "there is one delivery only"
        assert written(replace(again.item, repeat=True)).subject.startswith("[may be a repeat]")
    finally:
        await workers.close()
        await database.close()


def vars_of(both) -> tuple[str, str]:
    return both.plain, both.html
