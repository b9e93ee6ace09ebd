"""What a set of evidence makes known: names, date, deadlines, headline; the same whatever the order of arrival."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.incidents import WEIGHT, Evidence, hearsay, in_order, observed, sovereign, unexplained
from monitor.domain.origins import Chorus, Voice, attributed, independent, voice
from monitor.domain.places import WORLD, covers
from monitor.domain.rulings import EvidenceKey
from monitor.domain.signals import EventType, Status

STRAY = 0.2  # what fewer of those who name any say is a slip of one text, not a fact of the incident


def gathered(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The set in order, with its authors, each (document, signal) once; the later given wins, as an edited article
    replaces itself."""
    latest = {item.key: item for item in evidence}
    return attributed(in_order(latest.values()))


def event_type(evidence: Sequence[Evidence]) -> EventType:
    """What kind of event it is, by weight of those who say so; the earliest wins a draw. Wants ordered evidence.

    What was only seen, or said faintly, has no say in it while anybody says what it is.
    """
    votes: dict[EventType, float] = {}
    for item in [item for item in evidence if not observed(item) and not item.signal.faint] or evidence:
        votes[item.signal.event_type] = votes.get(item.signal.event_type, 0) + WEIGHT[item.authority]
    return max(votes, key=lambda event: votes[event])


def supported(evidence: Sequence[Evidence], names: Callable[[Evidence], Sequence[str]]) -> tuple[str, ...]:
    """The union of names, most supported first, without strays. Wants ordered evidence.

    A name stays when the first evidence or a sovereign word says it, or at least a fifth of the origins that name any.
    A faint voice names nothing beside others.
    """
    evidence = [item for item in evidence if not item.signal.faint or sovereign(item)] or evidence
    together: dict[Sequence[str], set[Voice]] = {}  # most of a storm name the same
    firm: set[Sequence[str]] = set()
    for item in evidence:
        if said := names(item):
            together.setdefault(said, set()).add(voice(item))
            if sovereign(item):
                firm.add(said)
    voices: dict[str, set[Voice]] = {}
    spelled: dict[str, str] = {}
    for said, who in together.items():
        for name in said:
            spelled.setdefault(name.casefold(), name)
            voices.setdefault(name.casefold(), set()).update(who)
    kept = {name.casefold() for said in (*firm, *list(together)[:1]) for name in said}
    enough = STRAY * independent(one for who in together.values() for one in who)
    heard = {key: independent(who) for key, who in voices.items()}
    stay = [key for key, often in heard.items() if key in kept or often >= enough]
    return tuple(spelled[key] for key in sorted(stay, key=lambda key: -heard[key]))  # stable: first said first


def placed(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Those whose places count: what a text only supposes, from its language, bounds nothing beside one that supposes
    none. A closing that was told without a place is everywhere, also after a German paper has told it again."""
    return [item for item in evidence if not item.signal.supposed] or evidence


def effective_date(words: Sequence[Evidence]) -> PartialDate | None:
    """When it takes effect, by those words that say so, oldest first. Hearsay counts only when nobody else speaks.

    A word that agrees can only make the date more precise. One that contradicts moves it when it is sovereign; else
    when as many independent origins stand behind it as behind the date that stands, and more than those against a
    sovereign one. So a date moves with the news, and one slip of one text does not move what many have said.
    """
    spoken = [(item, item.signal.effective_date) for item in words]
    dated = [(item, said) for item, said in spoken if said is not None]
    current: PartialDate | None = None
    by_sovereign = False
    named: dict[PartialDate, set[Voice]] = {}
    behind: dict[PartialDate, Chorus] = {}  # who names that day or one that agrees, once any is contradicted
    for item, said in [(item, said) for item, said in dated if not hearsay(item)] or dated:
        who, speaking = named.setdefault(said, set()), voice(item)
        other = current if current is not None and not said.agrees(current) else None
        if behind or other:
            for day in [day for day in named if day not in behind]:
                behind[day] = Chorus(one for another, by in named.items() if day.agrees(another) for one in by)
            if speaking not in who:
                for day, chorus in behind.items():
                    if day.agrees(said):
                        chorus.add(speaking)
        who.add(speaking)
        if other is None:
            current = said if current is None or len(said.text) > len(current.text) else current
            by_sovereign = by_sovereign or sovereign(item)
        elif sovereign(item) or behind[said].independent >= behind[other].independent + by_sovereign:
            current = max(filter(said.agrees, behind), key=lambda day: (len(day.text), behind[day].independent))
            by_sovereign = sovereign(item)
    return current


def deadlines(words: Iterable[Evidence], effective: PartialDate | None = None) -> tuple[Deadline, ...]:
    """Every deadline that the words name, one for each (date, role), with the weightiest and then earliest quote, and
    as certain as the surest of those who name it. Who must act and in which zone is taken from whoever says so.

    Roles are read from the words around a date, and one text's slip must not look like a second duty. Of a day's roles
    that two independent origins or more name, those stay, with what their texts name beside them; else those of the
    weightiest text. "Other" on the day of the event itself is the event, not a duty. What a publisher names anew for
    the same places takes the place of what it named before for the same role.
    """
    ordered = in_order(words)
    moved = _moved(ordered)
    named: dict[PartialDate, list[tuple[Evidence, set[DeadlineRole]]]] = {}
    told: dict[tuple[PartialDate, DeadlineRole], list[tuple[Evidence, Deadline]]] = {}
    for item in sorted(ordered, key=lambda item: -WEIGHT[item.authority]):
        roles: dict[PartialDate, set[DeadlineRole]] = {}
        for deadline in item.signal.deadlines:
            key = (deadline.date, deadline.role)
            if (item.key, *key) not in moved:
                roles.setdefault(deadline.date, set()).add(deadline.role)
                told.setdefault(key, []).append((item, deadline))
        for date, some in roles.items():
            named.setdefault(date, []).append((item, some))
    agreed = {date: _agreed(texts) for date, texts in named.items()}
    return tuple(
        sorted(
            _together(by)
            for (date, role), by in told.items()
            if role in agreed[date] and not (role is DeadlineRole.OTHER and date == effective)
        )
    )


def _together(told: Sequence[tuple[Evidence, Deadline]]) -> Deadline:
    """One deadline as several texts name it, the weightiest first."""
    named = [deadline for _, deadline in told]
    first = next((deadline for deadline in named if deadline.quote), named[0])
    return replace(
        first,
        zone=first.zone or next((deadline.zone for deadline in named if deadline.zone), ""),
        actor=first.actor or next((deadline.actor for deadline in named if deadline.actor), ""),
        certainty=max({_certainty(item) for item, _ in told}, key=list(Status).index).value,
    )


def _certainty(item: Evidence) -> Status:
    return Status.RUMOR if hearsay(item) else item.signal.status


def _moved(ordered: Iterable[Evidence]) -> frozenset[tuple[EvidenceKey, PartialDate, DeadlineRole]]:
    """Deadlines that their own publisher has since put on another day."""
    latest: dict[tuple[str, DeadlineRole], list[tuple[Evidence, PartialDate]]] = {}
    moved: set[tuple[EvidenceKey, PartialDate, DeadlineRole]] = set()
    for item in ordered:
        days: dict[DeadlineRole, set[PartialDate]] = {}
        for deadline in item.signal.deadlines:
            days.setdefault(deadline.role, set()).add(deadline.date)
        for role, now in days.items():
            before = latest.setdefault((item.publisher.casefold(), role), [])
            gone = [(old, day) for old, day in before if day not in now and _again(old, item)]
            moved.update((old.key, day, role) for old, day in gone)
            before[:] = [entry for entry in before if entry not in gone] + [(item, day) for day in now]
    return frozenset(moved)


def _again(old: Evidence, new: Evidence) -> bool:
    """Whether the newer text speaks of all the places that the older one did."""
    if not new.signal.regions:
        return old.published < new.published and not old.signal.regions
    places = old.signal.regions or (WORLD,)
    return old.published < new.published and all(covers(new.signal.regions, place) for place in places)


def _agreed(texts: Sequence[tuple[Evidence, set[DeadlineRole]]]) -> set[DeadlineRole]:
    """The roles of one day, by texts that name it, the weightiest first."""
    voices: dict[DeadlineRole, set[Voice]] = {}
    for item, roles in texts:
        for role in roles:
            voices.setdefault(role, set()).add(voice(item))
    shared = {role for role, who in voices.items() if independent(who) >= 2}
    if not shared:
        return texts[0][1]
    return {role for _, roles in texts if roles & shared for role in roles}


def headline(words: Sequence[Evidence], effective: PartialDate | None = None) -> str:
    """The title of the weightiest of those that name the date that stands, else of all: the earliest of those; of
    sights the latest. Hearsay only when nobody else speaks. Wants ordered evidence.
    """
    if unexplained(words):
        return words[-1].title

    def worth(item: Evidence) -> tuple[bool, bool, float]:
        said = item.signal.effective_date
        dated = effective is not None and said is not None and said.agrees(effective)
        return not hearsay(item), dated, WEIGHT[item.authority]

    return max(words, key=worth).title
