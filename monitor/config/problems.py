"""What is wrong in a configuration, and where: collected, never one at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from pydantic_core import PydanticCustomError

from monitor.domain.errors import SellerwatchError

_MOST_ALIKE = 20  # options that are compared


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `file` is relative to the configuration directory, or "environment"; `line` counts from 1 and is None where a line
    means nothing; `key` is the path of the key inside the file; `hint` says how to mend it, or is empty.
    """

    file: str
    line: int | None
    key: str
    what: str
    hint: str = ""

    @property
    def place(self) -> str:
        """`sources/press.yaml:12`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.place, self.key, self.what) if part)
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(SellerwatchError):
    """The configuration cannot be used; `problems` holds all that was found, in order of file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.key, p.what)))
        super().__init__("\n".join(map(str, self.problems)))


def refuse(what: str, hint: str = "") -> PydanticCustomError:
    """The error that a rule raises inside a validator; `hint` reaches the Problem."""
    return PydanticCustomError("refused", "{what}", {"what": what, "hint": hint})


def nearest(word: str, options: Iterable[str]) -> str:
    """A hint that names the option which `word` was probably meant to be, or nothing.

    Codes are often equally alike: one of the same letters comes first, and else one with the same beginning.
    """
    word, by_fold = word.casefold(), {option.casefold(): option for option in options}

    def alike(one: str) -> tuple[bool, float, bool]:
        return sorted(one) == sorted(word), SequenceMatcher(None, one, word).ratio(), one[:2] == word[:2]

    close = max(get_close_matches(word, by_fold, n=_MOST_ALIKE, cutoff=0.6), key=alike, default="")
    return f"did you mean {by_fold[close]}?" if close else ""
