"""Bytes to characters: what is declared is tried first, never trusted."""

import codecs
import re
from dataclasses import dataclass

# What publishers mean by a name is the larger set that everybody's software writes (as in the WHATWG's table).
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "windows-949": "cp949", "big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "iso-8859-9": "cp1254", "tis-620": "cp874", "windows-874": "cp874", "x-euc-jp": "euc_jp",
    "utf8": "utf-8", "unicode": "utf-16",
}  # fmt: skip
_TO_GUESS = [
    "utf_8", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
]  # fmt: skip
_NO_CHARSETS = frozenset(
    {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_IN_XML = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})["']""")
_IN_HTML = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_IN_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_TAGS = re.compile(rb"<[^<>]{0,2000}>|[\x00-\x7f]{80,}")
_SURE = 8  # so many multi-byte characters that are valid UTF-8 are UTF-8, whatever is declared
_MOST_HIGH_LATIN = 0.35  # a text of more letters outside ASCII is not in a western European single-byte charset
_FEW_ERRORS = 0.001  # of the characters: a text cut inside a character, or one bad byte, keeps its charset


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters, the charset (Python's name) they were read in, and whether to trust it."""

    text: str
    encoding: str
    doubt: bool  # the text may be mojibake, or was declared to be in another charset


def decode(body: bytes, content_type: str) -> Decoded:
    """The characters of `body`: by its byte order mark, by what it declares, by the HTTP header, or by a guess."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _lenient(body[len(mark) :], encoding)
    if body[:512].count(0) > len(body[:512]) // 4:  # UTF-16 of mostly ASCII markup, without a mark
        return _lenient(body, "utf-16-be" if body[:1] == b"\0" else "utf-16-le")
    declared = _declared(body, content_type)
    if body.isascii() and not any(name.startswith(("iso2022", "hz")) for name in declared):
        return Decoded(body.decode("ascii"), "ascii", False)
    utf_8 = _strict(body, "utf-8")
    if utf_8 is not None and ("utf-8" in declared or not declared or _many_multibyte(utf_8)):
        return Decoded(utf_8, "utf-8", bool(declared) and "utf-8" not in declared)
    for encoding in declared:
        text = _strict(body, encoding)
        if text is not None and not (encoding == "cp1252" and _too_high(text)):
            return Decoded(text, encoding, encoding != declared[0])
    for encoding in declared:
        nearly = _lenient(body, encoding)
        if encoding != "cp1252" and nearly.text.count("\ufffd") <= max(1, len(nearly.text) * _FEW_ERRORS):
            return nearly
    guess = _guess(body)
    return Decoded(guess.text, guess.encoding, True) if guess else _lenient(body, "utf-8")


def _declared(body: bytes, content_type: str) -> tuple[str, ...]:
    """Python's names of the charsets that the document, then the HTTP header, declares; unknown names left out."""
    inside = _IN_XML.match(body[:1024]) or _IN_HTML.search(body[:4096])
    header = _IN_HEADER.search(content_type)
    names = [inside[1].decode("ascii") if inside else "", header[1] if header else ""]
    found = []
    for name in names:
        meant = _MEANT.get(name.lower(), name.lower())
        try:
            meant = codecs.lookup(meant).name
            "".encode(meant)  # refuses codecs that are not charsets, such as hex or zip
        except (LookupError, ValueError):
            continue
        if meant in found or meant in _NO_CHARSETS or meant.startswith(("utf-16", "utf-32")):  # no mark: it is neither
            continue
        found.append(meant)
    return tuple(found)


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _lenient(body: bytes, encoding: str) -> Decoded:
    text = body.decode(encoding, "replace")
    return Decoded(text, encoding, "\ufffd" in text)


def _many_multibyte(text: str) -> bool:
    return sum(1 for c in text[:20_000] if c > "\x7f") >= _SURE


def _too_high(text: str) -> bool:
    letters = [c for c in re.sub(r"<[^<>]{0,2000}>", "", text[:20_000]) if c.isalpha() or c > "\x7f"]
    return sum(1 for c in letters if c > "\x7f") > len(letters) * _MOST_HIGH_LATIN


def _guess(body: bytes) -> Decoded | None:
    """By charset-normalizer, on the part that is not markup (which looks alike in every charset)."""
    import charset_normalizer  # slow to load, and seldom needed

    sample = _TAGS.sub(b" ", body[:65_536])[:16_384]
    for match in charset_normalizer.from_bytes(sample, cp_isolation=_TO_GUESS, threshold=0.5):
        text = _strict(body, match.encoding) or body.decode(match.encoding, "replace")
        if text.count("\ufffd") <= max(1, len(text) * _FEW_ERRORS):
            return Decoded(text, match.encoding, True)
    return None
