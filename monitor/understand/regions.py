"""Countries in a text: CLDR names in every language we read; our demonyms, cities, bodies and currencies."""

import math
import re
from collections.abc import Sequence
from importlib.resources import files

import yaml
from babel import Locale

from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer, Hit
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

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

_TRADITIONAL = re.compile("[們這個時對開電關賣買會說點與為來後過還無業務將從產貨經營網圖]")
_STRENGTH = ("name", "bodies", "people", "cities", "money")

# The one country where a language is at home; a page in it that names no place usually speaks of this one.
HOME = {
    "ja": "JP", "ko": "KR", "th": "TH", "vi": "VN", "id": "ID", "ms": "MY", "fil": "PH", "hi": "IN", "bn": "BD",
    "ta": "IN", "te": "IN", "pl": "PL", "cs": "CZ", "sk": "SK", "tr": "TR", "it": "IT", "nl": "NL", "sv": "SE",
    "da": "DK", "no": "NO", "fi": "FI", "ro": "RO", "hu": "HU", "el": "GR", "uk": "UA", "ru": "RU", "bg": "BG",
    "fa": "IR", "de": "DE", "fr": "FR",
}  # fmt: skip


def build() -> Gazetteer:
    """Every form of every region; the tag says what kind of word it is: name, people, cities, bodies or money."""
    ours = yaml.safe_load((files("monitor.understand") / "data" / "regions.yaml").read_text("utf-8"))
    unsure = frozenset(ours["-"].pop("ambiguous"))
    forms = [_own(word, code, kind) for code, kinds in ours.items() for kind, words in kinds.items() for word in words]
    for language in LANGUAGES:
        code = _OUR_CODE.get(language, language)
        langs = frozenset({code}) if language != "en" else frozenset()
        for territory, name in Locale.parse(language).territories.items():
            if len(territory) == 2 and territory.isalpha() and territory not in _NO_COUNTRY:
                forms.extend(_cldr(name, territory, code, langs, unsure))
    return Gazetteer(forms)


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


def find(gazetteer: Gazetteer, text: str, lang: str, folded: str | None = None) -> list[Hit]:
    """Regions named in a text, without the phrases that only contain such a name."""
    return [hit for hit in gazetteer.find(text, lang, folded) if hit.form.value != "-"]


def home_of(lang: str, text: str) -> str | None:
    """The country where a language is at home, if it is one; Chinese in traditional characters is Taiwan's."""
    return "TW" if lang == "zh" and len(_TRADITIONAL.findall(text)) > 2 else HOME.get(lang)


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> dict[str, Features]:
    """For every region that is named, that the source is for, or where the language is at home: what speaks for it."""
    of: dict[str, list[Mention]] = {}
    for mention in mentions:
        of.setdefault(mention.value, []).append(mention)
    named = [value for value, own in of.items() if any(m.kind == "name" for m in own)]
    order = list(of)
    home = home_of(event.lang, reading.whole)
    for value in (*event.source_countries, *([home] if home else [])):
        of.setdefault(value, [])
    total = len(mentions) or 1
    result: dict[str, Features] = {}
    for value, own in of.items():
        kinds = {m.kind for m in own}
        f: Features = {f"kind:{kind}": 1.0 for kind in kinds}
        strongest = next((kind for kind in _STRENGTH if kind in kinds), "absent")
        f[f"strongest:{strongest}"] = 1.0
        for kind in {m.kind for m in own if reading.leads(m.field, m.start)}:
            f[f"title:{kind}"] = 1.0
        f["named"] = float(value in named)
        f["alone named"] = float(named == [value])
        f["others named"] = float(bool(set(named) - {value}))
        f["share"] = len(own) / total
        f["count"] = math.log(1 + len(own))
        f["first"] = float(order[:1] == [value])
        f["most"] = float(bool(own) and len(own) == max(len(group) for group in of.values()))
        f["none mentioned"] = float(not mentions)
        f["home"] = float(value == home)
        f["home absent"] = float(value == home and not own)
        f["home absent, others named"] = float(value == home and not own and bool(named))
        f["home absent, EU named"] = float(value == home and not own and "EU" in of)
        f["source"] = float(value in event.source_countries)
        if value in {"CN", "US", "EU", "WORLD"}:
            f[f"is {value}"] = 1.0
            f[f"is {value}:{strongest}"] = 1.0
            f[f"is {value}|{event.type}"] = 1.0
        places = [reading.place(m.field, m.start) for m in own]
        near = [reading.near(start, start + m.end - m.start) for start, m in zip(places, own, strict=True)]
        for head in ("happen", "from", "past", "report"):
            gaps = [n[head] for n in near if head in n]
            f[f"{head}:{distance(min(gaps, key=abs)).split('-')[0] if gaps else 'none'}"] = 1.0
        if places:
            f[f"sentence:{min(4, reading.sentence(min(places)))}"] = 1.0
            f["late"] = min(2.0, min(places) / 1200)
        f["listed"] = float(any(_listed(m, mentions) for m in own))
        f[f"{event.type}:{strongest}"] = 1.0
        result[value] = f
    return result


def _listed(mention: Mention, mentions: Sequence[Mention]) -> bool:
    """Stands in a list of regions: another one begins or ends within a few letters."""
    return any(
        other.value != mention.value
        and other.field == mention.field
        and (0 <= other.start - mention.end <= 8 or 0 <= mention.start - other.end <= 8)
        for other in mentions
    )


def choose(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[str]:
    """The regions where the event's effect applies, in the order of mention; the source's countries when none does."""
    scored = {value: probability("region", f) for value, f in features(mentions, reading, event).items()}
    mentioned = {mention.value for mention in mentions}
    if any(mention.kind in {"name", "people"} for mention in mentions):  # then the language alone says nothing
        scored = {value: p for value, p in scored.items() if value in mentioned or value in event.source_countries}
    chosen = [value for value, p in scored.items() if p >= threshold("region")]
    if not chosen and mentions:
        best = max(scored, key=lambda value: scored[value])
        chosen = [best] if scored[best] >= threshold("region") / 2 else []
    return chosen or list(event.source_countries)
