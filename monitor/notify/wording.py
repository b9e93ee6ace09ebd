"""Plain words for a busy operations person, and outside text made safe to stand among them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

from babel import Locale

from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority

_ENGLISH = Locale("en")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SEVERITY = {severity: severity.name.capitalize() for severity in Severity}
AUTHORITY = {
    Authority.OFFICIAL: "the platform itself",
    Authority.REGULATOR: "a regulator",
    Authority.COURT: "a court",
    Authority.TRADE: "trade press",
    Authority.NEWS: "news",
    Authority.OBSERVED: "a probe of ours",
    Authority.COMMUNITY: "a community",
}
RUNG = {
    Status.RUMOR: "rumor, not confirmed",
    Status.PROPOSED: "proposed, not final",
    Status.CONFIRMED: "confirmed",
    Status.EFFECTIVE: "in effect",
    Status.REVERSED: "called off",
}
SEEN = "seen, not explained"  # in place of the rung, where probes alone stand behind it
SEEN_MEANS = "Seen: a probe of ours shows it, and nobody has said what it means"
UNSEEN = "its date has passed, nothing was seen"  # in place of the rung, while somebody must find out
UNSEEN_MEANS = "Due: its date has passed, and nobody has said since that it happened"
RUNG_MEANS = {
    Status.RUMOR: "Rumor: somebody reports it, nobody in charge has said so",
    Status.PROPOSED: "Proposed: planned or threatened, and it may still not happen",
    Status.CONFIRMED: "Confirmed: decided or announced, not yet in effect",
    Status.EFFECTIVE: "In effect: it has happened",
    Status.REVERSED: "Called off: lifted, delayed, overturned or denied",
}
DUTY = {
    DeadlineRole.DATA_EXPORT: "export your data",
    DeadlineRole.REFUND: "claim or settle refunds",
    DeadlineRole.ORDERS: "finish or stop orders",
    DeadlineRole.PAYOUT: "collect your payouts",
    DeadlineRole.INVENTORY: "take your stock back",
    DeadlineRole.LOGIN: "log in for the last time",
    DeadlineRole.APPEAL: "file your appeal",
    DeadlineRole.OTHER: "act on the notice",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """How an event is said before it is sure, of one, of many, and once it has happened."""

    may: str
    one: str
    many: str
    did: str
    noun: str
    preposition: str  # before its date


EVENT = {
    EventType.SHUTDOWN: Phrase("may close", "closes", "close", "closed", "closing", "on"),
    EventType.MARKET_EXIT: Phrase(
        "may leave the market", "leaves the market", "leave the market", "left the market", "market exit", "on"
    ),
    EventType.BAN: Phrase("may be banned", "is banned", "are banned", "banned", "ban", "from"),
    EventType.ENFORCEMENT: Phrase(
        "may act against sellers",
        "acts against sellers",
        "act against sellers",
        "acted against sellers",
        "action against sellers",
        "from",
    ),
    EventType.POLICY: Phrase(
        "may change seller terms",
        "changes seller terms",
        "change seller terms",
        "changed seller terms",
        "change of seller terms",
        "from",
    ),
    EventType.TRADE_RULE: Phrase(
        "trade rules may change",
        "trade rules change",
        "trade rules change",
        "trade rules changed",
        "trade rule",
        "from",
    ),
    EventType.INSOLVENCY: Phrase(
        "may be insolvent", "is insolvent", "are insolvent", "insolvent", "insolvency", "from"
    ),
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


def day(value: date) -> str:
    """`28 Nov 2024`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def partial(value: PartialDate) -> str:
    """`28 Nov 2024`, `Nov 2024` or `2024`."""
    parts = value.parts
    if len(parts) == 3:
        return day(value.first_day)
    return f"{_MONTHS[parts[1] - 1]} {parts[0]}" if len(parts) == 2 else str(parts[0])


def distance(value: PartialDate, today: date) -> str:
    """`in 12 days`, `today`, `3 days ago`; empty unless the date names a day."""
    if len(value.parts) < 3:
        return ""
    days = (value.first_day - today).days
    if days == 0:
        return "today"
    count = f"{abs(days)} day{'s' if abs(days) != 1 else ''}"
    return f"in {count}" if days > 0 else f"{count} ago"


def money(amount: Decimal, currency: str) -> str:
    """`EUR 195,000`: whole units, the currency by its code."""
    return f"{currency} {amount:,.0f}".strip()


def place(code: str) -> str:
    """The English name of a country code; WORLD and EU too; an unknown code as it is."""
    named = {"WORLD": "worldwide", "EU": "European Union"}
    return named.get(code) or str(_ENGLISH.territories.get(code) or clean(code, 40))


def language(code: str) -> str:
    """The English name of a language code, or the code."""
    return str(_ENGLISH.languages.get(code.split("-")[0].lower()) or clean(code, 20))


def listed(items: Sequence[str], most: int) -> str:
    """`A, B, C +2 more`."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" +{rest} more" if rest > 0 else "")
