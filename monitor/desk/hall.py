"""The desk's entrance put together: the door, and the pages by which people come in, leave, and say who may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from fastapi import APIRouter

from monitor.config.settings import WebSettings
from monitor.desk.accounts import Accounts
from monitor.desk.entrance import Entrance
from monitor.desk.oidc import OpenId
from monitor.desk.people import PeopleHere
from monitor.store.people import SqlPeople
from monitor.web.access import Door
from monitor.web.house import House
from monitor.web.paper import Paper, assets
from monitor.web.sections import account, login, look, people


@dataclass(frozen=True, slots=True)
class Hall:
    """The house that every other room is built in, and this room's own pages and API."""

    house: House
    pages: Sequence[APIRouter]
    apis: Sequence[APIRouter]


def hall(
    known: SqlPeople,
    settings: Callable[[], WebSettings],
    now: Callable[[], datetime],
    paper: Paper,
    hasher: PasswordHasher | None = None,
    own: bytes = b"",
) -> Hall:
    """`settings` is asked at each request, so that a reload counts at once; `own` is what several desks sign with."""
    accounts = Accounts(known, now, hasher)
    entrance = Entrance(known, accounts, settings, now, own=own)
    house = House(Door(entrance), paper, now, entrance.greet)
    here = PeopleHere(known, accounts, entrance, now)
    pages = [
        assets(),
        look.routes(house),
        login.routes(house, entrance, OpenId(settings, entrance)),
        people.routes(house, here),
        account.routes(house, here, here),
    ]
    return Hall(house, pages, [people.api(house, here), account.api(house)])
