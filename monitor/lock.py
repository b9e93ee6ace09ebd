"""One daemon for one state directory: a lock that dies with its process, however that dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from monitor.domain.errors import SellerwatchError
from monitor.store.errors import UnusableDatabaseError


class AnotherInstanceError(SellerwatchError):
    """Another daemon holds this state or database; two that do not share the work would double it."""


def hold(state_dir: Path) -> TextIOWrapper:
    """Hold the directory until the returned file is closed. Raises AnotherInstanceError when another process does,
    UnusableDatabaseError when there can be no such directory or it is not ours, OSError when that may pass."""
    with usable(state_dir):
        lock = (state_dir / "lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise AnotherInstanceError(f"another daemon works in {state_dir}") from None
    return lock


@contextmanager
def usable(state_dir: Path) -> Iterator[None]:
    """The directory, made if it is not there. Raises UnusableDatabaseError, as for what is done in it meanwhile, when
    there can be no such directory or it is not ours; OSError when that may pass."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
    except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        words = f"the state directory {state_dir.absolute()} cannot be used: {error.strerror} ({error.filename})"
        mend = "name another in state_dir, or run as the service's user"
        raise UnusableDatabaseError(f"{words}; {mend}") from error


def is_held(state_dir: Path) -> bool:
    """Whether somebody holds the directory at this moment; nothing is made or kept."""
    try:
        with (state_dir / "lock").open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # it is not there, or not ours to look at
        return False
    return False
