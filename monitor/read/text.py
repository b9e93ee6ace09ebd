"""Clean text: what may be stored, shown and matched, whatever a publisher sent."""

import html
import re
import unicodedata

LONGEST_TEXT = 100_000  # characters
LONGEST_TITLE = 1_024

_NEWLINES = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_SPACES = dict.fromkeys((0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_GONE = dict.fromkeys(
    (
        *(
            c for c in range(0x20) if c not in (0x09, 0x0A, 0x0B, 0x0C)
        ),  # C0, U+0000 first of all: databases choke on it
        *(c for c in range(0x7F, 0xA0) if c != 0x85),  # C1
        *range(0xD800, 0xE000),  # lone surrogates
        *range(0x202A, 0x202F),  # bidi embeddings and overrides: a title must not read as another
        *range(0x2066, 0x206A),  # bidi isolates
        *(0xAD, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF),  # invisible; ZWNJ and ZWJ carry meaning and stay
        *range(0xE0000, 0xE0080),  # tags: words that nobody sees
        *(plane << 16 | c for plane in range(17) for c in (0xFFFE, 0xFFFF)),  # noncharacters
    )
)
_TABLE = {**_GONE, **_SPACES, **_NEWLINES}
# Translating costs far more than seeing that there is nothing to translate. All outside the first plane counts as such.
_TRANSLATED = re.compile(f"[{''.join(re.escape(chr(c)) for c in sorted(_TABLE) if c < 0x10000)}\U00010000-\U0010ffff]")
_RUN = re.compile(" {2,}")
_GAPS = re.compile("\n{3,}")

# Control characters that XML forbids; one of them makes a whole feed ill-formed.
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+")

# Each alternative is linear: none can scan past the next "<" or start again after it has failed.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[|\]\]>"
    r"|<(?P<raw>script|style|noscript|template|svg)\b[^<>]*>.*?(?:</(?P=raw)\s*>|\Z)"
    r"|<(?P<close>/?)(?P<tag>[a-zA-Z][\w:-]*)"
    r"""(?:(?:[^<>=]++|= ?+(?:"[^"<]*+"|'[^'<]*+')?+)*+>|[^<>]*>)"""  # a quoted value may hold ">"
    r"|<[!?][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "dialog", "div", "dl",
        "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head",
        "header", "hr", "html", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary",
        "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
    }
)  # fmt: skip
_CELLS = frozenset({"td", "th"})


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """NFC without control, invisible and bidi characters; single spaces, at most one empty line; at most `longest`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _TRANSLATED.search(text):
        text = text.translate(_TABLE)
    text = _RUN.sub(" ", unicodedata.normalize("NFC", text))
    return _GAPS.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()[:longest].rstrip()


def clean_title(text: str) -> str:
    """Clean text on one line."""
    return " ".join(clean(text, LONGEST_TEXT).split())[:LONGEST_TITLE].rstrip()


def cut_short(text: str) -> bool:
    """Whether `clean` keeps only the beginning of it."""
    return len(text) > LONGEST_TEXT and len(clean(text, LONGEST_TEXT + 1)) > LONGEST_TEXT


def html_to_text(markup: str) -> str:
    """The words of HTML in reading order, blocks on lines of their own, scripts and styles left out. Not yet clean.

    Linear in the size of the markup and without a limit on depth, where libxml2 silently stops at 256 levels.
    """
    text = " ".join(markup.split())
    return html.unescape(_MARKUP.sub(_gap, text) if "<" in text else text)


def without_xml_controls(text: str) -> str:
    """The text without the characters that no XML document may hold."""
    return _FORBIDDEN_IN_XML.sub("", text)


def _gap(match: re.Match[str]) -> str:
    tag = (match["tag"] or "").lower()
    if tag in _BLOCKS:
        return "\n"
    return " " if tag in _CELLS or match["raw"] else ""
