"""An alert: why it was sent, how it went, and the incident as it stood then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from monitor.domain.alerts import Delivery, Message
from monitor.domain.incidents import Incident
from monitor.domain.vigils import Notice
from monitor.explain.incident import IncidentExplained
from monitor.explain.told import show_alerts, told_before, without_message
from monitor.notify.render import bodies
from monitor.notify.written import written
from monitor.steps import SentAlert
from monitor.store.desk import AttemptRow


@dataclass(frozen=True, slots=True)
class AlertExplained:
    """The deliveries of one alert; `then` is its incident as the message has it, None for a notice about our own
    sight, `now` as it stands."""

    deliveries: Sequence[Delivery]
    tries: Mapping[str, Sequence[AttemptRow]]
    then: IncidentExplained | None
    now: Incident | None
    decisions: Sequence[SentAlert] = ()

    @property
    def value(self) -> Any:
        first = self.deliveries[0].message
        return {
            "alert_id": self.deliveries[0].alert_id,
            "deliveries": [without_message(one) | {"tries": self.tries.get(one.key, ())} for one in self.deliveries],
            "trail": [said for one in self.decisions for said in one.trail],
            "before": first.before if isinstance(first, Message) else None,
            "notice": first if isinstance(first, Notice) else None,
            "then": self.then.value if self.then else None,
            "revision_now": self.now.revision if self.now else None,
        }

    def show(self, out: Console) -> None:
        first = self.deliveries[0]
        out.print(Text("Why it was told", "bold"))
        show_alerts(out, self.deliveries, self.tries, self.decisions)
        if not isinstance(first.message, Message):
            out.print(Text(bodies(written(first)).plain), soft_wrap=True)
            return
        out.print(Text(f"  {told_before(first.message.before)}"), soft_wrap=True)
        if self.then is None:
            return
        moved = self.now is not None and self.now.revision > self.then.incident.revision
        since = f"; it has moved on since: sellerwatch explain {first.incident_id[:10]}" if moved else ""
        out.print(Text(f"\nThe incident as it stood then{since}\n", "bold"), soft_wrap=True)
        self.then.show(out)
