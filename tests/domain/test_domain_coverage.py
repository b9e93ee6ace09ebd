"""What is covered, by whom, and how well."""

from dataclasses import replace
from datetime import timedelta

from monitor.domain.coverage import coverage, platform_in, shown_first
from monitor.domain.exposure import Position, Seller
from monitor.domain.health import Health, Standing
from monitor.domain.sources import Authority, Source, SourceKind


def source(id: str, platforms: str = "", countries: str = "", languages: str = "") -> Source:
    named = [tuple(text.split()) for text in (platforms, countries, languages)]
    return Source(id, id, f"https://{id}.example", SourceKind.FEED, Authority.NEWS, id, timedelta(hours=1), *named)


SOURCES = [source("a", "Temu", "DE", "de"), source("b", "Temu", "EU", "en"), source("c", "", "", "en")]
HEALTHS = {
    "a": Health("a", Standing.FAILING), "b": Health("b", Standing.LIVE), "c": Health("c", Standing.LIVE)
}  # fmt: skip


def test_the_map_has_the_best_standing_of_each_place_as_the_sources_name_it():
    cells = coverage(SOURCES, HEALTHS)
    assert {key: cell.best.value for key, cell in cells.items()} == {
        ("Temu", "DE", "de"): "failing", ("Temu", "EU", "en"): "live", ("", "", "en"): "live",
    }  # fmt: skip


def test_a_blocs_source_covers_its_members_and_one_that_names_no_platform_stands_apart():
    here = platform_in(SOURCES, HEALTHS, "Temu", "DE")
    assert (here.best, here.sources, here.live) == (Standing.LIVE, 2, 1)
    assert platform_in(SOURCES, HEALTHS, "Temu", "DE", "de").best is Standing.FAILING
    assert platform_in(SOURCES, HEALTHS, "Temu", "VN") is None
    assert platform_in(SOURCES, HEALTHS, "", "VN").live == 1


def test_a_search_counts_for_the_platforms_that_it_asks_for_and_for_no_other():
    search = replace(source("s", "", "DE", "de"), asks=("Noon", "Temu"))
    sources, healths = [*SOURCES, search], HEALTHS | {"s": Health("s", Standing.LIVE)}
    assert platform_in(sources, healths, "Noon", "DE").live == 1
    assert platform_in(sources, healths, "Temu", "DE").live == 2
    assert platform_in(sources, healths, "", "DE").sources == 1, "it hears of no platform that it does not ask for"
    assert {key[0] for key in coverage([search], healths)} == {"Noon", "Temu"}
    assert shown_first([search], [], 2, 1) == (("Noon", "Temu"), ("DE",))


def test_what_the_sellers_depend_on_is_shown_first():
    seller = Seller("s", "S", "EUR", (Position("Lazada", "VN"),))
    assert shown_first(SOURCES, [seller], 2, 3) == (("Lazada", "Temu"), ("VN", "DE", "EU"))
    assert shown_first(SOURCES, [], 1, 1) == (("Temu",), ("DE",))
