"""What was told: each alert with its reason, its deliveries and every try at them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from monitor import tables
from monitor.domain.alerts import Delivery, DeliveryState, Message, Told, Verdict
from monitor.steps import SentAlert
from monitor.store.desk import AttemptRow


def without_message(delivery: Delivery) -> dict[str, Any]:
    """A delivery for machines, with why it was sent in the place of all that it says."""
    plain: dict[str, Any] = tables.as_json(delivery)
    message = plain.pop("message")
    return plain | {"why": message.get("why", "")}


def show_alerts(
    out: Console,
    deliveries: Sequence[Delivery],
    tries: Mapping[str, Sequence[AttemptRow]],
    decisions: Sequence[SentAlert] = (),
) -> None:
    """The earliest first, each with the stages that let it pass."""
    trails = {(one.alert_id, one.seller_id): one.trail for one in decisions}
    alerts: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in reversed(deliveries):
        alerts.setdefault((delivery.alert_id, delivery.seller_id), []).append(delivery)
    for (alert_id, seller_id), sent in alerts.items():
        first = sent[0]
        head = f"  {tables.day(first.created_at)} alert {alert_id[:10]} to {seller_id or 'the operators'}: "
        head += f"{first.reason.value}, {first.severity.name.lower()}"
        why = first.message.about
        if isinstance(first.message, Message):
            why = first.message.why
            head += f", {first.rung.value}"
        out.print(Text(head), soft_wrap=True)
        out.print(Text(f"    {why}"), soft_wrap=True)
        show_trail(out, trails.get((alert_id, seller_id), ()))
        for delivery in sent:
            show_delivery(out, delivery, tries.get(delivery.key, ()))


def show_trail(out: Console, trail: Sequence[Verdict]) -> None:
    """The word of every stage of the policy, in order."""
    for said in trail:
        mark, style = ("passes", "dim") if said.passed else ("held", "bold")
        stage = f"{said.stage} {said.target}".strip()
        out.print(Text(f"      {mark} {stage}: {said.detail}", style), soft_wrap=True)


def show_delivery(out: Console, delivery: Delivery, tries: Sequence[AttemptRow]) -> None:
    """Where one stands, and every try at it."""
    known = delivery.state is DeliveryState.SENT or (tries and tries[-1].attempt.detail == delivery.last_detail)
    notes = (
        f"in the place of {delivery.instead_of}" if delivery.instead_of else "",
        "a repeat" if delivery.repeat else "",
        tables.waits(delivery),
        "" if known else delivery.last_detail,
    )
    state = tables.delivery_state(delivery.state)
    line = Text.assemble(
        f"    {delivery.target} ({delivery.channel}): ", state, *(f", {note}" for note in notes if note)
    )
    out.print(line, soft_wrap=True)
    for tried in tries:
        how = f"{tried.attempt.result.value} {tried.attempt.code}"
        out.print(Text(f"      try {tried.no}, {tables.day(tried.at)}: {how}, {tried.attempt.detail}"), soft_wrap=True)


def told_before(before: Told | None) -> str:
    """What the seller knew of it until then, in a line."""
    if before is None:
        return "nothing was told of it before"
    dated = f", dated {before.effective_date}" if before.effective_date else ""
    return f"told last on {tables.day(before.at)}: {before.rung.value}, {before.severity.name.lower()}{dated}"
