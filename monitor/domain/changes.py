"""How a change of a watched page is written down: passages with a label of ours before each, a blank line between."""

import re

NOW, WAS = "Now says", "Said before"  # of one passage, the old words behind the new ones
ADDED, REMOVED = "Added", "Removed"
QUOTED = 300  # characters: a change that is longer is not quoted whole
_FORMER = re.compile(rf"^(?:{WAS}|{REMOVED}): .*$", re.MULTILINE)
_CHANGE = re.compile(rf"^{NOW}: .*(?:\n+{WAS}: .*)?$|^\S.*$", re.MULTILINE)


def former(text: str) -> tuple[tuple[int, int], ...]:
    """From where to where the text quotes what the page says no longer."""
    return tuple(match.span() for match in _FORMER.finditer(text))


def around(text: str, at: int) -> tuple[int, int]:
    """From where to where the change reaches that the offset `at` lies in: its passage as it stands and as it stood."""
    found = next((match.span() for match in _CHANGE.finditer(text) if match.start() <= at < match.end()), None)
    return found or (at, at)
