"""What search knows of a row: its words, and the facets that narrow a search."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.domain.documents import Document, digest
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment
from monitor.store import codec
from monitor.store.columns import EPOCH
from monitor.store.search_index import Words
from monitor.store.terms import VERSION, terms

DOCUMENT, INCIDENT = "document", "incident"
SLOT = 12  # bits of a row's number, by which rows of one hour differ
SCHEME = digest("search", VERSION, unicodedata.unidata_version)
_MOST = 20_000  # characters of a text
_TITLES = 40  # of an incident's evidence


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one row."""

    kind: str
    id: str
    at: datetime
    title: str
    text: str
    facets: tuple[str, ...]

    @property
    def digest(self) -> str:
        return digest(SCHEME, self.title, self.text, *self.facets, str(hour(self.at)))

    @property
    def words(self) -> Words:
        return Words(terms(self.title), [*terms(self.text[:_MOST]), *self.facets])


def of_document(document: Document, facets: tuple[str, ...]) -> Entry:
    """By its own date, or when it was read."""
    at = document.published or document.fetched_at
    return Entry(DOCUMENT, document.id, at, document.title, document.text, facets)


def facets_of(known: Assessment | None) -> tuple[str, ...]:
    """Of a document, by how it was understood."""
    if known is None:
        return _facets(DOCUMENT, "", (), ())
    platforms = [name for signal in known.signals for name in signal.platforms]
    return _facets(DOCUMENT, known.lang, platforms, [place for signal in known.signals for place in signal.regions])


def of_incident(incident: Incident) -> Entry:
    """Its own words and the titles that report it; the words of those it has as documents."""
    titles = list(dict.fromkeys(one.title for one in incident.evidence))[:_TITLES]
    said = "\n".join([*titles, *incident.platforms, incident.event_type.value.replace("_", " ")])
    facets = _facets(INCIDENT, "", incident.platforms, incident.regions)
    return Entry(INCIDENT, incident.id, incident.opened_at, incident.headline, said, facets)


def _facets(kind: str, language: str, platforms: Iterable[str], places: Iterable[str]) -> tuple[str, ...]:
    found = [facet("any", "row"), facet("kind", kind)]
    found += [facet("language", language)] if language else []
    found += [facet("platform", name) for name in platforms]
    found += [facet("country", place) for place in places]
    return tuple(dict.fromkeys(found))


def facet(name: str, value: str) -> str:
    """A term that is no word, since none begins so."""
    return f":{name}:{'_'.join(terms(value))}"


def hour(at: datetime) -> int:
    """Since 1970."""
    return max(int((at - EPOCH) / timedelta(hours=1)), 0)


def loaded(kind: Any, values: Iterable[str]) -> list[Any]:
    """Those that can be read."""
    found = []
    for value in values:
        try:
            found.append(codec.load(kind, value))
        except ValueError:  # whoever needs it says so; here there is nothing to find
            continue
    return found
