"""What waits in the outbox is said as things stand when it goes: more of the same is no new word, and belongs in it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.domain.addressing import anew, tell
from monitor.domain.alerts import Delivery, Message, Reason, Send, Told
from monitor.domain.exposure import Seller
from monitor.domain.handling import NEWS, Whose
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import Incident
from monitor.domain.playbooks import Task
from monitor.domain.policy import Situation, judge
from monitor.ports import Ledger

if TYPE_CHECKING:
    from monitor.deciding import Watch

_REWORDED = NEWS - {Reason.QUESTION}  # which has laws of its own (`settling`)


async def reworded(
    ledger: Ledger,
    watch: "Watch",
    incidents: Iterable[Incident],
    told: Mapping[Whose, Told],
    said: Iterable[Delivery],
    tasks: Callable[[Incident, Seller], Awaitable[Sequence[Task]]],
    now: datetime,
) -> tuple[Sequence[Delivery], Sequence[Told]]:
    """The waiting deliveries of these incidents as they read now, without those that what is `said` now takes up; and
    what their sellers know by them, where nobody heard of it yet. `told` is what they know until now.

    What is no longer to be said at all stays as it is: its end is for the next word to tell. So does what names
    evidence that its incident has no more, as nobody else may tell of that.
    """
    whole = {one.id: one for one in incidents}
    ids = sorted({incident_id for incident_id, _ in told if incident_id in whole})
    waiting = await ledger.waiting(ids) if ids else ()
    if not waiting:
        return (), ()
    unheard = {one.key for one in await ledger.unheard(ids)}
    folding = {(one.incident_id, one.seller_id, one.target) for one in said}
    sellers = {one.id: one for one in watch.sellers}
    made, learnt = list[Delivery](), dict[Whose, Told]()
    for row in waiting:
        incident, seller, message = whole[row.incident_id], sellers.get(row.seller_id), row.message
        if seller is None or row.reason not in _REWORDED or not isinstance(message, Message):
            continue
        if (row.incident_id, row.seller_id, row.target) in folding:
            continue
        seen = as_seen_by(incident, seller, watch.kin)
        if not {one.key for one in message.incident.evidence} <= {one.key for one in seen.evidence}:
            continue
        weighed = impact(seen, seller, now.date(), watch.kin)
        send = judge(Situation(seen, weighed, message.before, watch.policy, now, kin=watch.kin)).verdict
        if not isinstance(send, Send) or send.reason is Reason.ALL_CLEAR:
            continue
        made.append(anew(row, seen, weighed, send, await tasks(seen, seller)))
        whose = row.incident_id, row.seller_id
        if row.key in unheard and whose in told and told[whose].at == message.made_at:
            # As of the same moment: by it the word that nobody heard is found when it is taken back.
            asked = tuple(dict.fromkeys((*told[whose].asked, *(message.before.asked if message.before else ()))))
            by_now = tell(seen, seller, weighed, now, message.before)
            learnt[whose] = replace(by_now, at=message.made_at, question=told[whose].question, asked=asked)
    return made, [one for whose, one in learnt.items() if one != told[whose]]
