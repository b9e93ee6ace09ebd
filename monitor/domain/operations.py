"""To whom our own blindness is told, as deliveries like any other."""

from collections.abc import Iterable, Sequence

from monitor.domain.addressing import to
from monitor.domain.alerts import Delivery, Policy, Reason, Target
from monitor.domain.exposure import Severity
from monitor.domain.signals import Status
from monitor.domain.vigils import Notice

OUR_SIGHT = "our-own-sight"  # in place of an incident: every notice belongs to this one conversation
MUCH = 0.2  # of all sources blind is no small thing


def operators(targets: Iterable[Target]) -> Sequence[Target]:
    """The targets marked `operations`; every target when none is, since an alarm that nobody gets helps nobody.

    Their filters are about incidents and do not count here.
    """
    known = list(targets)
    return [target for target in known if target.operations] or known


def severity_of(notice: Notice) -> Severity:
    """High when a fifth of our sight or more is gone; a recovery is for information."""
    if notice.well:
        return Severity.INFO
    return Severity.HIGH if notice.share >= MUCH else Severity.MEDIUM


def addressed(notice: Notice, targets: Iterable[Target], policy: Policy) -> tuple[Delivery, ...]:
    """One delivery of the notice for each operator, due at once: that it was held back long enough was decided."""
    severity = severity_of(notice)
    patience = policy.page_for if severity >= Severity.HIGH else policy.info_for
    return tuple(
        to(
            target,
            notice,
            Reason.ALL_CLEAR if notice.well else Reason.BLIND,
            incident_id=OUR_SIGHT,
            seller_id="",
            severity=severity,
            rung=Status.REVERSED if notice.well else Status.EFFECTIVE,
            now=notice.made_at,
            patience=patience,
        )
        for target in operators(targets)
    )
