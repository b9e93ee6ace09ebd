"""What a headline alone decides: it says the event's own act with its negation ("will not close") and calls it off, or
it announces an offer.

Most of what a platform says of itself is decided, and the model has learnt so; of "Etsy will not leave Germany" on
Etsy's own page the words decide, not who speaks.
"""

import re

from monitor.domain.signals import Status
from monitor.understand import cues
from monitor.understand.sentences import sentences

_LEAD = 300  # of a text without a title: what its first sentence has at most
_NOT = re.compile(  # within the words for what is undone
    r"\b(?:not|no|isn.t|aren.t|won.t|nicht|keine?n?|niet|geen|inte|ikke|ne|n.|pas|nunca|não|non|nie|nu|не|ні|δεν"
    r"|لا|لن|لم|ليس|tidak|tak|hindi|không|नहीं)\b|n't\b|m[ae]y?[ae]ca[ğk]|m[ıiuü]yor"
    r"|[不未没沒]|ない|ません|않|안 |ไม่|না\b|இல்லை|లేదు|نمی|نخواهد",
    re.IGNORECASE,
)

# Of what was only planned as well: the launch that does not come "after all" is news of an exit that stands.
_AFTER_ALL = frozenset(
    {"doch nicht", "vorerst nicht", "nicht kommen", "kommt nicht", "toch niet", "ändå inte", "jednak nie", "pas lieu"}
    | {"won't happen", "won’t happen", "finalement pas", "n'aura pas lieu", "tidak jadi", "tak jadi", "hindi tuloy"}
)


def denied(title: str, text: str, lang: str) -> bool:
    """Whether the headline, or the first sentence where there is none, negates an act of an event's kind."""
    headline = title.strip()
    if not headline:
        bounds = sentences(text, 0, min(len(text), _LEAD), lang)
        headline = text[slice(*bounds[0])] if bounds else ""
    undone = (cue for cue in cues.find(headline, lang) if cue.hint == cues.CERTAINTY[Status.REVERSED])
    return any(
        _NOT.search(headline, cue.start, cue.end) and headline[cue.start : cue.end].lower() not in _AFTER_ALL
        for cue in undone
    )


def offered(title: str, lang: str) -> bool:
    """Whether the title has words for an offer, a launch or a sale."""
    return any(cue.hint == "offering" for cue in cues.find(title, lang))
