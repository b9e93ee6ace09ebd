"""Plain words for a busy operations person, by what they name; and outside text made safe to stand among them."""

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from monitor.domain.deadlines import DeadlineRole
from monitor.domain.exposure import Part, Severity
from monitor.domain.signals import Status
from monitor.domain.sources import Authority
from monitor.notify.tongue import noop

SEVERITY = {
    Severity.INFO: noop("Info"),
    Severity.LOW: noop("Low"),
    Severity.MEDIUM: noop("Medium"),
    Severity.HIGH: noop("High"),
    Severity.CRITICAL: noop("Critical"),
}
LOUD = {  # the same, within a sentence
    Severity.INFO: noop("info"),
    Severity.LOW: noop("low"),
    Severity.MEDIUM: noop("medium"),
    Severity.HIGH: noop("high"),
    Severity.CRITICAL: noop("critical"),
}
ALL_CLEAR = noop("All clear")
AUTHORITY = {
    Authority.OFFICIAL: noop("the platform itself"),
    Authority.REGULATOR: noop("a regulator"),
    Authority.COURT: noop("a court"),
    Authority.TRADE: noop("trade press"),
    Authority.NEWS: noop("news"),
    Authority.OBSERVED: noop("a probe of ours"),
    Authority.COMMUNITY: noop("a community"),
}
RUNG = {
    Status.RUMOR: noop("rumor, not confirmed"),
    Status.PROPOSED: noop("proposed, not final"),
    Status.CONFIRMED: noop("confirmed"),
    Status.EFFECTIVE: noop("in effect"),
    Status.REVERSED: noop("called off"),
}
SEEN = noop("seen, not explained")  # in place of the rung, where probes alone stand behind it
SEEN_MEANS = noop("Seen: a probe of ours shows it, and nobody has said what it means.")
UNSEEN = noop("its date has passed, nothing was seen")  # in place of the rung, while somebody must find out
UNSEEN_MEANS = noop("Due: its date has passed, and nobody has said since that it happened.")
RUNG_MEANS = {
    Status.RUMOR: noop("Rumor: somebody reports it, nobody in charge has said so."),
    Status.PROPOSED: noop("Proposed: planned or threatened, and it may still not happen."),
    Status.CONFIRMED: noop("Confirmed: decided or announced, not yet in effect."),
    Status.EFFECTIVE: noop("In effect: it has happened."),
    Status.REVERSED: noop("Called off: lifted, delayed, overturned or denied."),
}
DUTY = {
    DeadlineRole.DATA_EXPORT: noop("export your data"),
    DeadlineRole.REFUND: noop("claim or settle refunds"),
    DeadlineRole.ORDERS: noop("finish or stop orders"),
    DeadlineRole.PAYOUT: noop("collect your payouts"),
    DeadlineRole.INVENTORY: noop("take your stock back"),
    DeadlineRole.LOGIN: noop("log in for the last time"),
    DeadlineRole.APPEAL: noop("file your appeal"),
    DeadlineRole.OTHER: noop("act on the notice"),
}
DOUBT = {Status.RUMOR.value: noop("only rumored"), Status.PROPOSED.value: noop("not final")}
ACTOR = {  # who must act, as `monitor.understand.actors` names them
    "sellers": noop("for sellers"),
    "customers": noop("for customers"),
    "users": noop("for users"),
    "creators": noop("for creators"),
    "creditors": noop("for creditors"),
    "advertisers": noop("for advertisers"),
    "importers": noop("for importers"),
    "employees": noop("for employees"),
    "platform": noop("for the platform"),
}
PART = {
    Part.STOCK: noop("stock"),
    Part.PAYOUTS: noop("unsettled payouts"),
    Part.ADS: noop("prepaid ads"),
    Part.SALES: noop("sales per day"),
}

# Characters that make the words after them appear in another order: shown by their code, never obeyed.
_REORDER = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
# Characters that have no shape and no meaning here (zero-width space, soft hyphen, byte order mark, tag characters).
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, *range(0xE0000, 0xE0080)))
_SPACE = re.compile(r"\s+")


def clean(text: str, limit: int = 300) -> str:
    """Outside text as one line of at most `limit` characters: no control characters, no surrogates, no hidden order."""
    shown = text[: 8 * limit].translate(_REORDER).translate(_UNSEEN)
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in shown)
    return shorten(_SPACE.sub(" ", shown).strip(), limit)


def shorten(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis, cut between words where there are any; never above `limit`."""
    if len(text) <= limit:
        return text
    space = text.rfind(" ", limit // 2, limit)
    return f"{text[: space if space > 0 else limit - 1]}…"


def link(url: str) -> str | None:
    """`url` as it may stand behind a link, or None: http(s) only, no credentials, its host in ASCII (punycode)."""
    if len(url) > 2048 or "\\" in url or any(c.isspace() or unicodedata.category(c)[0] == "C" for c in url):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # UnicodeError, which a bad host raises, is one
        return None
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        return None
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, host + port, parts.path, parts.query, parts.fragment))
