"""The service's own log as a channel: the default target, so that a newcomer sees alerts before any mail is set up."""

from typing import Any

import structlog

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Target
from monitor.notify.bulletin import Bulletin
from monitor.notify.letter import Letter
from monitor.notify.tongue import Tongue, tongue
from monitor.notify.written import written


class JournalChannel:
    """Writes one structured warning for each alert. A log level above warning would hide it."""

    name = "journal"

    def __init__(self) -> None:
        self._log = structlog.get_logger("sellerwatch.alert")

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """`target` is not used. TRANSIENT when the log cannot be written (a full disk, a closed pipe)."""
        letter = written(delivery)
        t = tongue(letter.language)
        fields = _sights(letter) if isinstance(letter, Bulletin) else _facts(letter, t)
        try:
            self._log.warning(
                letter.subject,
                **fields,
                why=letter.why,
                incident=letter.incident_id,
                alert=letter.alert_id,
                delivery=delivery.key,
                repeat=letter.repeat,
            )
        except (OSError, ValueError) as error:  # a closed stream raises ValueError
            return Attempt(AttemptClass.TRANSIENT, "log", f"the log could not be written ({type(error).__name__})")
        return Attempt(AttemptClass.OK, "written", "written to the service's log")


def _facts(letter: Letter, t: Tongue) -> dict[str, Any]:
    return {fact.key: fact.text for fact in letter.facts} | {
        "notes": list(letter.notes),
        "due": list(letter.due),
        "means": [letter.stake_note, *(f"{line.label}: {line.text}" for line in (*letter.stake, *letter.totals))],
        "to_do": [f"{t.say('by {day}', day=step.by)}: {step.what}" for step in letter.steps],
        "next_steps": [f"{job.by}, {job.owner}: {job.what}" for job in letter.jobs],
        "changes": list(letter.changes),
        "evidence": [cited.url or cited.title for cited in letter.cited],
    }


def _sights(bulletin: Bulletin) -> dict[str, Any]:
    return {
        "notes": list(bulletin.notes),
        "means": list(bulletin.summary),
        "groups": {group.cause: [entry.name for entry in group.entries] for group in bulletin.groups},
        "proposed": [entry.proposal for group in bulletin.groups for entry in group.entries if entry.proposal],
    }
