"""The composition root of a daemon that shares its database with others (docs/scaling.md)."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy.engine import make_url

from monitor import __version__
from monitor.cluster.crew import Crew
from monitor.cluster.duties import Role
from monitor.cluster.engine import Engine
from monitor.cluster.fingerprint import digest_of
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.opened import open_store
from monitor.sharing import common, share
from monitor.wiring import Service

CAPTURE_LEASE = timedelta(minutes=30)  # the dead are buried within a minute, and the slow keep what they have in hand


async def join_service(settings: Config, roles: Collection[Role]) -> Service:
    """Open a PostgreSQL store that daemons share. Raises UnusableDatabaseError for one that they cannot."""
    store = await open_store(settings)
    try:
        where = make_url(settings.store_url).set(drivername="postgresql")
        engine = Engine(where.render_as_string(hide_password=False))
        crew = Crew(store.database, engine, utc_now, roles, __version__, lambda: digest_of(settings.directory))
        await crew.clock.set()
        await store.ledger.rekey()
        settings = await share(settings, store.database, crew.now())
        service = Service(settings, store, "", crew, await common(store.database, crew.now()))
        service.pipeline.lease = CAPTURE_LEASE
        return service
    except BaseException:
        await store.database.close()
        raise
