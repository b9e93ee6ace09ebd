"""A perfect performance of the demo's story, as a good daemon would leave it behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from given import evidence, seller

from monitor.demo.directory import TARGETS
from monitor.demo.sinks import Received
from monitor.demo.story import Plot, load
from monitor.demo.verdict import Outcome
from monitor.domain.alerts import Delivery, DeliveryState, Reason, Target
from monitor.domain.assembly import assemble
from monitor.domain.deadlines import Deadline
from monitor.domain.incidents import Incident
from monitor.notify.trial import trial

NOW = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
STORY = load(NOW.date())
HARMLESS = next(entry for entry in STORY.entries if entry.harmless)


def incident(plot: Plot) -> Incident:
    """What a perfect watchman knows in the end."""
    said = evidence(
        document=f"{plot.key}-document",
        event=plot.event.value,
        authority="official",
        platforms=(plot.platform,),
        regions=plot.regions,
        date=STORY.day(plot.date).text,
        deadlines=[Deadline(STORY.day(name), role) for role, name in plot.deadlines.items()],
        at=NOW,
    )
    made = assemble(plot.key, [said], None, NOW, said.document_id)
    return replace(made, status=plot.rungs[-1])


def delivery(plot: Plot, number: int, target: str) -> Delivery:
    rung = plot.rungs[number]
    return replace(
        trial(Target(target, "email", "ops@example.com"), seller(), NOW + timedelta(seconds=number)),
        alert_id=f"{plot.key}{number}",
        incident_id=plot.key,
        rung=rung,
        reason=Reason.FIRST if number == 0 else Reason.NEW_RUNG,
        state=DeliveryState.SENT,
    )


def received(sent: Delivery, repeat: bool = False) -> Received:
    return Received(TARGETS[sent.target], sent.incident_id, sent.alert_id, f"about {sent.incident_id}", "", repeat)


DELIVERIES = tuple(
    delivery(plot, number, target)
    for plot in STORY.incidents
    for number in range(len(plot.rungs))
    for target in TARGETS
)
PERFECT = Outcome(
    tuple(incident(plot) for plot in STORY.incidents), DELIVERIES, tuple(map(received, DELIVERIES)), TARGETS
)
