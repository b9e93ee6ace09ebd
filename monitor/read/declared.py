"""What a publisher declares of itself, kept when it is plausible: addresses and languages."""

import re
from urllib.parse import urlsplit, urlunsplit

LONGEST_URL = 2_048
_PLAIN_URL = re.compile(  # which no way of joining or splitting addresses changes
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,3})?(?:/[\w/.~%+=,@!$()*:-]*)?"
    r"(?:\?[\w/.~%+=,&@!$()*:-]+)?(?:\#[\w/.~%+=,&@!$()*:-]+)?",
    re.ASCII,
)
_UNPRINTABLE = re.compile("[\x00-\x20\x7f\\\\]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def web_url(link: object) -> str | None:
    """An absolute http or https address without credentials; None for anything else (javascript:, data:, relative)."""
    text = str(link or "").strip()
    if len(text) > LONGEST_URL or _UNPRINTABLE.search(text):
        return None
    if is_plain_url(text):
        return text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment))


def is_plain_url(text: str) -> bool:
    """Whether it is an absolute address of the web in the one form that everybody writes alike."""
    return _PLAIN_URL.fullmatch(text) is not None


def language(tag: object) -> str | None:
    """A plausible BCP 47 tag in its usual spelling (zh-Hant-TW), or None."""
    text = str(tag or "").strip()
    if not _LANGUAGE.fullmatch(text):
        return None
    first, *rest = re.split("[-_]", text)
    return "-".join([first.lower(), *(p.upper() if len(p) == 2 else p.title() if len(p) == 4 else p for p in rest)])
