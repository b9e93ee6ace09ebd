"""Whether a feed lost entries on its way, and how. Many are slightly ill-formed, and all is read out of them all the
same: that is no damage."""

import re
from xml.parsers import expat

from monitor.read.outline import Outline, begun

_END = re.compile(
    r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)"
    r"|<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+(?:\]\]>|\Z)"
    r"|</(?:[\w.-]{1,40}:)?(?P<name>channel|rss|feed|rdf)\s*>",
    re.IGNORECASE,
)


def damage(text: str, cut: Outline | None, read: int) -> str:
    """What is wrong with a feed in which `read` entries were found, in a few words; "" when none of it is missing.

    `cut` is its outline, or None when its entries had to be told apart by the parser. A feed that never ends counts as
    cut off, even between two entries: what came behind is not there. XML that is well-formed has lost nothing.
    """
    if cut is not None and cut.slices:
        held = whole = len(cut.slices)
        behind = cut.slices[-1].end
    else:
        held, behind = begun(text)
        whole = max(held - 1, 0)
    ended = any(found["name"] for found in _END.finditer(text, behind))
    if (ended and held <= read) or _well_formed(text):
        return ""
    if not ended:
        return f"it is cut off after {whole} whole {'entry' if whole == 1 else 'entries'}"
    return f"it is no well-formed XML, and {held - read} of {held} entries cannot be read"


def _well_formed(text: str) -> bool:
    try:
        expat.ParserCreate().Parse(text, True)
    except (expat.ExpatError, ValueError):
        return False
    return True
