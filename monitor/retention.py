"""Old rows go by rule: once a day the daemon walks over them, a batch at each round."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Protocol

from monitor.logs import log

DAYS_FOR = timedelta(days=400)  # what looking at sources came to: a year, and some of the one before
ANSWERS_FOR = timedelta(days=1)  # in which a program may ask again with the same key
_DAY = timedelta(days=1)
_log = log("retention")


class Keep(Protocol):
    """For how long; `config.settings.KeepSettings` is one."""

    @property
    def documents(self) -> timedelta: ...
    @property
    def held(self) -> timedelta: ...


class Rows(Protocol):
    """What is let go; `store.retention.SqlRetention` is one."""

    async def forget_documents(self, after: str, before: datetime) -> tuple[str, int]: ...
    async def forget_held(self, before: datetime) -> int: ...
    async def forget_days(self, before: date) -> int: ...
    async def forget_answers(self, before: datetime) -> int: ...


class Retention:
    """A step of the daemon's rounds. `keep` gives the settings as they are now."""

    def __init__(self, rows: Rows, keep: Callable[[], Keep]) -> None:
        self._rows, self._keep = rows, keep
        self._begun: datetime | None = None  # when the last walk began
        self._at: str | None = None  # how far it is; None: it is over
        self._gone = 0

    async def step(self, now: datetime) -> bool:
        """One batch, if a walk is under way or due; never is there mail. Raises UnavailableError."""
        if self._at is None:
            if self._begun is not None and timedelta(0) <= now - self._begun < _DAY:
                return False
            self._begun, self._at, self._gone = now, "", 0
        keep = self._keep()
        held = await self._rows.forget_held(now - keep.held)
        days = await self._rows.forget_days((now - DAYS_FOR).date())
        answers = await self._rows.forget_answers(now - ANSWERS_FOR)
        reached, documents = await self._rows.forget_documents(self._at, now - keep.documents)
        self._gone += held + days + answers + documents
        self._at = reached or ("" if held or days or answers else None)
        if self._at is None and self._gone:
            _log.info("let_go", rows=self._gone)
        return False
