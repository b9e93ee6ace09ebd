"""Texts that feedparser would leave as they are: neither mended, nor cleaned of anything."""

import re
from html.entities import name2codepoint

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(\s[^<>]*|/)?>")
_REFERENCE = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|([a-zA-Z][a-zA-Z0-9]*));")
_C1 = re.compile("[\x80-\x9f]")
_KEPT = frozenset(  # elements that cleaning leaves where they are
    {
        "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "big", "blockquote", "br",
        "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "command", "datagrid", "datalist",
        "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl", "dt", "em", "event-source", "fieldset",
        "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i",
        "img", "input", "ins", "kbd", "keygen", "label", "legend", "li", "m", "map", "menu", "meter", "multicol",
        "nav", "nextid", "ol", "optgroup", "option", "output", "p", "pre", "progress", "q", "s", "samp", "section",
        "select", "small", "sound", "source", "spacer", "span", "strike", "strong", "sub", "sup", "table", "tbody",
        "td", "textarea", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video",
    }
)  # fmt: skip
_VOID = frozenset({"area", "br", "col", "command", "hr", "img", "input", "keygen", "source"})


class Doubt(Exception):  # noqa: N818 - no error: feedparser is asked instead
    """Better left to feedparser."""


def repaired(text: str) -> str:
    """The text, if feedparser would not take it for UTF-8 that was read as Latin-1, or for windows-1252."""
    if not text.isascii():
        if _C1.search(text):
            raise Doubt
        try:
            text.encode("latin-1").decode()
        except UnicodeError:
            return text
        raise Doubt
    return text


def simple_html(text: str) -> str:
    """The markup as it is, if cleaning it would not change its words or where its lines break."""
    if "<" not in text and "&" not in text:
        return repaired(text)
    for close, name, rest in set(_TAG.findall(text)):
        name, rest = name.lower(), rest.strip()
        if name not in _KEPT or (close and (rest or name in _VOID)) or (rest == "/" and name not in _VOID):
            raise Doubt
        if "&#3" in rest:
            raise Doubt
    words = _TAG.sub("", text)
    if "<" in words:
        raise Doubt
    if "&" in words:
        names = _REFERENCE.findall(words)
        if len(names) != words.count("&") or any(n and n not in name2codepoint and n != "apos" for n in names):
            raise Doubt
    repaired(words)
    return text
