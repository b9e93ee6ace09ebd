"""The language of a document: by script where that decides, else by py3langid among the languages of the script."""

import re
from copy import copy
from functools import cache

from babel import localedata
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 800  # code points; more text does not change the verdict

_LATIN = (
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "ro", "pl", "cs", "sk", "sl", "hr", "hu", "tr",
    "az", "lt", "lv", "et", "sq", "vi", "id", "ms", "tl", "sw", "ca",
)  # fmt: skip
_SCRIPTS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("latin", re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]"), _LATIN),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]"), ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn")),
    ("arabic", re.compile(r"[\u0600-\u06ff]"), ("ar", "fa", "ur")),
    ("han", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"), ("zh",)),
    ("kana", re.compile(r"[\u3040-\u30ff]"), ("ja",)),
    ("hangul", re.compile(r"[\uac00-\ud7a3]"), ("ko",)),
    ("devanagari", re.compile(r"[\u0900-\u097f]"), ("hi", "mr", "ne")),
    ("thai", re.compile(r"[\u0e00-\u0e7f]"), ("th",)),
    ("bengali", re.compile(r"[\u0980-\u09ff]"), ("bn",)),
    ("tamil", re.compile(r"[\u0b80-\u0bff]"), ("ta",)),
    ("telugu", re.compile(r"[\u0c00-\u0c7f]"), ("te",)),
    ("greek", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"), ("el",)),
    ("hebrew", re.compile(r"[\u0590-\u05ff]"), ("he",)),
    ("georgian", re.compile(r"[\u10a0-\u10ff]"), ("ka",)),
    ("armenian", re.compile(r"[\u0530-\u058f]"), ("hy",)),
    ("khmer", re.compile(r"[\u1780-\u17ff]"), ("km",)),
    ("lao", re.compile(r"[\u0e80-\u0eff]"), ("lo",)),
    ("gujarati", re.compile(r"[\u0a80-\u0aff]"), ("gu",)),
    ("kannada", re.compile(r"[\u0c80-\u0cff]"), ("kn",)),
    ("malayalam", re.compile(r"[\u0d00-\u0d7f]"), ("ml",)),
)
_OUR_CODE = {"tl": "fil", "nb": "no", "nn": "no"}
LANGUAGES = tuple(_OUR_CODE.get(code, code) for _, _, codes in _SCRIPTS for code in codes)  # that detect may give
_SPACE = re.compile(r"[^\S\n]")  # of any width; the identifier takes the others for letters
_MALAY = re.compile(
    r"\b(?:kerana|kedai|akaun|wang|daripada|ialah|manakala|peniaga|boleh|syarikat|sahaja|kepada|telah"
    r"|cukai|laman|adakah|selepas|pejabat|pihak|ringgit|jualan|tuntutan|tahun ini|tidak lagi)\b"
)
_INDONESIAN = re.compile(
    r"\b(?:karena|toko|akun|uang|bisa|perusahaan|saja|situs|pajak|setelah|kantor|rupiah|penjualan"
    r"|adalah|sementara|usai|warganet|gratis|nggak|enggak|kalau|anda|lewat|mulai|aplikasi)\b"
)


@cache
def _everything() -> LanguageIdentifier:
    """For all languages: the tables that those for a few share."""
    return LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = copy(_everything())
    identifier.set_languages(list(languages))
    return identifier


@cache
def _spoken() -> frozenset[str]:
    """The languages that CLDR knows."""
    return frozenset(name.partition("_")[0] for name in localedata.locale_identifiers())


def detect(title: str, text: str, hint: str | None) -> str:
    """ISO 639-1 code (639-3 where there is none: fil). `hint` is what the source declares, in any form ("pt-BR"); it
    decides for a text without letters and tips the scales among close languages. "und" when nothing is known, also of
    a declared language that CLDR does not know: a feed may declare thousands, and each would get tables of its own.
    """
    declared = (hint or "").replace("_", "-").split("-")[0].strip().lower()
    declared = _OUR_CODE.get(declared, declared)
    sample = _SPACE.sub(" ", f"{title}\n{text}"[:_SAMPLE])
    counts = {name: float(len(pattern.findall(sample))) for name, pattern, _ in _SCRIPTS}
    if not any(counts.values()):
        return declared if declared in _spoken() else "und"
    if sum(counts.values()) > counts["latin"]:  # brand names in Latin letters stand in every text
        counts["latin"] *= 0.2
    for name in ("han", "kana", "hangul"):  # a sign of these says as much as two letters
        counts[name] *= 2
    if counts["kana"] * 12 > counts["han"] and counts["kana"] > 2:
        counts["kana"] += counts["han"]
    script = max(counts, key=lambda name: counts[name])
    languages = next(langs for name, _, langs in _SCRIPTS if name == script)
    if len(languages) == 1:
        return languages[0]
    ranked: list[tuple[str, float]] = [
        (_OUR_CODE.get(code, code), float(share)) for code, share in _identifier(languages).rank(sample)
    ]
    best, share = ranked[0]
    shares = dict(ranked)
    if declared in shares and (share < 0.9 or shares[declared] > 0.02):
        return declared
    if best in {"id", "ms"}:
        lower = sample.lower()
        malay, indonesian = len(_MALAY.findall(lower)), len(_INDONESIAN.findall(lower))
        if malay != indonesian:
            return "ms" if malay > indonesian else "id"
    return best
