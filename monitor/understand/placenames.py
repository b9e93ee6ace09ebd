"""The names of countries and cities: CLDR's in every language we read; our demonyms, cities, bodies and currencies."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from babel.core import get_global

from monitor.understand import cldr
from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer
from monitor.understand.wordlists import word_list

LANGUAGES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "ro", "pl", "cs", "sk", "hu", "ru", "uk",
    "bg", "tr", "ar", "fa", "he", "el", "hi", "bn", "ta", "te", "th", "vi", "id", "ms", "fil", "zh", "zh_Hant",
    "zh_Hant_HK", "ja", "ko",
)  # fmt: skip
_OUR_CODE = {"nb": "no", "zh_Hant": "zh", "zh_Hant_HK": "zh"}
_DECLINED = frozenset({"ru", "uk", "bg", "pl", "cs", "sk", "ro", "el"})
_VOWELS = "аеёиіїоуыэюяьйaeiouyąęěýáíéăαάεέηήιίοόυύωώς"

_NO_COUNTRY = frozenset(
    {"EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA", "BV", "UM", "AQ", "EU"}
)
_NO_CITIES = frozenset({"CX", "CC", "NF", "PN", "WF", "TK", "NU", "SJ", "GS", "TF", "IO", "FK", "PM", "BL", "MF"})
_WIDE_SCRIPT = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_NO_CITY = frozenset(  # cities of the time zones whose names are words, first names or other places too
    [
        "male",
        "malé",
        "reunion",
        "réunion",
        "center",
        "wake",
        "midway",
        "easter",
        "troll",
        "davis",
        "casey",
        "palmer",
        "resolute",
        "nome",
        "currie",
        "johnston",
        "perth",
        "san",
        "juan",
        "santiago",
        "victoria",
        "belize",
        "jersey",
        "samara",
        "chita",
        "tell",
        "city",
        "winamac",
        "knox",
        "boise",
        "phoenix",
        "denver",
        "lima",
        "vienne",
        "guernesey",
        "petersburg",
        "vincennes",
        "marengo",
        "vevay",
        "monticello",
        "creston",
        "regina",
        "vaduz",
        "malta",
        "hermosillo",
        "cayman",
        "cuba",
        "navajo",
    ]
)


def build() -> Gazetteer:
    """Every form of every region; the tag says what kind of word it is: name, people, cities, bodies or money."""
    ours: dict[str, Any] = word_list("regions")
    unsure = frozenset(ours["-"].pop("ambiguous"))
    forms = [_own(word, code, kind) for code, kinds in ours.items() for kind, words in kinds.items() for word in words]
    for language in LANGUAGES:
        code = _OUR_CODE.get(language, language)
        langs = frozenset({code}) if language != "en" else frozenset()
        if names := cldr.names(language):
            for territory, name in names.countries.items():
                if territory not in _NO_COUNTRY:
                    forms.extend(_cldr(name, territory, code, langs, unsure))
            forms.extend(_cities(names.cities, code, langs, unsure))
    return Gazetteer(forms)


def _cities(names: Mapping[str, str], lang: str, langs: frozenset[str], unsure: frozenset[str]) -> Iterator[Form]:
    """The cities after which the world's time zones are named, most capitals among them, as CLDR writes them."""
    for zone, territory in get_global("zone_territories").items():
        name = names.get(zone) or zone.split("/")[-1].replace("_", " ")
        area = zone.partition("/")[0]
        own = zone in names or lang == "en"
        least = 3 if _WIDE_SCRIPT.search(name) else 4
        if not own or territory in _NO_COUNTRY | _NO_CITIES or area in {"Etc", "Antarctica"}:
            continue
        if len(name) < least or len(territory) != 2 or name.lower() in _NO_CITY | unsure or not name[0].isalpha():
            continue
        yield Form(name, territory, "cities", capital=True, langs=langs)
        stem = name.rstrip(_VOWELS)
        if lang in _DECLINED and " " not in name and len(stem) >= 5:
            yield Form(stem, territory, "cities", capital=True, tail=4, langs=langs)


def _own(word: str, code: str, kind: str) -> Form:
    text, _, languages = word.partition("@")
    stem = text.endswith("*")
    text = text.removesuffix("*")
    tag = "name" if kind in {"names", "short"} else kind
    abbreviation = kind == "short" or (text.isupper() and text.isascii() and len(text) <= 6)
    return Form(
        text,
        code,
        tag,
        exact=abbreviation or (kind == "money" and text.isascii()),
        capital=kind in {"names", "cities"} and text[0].isupper(),
        tail=ANY_ENDING if stem else 0,
        langs=frozenset(languages.split()),
    )


def _cldr(name: str, territory: str, lang: str, langs: frozenset[str], unsure: frozenset[str]) -> list[Form]:
    """The name as it is, without what CLDR puts in brackets, and its stem where the language declines names."""
    name = name.split("(")[0].strip()
    if len(name) < 2 or name.lower() in unsure:
        return []
    forms = [Form(name, territory, capital=True, langs=langs)]
    stem = name.rstrip(_VOWELS)
    if lang in _DECLINED and " " not in name and len(stem) >= 4:
        forms.append(Form(stem, territory, capital=True, tail=4, langs=langs))
    return forms
