"""What a check of `sellerwatch doctor` found."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"  # worth knowing, and nothing is broken
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and how to mend it."""

    check: str
    grade: Grade
    what: str
    mend: str = ""


def good(check: str, what: str) -> Finding:
    """All is as it should be."""
    return Finding(check, Grade.GOOD, what)


def note(check: str, what: str, mend: str = "") -> Finding:
    """Nothing is broken; somebody may want to do something."""
    return Finding(check, Grade.NOTE, what, mend)


def wrong(check: str, what: str, mend: str) -> Finding:
    """Something is broken, and this mends it."""
    return Finding(check, Grade.WRONG, what, mend)
