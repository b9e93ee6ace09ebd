"""The desk put together: who is behind each section, at which address."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from argon2 import PasswordHasher
from fastapi import APIRouter

from monitor.config import Config
from monitor.desk.board import Boards
from monitor.desk.changes import Changes
from monitor.desk.corrections import Corrections
from monitor.desk.crew import CrewHere
from monitor.desk.deeds import Deeds
from monitor.desk.evidence_pack import Packs
from monitor.desk.exposure import ExposuresHere
from monitor.desk.feedback import Teaching
from monitor.desk.feeds import Addresses, feed_secret
from monitor.desk.hall import hall
from monitor.desk.incident import Cases
from monitor.desk.listing import Incidents
from monitor.desk.messages import PostRoom
from monitor.desk.recorded import DeskTongue, desk_tongue
from monitor.desk.search import Search
from monitor.desk.sources import SourcesHere
from monitor.desk.trials import Explore, TrialsHere
from monitor.desk.upload import Reload, Sharing, UploadsHere
from monitor.desk.what_if import OracleHere
from monitor.notify.tongue import LANGUAGES
from monitor.opened import Store
from monitor.store.answered import SqlAnswered
from monitor.web import api_page, feeds, live
from monitor.web.api import programs
from monitor.web.api_once import Once
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.paper import Paper
from monitor.web.sections import (
    acts,
    cluster,
    exposure,
    feedback,
    incident,
    incidents,
    messages,
    messages_api,
    overview,
    search,
    sources,
    trials,
    upload,
    what_if,
)


@dataclass(frozen=True, slots=True)
class Tongues:
    """A `monitor.web.speech.Speaks`."""

    languages: Sequence[str] = LANGUAGES

    def __call__(self, language: str, zone: str) -> DeskTongue:
        return desk_tongue(language, zone)


class Rooms(NamedTuple):
    """The desk: its house, what it answers, and what it wants done at each of the daemon's rounds."""

    house: House
    routers: Sequence[APIRouter]
    rounds: Sequence[Callable[[datetime], Awaitable[bool]]]


def rooms(
    store: Store,
    settings: Callable[[], Config],
    now: Callable[[], datetime],
    hasher: PasswordHasher | None = None,
    explore: Explore | None = None,
    reload: Reload | None = None,
    sharing: Sharing | None = None,
    own: bytes = b"",
) -> Rooms:
    """`settings` is asked at each request, so that a reload counts at once; `explore` looks at addresses;
    `reload` has the configuration read again. `sharing` are other desks on this database, and `own` is the key that all
    of them sign with."""
    entrance = hall(store.people, lambda: settings().settings.web, now, Paper(Tongues()), hasher, own)
    house = entrance.house
    boards = Boards(store, settings, now)
    listing = Incidents(store, settings, now, boards.index)
    seen, tries = SourcesHere(store, settings, now), TrialsHere(store.people, settings, now, explore)
    cases, deeds, packs = Cases(store, settings, now), Deeds(store, settings, now), Packs(store, settings, now)
    corrections, post = Corrections(store, settings, now), PostRoom(store, settings, now, boards.index)
    seeker, teacher = Search(store, settings, boards.index, corrections), Teaching(store, settings, corrections)
    stakes, oracle = ExposuresHere(settings, now, boards.index), OracleHere(settings, now)
    uploads = UploadsHere(store.people, settings, now, reload, sharing)
    crews = CrewHere(store, now)
    pages = [
        *entrance.pages,
        overview.routes(house, boards),
        incidents.routes(house, listing),
        incident.routes(house, cases, packs),
        acts.routes(house, cases, deeds),
        trials.routes(house, tries),  # before the sources, one of which might be called so
        sources.routes(house, seen),
        search.routes(house, seeker),
        feedback.routes(house, teacher, seeker),
        messages.routes(house, post),
        exposure.routes(house, stakes),
        upload.routes(house, uploads),
        what_if.routes(house, oracle),
        cluster.routes(house, crews),
    ]
    api = programs(
        [
            overview.api(house, boards),
            incidents.api(house, listing),
            incident.api(house, cases, packs),
            acts.api(house, deeds),
            trials.api(house, tries),
            sources.api(house, seen),
            search.api(house, seeker),
            feedback.api(house, teacher),
            messages_api.api(house, post),
            exposure.api(house, stakes),
            upload.api(house, uploads),
            what_if.api(house, oracle),
            cluster.api(house, crews),
            *entrance.apis,
            live.api(house, Live(Changes(store))),
        ],
        Once(SqlAnswered(store.database), now),
    )
    secret = feed_secret(settings())
    feed = feeds.routes(house, listing, secret, lambda: settings().settings.web.public_url.rstrip("/"))
    described = api_page.routes(house, Addresses(settings, secret), api)
    return Rooms(house, [*pages, feed, described, api], [boards.refresh])
