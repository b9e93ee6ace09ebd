"""What stands where a page should be: bot walls, login walls, consent walls, shells, soft 404s, parked domains.

Walls are told from articles about walls by what they are, not by their words alone: a wall has hardly any text, no
marks of an article, and speaks to the visitor. Where that leaves a doubt, the page is taken for a page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.domain.errors import FailureReason
from monitor.domain.walls import REFUSALS, challenge_told, challenged_by
from monitor.read.text import clean, html_to_text
from monitor.read.wallwords import (
    AGREE,
    BOT_SAYS,
    BOT_TITLE,
    CONSENT_LABELS,
    CONSENT_SAYS,
    CONSENT_WORDS,
    LOGIN_SAYS,
    LOGIN_TITLE,
    LOST_SAYS,
    LOST_TITLE,
    PARKED,
    PARKED_MARK,
    TERSE_TITLE,
    WANTS_SCRIPT,
)

_MOST = 1_600  # weight of the text of a wall, at most (see `_weight`)
_SAID = 900  # the same, of a page that is known for a wall by its words only
_NOTICE = 320  # a press notice of two sentences weighs less: below, only what no notice would say counts
_SHORT = 160  # of a page that says but one thing
_BARE = 48  # of a page that says less than one sentence of a notice
_LABEL = 32  # characters of a button or link, at most
_LARGE = 3 * 1024 * 1024  # characters: no wall is that large
_HEAD = 262_144  # characters of the markup in which forms, buttons and mounts are looked for

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]")
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_H1 = re.compile(r"<h1\b[^<>]{0,200}>((?:[^<]|<(?!/?h1))*)", re.IGNORECASE)
_NOSCRIPT = re.compile(r"<noscript[^<>]{0,200}>((?:[^<]|<(?!/?noscript))*)", re.IGNORECASE)
_FORM = re.compile(r"<form\b[^<>]*>.*?(?:</form\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_PASSWORD = re.compile(r"""<input\b[^<>]{0,600}\btype\s{0,9}=\s{0,9}["']?password""", re.IGNORECASE)
_ARTICLE = re.compile(
    r"""<article\b|datePublished|"NewsArticle"|property\s{0,9}=\s{0,9}["']?article:"""
    r"""|og:type["']?\s{1,9}content\s{0,9}=\s{0,9}["']?article""",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"<time\b|application/(?:rss|atom)\+xml|og:title", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_EMPTY = re.compile(
    r"<(?:div|main|section|app-root)\b([^<>]{0,400})>\s{0,99}</(?:div|main|section|app-root)>", re.IGNORECASE
)
_MOUNT = re.compile(
    r"""\bid\s?=\s?["']?(?:root|app|main|container|ice-container|__next|__nuxt|___gatsby|q-app|svelte|react-root)\b""",
    re.IGNORECASE,
)
_BUTTON = re.compile(r"<(?:button|input|a)\b[^<>]{0,400}(?:>\s{0,99}(?:<span[^<>]{0,200}>)?[^<]{0,60})?", re.IGNORECASE)
_RELOADS = re.compile(r"document\.cookie\s{0,9}=|location\.(?:reload|replace|href)|window\.location", re.IGNORECASE)
_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|log-?on|passport|sso|authwall)(?:\.\w{2,5})?(?:/|$)", re.IGNORECASE)
_QUOTES = frozenset("\"'“”„‟‘’‚«»‹›「『《〈")


@dataclass(frozen=True, slots=True)
class Wall:
    """What was met instead of the page, as a reason, and in words."""

    reason: FailureReason
    detail: str


def wall_of(status: int, headers: Sequence[tuple[str, str]], html_text: str, url: str = "") -> FailureReason | None:
    """What stands where a page should be; None for a page. `headers` have lower-case names; `url`: where it was found.

    BOT_WALL (consent walls too), LOGIN_WALL, NO_BROWSER (a shell that its scripts are to fill), HTTP_4XX (it says
    that it was not found), MOVED (a parked domain), NO_TEXT (blank).
    """
    wall = seen_wall(status, headers, html_text, url)
    return wall.reason if wall else None


def seen_wall(status: int, headers: Sequence[tuple[str, str]], html_text: str, url: str = "") -> Wall | None:
    """As `wall_of`, with what was seen."""
    if challenger := challenge_told(headers):
        return Wall(FailureReason.BOT_WALL, f"{challenger} answers with a challenge")
    if len(html_text) > _LARGE:
        return None
    lines = clean(html_to_text(html_text)).split("\n")
    text = " ".join(" ".join(lines).split())
    weight = _weight(text)
    if weight > _MOST:
        return None
    head = html_text[:_HEAD]
    article = bool(_ARTICLE.search(head))
    vendor = challenged_by(head, bare=weight < _BARE or (status in REFUSALS and weight < _SAID))
    if vendor and (not article or status in REFUSALS or weight < _SHORT):
        return Wall(FailureReason.BOT_WALL, f"a wall of {vendor} stands before the page")
    if article and weight >= _SHORT:
        return None
    title = _first(_TITLE, head)
    body = text.removeprefix(title).strip()
    noscript = " ".join(clean(html_to_text(" ".join(told[:2_000] for told in _NOSCRIPT.findall(head)[:5]))).split())
    return (
        _said(title, body, weight, noscript, head)
        or _login(title, body, weight, head, url)
        or _lost(title, body, weight)
        or _parked(title, body, weight, head)
        or _consent([line for line in lines if line.strip() != title], weight, head)
        or _blank(body, noscript, head)
    )


def _weight(text: str) -> int:
    """How much is said: characters without spaces; those of scripts that need fewer count threefold."""
    return sum(map(len, text.split())) + 2 * len(_WIDE.findall(text))


def _first(pattern: re.Pattern[str], markup: str) -> str:
    found = pattern.search(markup)
    return " ".join(clean(html_to_text(found[1][:500])).split()) if found else ""


def _speaks(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Where the text itself says so; what it quotes is somebody else's word."""
    said = pattern.finditer(text)
    return next((match for match in said if text[max(0, match.start() - 1) : match.start()] not in _QUOTES), None)


def _said(title: str, body: str, weight: int, noscript: str, markup: str) -> Wall | None:
    most = _SHORT if _PUBLISHED.search(markup) else _SAID
    named = (BOT_TITLE.fullmatch(title) and weight < most) or (
        TERSE_TITLE.fullmatch(title) and weight < min(most, _NOTICE)
    )
    said = _speaks(BOT_SAYS, body) or BOT_SAYS.match(title) or (weight < _SHORT and BOT_SAYS.search(noscript))
    if named or (said and weight < most):
        return Wall(FailureReason.BOT_WALL, f"it wants proof of a human: {(said[0] if said else title)[:60]!r}")
    return None


def _login(title: str, body: str, weight: int, markup: str, url: str) -> Wall | None:
    if weight >= _SAID:
        return None
    form = bool(_PASSWORD.search(markup))
    outside = _weight(" ".join(clean(html_to_text(_FORM.sub(" ", markup))).split())) if form else weight
    led = bool(url and _LOGIN_PATH.search(urlsplit(url).path))
    titled = any(LOGIN_TITLE.fullmatch(name) for name in (title, _first(_H1, markup)))
    asked = _speaks(LOGIN_SAYS, body)
    if (
        (form and (outside < _BARE or titled or led))
        or (titled and (led or (asked and weight < _NOTICE)))
        or (led and weight < _SHORT)
    ):
        return Wall(FailureReason.LOGIN_WALL, "it wants a login")
    if asked and weight < _SHORT:
        return Wall(FailureReason.LOGIN_WALL, f"it wants a login: {asked[0][:60]!r}")
    return None


def _lost(title: str, body: str, weight: int) -> Wall | None:
    titled, said = LOST_TITLE.fullmatch(title), _speaks(LOST_SAYS, body)
    if (titled and weight < _SAID) or (said and weight < _SAID // 2):
        return Wall(FailureReason.HTTP_4XX, "it answers 200 and says that the page was not found")
    return None


def _parked(title: str, body: str, weight: int, markup: str) -> Wall | None:
    said = _speaks(PARKED, body) or PARKED.match(title)
    if (said and weight < _SAID) or (weight < _SHORT and PARKED_MARK.search(markup)):
        return Wall(FailureReason.MOVED, "the domain is parked, or holds nobody's page")
    return None


def _consent(lines: list[str], weight: int, markup: str) -> Wall | None:
    """A banner asks the same, above a page: a wall holds nothing beside the question and its answers."""
    heading = _first(_H1, markup)
    other = heading and not CONSENT_WORDS.search(heading)
    if other or weight >= _MOST or not CONSENT_SAYS.search(" ".join(lines)):
        return None
    agreed = any(AGREE.search(button) for button in _BUTTON.findall(markup)[:200])
    beside = [
        line
        for line in lines
        if not CONSENT_WORDS.search(line)
        and not CONSENT_SAYS.search(line)
        and not (len(line) <= _LABEL and CONSENT_LABELS.search(line))
    ]
    if agreed and _weight(" ".join(beside)) < _BARE // 3:
        return Wall(FailureReason.BOT_WALL, "a consent wall stands before the page")
    return None


def _blank(body: str, noscript: str, markup: str) -> Wall | None:
    weight = _weight(body)
    scripted = bool(_SCRIPT.search(markup))
    mount = any(_MOUNT.search(attributes) for attributes in _EMPTY.findall(markup)[:200])
    if scripted and not mount and weight < _BARE and _RELOADS.search(markup):
        return Wall(FailureReason.BOT_WALL, "its script sets a cookie and loads the page again")
    wants = WANTS_SCRIPT.search(f"{noscript} {body}")
    if scripted and weight < _BARE and (wants or mount):
        return Wall(FailureReason.NO_BROWSER, "its scripts are to fill it: a browser must open it (rendered: true)")
    if not any(character.isalnum() for character in body):
        return Wall(FailureReason.NO_TEXT, "a blank page")
    return None
