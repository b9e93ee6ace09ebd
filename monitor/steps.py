"""What is claimed of the two beds, and what one step of the path changes at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from monitor.domain.alerts import Delivery, Hold, Reason, Told, Verdict
from monitor.domain.documents import Capture, Document
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, Ruling
from monitor.domain.signals import Assessment
from monitor.domain.silences import Silence
from monitor.domain.vigils import Vigil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim(Generic[T]):
    """A leased row. `token` proves the lease: settling with another's or an expired token raises ConflictError."""

    item: T
    token: str
    tries: int  # this one included: 1 at the first claim


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page that a document's feed entry was too short without. It comes back as a capture with this document_id,
    whether it could be fetched or not, so that the document is understood exactly once."""

    document_id: str
    source_id: str
    url: str
    wanted_at: datetime
    follow: bool = False  # no document wants it: it belongs to the source's own capture, and is read as one


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """A decision not to speak, kept so that people can see it."""

    incident_id: str
    revision: int
    seller_id: str
    at: datetime
    hold: Hold
    trail: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class SentAlert:
    """A decision to speak, kept for ever: the ledger's side of the deliveries that bear its `alert_id`."""

    alert_id: str
    incident_id: str
    revision: int
    seller_id: str
    at: datetime
    reason: Reason
    detail: str
    targets: tuple[str, ...]
    trail: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """All that one capture changes, kept in one transaction or not at all.

    `incidents` are whole new values; a stored revision other than `revision - 1` raises ConflictError. A delivery whose
    key exists already with the same message is skipped; unsent, unattempted deliveries of the same incident and target
    become SUPERSEDED by a newer one; those of an incident that goes into another go with it. Documents are upserted by
    id. `capture` is None when time alone or a person moved things.
    """

    at: datetime
    capture: Claim[Capture] | None = None
    documents: Sequence[Document] = ()
    assessments: Sequence[Assessment] = ()
    seen: Sequence[str] = ()  # entry keys of the capture's source
    rejected: Sequence[tuple[str, FailureReason, str]] = ()
    wanted_pages: Sequence[WantedPage] = ()
    incidents: Sequence[Incident] = ()
    told: Sequence[Told] = ()
    deliveries: Sequence[Delivery] = ()
    held: Sequence[HeldAlert] = ()
    quarantine: FailureReason | None = None
    detail: str = ""
    harvest: Harvest | None = None  # of the capture's source, as it stands now
    vigils: Sequence[Vigil] = ()  # as they stand now; an empty one is forgotten
    acts: Sequence[Act] = ()
    rulings: Sequence[Ruling] = ()
    withdrawn: Sequence[str] = ()  # keys of unsent deliveries, that nobody shall get; ConflictError if one is no more
    untold: Sequence[tuple[str, str]] = ()  # incident and seller: all that was told of it was withdrawn
    alerts: Sequence[SentAlert] = ()  # known ones are left alone
    silences: Sequence[Silence] = ()  # as they stand now, by id
    turn: int | None = None  # `Ledger.turn` before it was decided; ConflictError when incidents were moved since
    marks: Sequence[tuple[str, datetime]] = ()  # when something that happens now and then happened last, by its name
    faint: Sequence[Evidence] = ()  # of its documents; one that is understood and not among them is so no more
    moved: Sequence[Delivery] = ()  # untried ones that wait for another time; those that were tried since stay
    reworded: Sequence[Delivery] = ()  # untried ones that say it with what is known by now; those tried since stay


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier reads of a source left: the keys of its entries, and its harvest."""

    entries: frozenset[str] = frozenset()
    harvest: Harvest | None = None
