"""Where the effect of an event applies, among the regions that its text names (`regionnames`)."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

from monitor.domain.places import EU, EU_MEMBERS
from monitor.domain.signals import EventType
from monitor.understand.actors import sellers
from monitor.understand.lists import listed_together
from monitor.understand.ranking import Event, Features, Mention, distance, probability, threshold
from monitor.understand.reading import Reading
from monitor.understand.regionnames import LAST, OF_SELLERS, excepted, find, home, seats

__all__ = ["choose", "features", "find", "home", "reach", "seats", "supposed"]

_STRENGTH = ("name", "bloc", "bodies", "people", "cities", "site", "money", "national", OF_SELLERS, "seat")

_REACH = {  # by the event: the heads of cue words that a sentence must have, the surest first
    EventType.SHUTDOWN: (frozenset({"serves"}), frozenset({"launch"})),
    EventType.MARKET_EXIT: (frozenset({"plan", "launch"}),),
}
_ON_SELLERS = {EventType.ENFORCEMENT, EventType.POLICY, EventType.MARKET_EXIT, EventType.SHUTDOWN}
_NAMES = {"name", "people", OF_SELLERS}
_ALONGSIDE = 40  # letters between two places of one enumeration: "in Spain, and hoped to launch in the U.S."


def features(mentions: Sequence[Mention], reading: Reading, event: Event) -> dict[str, Features]:
    """For every region that is named, that the source is for, or where the language is at home: what speaks for it."""
    of: dict[str, list[Mention]] = {}
    for mention in mentions:
        of.setdefault(mention.value, []).append(mention)
    named = [value for value, own in of.items() if any(m.kind == "name" for m in own)]
    order = list(of)
    leading = {m.value for m in mentions if reading.leads(m.field, m.start)}
    at_home = home(reading.whole, event.lang)
    for value in (*event.source_countries, *([at_home] if at_home else [])):
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
        f["home, others lead"] = float(f["others lead"] and value == at_home)
        f["in EU"] = float(value in EU_MEMBERS and EU in of)
        f["in EU, leads"] = float(f["in EU"] and value in leading)
        f["EU, members named"] = float(value == EU and bool(EU_MEMBERS & set(named)))
        f["others named"] = float(bool(set(named) - {value}))
        f["share"] = len(own) / total
        f["count"] = math.log(1 + len(own))
        f["first"] = float(order[:1] == [value])
        f["most"] = float(bool(own) and len(own) == max(len(group) for group in of.values()))
        f["none mentioned"] = float(not mentions)
        f["last resort"] = float(all(m.kind in LAST for m in mentions))
        f["home"] = float(value == at_home)
        f["home absent"] = float(value == at_home and not own)
        f[f"home absent:{event.lang}"] = float(value == at_home and not mentions)
        f["home agrees"] = float(value == at_home and bool(own))
        f["home differs"] = float(value != at_home and bool(at_home))
        f["home absent, others named"] = float(value == at_home and not own and bool(named))
        f["home absent, EU named"] = float(value == at_home and not own and "EU" in of)
        f["source"] = float(value in event.source_countries)
        if value in {"CN", "US", "EU", "WORLD"}:
            f[f"is {value}"] = 1.0
            f[f"is {value}:{strongest}"] = 1.0
            f[f"is {value}|{event.type}"] = 1.0
        places = [reading.place(m.field, m.start) for m in own]
        near = [reading.near(start, start + m.end - m.start) for start, m in zip(places, own, strict=True)]
        for head in ("happen", "from", "past", "report", "serves", "stays", "plan"):
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


def _excepted(mention: Mention, reading: Reading) -> bool:
    """Is named as a place that is not meant: "all of Europe except France"."""
    start = reading.place(mention.field, mention.start)
    return excepted(reading.whole, start, start + len(mention.quote), reading.extent(reading.sentence(start))[0])


def _meant(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[Mention]:
    """Without the places that are named only as exceptions, or by whoever is from elsewhere: "non-EU sellers". Where
    nothing else tells a place, it is the market that these are shut out of."""
    out = {mention.value for mention in mentions if mention.kind in _NAMES and _excepted(mention, reading)}
    out -= {mention.value for mention in mentions if mention.kind == "name" and not _excepted(mention, reading)}
    left = [mention for mention in mentions if mention.value not in out]
    if left or event.source_countries or home(reading.whole, event.lang):
        return left
    return [mention for mention in mentions if mention.kind in _NAMES and _of_sellers(mention, reading, event.lang)]


def _of_sellers(mention: Mention, reading: Reading, lang: str) -> bool:
    """Stands close to a word for sellers."""
    start = reading.place(mention.field, mention.start)
    return bool(sellers(reading.whole[max(start - _ALONGSIDE, 0) : start + len(mention.quote) + _ALONGSIDE], lang))


def choose(mentions: Sequence[Mention], reading: Reading, event: Event) -> list[str]:
    """The regions where the event's effect applies, in the order of mention; the source's countries when none does.

    A bloc is judged as one place; it stands for its members unless the text says which of them are hit.
    """
    mentions, blocs = _as_one(mentions)
    if event.type is not EventType.TRADE_RULE:  # "parcels from outside the EU" are hit in it
        mentions = _meant(mentions, reading, event)
    scored = {value: probability("region", f) for value, f in features(mentions, reading, event).items()}
    mentioned = {mention.value for mention in mentions}
    if any(mention.kind not in {*LAST, OF_SELLERS} for mention in mentions):  # then the language alone says nothing
        scored = {value: p for value, p in scored.items() if value in mentioned or value in event.source_countries}
    names = [mention for mention in mentions if mention.kind in {"name", OF_SELLERS}]
    listed = listed_together(names, reading)
    for group in listed:  # what is listed together fares together
        share = sum(scored[value] for value in group) / len(group)
        scored |= {value: max(scored[value], share) for value in group}
    chosen = [value for value, p in scored.items() if p >= threshold("region")]
    if not chosen and scored:
        best = max(scored, key=lambda value: scored[value])
        alone = {m.value for m in mentions} == {best} and any(reading.leads(m.field, m.start) for m in mentions)
        chosen = [best] if alone or scored[best] >= threshold("region") / 2 else []
    if event.type in _ON_SELLERS:  # whose sellers are hit, where it tells elsewhere on which market
        where = {m.value for m in mentions if m.kind != OF_SELLERS}.union(set(scored) - mentioned, *listed)
        chosen = [value for value in chosen if value in where] or chosen
    told = [value for value in chosen if value not in blocs]
    members = [member for value in chosen if not blocs.get(value, set()) & set(told) for member in blocs.get(value, ())]
    return told + sorted(set(members) - set(told)) or list(event.source_countries)


def supposed(chosen: Collection[str], mentions: Sequence[Mention], known: Collection[str]) -> bool:
    """Whether the text names none of the chosen places, and its source is for none of them (`known`): it is where its
    language is at home, as is "the government" that it speaks of. Of news of the world in that language, a guess."""
    named = {mention.value for mention in mentions if mention.kind != "national"}
    return bool(chosen) and named.union(known).isdisjoint(chosen)


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
