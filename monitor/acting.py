"""What a link of a message does: shows its offer in the reader's language, and acts on it once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.acts import ActRefusedError, Acts, Hand, link_act
from monitor.domain.deadlines import PartialDate
from monitor.domain.errors import ConflictError, StoreUnavailableError
from monitor.domain.incidents import Incident
from monitor.domain.reminders import subject
from monitor.domain.rulings import Act, ActKind, standing_acts
from monitor.domain.silences import Silence
from monitor.links import UNSUBSCRIBE, BadLinkError, Links, Offer
from monitor.notify.duties import duty
from monitor.notify.headline import headline
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import clean
from monitor.ports import Ledger
from monitor.steps import Step
from monitor.web.acting import Page

SILENT_FOR = timedelta(days=30)  # after an unsubscription: a target that is lost for good would be a missed alert
_TITLE = {
    ActKind.ACK: noop("Acknowledge this alert?"),
    ActKind.TAKE: noop("Take this on?"),
    ActKind.FALSE_ALARM: noop("Is this a false alarm?"),
    ActKind.NOT_FOR_US: noop("Does this not concern you?"),
}
_MEANS = {
    ActKind.ACK: noop("Repeats and escalation stop until there is something new."),
    ActKind.TAKE: noop("Everybody sees that you see to it. Repeats and escalation stop until there is something new."),
    ActKind.FALSE_ALARM: noop("The incident is closed for everybody, and whoever was told hears that it was false."),
    ActKind.NOT_FOR_US: noop("Nothing more is said of it to {seller}. Others still hear of it."),
}
_BUTTON = {
    ActKind.ACK: noop("Acknowledge"),
    ActKind.TAKE: noop("Take it on"),
    ActKind.FALSE_ALARM: noop("False alarm"),
    ActKind.NOT_FOR_US: noop("Not for us"),
}
_DONE = {
    ActKind.ACK: noop("Acknowledged"),
    ActKind.TAKE: noop("You see to it"),
    ActKind.FALSE_ALARM: noop("Closed as a false alarm"),
    ActKind.NOT_FOR_US: noop("Noted: it does not concern you"),
}


class Acting:
    """A `monitor.web.acting.Doer`. `acts` is asked anew each time, since a reload makes another."""

    def __init__(
        self,
        links: Links,
        ledger: Ledger,
        acts: Callable[[], Acts],
        seller_name: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._links, self._ledger, self._acts, self._seller_name, self._now = (
            links,
            ledger,
            acts,
            seller_name,
            now,
        )

    async def offer(self, token: str) -> Page:
        """The page with the button. Nothing is changed."""
        return await self._answered(token, self._shown)

    async def act(self, token: str, name: str, note: str, ticked: Sequence[str] = ()) -> Page:
        """Do it. A second time it says who did it when. `ticked` is what is done, of what the page offers."""

        async def done(offer: Offer, t: Tongue) -> Page:
            who = f"{clean(name, 60)} ({offer.target})" if name else offer.target
            if offer.kind == UNSUBSCRIBE:
                return await self._unsubscribed(offer, t, who)
            hand = Hand(who, self._now(), clean(note, 200), offer.seller_id, offer.name)
            if offer.kind == ActKind.DONE:
                return await self._marked(offer, t, hand, ticked)
            return await self._done(offer, t, hand)

        return await self._answered(token, done)

    async def _answered(self, token: str, work: Callable[[Offer, Tongue], Awaitable[Page]]) -> Page:
        try:
            offer = self._links.read(token)
        except BadLinkError:
            t = tongue()
            return Page(403, "en", t.say("This link is not valid"), (t.say("It was not made here, or is not whole."),))
        t = tongue(offer.language, offer.zone)
        if self._now() > offer.until:
            until = t.say("It was valid until {at}.", at=t.moment(offer.until))
            return _page(410, t, t.say("This link has expired"), [until])
        try:
            return await work(offer, t)
        except ActRefusedError as error:
            values = {name: clean(str(value)) for name, value in error.values.items()}
            return _page(409, t, t.say("That cannot be done"), [t.say(error.words, **values)])
        except (ConflictError, StoreUnavailableError):
            again = t.say("The store does not answer; nothing was done. Try again soon.")
            return _page(503, t, t.say("Not now"), [again])

    async def _shown(self, offer: Offer, t: Tongue) -> Page:
        if offer.kind == UNSUBSCRIBE:
            lines = [
                t.say("Nothing is sent to {target} for 30 days. Others are still told.", target=offer.target),
                t.say("To be told less for good, ask whoever runs Sellerwatch for filters."),
            ]
            return _page(200, t, t.say("Stop these messages?"), lines, t.say("Stop them for 30 days"))
        kind, incident = ActKind(offer.kind), await self._incident(offer)
        if incident is None:
            return self._missing(t)
        if kind is ActKind.DONE:
            return await self._open(offer, t, incident)
        if before := await self._before(offer):
            return self._already(t, before, incident)
        lines = [headline(incident, t), t.say(_MEANS[kind], seller=self._seller(offer))]
        return _signed(_page(200, t, t.say(_TITLE[kind]), lines, t.say(_BUTTON[kind])), t)

    async def _open(self, offer: Offer, t: Tongue, incident: Incident) -> Page:
        """What is still to be done, to be ticked."""
        choices = await self._to_do(offer, t, incident)
        if not choices:
            return _page(200, t, t.say("Nothing is left to do"), [headline(incident, t)])
        lines = [headline(incident, t), t.say("Nobody is reminded of what is done.")]
        page = _signed(_page(200, t, t.say("What is done?"), lines, t.say("Mark as done")), t)
        return replace(page, choices=tuple(choices.items()))

    async def _to_do(self, offer: Offer, t: Tongue, incident: Incident) -> dict[str, str]:
        """In words, by the names of acts: what the sources ask for, then the steps of the playbook."""
        deadlines, tasks = await self._acts().to_do(incident.id, offer.seller_id)
        dated = [(subject(one), t.partial(one.date), duty(one, t)) for one in sorted(deadlines)]
        for task in tasks:
            day = t.partial(PartialDate(str(task.due))) if task.due else ""
            dated.append((task.step.subject, day, clean(t.say(task.step.do))))
        return {name: t.say("{day}: {what}", day=day, what=what) if day else what for name, day, what in dated}

    async def _marked(self, offer: Offer, t: Tongue, hand: Hand, ticked: Sequence[str]) -> Page:
        """Each is done once, and what was done before says by whom. The link holds for what is done later, too."""
        incident = await self._incident(offer)
        if incident is None:
            return self._missing(t)
        known, lines = await self._to_do(offer, t, incident), list[str]()
        acts = standing_acts(await self._ledger.acts(incident.id))
        for name in dict.fromkeys(ticked):
            if name in known:
                await self._acts().done(incident.id, name, replace(hand, token=""))
                lines.append(known[name])
            elif act := acts.get((offer.seller_id, name)) or acts.get(("", name)):
                lines.append(t.say("Done by {who} on {at}.", who=clean(act.who, 80), at=t.moment(act.at)))
        if not lines:
            return await self._open(offer, t, incident)
        return _page(200, t, t.say("Marked as done"), [*lines, headline(incident, t)])

    async def _done(self, offer: Offer, t: Tongue, hand: Hand) -> Page:
        kind, incident = ActKind(offer.kind), await self._incident(offer)
        if incident is None:
            return self._missing(t)
        if before := await self._before(offer):
            return self._already(t, before, incident)
        acts = self._acts()
        doing = {
            ActKind.ACK: acts.ack,
            ActKind.TAKE: acts.take,
            ActKind.FALSE_ALARM: acts.false_alarm,
            ActKind.NOT_FOR_US: acts.not_for_us,
        }
        outcome = await doing[kind](incident.id, hand)
        if outcome.again:
            return self._already(t, outcome.act, incident)
        return _page(200, t, t.say(_DONE[kind]), [headline(incident, t)])

    async def _unsubscribed(self, offer: Offer, t: Tongue, who: str) -> Page:
        """A silence of that target with an end, and an author: found among the silences, and ended there."""
        now = self._now()
        until = now + SILENT_FOR
        silence = Silence(offer.name, now, until, who, "asked by the link in a message", target=offer.target)
        standing = await self._ledger.silences(now)
        if all(one.id != silence.id for one in standing):
            await self._ledger.keep(Step(at=now, silences=[silence]))
        else:
            until = next(one.until for one in standing if one.id == silence.id)
        return _page(200, t, t.say("Nothing more is sent"), [t.say("Until {at}.", at=t.moment(until))])

    async def _incident(self, offer: Offer) -> Incident | None:
        """The incident, or the one that it went into."""
        found = await self._ledger.incidents([offer.incident_id])
        while found and found[0].merged_into:
            found = await self._ledger.incidents([found[0].merged_into])
        return found[0] if found else None

    async def _before(self, offer: Offer) -> Act | None:
        """What this link did already."""
        acts = await self._ledger.acts(offer.incident_id)
        return next((act for act in acts if act.id == link_act(offer.name)), None)

    def _seller(self, offer: Offer) -> str:
        return clean(self._seller_name(offer.seller_id), 60)

    @staticmethod
    def _already(t: Tongue, act: Act, incident: Incident) -> Page:
        said = t.say("Done by {who} on {at}.", who=clean(act.who, 80), at=t.moment(act.at))
        return _page(200, t, t.say(_DONE[act.kind]), [said, headline(incident, t)])

    @staticmethod
    def _missing(t: Tongue) -> Page:
        return _page(410, t, t.say("That incident is gone"), [t.say("Nothing was done.")])


def _signed(page: Page, t: Tongue) -> Page:
    """With room for a name and a note."""
    return replace(page, name_label=t.say("Your name (others see it)"), note_label=t.say("A note, if you like"))


def _page(status: int, t: Tongue, title: str, lines: Sequence[str], button: str = "") -> Page:
    return Page(status, t.language, title, tuple(lines), button)
