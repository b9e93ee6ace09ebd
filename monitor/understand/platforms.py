"""Platforms in a text: the known ones by name, the unknown ones by the form of their names."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.domain.platforms import COMPANY, Platform
from monitor.domain.signals import EventType
from monitor.understand.comparisons import compared
from monitor.understand.gazetteer import Form, Gazetteer, Hit, fold
from monitor.understand.lists import listed_together
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading

# these are often only mentioned
ASIDE = frozenset({"app-store", "logistics", "payments", "ambiguous", "owner"})
UNSURE = "unsure"  # the tag of an ambiguous name that nothing in the text supports: an event may still be its
_OF_A_SERVICE = frozenset({EventType.SHUTDOWN, EventType.MARKET_EXIT})
_BESIDE = frozenset({"app-store", "owner"})
_CARRY = frozenset({"logistics", "payments"})
_ENDS = _OF_A_SERVICE | {EventType.INSOLVENCY}  # a carrier that ends is what the text is about
_OFTEN = 4  # mentions that keep a platform beside a name that no list holds
_LEAST = 0.2  # the surest platform of a text is taken from here on when none reaches the threshold
_PART = re.compile(  # what platforms call the parts of themselves
    r"[ \u00a0](Pro|Plus|Business|Express|Lite|Extra|Partners?|Cross-Border|Fresh|Food|Wholesale|Local|Overseas|Deals"
    r"|24h)\b"
)
_AGAIN = 2  # times that an ambiguous name has its capital: then it is a name, of what the text is about
_COMPOUND = re.compile(  # 送料ライン is no LINE, nor is ออนไลน์, "online"
    r"(?:[\u30a1-\u30fa\u30fc\u4e00-\u9fff][\u30a1-\u30fa]|ออนไ)\Z"
)
_POST_WAR = re.compile(r"(?<=post)-\w", re.IGNORECASE)  # "Ukrainian post-war shops" are no post
_NEAR = 240  # letters within which commerce words support an ambiguous name


def build(platforms: Iterable[Platform]) -> Gazetteer:
    """Every name, alias, domain and owner. Tags: the platform's kind, `ambiguous`, or `owner` (which only supports)."""
    forms = []
    for platform in platforms:
        unsure = set(platform.ambiguous)
        for alias in dict.fromkeys((platform.name, *platform.aliases, *platform.ambiguous)):
            short = alias.isascii() and alias.isupper() and len(alias) <= 4
            word, small = alias in unsure, alias[0].islower()
            odd = word and small and alias != alias.lower()  # iDEAL, written so, is no "ideal"
            tag = "ambiguous" if word and not odd else platform.kind
            forms.append(Form(alias, platform.name, tag, exact=short or odd, capital=word and not small))
        forms += [Form(domain, platform.name, platform.kind) for domain in platform.domains]
        forms += [Form(alias, platform.name, "owner") for alias in platform.owner_aliases]
    return Gazetteer(sorted(forms, key=lambda form: form.tag in {"ambiguous", "owner"}))


def owned(platforms: Iterable[Platform]) -> dict[str, frozenset[str]]:
    """For the folded name of every owner, with and without its legal form, the platforms that it owns."""
    result: dict[str, set[str]] = {}
    every = tuple(platforms)
    for platform in every:
        for owner in (platform.owner, COMPANY.sub("", platform.owner), *platform.owner_aliases):
            result.setdefault(fold(owner), set()).add(platform.name)
    for platform in every:  # Alibaba owns Xiami, and so does 阿里巴巴
        names = [fold(alias) for alias in (platform.name, *platform.aliases)]
        if owns := set().union(*(result.get(name, set()) for name in names)) - {platform.name}:
            for name in names:
                result.setdefault(name, set()).update(owns)
    return {owner: frozenset(names) for owner, names in result.items() if owner}


def find(
    gazetteer: Gazetteer,
    owners: Mapping[str, frozenset[str]],
    firm: Collection[str],
    reading: Reading,
    lang: str,
    folded: str,
) -> list[Hit]:
    """Mentions in `reading.whole`. An ambiguous alias counts when another name, domain or owner of its platform stands
    in the text, a word of commerce near it, or it has its capital again; else it is tagged `UNSURE`, if it reads like a
    name (`_like_a_name`). The end of a compound is none. A name that is also the owner's of another platform in the
    text is tagged `owner`: there "Alibaba" is who closes Xiami, not what is closed. `firm` are the platforms whose name
    means them with further words behind it, too (`domain.platforms.goes_on`)."""
    hits = gazetteer.find(reading.whole, lang, folded)
    sure = {hit.form.value for hit in hits if hit.form.tag != "ambiguous"}
    commerce = [cue for cue in reading.cues if "commerce" in cue.heads]
    again = _again(hits, reading)

    def compound(hit: Hit) -> bool:
        before = _COMPOUND.search(reading.whole, max(hit.start - 3, 0), hit.start + 1)
        return bool(before or _POST_WAR.match(reading.whole, hit.end))

    def tagged(hit: Hit) -> Hit:
        near = any(hit.start - _NEAR < cue.start < hit.end + _NEAR for cue in commerce)
        plain = hit.form.tag != "ambiguous" or hit.form.value in sure or near or hit.form.value in again
        return hit if plain else replace(hit, form=replace(hit.form, tag=UNSURE))

    kept = [
        tagged(hit) for hit in hits if hit.form.tag != "owner" and not (hit.form.tag == "ambiguous" and compound(hit))
    ]
    named = {hit.form.value for hit in kept if hit.form.tag != UNSURE}
    like = {hit.form.value for hit in kept if hit.form.value in firm or _like_a_name(hit, reading)}

    def wanted(hit: Hit) -> bool:
        its = owners.get(fold(hit.form.text), frozenset()) & named
        return hit.form.tag != UNSURE or (hit.form.value in like and not its)

    kept = [hit for hit in kept if wanted(hit)]
    return [
        replace(hit, form=replace(hit.form, tag="owner"))
        if owners.get(fold(hit.form.text), frozenset()) & named - {hit.form.value}
        else hit
        for hit in kept
    ]


def _like_a_name(hit: Hit, reading: Reading) -> bool:
    """Whether it has a capital within a sentence, or letters that know none: "Grab what you can" names nobody."""
    name = reading.whole[hit.start : hit.end]
    if name.lower() == name.upper():
        return True
    begins, _ = reading.extent(reading.sentence(hit.start))
    return name[0].isupper() and bool(re.search(r"\w", reading.whole[begins : hit.start]))


def _again(hits: Iterable[Hit], reading: Reading) -> set[str]:
    """Platforms whose ambiguous name stands with a capital at least `_AGAIN` times, in the midst of a sentence of the
    text too, where a word would have none. What is written in capitals throughout says nothing."""
    told, within = Counter[str](), set[str]()
    for hit in hits:
        name = reading.whole[hit.start : hit.end]
        if hit.form.capital and name[0].isupper() and (not name.isupper() or hit.form.text.isupper()):
            told[hit.form.value] += 1
            begins, _ = reading.extent(reading.sentence(hit.start))
            if hit.start >= reading.offset and re.search(r"\w", reading.whole[begins : hit.start]):
                within.add(hit.form.value)
    return {value for value in within if told[value] >= _AGAIN}


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> dict[str, Features]:
    """For every platform that is named: where, how often, beside which words and among which others."""
    of: dict[str, list[Mention]] = {}
    for mention in mentions:
        of.setdefault(mention.value, []).append(mention)
    in_title = [m.value for m in mentions if reading.leads(m.field, m.start)]
    result: dict[str, Features] = {}
    for number, (value, own) in enumerate(of.items()):
        kinds = {"ambiguous" if m.kind == UNSURE else m.kind for m in own}
        f: Features = {f"kind:{kind}": 1.0 for kind in kinds & ASIDE}
        f["title"] = float(value in in_title)
        f["title, first"] = float(in_title[:1] == [value])
        f["title has others"] = float(bool(set(in_title) - {value}))
        f["title has others only"] = float(bool(in_title) and value not in in_title)
        f["alone"] = float(len(of) == 1)
        f["many"] = float(len(of) > 3)
        f["first"] = float(number == 0)
        f["share"] = len(own) / len(mentions)
        f["count"] = math.log(len(own))
        most = len(own) > 1 and len(own) == max(len(group) for group in of.values())
        f["most"] = float(most)
        f["most, none in title"] = float(most and not in_title)
        f["none in title"] = float(not in_title)
        f["often"] = float(len(own) > 3)
        f[f"{event.type}:most"] = float(most)
        f["source"] = float(value in event.source_platforms)
        f["longer named"] = float(any(value != other and value.split()[0] == other.split()[0] for other in of))
        for relation, told in (
            ("part named", any(other.startswith(f"{value} ") for other in of)),
            ("whole named", any(value.startswith(f"{other} ") for other in of)),
            ("owner only", {m.kind for m in own} == {"owner"}),
        ):
            f[relation] = f[f"{relation}|{event.type}"] = float(told)
        f["listed"] = float(any(_listed(m, mentions) for m in own))
        places = [reading.place(m.field, m.start) for m in own]
        near = [reading.near(start, start + m.end - m.start) for start, m in zip(places, own, strict=True)]
        for head in ("happen", "kind", "past", "report", "contrast"):
            gaps = [n[head] for n in near if head in n]
            f[f"{head}:{distance(min(gaps, key=abs)) if gaps else 'none'}"] = 1.0
        f[f"sentence:{min(4, reading.sentence(min(places)))}"] = 1.0
        f["late"] = min(2.0, min(places) / 1200)
        f[f"{event.type}"] = 1.0
        f[f"{event.type}|{'title' if value in in_title else 'text'}"] = 1.0
        result[value] = f
    return result


def _listed(mention: Mention, mentions: Sequence[Mention]) -> bool:
    """Stands in a list of platforms: another one begins or ends within a few letters."""
    return any(
        other.value != mention.value
        and other.field == mention.field
        and (0 <= other.start - mention.end <= 8 or 0 <= mention.start - other.end <= 8)
        for other in mentions
    )


def choose(mentions: Sequence[Mention], reading: Reading, event: Event) -> dict[str, float]:
    """The known platforms that the event hits with their probabilities, the surest first; empty when the text is about
    none of them. A platform that is only compared with what the text is about is none."""
    mentions = spoken_of(mentions, reading, event)
    own = {value: probability("platform", f) for value, f in features(mentions, reading, event).items()}
    scored = dict(own)
    listed = () if event.type in _OF_A_SERVICE else [m for m in mentions if m.kind not in _BESIDE]  # rivals are listed
    groups = listed_together(listed, reading)
    if event.type is EventType.INSOLVENCY:  # there too, but not with what fails
        surest = max(own, key=lambda value: own[value], default=None)
        groups = [group for group in groups if surest in group]
    for group in groups:  # what is listed together fares together
        share = sum(own[value] for value in group) / len(group)
        scored |= {value: max(scored[value], share) for value in group}
    ranked = sorted(scored, key=lambda value: -scored[value])
    named = {mention.value for mention in mentions if mention.kind != "owner"}
    if event.type not in _ENDS:  # Amazon raises its fees, in Amazon Haul too
        named |= {m.value for m in mentions if any(other.startswith(f"{m.value} ") for other in named)}
    least = _LEAST
    if event.type is not EventType.BAN and named:  # the owner closes, raises, withholds: in its platform
        carried = {m.value for m in mentions if m.kind in _CARRY} if event.type is EventType.TRADE_RULE else set[str]()
        named = named - carried or named  # a rule on trade binds who sells, not who carries
        least = 0.0 if scored[ranked[0]] >= threshold("platform") and ranked[0] not in named else _LEAST
        ranked = [value for value in ranked if value in named]
    chosen = [value for value in ranked if scored[value] >= threshold("platform")]
    first = [value for value in ranked[:1] if scored[value] >= least]
    chosen = chosen or _with_its_list(first, groups, ranked) or _alone_in_title(mentions, reading, event)
    chosen = _parts_for_wholes(chosen, ranked) if event.type in _OF_A_SERVICE else chosen
    return {value: own[value] for value in _without_wholes(chosen, mentions, reading)}


def spoken_of(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Mention]:
    """Without those of platforms that are only compared with what the text is about, unless the source is theirs; and
    of those that it says are not touched, unless it names no others."""
    aside = compared(mentions, reading, event.lang) - set(event.source_platforms)
    rest = [mention for mention in mentions if mention.value not in aside]
    spared = {value for value in {m.value for m in rest} if _spared(value, rest, reading)}
    return [mention for mention in rest if mention.value not in spared] or rest


def _without_wholes(chosen: Sequence[str], mentions: Sequence[Mention], reading: Reading) -> list[str]:
    """Without the whole that only the text names where the title names its part: "TikTok Shop blocked"."""
    titled = {m.value for m in mentions if reading.leads(m.field, m.start)} & set(chosen)
    return [v for v in chosen if v in titled or not any(part.startswith(f"{v} ") for part in titled)]


def _with_its_list(first: list[str], groups: Sequence[set[str]], ranked: Sequence[str]) -> list[str]:
    """With those of the ranked platforms that are listed together with it."""
    mates = set(first).union(*(group for group in groups if group & set(first)))
    return [value for value in ranked if value in mates]


def _alone_in_title(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[str]:
    """The one platform that the title names, if it is not of a sort that such a text often only mentions."""
    aside = _BESIDE if event.type in _ENDS else ASIDE - {"ambiguous"}
    titled = {m.value for m in mentions if reading.leads(m.field, m.start)}
    kinds = {m.kind for m in mentions if m.value in titled}
    return list(titled) if len(titled) == 1 and not kinds & aside else []


def _spared(value: str, mentions: Sequence[Mention], reading: Reading) -> bool:
    """Whether only sentences name it that say what is not touched: "Shopee and Lazada are not affected"."""

    def told(place: int) -> bool:
        gap = reading.near(place, place).get("spared")
        between = reading.whole[min(place, place + (gap or 0)) : max(place, place + (gap or 0))]
        return gap is not None and ". " not in between  # "in November 11. Shopee": a sentence may end in a number

    return all(told(reading.place(m.field, m.start)) for m in mentions if m.value == value)


def outdone(chosen: Mapping[str, float], unknown: str, sureness: float, mentions: Sequence[Mention]) -> list[str]:
    """Of the chosen known platforms those that stay beside a name that no list holds: not the whole of which the name
    is a part ("eBay Extra"), nor one that is less surely hit, unless it, or its whole, is named again and again."""

    def often(value: str) -> bool:
        return sum(value == m.value or value.startswith(f"{m.value} ") for m in mentions) >= _OFTEN

    return [
        value for value, p in chosen.items() if (p >= sureness or often(value)) and not unknown.startswith(f"{value} ")
    ]


def narrowed(mention: Mention, mentions: Sequence[Mention], reading: Reading) -> Mention:
    """The part of a chosen platform that no list holds but its usual name tells ("Enjoei Pro", "Glovo Business"): where
    the title calls it so, or the text always does. `mention` itself otherwise."""
    longer: list[Mention] = []
    plain = 0
    for own in (m for m in mentions if m.value == mention.value):
        after = _PART.match(reading.whole, reading.place(own.field, own.end))
        if after:
            quote, value = own.quote + after[0], f"{own.value} {after[1]}"
            longer.append(replace(own, end=own.end + len(after[0]), quote=quote, value=value, kind="unknown"))
        else:
            plain += 1
    titled = [m for m in longer if reading.leads(m.field, m.start)]
    return (titled or longer)[0] if titled or (longer and not plain) else mention


def _parts_for_wholes(chosen: Sequence[str], ranked: Sequence[str]) -> list[str]:
    """With the surest part that is named for a platform of which no part is chosen: a text on the end of something that
    names both TikTok and TikTok Shop is on the narrower."""
    result: list[str] = []
    for value in chosen:
        parts = [other for other in ranked if other.startswith(f"{value} ")]
        result += parts[:1] if parts and not set(parts) & set(chosen) else [value]
    return result
