"""What a reversed incident says of itself: who called it off, since when, and the date that no longer holds."""

from dataclasses import dataclass
from datetime import date

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.ladder import standing
from monitor.domain.signals import Status
from monitor.domain.testimony import effective_date


@dataclass(frozen=True, slots=True)
class Reversal:
    """The denials that stand, oldest first; none where its only source took back what it said."""

    denials: tuple[Evidence, ...]
    gone: PartialDate | None  # the date that no longer holds
    instead: PartialDate | None  # the date that the denials name, when it is another

    @property
    def since(self) -> date | None:
        """The day of the first denial."""
        return self.denials[0].published.date() if self.denials else None

    @property
    def who(self) -> tuple[str, ...]:
        """The publishers of the denials."""
        return tuple(dict.fromkeys(denial.publisher for denial in self.denials))


def reversal(incident: Incident) -> Reversal | None:
    """How the incident was called off; None when it was not.

    A denial often names the day that it denies, so its date is a new one only when others named another before it.
    """
    if incident.status is not Status.REVERSED:
        return None
    stands, now = standing(incident.evidence), incident.effective_date
    if not stands.reversed:
        return Reversal((), now, None)
    before = effective_date(stands.earlier)
    if before is None or now is None or before.agrees(now):
        return Reversal(stands.words, now or before, None)
    return Reversal(stands.words, before, now)
