"""Which places where somebody sells are watched, told of a stake in the EU as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from front import front_of
from given import position, seller
from rooms_given import settings_in, store_in

from monitor.config import Config
from monitor.desk.blindness import sight
from monitor.desk.index import Index
from monitor.domain.health import Health, Standing
from monitor.domain.overview import Sight
from monitor.domain.places import EU_MEMBERS
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.notify.tongue import tongue
from monitor.web.sections.overview import Unwatched

STAKE = seller(position("Temu", "EU"))


@dataclass
class Given:
    """As much of a desk's index and of the settings as decides about sight."""

    sources: Sequence[Source]
    healths: dict[str, Health] = field(default_factory=dict)
    sight: Sight = field(default_factory=Sight)


def source(id: str, *countries: str) -> Source:
    place = f"https://{id}.example"
    every = timedelta(hours=1)
    return Source(id, id, place, SourceKind.FEED, Authority.NEWS, id, every, ("Temu",), countries)


def seen(*sources: Source, blind: Sequence[str] = ()) -> tuple[Sequence[Unwatched], Sequence[Unwatched]]:
    """The places that nobody watches, and those that are watched in part."""
    standing = {True: Standing.FAILING, False: Standing.LIVE}
    healths = {one.id: Health(one.id, standing[one.id in blind]) for one in sources}
    made = Given(sources, healths)
    found = sight(cast(Index, made), cast(Config, made), [STAKE], tongue("en"))
    return found.unwatched, found.partly


def test_a_source_of_each_member_watches_the_eu_as_well_as_one_for_the_eu_does():
    apart = [source(code.lower(), code) for code in sorted(EU_MEMBERS)]
    assert seen(*apart) == seen(source("eu", "EU")) == seen(source("any")) == ([], [])


@pytest.mark.parametrize("blind", [(), ("pl",)])
def test_where_most_members_are_watched_those_that_are_not_are_named(blind: Sequence[str]):
    apart = [source("most", *sorted(EU_MEMBERS - {"PL", "SE"})), source("pl", "PL")]
    unwatched, (found,) = seen(*apart, blind=blind)
    assert unwatched == []
    assert (found.platform, found.country, found.sources) == ("Temu", "EU", 2)
    assert found.missing == (["PL", "SE"] if blind else ["SE"])


def test_what_few_members_or_none_see_is_not_watched():
    cases = [seen(), seen(source("de", "DE"), blind=["de"]), seen(source("us", "US")), seen(source("de", "DE"))]
    assert [(one.sources, len(one.missing)) for (one,), _ in cases] == [(0, 0), (1, 0), (0, 0), (1, 26)]
    assert all(partly == [] for _, partly in cases)


def test_a_stake_in_one_country_is_watched_by_a_source_for_the_eu():
    made = Given([source("eu", "EU")], {"eu": Health("eu", Standing.LIVE)})
    one = replace(STAKE, positions=(position("Temu", "DE"),))
    assert sight(cast(Index, made), cast(Config, made), [one], tongue("en")).unwatched == []


async def test_the_overview_names_the_members_that_nobody_looks_at(tmp_path: Path):
    most = source("most", *sorted(EU_MEMBERS - {"PL", "SE"}))
    made = replace(settings_in(tmp_path, sellers=(STAKE,)), sources=(most,), platforms=())
    settings = replace(made, state_dir=tmp_path, store_url=f"sqlite:///{tmp_path}/sellerwatch.db")
    store = await store_in(settings)
    async with front_of(store, settings) as browser:
        vera = browser()
        await vera.log_in("vera")
        page = await vera.page("/")
    await store.database.close()
    assert "not seen for Poland, Sweden" in page
    assert "no source of its own" not in page
