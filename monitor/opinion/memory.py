"""The day's spending and the answers so far, in one small file that survives a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS spent (day TEXT PRIMARY KEY, requests INTEGER NOT NULL, tokens INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS answers (no INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, words TEXT NOT NULL) STRICT;
"""
_BUSY = 2.0  # seconds to wait for another process that writes


class Memory:
    """Blocking and quick: call it in a thread. Every method raises sqlite3.Error when the file cannot be used."""

    def __init__(self, path: Path, most_answers: int) -> None:
        self._path, self._most_answers = path, most_answers

    def recall(self, key: str) -> str | None:
        """The answer kept under the key."""
        with self._open() as db:
            row = db.execute("SELECT words FROM answers WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def remember(self, key: str, words: str) -> None:
        """Keep an answer; the oldest make room for it."""
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO answers (key, words) VALUES (?, ?)", (key, words))
            db.execute(
                "DELETE FROM answers WHERE no <= (SELECT no FROM answers ORDER BY no DESC LIMIT 1 OFFSET ?)",
                (self._most_answers,),
            )

    def reserve(self, day: date, tokens: int, most_requests: int, most_tokens: int) -> bool:
        """Set one request with its tokens aside before it is made; False when the day's budget does not hold it."""
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO spent VALUES (?, 0, 0)", (day.isoformat(),))
            done = db.execute(
                "UPDATE spent SET requests = requests + 1, tokens = tokens + ?1"
                " WHERE day = ?2 AND requests < ?3 AND tokens + ?1 <= ?4",
                (tokens, day.isoformat(), most_requests, most_tokens),
            )
            return done.rowcount == 1

    def settle(self, day: date, reserved: int, used: int) -> None:
        """What the request really cost, in the place of what was set aside for it."""
        with self._open() as db:
            db.execute("UPDATE spent SET tokens = tokens + ? WHERE day = ?", (used - reserved, day.isoformat()))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own: nothing to close at the end, and any thread may come."""
        with closing(sqlite3.connect(self._path, timeout=_BUSY, isolation_level=None)) as db:
            db.executescript(_TABLES)
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
