"""An incident for its page: read once, and said in the reader's language."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from monitor.config import Config
from monitor.desk.agendas import agendas
from monitor.desk.sealing import fingerprint, seal
from monitor.desk.silences import what_is_silent
from monitor.desk.stakes import is_off, stake_of
from monitor.desk.told import did, held, history, told
from monitor.desk.witnesses import Spoken, disputes, moves, places, spoken, wanted, witnesses
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document
from monitor.domain.doubts import faint_denials
from monitor.domain.exposure import Seller
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.nagging import seen_to
from monitor.domain.resolution import Kinship, kinship
from monitor.domain.reversal import reversal
from monitor.domain.rulings import Act, Ruling, not_for_us
from monitor.domain.silences import Silence, silencing
from monitor.notify.grounds import doubted, how_sure
from monitor.notify.headline import headline, rung
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import SEEN, clean
from monitor.opened import Store
from monitor.steps import HeldAlert, SentAlert
from monitor.store.sayings import Saying, sayings
from monitor.store.words import SqlWords
from monitor.web.paper import Reader
from monitor.web.sections.case import Case, Hush, Off, Stake

SELLERS = 6  # whose lists of things to do stand on one page
SAID = 60  # deliveries that are listed, the latest
HELD = 200  # decisions not to speak that are looked at


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store knows of an incident."""

    incident: Incident
    voices: Sequence[Spoken]
    begins: int
    texts: Mapping[str, Document]
    rulings: Sequence[Ruling]
    acts: Sequence[Act]
    seen_to: Sequence[Act]
    said: Sequence[Saying]
    more: int
    decided: Sequence[SentAlert]
    held: Sequence[HeldAlert]
    silences: Sequence[Silence]
    new: bool


async def known(store: Store, id: str) -> Incident | None:
    """The incident of that id, or of one that begins so; None for what can be none: databases refuse such text."""
    return await store.desk.incident(id) if id.isprintable() else None


class Cases:
    """A `monitor.web.sections.incident.Cases`. `settings` is asked at each request, so that a reload counts at once."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now

    async def case(self, reader: Reader, id: str, begins: int = 0) -> Case | None:
        """With the voices from number `begins` on; None for an id that is nobody's, or the beginning of several."""
        store = self._store
        incident = await known(store, id)
        if incident is None:
            return None
        voices = spoken(incident)
        said, number = await sayings(store.database, incident.id, SAID)
        seen = await store.people.seen_by(reader.visitor.name, [incident.id])
        words = await SqlWords(store.database).words([incident.id])
        acts = await store.desk.acts(incident.id)
        found = _Found(
            incident,
            voices,
            begins if begins < len(voices) else 0,
            await store.desk.documents(wanted(voices, begins)),
            await store.desk.rulings(incident),
            acts,
            seen_to(words.get(incident.id, ()), acts),
            said,
            number - len(said),
            await store.desk.alerts([one.alert_id for one in said]),
            await store.desk.held(incident.id, HELD),
            await store.ledger.silences(self._now()),
            seen.get(incident.id, -1) < incident.revision,
        )
        # An incident of hundreds of voices takes a while to be weighed: others are served meanwhile.
        return await asyncio.to_thread(self._said, found, reader)

    async def saw(self, reader: Reader, case: Case) -> None:
        """The reader has seen it as it is."""
        await self._store.people.saw(reader.visitor.name, {case.id: case.revision}, self._now())

    def _said(self, found: _Found, reader: Reader) -> Case:
        settings, now = self._settings(), self._now()
        t = tongue(reader.t.language, reader.t.zone)
        incident, kin, today = found.incident, kinship(settings.platforms), t.today(now)
        sellers = [seller for seller in settings.sellers if reader.seller in ("", seller.id)]
        stakes = [stake_of(incident, seller, today, kin, t) for seller in sellers]
        stakes.sort(key=lambda one: (not one.exposed, -one.severity, -one.worst))
        by_id = {seller.id: seller for seller in sellers}
        struck = [by_id[stake.seller_id] for stake in stakes if stake.exposed]  # the worst first
        asked = agendas(incident, struck[:SELLERS], settings.playbooks, found.acts, kin, now, t)
        names = {item.subject: item.what for agenda in asked for item in agenda.items}
        aside = [act for one in struck if (act := not_for_us(found.acts, one.id))]
        sees = found.seen_to or (tuple(dict.fromkeys(aside)) if len(aside) == len(struck) else ())
        over = is_off(incident)
        days = (one.date for one in incident.deadlines if one.date.last_day >= today)
        ahead = None if over else min(days, key=lambda day: day.first_day, default=None)
        return Case(
            id=incident.id,
            revision=incident.revision,
            headline=headline(incident, t),
            event_type=incident.event_type,
            event_said=t.say(EVENT[incident.event_type]),
            status=incident.status,
            rung_said=t.say(SEEN if unexplained(incident.evidence) else rung(incident)),
            how_sure=how_sure(incident, today, t),
            status_why=clean(incident.status_why),
            platforms=tuple(clean(name, 40) for name in incident.platforms),
            regions=tuple(clean(code, 12) for code in incident.regions),
            date=incident.effective_date,
            date_left=_away(incident.effective_date, today),
            next_date=ahead,
            next_left=_away(ahead, today),
            days_left=_soonest(stakes),
            off=_off(incident),
            severity=max((stake.severity for stake in stakes if stake.exposed), default=None),
            question=question(incident, t),
            over=over,
            closed=incident.closed,
            new=found.new,
            opened_at=incident.opened_at,
            updated_at=incident.updated_at,
            moves=moves(incident, t),
            witnesses=witnesses(incident, found.voices, found.begins, found.texts, found.rulings, today, t),
            disputes=disputes(incident, t),
            places=places(incident, t),
            stakes=tuple(stakes),
            agendas=asked,
            told=told(found.said, found.decided, t),
            more_told=found.more,
            held=held(found.held, t),
            history=history(incident.history, t),
            acts=did(found.acts, t, names),
            seen_to=did(sees, t, names),
            silences=_silences(found.silences, incident, struck, kin, now, t),
            sellers=tuple((seller.id, clean(seller.name, 60)) for seller in struck),
            key=_whose(settings.state_dir),
        )


_ASKS = noop("Its date has passed, and nobody has said since that it happened. Find out, and close it or wait.")


def question(incident: Incident, t: Tongue) -> str:
    """What only a person can answer; "" when nothing is asked."""
    lapsed = t.say(_ASKS) if incident.question else ""
    return t.sentences(lapsed, *(doubted(denial, t) for denial in faint_denials(incident)))


def _away(day: PartialDate | None, today: date) -> int | None:
    """A month or a year that has begun counts to its last day."""
    return None if day is None else ((day.first_day if day.first_day >= today else day.last_day) - today).days


def _off(incident: Incident) -> Off | None:
    off = reversal(incident)
    return None if off is None else Off(off.since, tuple(clean(who, 60) for who in off.who), off.gone, off.instead)


def _soonest(stakes: Sequence[Stake]) -> int | None:
    """Days left for whom it hits first; of what is past the last."""
    days = [stake.days_left for stake in stakes if stake.days_left is not None]
    return min((left for left in days if left >= 0), default=max(days, default=None))


def _silences(
    silences: Sequence[Silence], incident: Incident, sellers: Sequence[Seller], kin: Kinship, now: datetime, t: Tongue
) -> tuple[Hush, ...]:
    """Those that hold back what is said of it to any of the sellers."""
    found = {}
    for seller in sellers:
        cost = impact(incident, seller, t.today(now), kin)
        for one in silencing(silences, incident, cost, False, kin, now):
            what = t.say("this incident") if one.incident_id else what_is_silent(one, t)
            found[one.id] = Hush(one.id, what, clean(one.who, 80), one.until, clean(one.note, 200))
    return tuple(found.values())


def _whose(state_dir: Path) -> str:
    """The seal of packs that are made here; "" while there can be none."""
    try:
        return fingerprint(seal(state_dir))
    except OSError:
        return ""
