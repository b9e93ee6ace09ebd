"""A text with the stretches that decided something: in colours on a terminal, in brackets with their role elsewhere."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.text import Text

ROLES = {
    "event": "bold red",
    "status": "bold yellow",
    "platform": "bold cyan",
    "region": "bold green",
    "date": "bold magenta",
    "deadline": "bold blue",
    "opinion": "bold bright_white on blue",
}
GAP = "[...]\n"
WHOLE = 2_000  # characters of a text that is shown without gaps
_SAYS_MUCH = {"event"}  # whole sentences: they lie under the others and are only underlined
# Control characters would steer the terminal, and bidirectional ones the order of everything after them.
_UNSEEN = {
    code: "\ufffd"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x61C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
    if chr(code) not in "\t\n"
} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch and the part it plays, as `Span.says` begins; `number` tells several events apart, 0 when it is one."""

    start: int
    end: int
    role: str
    number: int = 0

    @property
    def label(self) -> str:
        return f"{self.role} {self.number}" if self.number else self.role


def harmless(text: str) -> str:
    """The text with nothing in it that a terminal obeys; every offset kept."""
    return text.translate(_UNSEEN)


def legend(marks: Sequence[Mark]) -> Text:
    """The roles that the marks play, each in its colour."""
    roles = [role for role in ROLES if any(mark.role == role for mark in marks)]
    return Text("  ").join(Text(role, style(role)) for role in roles)


def style(role: str) -> str:
    """How a role is shown."""
    return ROLES.get(role, "bold") + (" underline" if role in _SAYS_MUCH else "")


def highlighted(text: str, marks: Sequence[Mark], coloured: bool) -> Text:
    """The text with its marks; of a long one, the lines that have some and those beside them."""
    shown, at = Text(), 0
    for start, end in stretches(text, marks):
        if start > at:
            shown.append(GAP, "dim")
        shown.append_text(_line(text, start, end, marks, coloured))
        at = end
    if at < len(text):
        shown.append(GAP if shown.plain.endswith("\n") or not shown else "\n" + GAP, "dim")
    return shown


def stretches(text: str, marks: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """What of the text is shown, from where to where."""
    if len(text) <= WHOLE:
        yield 0, len(text)
        return
    lines = [match.span() for match in re.finditer(r"[^\n]*\n|[^\n]+", text)]
    told = [any(mark.start < end and start < mark.end for mark in marks) for start, end in lines]
    for number, line in enumerate(lines):
        if any(told[max(number - 1, 0) : number + 2]):
            yield line


def _line(text: str, start: int, end: int, marks: Sequence[Mark], coloured: bool) -> Text:
    inside = [mark for mark in marks if mark.start < end and start < mark.end and mark.start < mark.end]
    inside.sort(key=lambda mark: (mark.start - mark.end, mark.start))  # the wider ones lie under the others
    if coloured:
        shown = Text(harmless(text[start:end]))
        for mark in inside:
            shown.stylize(style(mark.role), max(mark.start, start) - start, min(mark.end, end) - start)
        return shown
    signs: dict[int, str] = {}
    for mark in inside:
        first, last = max(mark.start, start), min(mark.end, end)
        signs[first] = signs.get(first, "") + f"[{mark.label}: "
        signs[last] = "]" + signs.get(last, "")
    bounds = [start, *sorted(signs), end]
    pieces = [signs.get(a, "") * (a < end) + harmless(text[a:b]) for a, b in pairwise(dict.fromkeys(bounds))]
    return Text("".join(pieces) + signs.get(end, ""))
