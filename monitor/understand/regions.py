"""Regions in a text, and where the effect of an event applies among them."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from monitor.domain.places import BLOCS, EU, EU_MEMBERS
from monitor.domain.signals import EventType
from monitor.understand.gazetteer import LONGEST_TEXT, Form, Gazetteer, Hit
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

_SITE = re.compile(r"(?<![\w.@-])(?:www\.)?[a-z0-9][a-z0-9-]{2,40}\.(?:(?:co|com)\.)?([a-z]{2})(?![\w-]|\.\w)")
_COUNTRIES = {  # whose code under the top says where a site sells; many others are sold for their sound
    "FR", "DE", "ES", "PT", "IT", "NL", "BE", "AT", "CH", "PL", "CZ", "SK", "HU", "RO", "BG", "GR", "SE", "DK", "NO",
    "FI", "UK", "RU", "UA", "TR", "BR", "MX", "AR", "CL", "PE", "JP", "KR", "CN", "TW", "VN", "TH", "PH", "ID", "MY",
    "SG", "AU", "NZ", "ZA", "EG", "SA", "AE", "CA", "US", "EU",
}  # fmt: skip
_CODE = {"UK": "GB"}
_STRENGTH = ("name", "bloc", "bodies", "people", "cities", "site", "money", "national", "seat")
_LAST = frozenset({"money", "national", "seat"})  # what speaks only where no place is named

_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]")
_SHORT_NAME = 3  # letters of katakana from which on another word may follow at once: "アメリカドル", but "タイトル"
_THAI_BEFORE = re.compile(r"[\u0e40-\u0e44]")  # a vowel that is written before its consonant
_THAI_AFTER = re.compile(r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")  # a vowel or tone above or below the letter before it

_NATIONAL = "HOME"  # in the data: words for what is national
_ONLY_TOLD = frozenset({"owner", "app-store", "payments", "messaging"})

_AND = (
    "and|or|et|ou|y|e|o|und|oder|en|och|og|eller|ja|și|şi|sau|i|oraz|lub|a|či|és|и|или|та|і|й|або|ve|veya|dan|atau|serta|và|"
    "at|και|और|এবং|ও|மற்றும்|و"
)
_COORDINATED = re.compile(  # what stands between two members of a list: "A, B", "A et en B", "A、B", "A와 B"
    rf"(?:\s*[,،、，;/]\s*(?:(?:{_AND})\s+)?|\s+(?:{_AND})\s+|\s*[和及与與跟やと&]\s*|(?:와|과|및|、)\s*|\s*และ\s*)"
    r"(?:[^\W\d_]{1,4}['’]?\s*){0,2}"
)
_REACH = {  # by the event: the heads of cue words that a sentence must have, the surest first
    EventType.SHUTDOWN: (frozenset({"serves"}), frozenset({"launch"})),
    EventType.MARKET_EXIT: (frozenset({"plan", "launch"}),),
}
_ALONGSIDE = 40  # letters between two places of one enumeration: "in Spain, and hoped to launch in the U.S."

# Languages at home in one country alone: a page in one that names no place usually speaks of this one. French, German,
# Dutch, Italian, Russian and others are at home in several, and say nothing of the place.
HOME = {
    "ja": "JP", "ko": "KR", "th": "TH", "vi": "VN", "id": "ID", "fil": "PH", "hi": "IN", "te": "IN", "pl": "PL",
    "cs": "CZ", "sk": "SK", "tr": "TR", "da": "DK", "no": "NO", "fi": "FI", "hu": "HU", "uk": "UA", "bg": "BG",
    "fa": "IR", "it": "IT", "el": "GR", "ro": "RO", "sv": "SE", "ms": "MY",
}  # fmt: skip
# Where most readers of a language live: the country of "the government" and "our customs" in a text that names none.
_MOSTLY = HOME | {"ru": "RU", "pt": "BR", "fr": "FR", "de": "DE", "nl": "NL", "zh": "CN", "bn": "BD"}
_TRADITIONAL = re.compile(r"[臺灣國網購賣書務營實開關開點個電從後發會產業]")
_HONG_KONG = re.compile(r"[嘅咗喺唔啲係佢]|HK\$|觀塘|港元")


def find(gazetteer: Gazetteer, text: str, lang: str, folded: str | None = None) -> list[Hit]:
    """Regions named in a text, without the phrases that only contain such a name. What a text calls national ("the
    government") speaks for the country of its language where the text names no place."""
    own = [hit for hit in gazetteer.find(text, lang, folded) if hit.form.value != "-" and _whole(text, hit)]
    found = [one for hit in own for one in _members(hit)]
    named = [hit for hit in found if hit.form.value != _NATIONAL]
    sites = [hit for hit in _sites(text) if not any(hit.start < other.end and other.start < hit.end for other in named)]
    if sites or any(hit.form.tag != "money" for hit in named):
        return sorted([*named, *sites], key=lambda hit: hit.start)
    home = _home(text, lang)
    return [
        hit if hit.form.value != _NATIONAL else replace(hit, form=replace(hit.form, value=home, tag="national"))
        for hit in found
        if home or hit.form.value != _NATIONAL
    ]


def _whole(text: str, hit: Hit) -> bool:
    """Whether it is no part of another word, in scripts that leave no space between words: no katakana goes on around
    a name in katakana, no Thai letter is torn from its marks."""
    before, first, last, after = (
        text[max(hit.start - 1, 0) : hit.start],
        text[hit.start],
        text[hit.end - 1],
        text[hit.end : hit.end + 1],
    )
    if _KATAKANA.match(before) and _KATAKANA.match(first):
        return False
    if _KATAKANA.match(last) and _KATAKANA.match(after) and hit.end - hit.start <= _SHORT_NAME:
        return False
    return not (_THAI_BEFORE.match(before) or _THAI_AFTER.match(after))


def _members(hit: Hit) -> list[Hit]:
    """A bloc's name as one hit for each of its members."""
    members = sorted(BLOCS.get(hit.form.value, ()))
    return [replace(hit, form=replace(hit.form, value=member, tag="bloc")) for member in members] or [hit]


def _home(text: str, lang: str) -> str:
    """The country where most texts of a language and script are written; empty for those of many countries."""
    if lang == "zh" and len(_TRADITIONAL.findall(text[:400])) > 2:
        return "HK" if _HONG_KONG.search(text) else "TW"
    return _MOSTLY.get(lang, "")


def seats(named: Sequence[Mention], at: Mapping[str, str], regions: Sequence[Mention]) -> list[Mention]:
    """Mentions of the one country where a named platform works (`at`), in a text that names no place."""
    if any(mention.kind not in _LAST for mention in regions):
        return []
    return [replace(m, value=at[m.value], kind="seat") for m in named if m.value in at and m.kind not in _ONLY_TOLD]


def _sites(text: str) -> list[Hit]:
    """Domain names under a country's code: `versandia.ch`."""
    return [
        Hit(match.start(), match.end(), Form(match[0], _CODE.get(code, code), "site"))
        for match in _SITE.finditer(text[:LONGEST_TEXT])
        if (code := match[1].upper()) in _COUNTRIES
    ]


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> dict[str, Features]:
    """For every region that is named, that the source is for, or where the language is at home: what speaks for it."""
    of: dict[str, list[Mention]] = {}
    for mention in mentions:
        of.setdefault(mention.value, []).append(mention)
    named = [value for value, own in of.items() if any(m.kind == "name" for m in own)]
    order = list(of)
    leading = {m.value for m in mentions if reading.leads(m.field, m.start)}
    home = HOME.get(event.lang)
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
        f["others lead"] = float(bool(leading) and value not in leading)
        f[f"others lead:{strongest}"] = f["others lead"]
        f["home, others lead"] = float(f["others lead"] and value == home)
        f["others named"] = float(bool(set(named) - {value}))
        f["share"] = len(own) / total
        f["count"] = math.log(1 + len(own))
        f["first"] = float(order[:1] == [value])
        f["most"] = float(bool(own) and len(own) == max(len(group) for group in of.values()))
        f["none mentioned"] = float(not mentions)
        f["last resort"] = float(all(m.kind in _LAST for m in mentions))
        f["home"] = float(value == home)
        f["home absent"] = float(value == home and not own)
        f[f"home absent:{event.lang}"] = float(value == home and not mentions)
        f["home agrees"] = float(value == home and bool(own))
        f["home differs"] = float(value != home and bool(home))
        f["home absent, others named"] = float(value == home and not own and bool(named))
        f["home absent, EU named"] = float(value == home and not own and "EU" in of)
        f["source"] = float(value in event.source_countries)
        if value in {"CN", "US", "EU", "WORLD"}:
            f[f"is {value}"] = 1.0
            f[f"is {value}:{strongest}"] = 1.0
            f[f"is {value}|{event.type}"] = 1.0
        places = [reading.place(m.field, m.start) for m in own]
        near = [reading.near(start, start + m.end - m.start) for start, m in zip(places, own, strict=True)]
        for head in ("happen", "from", "past", "report", "serves", "stays"):
            gaps = [n[head] for n in near if head in n]
            f[f"{head}:{distance(min(gaps, key=abs)).split('-')[0] if gaps else 'none'}"] = 1.0
        if places:
            f[f"sentence:{min(4, reading.sentence(min(places)))}"] = 1.0
            f["late"] = min(2.0, min(places) / 1200)
        f["listed"] = float(any(_listed(m, mentions) for m in own))
        f["left out"] = float(bool(own) and all(_left_out(m, reading) for m in own))
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


def _left_out(mention: Mention, reading: Reading) -> bool:
    """Follows words in its sentence that say where all goes on: "but stays in Spain"."""
    start = reading.place(mention.field, mention.start)
    left, _ = reading.extent(reading.sentence(start))
    return "stays" in reading.around(start, start, left, start)


def _lists(mentions: Sequence[Mention], reading: Reading) -> list[set[str]]:
    """The coordinated lists of regions, two or more in each: "Brazil, Mexico and Chile"."""
    groups: list[set[str]] = []
    end = -1
    for mention in mentions:
        start = reading.place(mention.field, mention.start)
        if groups and 0 <= start - end <= 24 and _COORDINATED.fullmatch(reading.whole, end, start):
            groups[-1].add(mention.value)
        else:
            groups.append({mention.value})
        end = start + mention.end - mention.start
    return [group for group in groups if len(group) > 1]


def choose(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[str]:
    """The regions where the event's effect applies, in the order of mention; the source's countries when none does.

    A bloc is judged as one place; it stands for its members unless the text says which of them are hit.
    """
    mentions, blocs = _as_one(mentions)
    scored = {value: probability("region", f) for value, f in features(mentions, reading, event).items()}
    mentioned = {mention.value for mention in mentions}
    if any(mention.kind not in _LAST for mention in mentions):  # then the language alone says nothing
        scored = {value: p for value, p in scored.items() if value in mentioned or value in event.source_countries}
    for group in _lists([m for m in mentions if m.kind == "name"], reading):  # what is listed together fares together
        share = sum(scored[value] for value in group) / len(group)
        scored |= {value: max(scored[value], share) for value in group}
    chosen = [value for value, p in scored.items() if p >= threshold("region")]
    if not chosen and mentions:
        best = max(scored, key=lambda value: scored[value])
        chosen = [best] if scored[best] >= threshold("region") / 2 else []
    told = [value for value in chosen if value not in blocs]
    members = [member for value in chosen if not blocs.get(value, set()) & set(told) for member in blocs.get(value, ())]
    return told + sorted(set(members) - set(told)) or list(event.source_countries)


def _as_one(mentions: Sequence[Mention]) -> tuple[list[Mention], dict[str, set[str]]]:
    """The mentions with a bloc's members as one mention of a name of its own, and the members of each such name."""
    blocs: dict[str, set[str]] = {}
    at: dict[tuple[str, int], str] = {}
    for mention in mentions:
        if mention.kind == "bloc":
            name = at.setdefault((mention.field, mention.start), f"bloc {mention.quote.casefold()}")
            blocs.setdefault(name, set()).add(mention.value)
    joined: dict[tuple[str, int, str], Mention] = {}
    for mention in mentions:
        name = at[mention.field, mention.start] if mention.kind == "bloc" else ""
        one = replace(mention, value=name, kind="name") if name else mention
        joined.setdefault((one.field, one.start, one.value), one)
    return list(joined.values()), blocs


def reach(
    mentions: Sequence[Mention],
    named: Sequence[Mention],
    platforms: Collection[str],
    reading: Reading,
    event: EventType,
) -> list[Mention]:
    """Where a service runs that ends as a whole, or was to run where its expansion is cancelled, as the text enumerates
    it: two or more countries, named with a word for it in sentences on one of `platforms` or on none. `named` are the
    platforms' mentions. Empty when the text has no such enumeration."""
    sentences: dict[int, list[Mention]] = {}
    for mention in mentions:
        if mention.kind == "name" and not _left_out(mention, reading):
            sentences.setdefault(reading.sentence(reading.place(mention.field, mention.start)), []).append(mention)
    told: dict[int, list[str]] = {}
    for mention in named:
        told.setdefault(reading.sentence(reading.place(mention.field, mention.start)), []).append(mention.value)
    for heads in _REACH.get(event, ()):
        found: dict[str, Mention] = {}
        for number, some in sentences.items():
            of = told.get(number, ())
            if of and not any(_kin(one, other) for one in of for other in platforms):
                continue
            place = reading.place(some[0].field, some[0].start)
            said = reading.near(place, place)
            if heads <= said.keys():
                listed = _enumerated(some, reading)
                found |= {mention.value: mention for mention in listed if mention.value not in found}
        if EU_MEMBERS & found.keys():
            found.pop(EU, None)  # the text says which of it
        if len(found) > 1:
            return list(found.values())
    return []


def _kin(one: str, other: str) -> bool:
    """The same platform, or one that bears the other's name before its own: TikTok, TikTok Shop."""
    return one == other or one.startswith(f"{other} ") or other.startswith(f"{one} ")


def _enumerated(some: Sequence[Mention], reading: Reading) -> list[Mention]:
    """The mentions of a sentence from the first on that stand close to the one before."""
    taken: list[Mention] = []
    for mention in some:
        if taken and mention.start - taken[-1].end > _ALONGSIDE // (2 if reading.wide else 1):
            break
        taken.append(mention)
    return taken if len(taken) > 1 else []
