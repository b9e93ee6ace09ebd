"""Did the story end as it should? A pure function of what stands in the store and what arrived."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.demo.sinks import Received
from monitor.demo.story import Plot, Story
from monitor.domain.alerts import Delivery, DeliveryState
from monitor.domain.incidents import Incident


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the story left behind. `targets` maps each target to the sink where it arrives."""

    incidents: Sequence[Incident]
    deliveries: Sequence[Delivery]
    received: Sequence[Received]
    targets: Mapping[str, str]


def check(story: Story, outcome: Outcome) -> list[str]:
    """Every problem in one sentence; empty when all went well."""
    return [
        *_incidents(story, outcome.incidents),
        *_harmless(story, outcome.incidents),
        *_rungs(story, outcome),
        *_lost(outcome),
        *_doubled(outcome),
    ]


def incident_of(plot: Plot, incidents: Iterable[Incident]) -> list[Incident]:
    """The incidents that tell this plot: those that its own platform leads."""
    return [one for one in incidents if one.platforms[:1] == (plot.platform,)]


def _incidents(story: Story, incidents: Sequence[Incident]) -> Iterator[str]:
    for plot in story.incidents:
        found = incident_of(plot, incidents)
        if len(found) != 1:
            yield f"{plot.key}: {len(found)} incidents about {plot.platform}, not one"
        for one in found[:1]:
            yield from _facts(story, plot, one)
    known = {plot.platform for plot in story.incidents}
    for one in incidents:
        if one.platforms[:1] == () or one.platforms[0] not in known:
            yield f"an incident that is not in the story: {one.headline!r}"


def _facts(story: Story, plot: Plot, one: Incident) -> Iterator[str]:
    if one.event_type is not plot.event:
        yield f"{plot.key}: it is a {one.event_type.value}, not a {plot.event.value}"
    if one.status is not plot.rungs[-1]:
        yield f"{plot.key}: it ends {one.status.value}, not {plot.rungs[-1].value}"
    if set(one.regions) - {"WORLD"} != set(plot.regions):
        yield f"{plot.key}: in {', '.join(one.regions) or 'no region'}, not {', '.join(plot.regions) or 'WORLD'}"
    if one.effective_date != story.day(plot.date):
        yield f"{plot.key}: it takes effect on {one.effective_date}, not {story.day(plot.date)}"
    known = {(deadline.role, deadline.date) for deadline in one.deadlines}
    for role, name in plot.deadlines.items():
        if (role, story.day(name)) not in known:
            yield f"{plot.key}: no deadline {role.value} {story.day(name)}"


def _harmless(story: Story, incidents: Sequence[Incident]) -> Iterator[str]:
    harmless = {f"/{entry.source}/{entry.key}.html": entry.title for entry in story.entries if entry.harmless}
    for one in incidents:
        for evidence in one.evidence:
            if title := harmless.get(urlsplit(evidence.url).path):
                yield f"a harmless story is taken for {evidence.signal.event_type.value}: {title!r}"


def _rungs(story: Story, outcome: Outcome) -> Iterator[str]:
    """Every rung is told once to every target, and nothing else is told."""
    told: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in outcome.deliveries:
        if delivery.state is not DeliveryState.SUPERSEDED:
            told[delivery.incident_id, delivery.target].append(delivery)
    for plot in story.incidents:
        for one in incident_of(plot, outcome.incidents)[:1]:
            for target in outcome.targets:
                heard = sorted(told.get((one.id, target), ()), key=lambda d: (d.created_at is None, d.created_at))
                rungs = [delivery.rung for delivery in heard]
                if rungs != list(plot.rungs):
                    said = ", ".join(f"{d.rung.value} ({d.reason.value})" for d in heard) or "nothing"
                    yield f"{plot.key}: {target} was told {said}, not {', '.join(plot.rungs)}"


def _lost(outcome: Outcome) -> Iterator[str]:
    """What was decided has arrived, and what arrived was decided."""
    arrived = {(message.sink, message.alert_id) for message in outcome.received}
    decided = set()
    for delivery in outcome.deliveries:
        if delivery.state is DeliveryState.SUPERSEDED:
            continue
        place = (outcome.targets.get(delivery.target, ""), delivery.alert_id)
        decided.add(place)
        if place not in arrived:
            yield f"lost: alert {delivery.alert_id[:8]} to {delivery.target} never arrived"
        if delivery.state is not DeliveryState.SENT:
            yield f"unsettled: alert {delivery.alert_id[:8]} to {delivery.target} is {delivery.state.value}"
    for message in outcome.received:
        if (message.sink, message.alert_id) not in decided:
            yield f"out of nowhere: {message.subject!r} arrived by {message.sink}"


def _doubled(outcome: Outcome) -> Iterator[str]:
    """Of the copies of one message, all but the first say that they may be one."""
    copies: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for message in outcome.received:
        copies[message.sink, message.alert_id].append(message)
    for (sink, alert), messages in copies.items():
        unmarked = sum(not message.repeat for message in messages)
        if unmarked > 1:
            yield f"doubled: alert {alert[:8]} came {unmarked} times unmarked by {sink}"
