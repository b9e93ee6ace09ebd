"""The seller's year out of calendar.yaml, and what a user adds to it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.config import load
from monitor.config.calendar import read_calendar
from monitor.config.units import Known
from monitor.domain.peaks import Peak

SHIPPED = Path(__file__).parents[2] / "config"
STAKES = "sellers: [{id: a, name: A, currency: EUR, positions: [{platform: TikTok, country: US}]}]"
FRIDAY = """\
- {id: friday, name: Black Friday, countries: [US], factor: 3, before: 4, after: 2, provenance: a test,
   rule: "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=FR"}
"""


@pytest.fixture(scope="module")
def shipped() -> tuple[Peak, ...]:
    peaks, problems = read_calendar(SHIPPED, Known())
    assert problems == []
    return peaks


def days(peaks: tuple[Peak, ...], name: str, year: int, country: str) -> list[tuple[str, str]]:
    return [
        (peak.first.isoformat()[5:], peak.last.isoformat()[5:])
        for peak in sorted(peaks, key=lambda peak: peak.first)
        if peak.name.startswith(name) and peak.last.year == year and country in peak.countries
    ]


@pytest.mark.parametrize(
    ("name", "year", "country", "found"),
    [
        ("Black Friday", 2024, "US", [("11-25", "12-01")]),
        ("Black Friday", 2030, "US", [("11-25", "12-01")]),
        ("Cyber Monday", 2024, "US", [("12-02", "12-02")]),
        ("Cyber Monday", 2026, "US", [("11-30", "11-30")]),
        ("Singles' Day", 2025, "CN", [("11-08", "11-11")]),
        ("Double Twelve", 2025, "ID", [("12-11", "12-12")]),
        ("6.18", 2025, "CN", [("06-13", "06-18")]),
        ("El Buen Fin", 2025, "MX", [("11-14", "11-17")]),
        ("Hot Sale", 2025, "MX", [("05-26", "06-03")]),
        ("Hot Sale", 2025, "AR", [("05-12", "05-14")]),
        ("Lunar New Year", 2026, "SG", [("01-24", "02-17")]),
        ("Tet", 2030, "VN", [("01-09", "02-02")]),
        ("Ramadan", 2026, "ID", [("02-11", "03-22")]),
        ("Ramadan", 2030, "ID", [("12-29", "02-06")]),
        ("Diwali", 2026, "IN", [("10-09", "11-08")]),
        ("Songkran", 2026, "TH", [("04-03", "04-15")]),
        ("Golden Week", 2026, "JP", [("04-29", "05-05")]),
        ("Prime Day", 2025, "US", [("07-08", "07-09")]),
        ("Rakuten", 2026, "JP", [("03-04", "03-11"), ("06-04", "06-11"), ("09-04", "09-11"), ("12-04", "12-11")]),
    ],
)
def test_the_shipped_peaks_come_when_they_do(shipped, name, year, country, found):
    assert days(shipped, name, year, country) == found


def test_no_shipped_peak_ends_before_2032_and_all_that_rules_give_are_there_till_2040(shipped):
    last = {
        name: max(peak.last.year for peak in shipped if peak.name == name) for name in {peak.name for peak in shipped}
    }
    assert min(last.values()) >= 2032
    assert last["Black Friday"] == 2040


def test_prime_day_is_amazons_alone(shipped):
    assert {peak.platforms for peak in shipped if peak.name == "Prime Day"} == {("Amazon",)}


def test_sellers_know_the_peaks_of_their_positions_and_no_others(write):
    japan = FRIDAY.replace("friday", "japan").replace("[US]", "[JP]")
    (one,) = load(write({"calendar.yaml": FRIDAY + japan, "exposure.yaml": STAKES}), {}).sellers
    assert {peak.countries for peak in one.peaks} == {("US",)}
    assert Peak("Black Friday", date(2024, 11, 25), date(2024, 12, 1), Decimal(3), ("US",)) in one.peaks


def test_a_users_own_file_adds_peaks_changes_those_of_the_same_id_and_takes_them_away(write):
    own = """\
        - {id: friday, name: Our Friday, countries: [US], factor: 2.5, dates: [2026-11-27], provenance: our last year}
        - {id: fair, name: Our fair, countries: [WORLD], factor: 2, dates: [2026-05-01], days: 3, provenance: ours}
        """
    peaks, problems = read_calendar(write({"calendar.yaml": FRIDAY, "calendar.own.yaml": own}), Known())
    assert problems == []
    assert [(peak.name, str(peak.first), str(peak.last)) for peak in peaks] == [
        ("Our Friday", "2026-11-27", "2026-11-27"),
        ("Our fair", "2026-05-01", "2026-05-03"),
    ]
    gone = FRIDAY.replace("factor: 3", "factor: 1")
    assert read_calendar(write({"calendar.own.yaml": gone}), Known()) == ((), [])


def test_an_empty_calendar_is_none(write):
    assert read_calendar(write({"calendar.yaml": "# later\n"}), Known()) == ((), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("peaks: []", "calendar.yaml:1: should be a list of records (begin each record with '- ')"),
        (FRIDAY + FRIDAY, "calendar.yaml:3: friday.id: 'friday' is used already, in calendar.yaml:1 (choose another)"),
        (FRIDAY.replace("factor: 3", "factor: 0.5"), "calendar.yaml:1: friday.factor: should be greater than or"),
        (FRIDAY.replace("[US]", "[USA]"), "calendar.yaml:1: friday.countries[0]: 'USA' is no country code"),
        (FRIDAY.replace("[US]", "[]"), "calendar.yaml:1: friday.countries: is empty (name one at least)"),
        (FRIDAY.replace("before", "befor"), "calendar.yaml:1: friday.befor: unknown key 'befor' (did you mean"),
        (FRIDAY.replace("provenance: a test,", ""), "calendar.yaml:1: friday.provenance: is missing"),
        (FRIDAY.replace("factor: 3", "factor: 3, platforms: [Tik Tok]"),
         "calendar.yaml:1: friday.platforms[0]: no platform is called 'Tik Tok' (did you mean TikTok?)"),
        (FRIDAY.replace("factor: 3", "factor: 3, dates: [2026-11-27]"),
         "calendar.yaml:1: friday.dates: belongs here, or rule, and not both"),
        (FRIDAY.partition(",\n")[0] + "}", "calendar.yaml:1: friday.dates: is missing (write a rule, or its dates)"),
        (FRIDAY.partition(",\n")[0] + ", dates: [2026-02-30]}", "calendar.yaml:1: friday.dates[0]: should be a"),
        (FRIDAY.replace("BYMONTH=11", "BYMONTH=13"), "calendar.yaml:2: friday.rule: gives 0 days from 2020 to 2040"),
        (FRIDAY.replace("BYDAY=FR", "BYDAY=XX"), "calendar.yaml:2: friday.rule: is no rule that can be followed"),
        (FRIDAY.replace("BYDAY=FR", "INTERVAL=0"), "calendar.yaml:2: friday.rule: is no rule of days of the year"),
        (FRIDAY.replace("YEARLY", "SECONDLY"), "calendar.yaml:2: friday.rule: is no rule of days of the year"),
        (FRIDAY.replace("BYMONTH=11;", "").replace(";BYDAY=FR", ""), "calendar.yaml:2: friday.rule: gives 401 days"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_calendar_is_said_by_line_and_key(refused, text, says):
    found = [str(problem) for problem in refused({"calendar.yaml": text})]
    assert any(one.startswith(says) for one in found), found


def test_a_list_whose_one_entry_is_wrong_is_not_called_empty_besides(refused):
    (problem,) = refused({"calendar.yaml": FRIDAY.replace("[US]", "[us]")})
    assert str(problem) == "calendar.yaml:1: friday.countries[0]: 'us' is no country code (write US)"
