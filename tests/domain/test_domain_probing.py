"""What probes see: when it is a change, and how it is told."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from given import NOW, day
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.documents import Capture
from monitor.domain.probing import LOOKS, SPAN, Observation, considered, report
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind

URL = "https://store.example/lookup?id=42&country=DE"
HOUR = timedelta(hours=1)
Looks = list[tuple[datetime, str]]


def watched(looks: Iterable[tuple[datetime, str]], memory: str = "", url: str = URL) -> tuple[str, list[Observation]]:
    """The memory after these looks, and the changes that they settled."""
    seen = []
    for at, sighting in looks:
        memory, change = considered(memory, sighting, at, url)
        seen += [change] if change else []
    return memory, seen


def hourly(*values: str, start: float = 0, gap: float = 4) -> Looks:
    """One look each, four hours apart unless `gap` says otherwise."""
    return [(NOW + timedelta(hours=start + gap * number), value) for number, value in enumerate(values)]


PRESENT = hourly("present", "present", "present", start=-24)


def test_a_change_is_told_after_three_looks_over_more_than_six_hours():
    _, seen = watched([*PRESENT, *hourly("absent", "absent", "absent")])
    assert seen == [Observation("present", "absent", NOW, NOW + 8 * HOUR, 3)]
    assert seen[0].status is Status.EFFECTIVE


def test_six_hours_to_the_minute_are_not_more_than_six_hours():
    memory, seen = watched([*PRESENT, *hourly("absent", "absent", "absent", gap=3)])
    assert seen == []
    _, seen = watched([(NOW + 6 * HOUR + timedelta(seconds=1), "absent")], memory)
    assert [(one.looks, one.since) for one in seen] == [(4, NOW)]


def test_two_looks_are_never_enough_however_far_apart():
    assert watched([*PRESENT, *hourly("absent", "absent", gap=500)])[1] == []


@pytest.mark.parametrize("first", ["present", "absent", "blocked:0.9"])
def test_what_settles_first_is_what_later_looks_are_held_against_and_no_news(first: str):
    assert watched(hourly(*[first] * 10))[1] == []


def test_coming_back_is_a_reversal_and_takes_as_many_looks():
    _, seen = watched([*PRESENT, *hourly("absent", "absent", "absent", "present", "present")])
    assert len(seen) == 1
    _, seen = watched([*PRESENT, *hourly("absent", "absent", "absent", "present", "present", "present")])
    assert [(one.value, one.status) for one in seen] == [("absent", Status.EFFECTIVE), ("present", Status.REVERSED)]


def test_one_look_of_the_old_value_ends_what_was_under_way():
    assert watched([*PRESENT, *hourly("absent", "absent", "present", "absent", "absent")])[1] == []


def test_looks_that_could_not_tell_neither_count_nor_interrupt_until_there_are_as_many_of_them():
    [seen] = watched([*PRESENT, *hourly("absent", "unknown", "", "absent", "unknown", "absent")])[1]
    assert (seen.looks, seen.until - seen.since) == (3, 20 * HOUR)
    blind = hourly("absent", "absent", "unknown", "unknown", "unknown", "absent", "absent")
    assert watched([*PRESENT, *blind])[1] == []
    assert len(watched([*PRESENT, *blind, *hourly("absent", start=28)])[1]) == 1


def test_what_settled_survives_any_number_of_blind_looks():
    _, seen = watched([*PRESENT, *hourly(*["unknown"] * 50), *hourly(*["absent"] * 3, start=300)])
    assert [one.before for one in seen] == ["present"]


def test_the_share_of_a_sighting_is_told_and_decides_nothing():
    _, seen = watched(
        [*hourly(*["reachable:0.01"] * 3, start=-24), *hourly("blocked:0.7", "blocked:0.8", "blocked:0.93")]
    )
    assert [(one.before, one.value, one.detail) for one in seen] == [("reachable", "blocked", "0.93")]


def test_another_address_is_another_question():
    memory, _ = watched(PRESENT)
    assert watched(hourly(*["absent"] * 9), memory, url=URL + "&country=FR")[1] == []


def test_the_same_look_twice_counts_once():
    memory, _ = watched([*PRESENT, *hourly("absent", "absent")])
    assert watched([*hourly("absent", start=4), *hourly("absent", start=4)], memory)[1] == []


def test_a_clock_that_was_set_back_begins_the_count_anew():
    memory, _ = watched([*PRESENT, *hourly("absent", "absent")])
    memory, seen = watched(hourly("absent", "absent", start=-100), memory)
    assert seen == []
    assert [one.since for one in watched(hourly("absent", start=-92), memory)[1]] == [NOW - 100 * HOUR]


@pytest.mark.parametrize(
    "memory",
    ["x", "[]", "7", "{}", '{"asked": 1}', "[" * 9_000, json.dumps({"asked": None, "settled": [], "looks": "x"})],
)
def test_a_memory_that_cannot_be_read_is_none(memory: str):
    assert watched([*PRESENT, *hourly("absent", "absent", "absent")], memory)[1] != []


def test_a_memory_whose_times_make_no_sense_is_none():
    memory, _ = watched([*PRESENT, *hourly("absent", "absent")])
    naive = {"since": "2024-09-24T12:00:00", "until": "2024-09-24T16:00:00"}
    for part in (
        {"since": "yesterday"},
        {"since": "2999-01-01T00:00:00+00:00"},
        {"looks": -3},
        {"until": "2024-01-01"},
        naive,
    ):
        assert watched(hourly("absent", start=8), json.dumps(json.loads(memory) | part))[1] == []


# --- laws


values = st.sampled_from(["present", "absent", "absent", "blocked:0.9", "unknown"])
histories = st.lists(st.tuples(st.integers(1, 500), values), max_size=40).map(
    lambda steps: [
        (NOW + timedelta(minutes=sum(gap for gap, _ in steps[: number + 1])), value)
        for number, (_, value) in enumerate(steps)
    ]
)


def as_told(looks: Looks) -> list[tuple[str, str, datetime, datetime]]:
    """The rule once more, read off the whole history: for each look, the looks before it that agree."""
    settled, begins, changes = "", 0, []
    for number, (at, sighting) in enumerate(looks):
        value = sighting.partition(":")[0]
        if value in {"unknown", settled}:
            continue
        agree, blind = [], 0
        for earlier, other in reversed(looks[begins : number + 1]):
            name = other.partition(":")[0]
            blind = blind + 1 if name == "unknown" else 0
            if blind == LOOKS or name not in {"unknown", value}:
                break
            agree += [earlier] if name == value else []
        if len(agree) >= LOOKS and at - agree[-1] > SPAN:
            changes += [(settled, value, agree[-1], at)] if settled else []
            settled, begins = value, number + 1
    return changes


@settings(max_examples=400)
@given(histories)
def test_what_is_told_follows_from_the_whole_history(looks: Looks):
    seen = watched(looks)[1]
    assert [(one.before, one.value, one.since, one.until) for one in seen] == as_told(looks)


@given(histories)
def test_each_change_begins_where_the_last_one_ended(looks: Looks):
    seen = watched(looks)[1]
    for one in seen:
        assert one.before != one.value
        assert one.looks >= LOOKS
        assert one.until - one.since > SPAN
    for one, following in pairwise(seen):
        assert one.value == following.before
        assert one.until < following.since


@given(st.lists(st.tuples(st.sampled_from(["absent", "blocked"]), st.integers(1, 2)), max_size=15), st.integers(1, 900))
def test_flapping_is_never_told(runs: list[tuple[str, int]], gap: int):
    looks = [value for run, length in runs for value in [*[run] * length, "present"]]
    assert watched([*PRESENT, *hourly(*looks, gap=gap)])[1] == []


@given(histories, st.data())
def test_a_blind_look_here_and_there_changes_nothing(looks: Looks, data):
    known = [(at, value) for at, value in looks if value != "unknown"]
    blinded = []
    for at, value in known:
        times = data.draw(st.integers(0, LOOKS - 1))
        blinded += [*[(at - timedelta(seconds=times - number), "unknown") for number in range(times)], (at, value)]
    assert watched(blinded)[1] == watched(known)[1]


@given(histories, st.integers(-(10**6), 10**6))
def test_only_the_time_between_looks_matters(looks: Looks, minutes: int):
    shift = timedelta(minutes=minutes)
    moved = watched([(at + shift, value) for at, value in looks])[1]
    assert [(one.value, one.since - shift, one.until - shift) for one in moved] == [
        (one.value, one.since, one.until) for one in watched(looks)[1]
    ]


@given(histories)
def test_the_memory_stays_small(looks: Looks):
    assert len(watched(looks)[0]) < 400


# --- the words


def probe(sees: str, *platforms: str) -> Source:
    return Source(
        "p1", "Probe", URL, SourceKind.PROBE, Authority.OBSERVED, "Apple", HOUR, platforms or ("TikTok",), ("DE",),
        spec=(("sees", sees),),
    )  # fmt: skip


CAPTURE = Capture("c1", "p1", URL, NOW + 8 * HOUR, 200, "", b"", "")


@pytest.mark.parametrize(
    ("sees", "before", "value", "title", "earlier"),
    [
        ("app_store", "present", "absent", "TikTok not found in Germany's App Store", "it was found there"),
        ("app_store", "absent", "present", "TikTok found again in Germany's App Store", "it was not found there"),
        ("google_play", "present", "absent", "TikTok not found in Germany's Google Play store", "it was found there"),
        ("ooni", "reachable", "blocked", "TikTok's site not reached from Germany in most OONI measurements",
         "it was reached in most measurements"),
        ("ooni", "blocked", "reachable", "TikTok's site reached again from Germany in most OONI measurements",
         "it was not reached in most measurements"),
    ],
)  # fmt: skip
def test_an_observation_says_what_was_seen_when_how_often_and_where_and_no_cause(sees, before, value, title, earlier):
    seen = Observation(before, value, NOW, NOW + 8 * HOUR, 3, "0.93" if value == "blocked" else "")
    document, assessment = report(seen, probe(sees), "Germany", CAPTURE)
    assert document.title == title
    assert "on 3 looks between 2024-09-24 12:00 and 2024-09-24 20:00 UTC" in document.text
    assert f"Before that, {earlier}." in document.text
    assert URL in document.text
    assert ("93%" in document.text) == (value == "blocked")
    for cause in ("ban", "block", "remov", "government", "exit", "shut", "closed", "left"):
        assert cause not in f"{document.title} {document.text}".lower()
    [signal] = assessment.signals
    assert (signal.event_type, signal.platforms, signal.regions) == (EventType.BAN, ("TikTok",), ("DE",))
    assert signal.status is (Status.EFFECTIVE if value in {"absent", "blocked"} else Status.REVERSED)
    assert signal.effective_date is None
    assert {span.says.partition(":")[0] for span in signal.spans} == {"event", "status", "platform", "region"}
    for span in signal.spans:
        assert getattr(document, span.field)[span.start : span.end] == span.quote


def test_the_name_of_a_place_that_ends_in_s_takes_an_apostrophe_alone():
    seen = Observation("present", "absent", NOW, NOW + 8 * HOUR, 3)
    assert (
        report(seen, probe("app_store"), "Netherlands", CAPTURE)[0].title
        == "TikTok not found in Netherlands' App Store"
    )


def test_each_change_is_a_document_of_its_own_and_the_same_one_when_it_is_told_again():
    gone, later = Observation("present", "absent", NOW, day(1), 3), Observation("present", "absent", day(3), day(4), 3)
    ids = [report(seen, probe("app_store"), "Germany", CAPTURE)[0].id for seen in (gone, gone, later)]
    assert ids[0] == ids[1] != ids[2]
