"""What an event that somebody imagines would cost the sellers, said in the reader's language."""

from collections.abc import Callable
from datetime import datetime

from monitor.config import Config
from monitor.config.named import country_named, platform_named
from monitor.config.units import countries
from monitor.desk.stakes import stake_of
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import imagined
from monitor.domain.resolution import kinship
from monitor.notify.headline import headline
from monitor.notify.tongue import tongue
from monitor.notify.wording import clean
from monitor.web.paper import Reader
from monitor.web.sections.what_if import Answer, Choice, Question
from monitor.web.speech import NotDoneError, noop

YEARS = 2000, 2100  # of which the calendar can say anything


class OracleHere:
    """A `monitor.web.sections.what_if.Oracle`. `settings` is asked at each request, so that a reload counts."""

    def __init__(self, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now

    def choice(self, reader: Reader) -> Choice:
        """Where somebody sells comes first."""
        settings = self._settings()
        positions = [one for seller in settings.sellers for one in seller.positions]
        own = {one.country for one in positions}
        named = sorted(((code, reader.t.place(code)) for code in countries()), key=lambda one: one[1].casefold())
        return Choice(
            platforms=sorted({one.name for one in settings.platforms}, key=str.casefold),
            own=sorted({one.platform for one in positions}, key=str.casefold),
            countries=[one for one in named if one[0] in own],
            others=[one for one in named if one[0] not in own],
            sellers=[(one.id, clean(one.name, 80)) for one in settings.sellers],
        )

    def answer(self, reader: Reader, asked: Question) -> Answer:
        """As `sellerwatch what-if` reckons."""
        settings, t = self._settings(), tongue(reader.t.language, reader.t.zone)
        platform, place, since = self._platform(asked.platform, settings), _country(asked.country), _day(asked.since)
        chosen = [one for one in settings.sellers if asked.seller in ("", one.id)]
        if not chosen:
            raise NotDoneError(noop("There is no such seller."))
        now = self._now()
        today = t.today(now)
        if since and since.last_day < today:  # it is asked what it would have cost then
            today = since.first_day
        incident, kin = imagined((platform,), (place,), asked.event, since, now), kinship(settings.platforms)
        stakes = [stake_of(incident, one, today, kin, t) for one in chosen]
        said, sellers = headline(incident, t), sum(bool(one.positions) for one in chosen)
        return Answer(platform, place, asked.event, since, today, said, stakes, sellers)

    def _platform(self, asked: str, settings: Config) -> str:
        found, near = platform_named(asked, settings.platforms)
        if not found:
            name = clean(asked, 60)
            if meant := platform_named(near, settings.platforms)[0]:
                raise NotDoneError(noop("No platform is called {name}. Did you mean {meant}?"), name=name, meant=meant)
            raise NotDoneError(noop("No platform is called {name}."), name=name)
        return found


def _country(asked: str) -> str:
    try:
        return country_named(asked)
    except ValueError:
        raise NotDoneError(noop("No country is called {name}."), name=clean(asked, 60)) from None


def _day(text: str) -> PartialDate | None:
    try:
        day = PartialDate(text) if text else None
    except ValueError:
        raise NotDoneError(noop("{text} is no day, such as 2025-01-19."), text=clean(text, 40)) from None
    if day and not YEARS[0] <= day.first_day.year <= YEARS[1]:
        raise NotDoneError(noop("The day must be between {first} and {last}."), first=YEARS[0], last=YEARS[1])
    return day
