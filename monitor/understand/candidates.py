"""Names of platforms that no list holds, found by their form: `«Торгодом»`, `the marketplace Zuvia`, `Lavka.it`."""

import json
import math
import re
from collections import Counter
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

_QUOTED = re.compile(
    r"[«„“\"「『《【\[‹'‘]([^\s«»„“”\"「」『』《》【】\[\]‹›'‘’,;:!?。、，][^«»„“”\"「」『』《》【】\[\]‹›\n,;:!?。、，]{1,24})[»”“\"」』》】\]›'’]"
)
_WORD = r"[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯІЇЄҐΑ-ΩĐ][\w&+-]*(?:\.[A-Za-zА-Яа-я]{2,6})?(?:['’](?!s\b)[A-Za-z]{2,})?"
_LATIN = r"[A-Za-z][A-Za-z0-9&+.-]*[A-Za-z0-9+]"
_PROPER = re.compile(rf"(?<![\w.@/-]){_WORD}(?:[ \u00a0](?:{_WORD}|&|\d{{2,3}})){{0,3}}")
_FOREIGN = re.compile(rf"{_LATIN}(?: {_LATIN}){{0,2}}")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]{3,12}")
_HAN = re.compile(
    r"[\u4e00-\u9fff]{2,6}?(?=宣布|将|將|关闭|關閉|关停|停止|停运|下线|退出|撤出|平台|电商|電商|商城|卖家|賣家|商家|暂停|冻结|破产|被|拟|或|官宣|终止|結束|结束|上调|调整|要求|回应|否认|跑路|倒闭|爆雷)"
)
_HANGUL = re.compile(r"[\uac00-\ud7a3A-Za-z0-9]{2,8}?(?=은|는|이|가|을|를|의|에서|에|와|과|도|,| )")
_DOMAIN = re.compile(
    r"\.(?:com|net|org|io|app|shop|eu|de|fr|it|es|pt|ro|pl|cz|ru|рф|ua|tr|id|my|vn|th|in|jp|kr|cn|nl|se|dk|uk|br|mx)$",
    re.I,
)
_CASE = re.compile(r"['’][a-zçğıöşü]{1,5}$")
_SEARCHED = 6_000  # code points
_SPACELESS = frozenset({"zh", "ja", "th", "ko", "hi", "bn", "ta", "te", "ar", "fa"})


@cache
def common_words() -> frozenset[str]:
    """Words that many texts share, lower case: a name made of them is hardly a platform's."""
    return frozenset(json.loads((files("monitor.understand") / "data" / "common_words.json").read_text("utf-8")))


def _found(reading: Reading, lang: str) -> list[tuple[int, int, str, str]]:
    """Start, end, name and form of every candidate."""
    whole = reading.whole[:_SEARCHED]
    found = [(m.start(1), m.end(1), m[1].strip(), "quoted") for m in _QUOTED.finditer(whole)]
    forms = [(_FOREIGN, "foreign")] if lang in _SPACELESS else [(_PROPER, "proper")]
    if lang == "ja":
        forms.append((_KATAKANA, "katakana"))
    if lang == "zh":
        forms.append((_HAN, "han"))
    if lang == "ko":
        forms.append((_HANGUL, "hangul"))
    for pattern, form in forms:
        found += [(m.start(), m.end(), m[0], form) for m in pattern.finditer(whole)]
    return [(start, start + len(name), name, form) for start, _, raw, form in found if (name := _bare(raw, whole))]


def _bare(name: str, whole: str) -> str:
    """Without a case ending behind an apostrophe, and without its top-level domain where it stands alone too."""
    name = _CASE.sub("", name)
    stem = _DOMAIN.sub("", name)
    return stem if stem != name and re.search(rf"{re.escape(stem)}(?![.\w])", whole) else name


def features(reading: Reading, event: Event, places_named: Collection[str] = ()) -> dict[str, Features]:
    """For every candidate name: its form, how often and where it stands, how common its words are, and the cue words
    beside it. `places_named` are the regions as the text writes them; they name no platform."""
    of: dict[str, list[tuple[int, int, str]]] = {}
    for start, end, name, form in _found(reading, event.lang):
        if name not in places_named:
            of.setdefault(name, []).append((start, end, form))
    common = common_words()
    title = reading.whole[: reading.offset]
    lower = Counter(re.findall(r"\b[^\W\d_]+\b", reading.whole))
    result: dict[str, Features] = {}
    for name, places in of.items():
        f: Features = {f"form:{form}": 1.0 for form in {form for _, _, form in places}}
        times = reading.whole.count(name)
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
        f["ends in place"] = float(any(name.endswith(place) for place in places_named))
        f["short"] = float(len(name) < 4)
        f["also lower"] = float(bool(lower[name.lower()]) and name != name.lower())
        f["starts sentences only"] = float(all(_begins(reading, start) for start, _, _ in places))
        near = [reading.near(start, end) for start, end, _ in places]
        for head in ("happen", "kind", "commerce", "report", "contrast"):
            gaps = [n[head] for n in near if head in n]
            f[f"{head}:{distance(min(gaps, key=abs)) if gaps else 'none'}"] = 1.0
        f["is cue"] = float(any(0 in n.values() for n in near))
        f[f"sentence:{min(4, reading.sentence(places[0][0]))}"] = 1.0
        f["single language"] = float(event.lang == "de")
        f[f"{event.type}"] = 1.0
        f[f"{event.type}|title"] = f["title"]
        result[name] = f
    return result


def _begins(reading: Reading, start: int) -> bool:
    """Whether a sentence begins here, where any word has a capital."""
    left, _ = reading.extent(reading.sentence(start))
    return not reading.whole[left:start].strip(" \n«„“\"'([-–—•·")


def choose(reading: Reading, event: Event, places_named: Collection[str] = ()) -> Mention | None:
    """The name of the platform that the text is plainly about, at its first place, or None."""
    scored = {name: probability("candidate", f) for name, f in features(reading, event, places_named).items()}
    best = max(scored, key=lambda name: scored[name], default=None)
    if best is None or scored[best] < threshold("candidate"):
        return None
    start = reading.whole.index(best)
    field, shift = ("title", 0) if start < reading.offset else ("text", reading.offset)
    return Mention(field, start - shift, start - shift + len(best), best, best, "unknown")
