"""What is wrong with the database, and what it says of our work: who was not reached, which sources see nothing."""

import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from monitor.backup import DIRECTORY, kept_in
from monitor.config import Config
from monitor.domain.errors import StoreUnavailableError
from monitor.domain.resolution import kinship
from monitor.drill import BEGUN, hearers
from monitor.findings import Finding, Grade, good, note, wrong
from monitor.store import backup as sqlite
from monitor.store import schema
from monitor.store.audit import drill_arrivals, oldest_due
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.errors import UnusableDatabaseError
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.tables import captures, documents
from monitor.store.telling import marks_of
from monitor.store.telling_tables import alerts, deliveries
from monitor.vigilance import healths_of

BIG_WAL = 256 * 2**20  # bytes; it is cut back to 64 MB whenever nobody reads in it
SLIP = timedelta(minutes=5)  # that a clock may be off
FRESH = timedelta(days=7)  # in which a dead letter is still somebody's to look after
LATE = timedelta(minutes=15)
UNDRILLED = {"weekly": timedelta(days=8), "daily": timedelta(days=2)}  # from which a drill was missed
MOST_BLIND = 0.25  # of the sources; some are always away


async def examined(settings: Config, now: datetime) -> Sequence[Finding]:
    """The database, unchanged: nothing is migrated."""
    url = make_url(settings.store_url)
    found: list[Finding] = []
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        found += _file(file, _restore(settings))
        if not any(one.check == "database" and one.grade is Grade.GOOD for one in found):
            return found
    try:
        database = await Database.open(settings.store_url, migrate=False)
    except UnusableDatabaseError as error:
        old = "start the daemon, which migrates; if that does not help, bring a backup back (docs/operations.md)"
        return [wrong("database", str(error), _restore(settings) if found else old)]
    except StoreUnavailableError as error:
        return [
            *found,
            wrong("database", f"it does not answer: {error}", "start it, or mend store.url and its password"),
        ]
    try:
        if not found:
            found.append(good("database", f"{database.dialect} answers, schema {schema.head()}"))
        return [*found, *await _work(settings, database, now)]
    finally:
        await database.close()


def _restore(settings: Config) -> str:
    """The commands that bring the last backup back."""
    kept = kept_in(settings.state_dir / DIRECTORY)
    file = (
        shlex.quote(str(kept[-1].absolute())) if kept else "FILE (none is in the state directory; docs/operations.md)"
    )
    return f"systemctl stop sellerwatch && sellerwatch restore --replace {file}"


def _file(file: Path, restore: str) -> list[Finding]:
    """A SQLite file: whole, of a schema that is known, with a journal of bounded size."""
    if not file.exists():
        return [note("database", f"{file} is not there yet: the first start makes it")]
    if not file.stat().st_size and not file.with_name(f"{file.name}-wal").exists():
        return [wrong("database", f"{file} is empty; a start would begin anew and know nothing of before", restore)]
    try:
        sqlite.verify(file)
        contents = sqlite.contents(file)
    except UnusableDatabaseError as error:
        return [wrong("database", str(error), restore)]
    except StoreUnavailableError as error:
        return [wrong("database", str(error), "run as the service's user or as root; see who else holds it")]
    if contents.schema > schema.head():
        words = f"its schema {contents.schema} is newer than this program's {schema.head()}"
        return [wrong("database", words, "start the newer program, or restore a backup of before")]
    rows = f"{sum(contents.rows.values()):,} rows in {file.stat().st_size / 1e6:.1f} MB"
    if contents.schema < schema.head():
        words = f"whole, {rows}; schema {contents.schema} becomes {schema.head()} at the next start, after a copy"
        found = [note("database", words, "nothing: start the daemon")]
    else:
        found = [good("database", f"whole, schema {contents.schema}, {rows}")]
    journal = file.with_name(f"{file.name}-wal")
    size = journal.stat().st_size if journal.exists() else 0
    if size > BIG_WAL:
        mend = "end what reads in it for long (a command that hangs, sqlite3, a copy); it shrinks by itself then"
        found.append(wrong("journal", f"{journal.name} has {size / 1e6:.0f} MB", mend))
    else:
        found.append(good("journal", f"{size / 1e6:.1f} MB wait in the journal"))
    return found


async def _work(settings: Config, database: Database, now: datetime) -> list[Finding]:
    """What the rows say."""
    newest = await _newest(database)
    if newest is not None and newest > now + SLIP:
        mend = "set the clock (timedatectl set-ntp true) before the daemon runs on"
        found = [wrong("clock", f"it says {now:%Y-%m-%d %H:%M} UTC, and a row is of {newest:%Y-%m-%d %H:%M}", mend)]
    else:
        found = [good("clock", f"{now:%Y-%m-%d %H:%M} UTC, behind no row")]
    found += await _letters(database, now)
    found += await _drilled(settings, database, now)
    found.append(await _sight(settings, database, now))
    return found


async def _newest(database: Database) -> datetime | None:
    moments = (captures.c.fetched_at, documents.c.fetched_at, alerts.c.at, deliveries.c.created_at)

    async def work(connection: AsyncConnection) -> datetime | None:
        latest = [await connection.scalar(select(func.max(one, type_=one.type))) for one in moments]
        return max((one for one in latest if one is not None), default=None)

    return await database.read(work)


async def _letters(database: Database, now: datetime) -> list[Finding]:
    lost = [one for one, other in await SqlDesk(database).dead(limit=1000) if other is None]
    fresh = [one for one in lost if now - (one.created_at or EPOCH) < FRESH]
    found = []
    if fresh:
        whom = ", ".join(sorted({one.target for one in fresh}))
        mend = "`sellerwatch deliveries dead` says why; mend the target, then `sellerwatch deliveries retry`"
        found.append(wrong("deliveries", f"{len(fresh)} of the last week reached nobody: {whom}", mend))
    elif lost:
        found.append(note("deliveries", f"{len(lost)} reached nobody, the last over a week ago"))
    since = await oldest_due(database, now)
    if since is not None and now - since > LATE:
        mend = "is the daemon running? `sellerwatch deliveries` says what stands in the way"
        found.append(wrong("outbox", f"messages wait since {since:%Y-%m-%d %H:%M} UTC", mend))
    return found or [good("deliveries", "nothing waits, and nothing was lost")]


async def _drilled(settings: Config, database: Database, now: datetime) -> list[Finding]:
    """When the invented event went the whole way last, by channel."""
    period, targets = settings.settings.drill.value, settings.targets
    mend = "`sellerwatch ledger check` and docs/ledger.md; `sellerwatch drill` tries it now"
    if period == "never":
        return [note("drill", "none is planned: nobody would notice a way that is broken", "drill: weekly")]
    channels = {target.channel for target in hearers(targets)}
    if not channels:
        return [note("drill", "nobody hears it", "mark a target drill: true or operations: true")]
    begun = (await database.read(marks_of)).get(BEGUN)
    if begun is None:
        return [note("drill", "none was yet: the plan begins with the first start")]
    arrivals = {channel: at for channel, at in (await drill_arrivals(database)).items() if channel in channels}
    late = [f"{channel} {at:%Y-%m-%d %H:%M} UTC" for channel, at in arrivals.items() if now - at > UNDRILLED[period]]
    if late or now - begun > UNDRILLED[period]:
        words = f"the last was begun {begun:%Y-%m-%d}, and arrived by {', '.join(late) or 'no channel'}"
        return [wrong("drill", words, mend)]
    if missing := channels - arrivals.keys():
        return [note("drill", f"none has arrived by {', '.join(sorted(missing))} yet", mend)]
    return [good("drill", f"the last arrived {min(arrivals.values()):%Y-%m-%d %H:%M} UTC")]


async def _sight(settings: Config, database: Database, now: datetime) -> Finding:
    watched = {source.id: source for source in settings.sources if source.enabled}
    ledger = SqlLedger(database, kinship(settings.platforms))
    healths = await healths_of(watched, SqlInbox(database), ledger, now)
    blind = [one for one in healths.values() if one.blind]
    words = f"{len(blind)} of {len(watched)} see nothing"
    if len(blind) > MOST_BLIND * len(watched):
        return wrong(
            "sources", words, "`sellerwatch sources health` groups them by reason; is it this machine's network?"
        )
    return (
        note("sources", words, "`sellerwatch sources health` says why") if blind else good("sources", "none is blind")
    )
