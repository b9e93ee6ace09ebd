"""Names of platforms that no list holds, found by their form: `«Торгодом»`, `the marketplace Zuvia`, `Lavka.it`."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from monitor.understand.comparisons import compared
from monitor.understand.generic import generic
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

_QUOTED = re.compile(
    r"[«„“\"「『《【\[‹'‘]([^\s«»„“”\"「」『』《》【】\[\]‹›'‘’,;:!?。、，][^«»„“”\"「」『』《》【】\[\]‹›\n,;:!?。、，]{1,24})[»”“\"」』》】\]›'’]"
)
_BEGINS = f"A-ZÀ-ÖØ-Þ{''.join(filter(str.isupper, map(chr, range(0x100, 0x17F))))}А-ЯІЇЄҐΑ-Ω"
_WORD = rf"[{_BEGINS}][\w&+-]*(?:\.[A-Za-zА-Яа-я]{{2,6}})?(?:['’](?!s\b)[A-Za-z]{{2,}})?"
_LATIN = r"[A-Za-z][A-Za-z0-9&+.-]*[A-Za-z0-9+]"
_PROPER = re.compile(rf"(?<![\w.@/-]){_WORD}(?:[ \u00a0](?:{_WORD}|&|\d{{2,3}})){{0,3}}")
_FOREIGN = re.compile(rf"{_LATIN}(?: {_LATIN}){{0,2}}")
_LINKS = "da|das|de|del|della|der|des|di|do|dos|du|e|en|et|la|le|of|the|à|y|und|van|voor|för|na"
_CHAIN = re.compile(rf"(?<![\w.@/-]){_WORD}(?:[ \u00a0](?:(?:{_LINKS})[ \u00a0]){{1,2}}{_WORD}){{1,2}}")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]{3,12}(?:便|市場|堂|屋)?")
_TOKEN = re.compile(r"[\u0600-\u06ff\u0900-\u0dff]{3,14}(?: ?\d{2,3}|[০-৯]{2,3})?")
_HAN = re.compile(
    r"[\u4e00-\u9fff]{2,6}?(?=宣布|将|將|关闭|關閉|关停|停止|停运|下线|退出|撤出|平台|电商|電商|商城|卖家|賣家|商家|暂停|冻结|破产|被|拟|或|官宣|终止|結束|结束|上调|调整|要求|回应|否认|跑路|倒闭|爆雷)"
)
_HANGUL = re.compile(r"[\uac00-\ud7a3A-Za-z0-9]{2,8}?(?=은|는|이|가|을|를|의|에서|에|와|과|도|로|,|[ (·…'’」]|$)")
_DOMAIN = re.compile(
    r"\.(?:com|net|org|io|app|shop|eu|de|fr|it|es|pt|ro|pl|cz|ru|рф|ua|tr|id|my|vn|th|in|jp|kr|cn|nl|se|dk|uk|br|mx)$",
    re.I,
)
_CASE = re.compile(r"['’][a-zçğıöşü]{1,5}$")
_BY_LANGUAGE = (
    ({"ja"}, _KATAKANA, "katakana"),
    ({"zh"}, _HAN, "han"),
    ({"ko"}, _HANGUL, "hangul"),
    ({"ar", "fa", "hi", "bn", "ta", "te"}, _TOKEN, "token"),  # scripts without capitals, whose words stand apart
)
_SEARCHED = 6_000  # code points
_SPACELESS = frozenset({"zh", "ja", "th", "ko", "hi", "bn", "ta", "te", "ar", "fa"})
_CYRILLIC = frozenset({"ru", "uk", "bg", "sr", "kk"})
_ARTICLE = re.compile(  # before a name of a thing, hardly of a platform
    r"(?:^|[^\w])(?:der|die|das|den|dem|des|ein|eine|einen|einem|einer|vom|zum|zur|im|am|le|la|les|un|une|du|des|au|aux|el|los|las|"
    r"una|del|al|o|a|os|as|um|uma|il|lo|gli|i|the|an|het|een|în|il|della|del|nel|nella)[ \u00a0]$",
    re.IGNORECASE,
)
_MOST_WORDS = 3  # of a part of a longer run of capital words


@cache
def common_words() -> frozenset[str]:
    """Words that many texts share, lower case: a name made of them is hardly a platform's."""
    return frozenset(json.loads((files("monitor.understand") / "data" / "common_words.json").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name stands. `edges`: whether the run of capital words that it is cut from goes on, on either side, with
    a word that few texts share."""

    start: int
    form: str
    part: bool = False
    edges: tuple[bool, bool] = (False, False)


def _found(reading: Reading, lang: str) -> dict[str, list[_Place]]:
    """Every candidate with its places."""
    whole = reading.whole[:_SEARCHED]
    found: dict[str, list[_Place]] = {}
    forms = [(_QUOTED, "quoted"), *([(_FOREIGN, "foreign")] if lang in _SPACELESS else [(_CHAIN, "chain")])]
    forms += [(pattern, form) for of, pattern, form in _BY_LANGUAGE if lang in of]
    for pattern, form in forms:
        for match in pattern.finditer(whole):
            start, raw = (match.start(1), match[1].strip()) if form == "quoted" else (match.start(), match[0])
            if name := _bare(raw, whole):
                found.setdefault(name, []).append(_Place(start, form))
    if lang not in _SPACELESS:
        for match in _PROPER.finditer(whole):
            for name, place in _parts(match, whole):
                found.setdefault(name, []).append(place)
    return found


def _parts(run: re.Match[str], whole: str) -> Iterator[tuple[str, _Place]]:
    """A run of capital words and the shorter runs in it: "Levantan Todoxdos", "POPMELO QUITTE", "Lumashop-Chef"."""
    words = [(run.start() + m.start(), m[0]) for m in re.finditer(r"[^ \u00a0]+", run[0])]
    common = common_words()
    rare = [word.lower().rpartition("-")[2].strip(".'’") not in common for _, word in words]
    for first in range(len(words)):
        for last in range(first, min(len(words), first + _MOST_WORDS) if len(words) > 1 else 1):
            if "&" in (words[first][1], words[last][1]):
                continue
            start = words[first][0]
            name = _bare(whole[start : words[last][0] + len(words[last][1])], whole)
            edges = (first > 0 and rare[first - 1], last + 1 < len(words) and rare[last + 1])
            if name:
                yield name, _Place(start, "proper", last - first + 1 < len(words), edges)
            head, hyphen, tail = name.partition("-")
            if hyphen and first == last and len(head) > 2:
                yield head, _Place(start, "proper", part=True, edges=(False, tail.lower() not in common))


def _bare(name: str, whole: str) -> str:
    """Without a case ending behind an apostrophe, and without its top-level domain where it stands alone too."""
    name = _CASE.sub("", name)
    stem = _DOMAIN.sub("", name)
    return stem if stem != name and re.search(rf"{re.escape(stem)}(?![.\w])", whole) else name


def features(
    reading: Reading, event: Event, regions: Sequence[Mention] = (), known: Sequence[Mention] = ()
) -> dict[str, Features]:
    """For every candidate name: its form, how often and where it stands, how common its words are, and the cue words
    beside it. `regions` and `known` platforms are the mentions that the gazetteers found: they are no candidates."""
    places_named = {mention.quote for mention in regions}
    aside = compared(known, reading, event.lang)
    told = [mention for mention in known if mention.value not in aside]
    within = {at for m in known for at in range(reading.place(m.field, m.start), reading.place(m.field, m.end))}
    taken = {reading.place(m.field, m.start): reading.place(m.field, m.end) for m in told}
    common = common_words()
    title = reading.whole[: reading.offset]
    lower = Counter(re.findall(r"\b[^\W\d_]+\b", reading.whole))
    about: Features = {f"{event.type}": 1.0, "single language": float(event.lang == "de")}
    about["known named"] = float(bool(told))
    about["known leads"] = float(any(reading.leads(m.field, m.start) for m in told))
    result: dict[str, Features] = {}
    found = _found(reading, event.lang)
    foreign = event.lang in _CYRILLIC and any(name[0].isascii() and name[0].isalpha() for name in found)
    for name, every in found.items():
        ends = [(place, place.start + len(name)) for place in every]
        longer = [place for place, end in ends if end > taken.get(place.start, end)]  # eBay Extra
        places = longer or [place for place, end in ends if place.start not in within and end - 1 not in within]
        if name in places_named or not places or generic(name, event.lang, common):
            continue
        f: Features = {f"form:{place.form}": 1.0 for place in places}
        times = reading.whole.count(name)
        if (
            foreign
            and not name[0].isascii()
            and " " not in name
            and all(_begins(reading, place.start) for place in places)
        ):
            continue  # any word has a capital there, and the text holds names in letters that are not its own
        f["count"] = math.log(max(1, times))
        f["title"] = float(name in title)
        f["title only"] = float(name in title and times == 1)
        f["title and text"] = float(name in title and times > title.count(name))
        f["title, first"] = float(title.startswith(name))
        f["domain"] = float(bool(_DOMAIN.search(name)))
        f["camel"] = float(bool(re.search(r"[a-zа-я][A-ZА-Я]", name)))
        f["digit"] = float(bool(re.search(r"\d", name)))
        f["all capitals"] = float(name.isupper() and name.isascii() and len(name) > 1)
        f[f"words:{min(4, len(name.split()))}"] = 1.0
        f["letters"] = min(12, len(name)) / 12
        parts = [part for part in re.findall(r"[^\W\d_]+", name.lower()) if len(part) > 2]
        f["common"] = sum(part in common for part in parts) / (len(parts) or 1)
        f["all common"] = float(bool(parts) and all(part in common for part in parts))
        f["first common"] = float(bool(parts) and parts[0] in common)
        f["last common"] = float(bool(parts) and parts[-1] in common)
        f["known with more"] = float(bool(longer))
        f["known with more, title"] = float(bool(longer) and name in title)
        f["known with more, common"] = float(bool(longer) and bool(parts) and parts[-1] in common)
        f["known with more, again"] = float(bool(longer) and times > 1)
        f["part"] = float(all(place.part for place in places))
        f["goes on before"] = float(all(place.edges[0] for place in places))
        f["goes on after"] = float(all(place.edges[1] for place in places))
        f["ends in place"] = float(any(name.endswith(place) for place in places_named))
        f["has place"] = float(any(place in name for place in places_named if len(place) > 3))
        f["short"] = float(len(name) < 4)
        before = [bool(_ARTICLE.search(reading.whole[max(0, p.start - 7) : p.start])) for p in places]
        f["after an article"] = float(any(before))
        f["after an article, always"] = float(all(before))
        f["also lower"] = float(bool(lower[name.lower()]) and name != name.lower())
        f["starts sentences only"] = float(all(_begins(reading, place.start) for place in places))
        near = [reading.near(place.start, place.start + len(name)) for place in places]
        for head in ("happen", "kind", "commerce", "report", "contrast"):
            gaps = [n[head] for n in near if head in n]
            f[f"{head}:{distance(min(gaps, key=abs)) if gaps else 'none'}"] = 1.0
        f["is cue"] = float(any(0 in n.values() for n in near))
        f[f"sentence:{min(4, reading.sentence(places[0].start))}"] = 1.0
        f["single language, title"] = about["single language"] * f["title"]
        f[f"{event.type}|title"] = f["title"]
        f["known named, title"] = about["known named"] * f["title"]
        f["known leads, title"] = about["known leads"] * f["title"]
        result[name] = about | f
    return result


def _begins(reading: Reading, start: int) -> bool:
    """Whether a sentence begins here, where any word has a capital."""
    left, _ = reading.extent(reading.sentence(start))
    return not reading.whole[left:start].strip(" \n«„“\"'([-–—•·")


def choose(
    reading: Reading, event: Event, regions: Sequence[Mention] = (), known: Sequence[Mention] = ()
) -> tuple[Mention, float] | None:
    """The name of the platform that the text is plainly about, at its first place, and how sure it is; or None."""
    found = features(reading, event, regions, known)
    scored = {name: probability("candidate", f) for name, f in found.items()}
    best = max(scored, key=lambda name: scored[name], default=None)
    if best is None or scored[best] < threshold("candidate"):
        return None
    start = reading.whole.index(best)
    field, shift = ("title", 0) if start < reading.offset else ("text", reading.offset)
    return Mention(field, start - shift, start - shift + len(best), best, best, "unknown"), scored[best]
