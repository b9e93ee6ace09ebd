"""Where the entries of a feed begin and end, so that only unseen ones are parsed.

A full feed parser costs about 0.35 ms an entry; a poll usually brings none or one that is new. The scan cuts the
feed's own text (it does not build and serialise a tree), so that the parser sees the publisher's characters, and
ill-formed feeds can be cut too.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from monitor.domain.documents import digest

_TAG = re.compile(
    r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)"
    r"|<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+(?:\]\]>|\Z)"
    r"|<(?P<close>/?)(?:[\w.-]{1,40}:)?(?P<name>item|entry)(?=[\s/>])[^<>]*>"
)
_CDATA = r"(?:\s|<!\[CDATA\[)*"
_NAMES = (  # what identifies an entry: its guid or id, else its link, else its title
    re.compile(rf"<(?:[\w.-]{{1,40}}:)?(?:guid|id)(?:\s[^<>]*)?>{_CDATA}([^<\]]+)"),
    re.compile(r"""\brdf:about\s*=\s*["']([^"'<>]+)"""),
    re.compile(rf"<(?:[\w.-]{{1,40}}:)?link(?:\s[^<>]*)?>{_CDATA}([^<\]]+)"),
    re.compile(r"""<(?:[\w.-]{1,40}:)?link\s[^<>]*?\bhref\s*=\s*["']([^"'<>]+)"""),
    re.compile(rf"<(?:[\w.-]{{1,40}}:)?title(?:\s[^<>]*)?>{_CDATA}([^<\]]+)"),
)
_SOURCE = re.compile(r"<((?:[\w.-]{1,40}:)?source)[\s>].*?</\1\s*>", re.DOTALL)  # Atom: the id of another feed


@dataclass(frozen=True, slots=True)
class Slice:
    """One entry within the feed's text. `key` changes when anything in the entry does."""

    start: int
    end: int
    key: str
    shares_name: bool  # another entry of this feed has the same guid: the guid does not tell them apart


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed's text and the slices of its entries, in order and not overlapping."""

    text: str
    slices: tuple[Slice, ...]

    def only(self, wanted: Collection[Slice]) -> str:
        """The feed with those entries and no others; all else stays to the character."""
        if len(wanted) == len(self.slices):
            return self.text
        kept, position = [], 0
        for entry in self.slices:
            if entry not in wanted:
                kept.append(self.text[position : entry.start])
                position = entry.end
        return "".join([*kept, self.text[position:]])


def outline(text: str) -> Outline | None:
    """The entries of a feed; None when they cannot be told apart (one inside another, one without an end)."""
    bounds: list[tuple[int, int]] = []
    start = name = None
    for tag in _TAG.finditer(text):
        if tag["name"] is None:  # a comment or CDATA
            continue
        if tag["close"]:
            if start is None or name != tag["name"]:
                return None
            bounds.append((start, tag.end()))
            start = None
        elif start is not None:
            return None
        elif tag[0].endswith("/>"):
            bounds.append((tag.start(), tag.end()))
        else:
            start, name = tag.start(), tag["name"]
    if start is not None:
        return None
    keys = [digest(text[a:b]) for a, b in bounds]
    names = {key: _name(text[a:b]) for key, (a, b) in zip(keys, bounds, strict=True)}
    times = Counter(names.values())  # entries that are equal to the character count once
    return Outline(
        text, tuple(Slice(a, b, key, times[names[key]] > 1) for key, (a, b) in zip(keys, bounds, strict=True))
    )


def begun(text: str) -> tuple[int, int]:
    """How many entries begin in a feed, and where the beginning of the last one ends; 0 and 0 without any.

    Those of one feed have one name; what else is called `item` under another prefix is no entry.
    """
    tags = [tag for tag in _TAG.finditer(text) if tag["name"] is not None and not tag["close"]]
    names = Counter(tag[0][: tag.end("name") - tag.start()] for tag in tags)
    return max(names.values(), default=0), tags[-1].end() if tags else 0


def _name(entry: str) -> str:
    own = _SOURCE.sub("", entry)
    for pattern in _NAMES:
        match = pattern.search(own)
        if match:
            return match[1].strip()
    return ""
