"""Stories of what holds a word back, for how long, and what is said at its end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from given import NOW, day, due, evidence
from handwork import TEMU, acts, hand, incident_with
from newsroom import MAIL, Newsroom

from monitor.domain.alerts import Delivery, DeliveryState, HoldReason, Level, Policy, Target
from monitor.domain.hours import EVERY_DAY, Hours, Quiet
from monitor.domain.signals import Status
from monitor.domain.silences import Silence, ended
from monitor.revisit import Revisit, Waiting
from monitor.steps import Step

NIGHT = Quiet(Hours(time(22), time(7), EVERY_DAY))
TONIGHT = NOW.replace(hour=23)
MORNING = NOW.replace(hour=7) + timedelta(days=1)
BAN = {"event": "ban", "platforms": ["Temu"], "regions": ["ID"]}
FEES = {"event": "policy", "platforms": ["Temu"], "regions": ["ID"]}
LOUD = {"deadlines": [due("2024-09-28", "inventory")], **TEMU}  # four days ahead: critical


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def tells(room: Newsroom, *targets: Target, **wishes: Any) -> None:
    """Targets and wishes of the policy, as a reload takes them."""
    room.watch = replace(room.watch, targets=targets or room.watch.targets, policy=Policy(**wishes))
    room.pipeline.configure(room.watch)


async def happens(room: Newsroom, *words, at: datetime, by: str = "newsroom") -> None:
    await room.publishes(by, *words, at=at)
    await room.works(at)


async def arrives(room: Newsroom, at: datetime) -> list[tuple[str, str, str]]:
    """Target, reason and rung of all that is due."""
    return [(one.target, one.reason.value, one.rung.value) for one in await room.delivers(at)]


async def waiting(room: Newsroom) -> Sequence[Delivery]:
    return await room.store.untried("", 100)


async def held(room: Newsroom, reason: HoldReason) -> int:
    return len(await room.store.held_for({reason}))


async def silence(room: Newsroom, until: datetime, at: datetime = NOW, **what: Any) -> Silence:
    one = Silence(f"s{until:%d%H%M}", at, until, "anna", "moving house", **what)
    await room.store.keep(Step(at=at, silences=[one]))
    return one


def rounds(room: Newsroom) -> tuple[Revisit, Waiting]:
    return Revisit(room.store, room.pipeline.look_again), Waiting(room.store, lambda: room.watch)


# --- what waits


async def test_what_is_not_critical_waits_for_the_morning_and_says_so(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)), Target("slack", "slack", "x"))
    await happens(room, evidence("a", **TEMU, event="policy"), at=TONIGHT)
    assert await arrives(room, TONIGHT + minutes(1)) == [("slack", "first", "confirmed")]
    (waits,) = await waiting(room)
    assert (waits.not_before, waits.waits_for) == (MORNING, "quiet hours")
    assert await arrives(room, MORNING - minutes(1)) == []
    assert await arrives(room, MORNING) == [("mail", "first", "confirmed")]


async def test_what_is_critical_wakes_people_at_night(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)))
    await happens(room, evidence("a", **LOUD), at=TONIGHT)
    assert await arrives(room, TONIGHT) == [("mail", "first", "confirmed")]


async def test_at_the_end_of_the_night_what_is_still_true_is_said_once(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)))
    await happens(room, evidence("a", "rumor", **TEMU), at=TONIGHT, by="presse")
    await happens(room, evidence("b", "proposed", at=TONIGHT, **TEMU), at=TONIGHT + minutes(30), by="warta")
    await happens(room, evidence("c", at=TONIGHT, **TEMU, event="policy"), at=TONIGHT + minutes(40))
    said = await arrives(room, MORNING)
    assert sorted(said) == [("mail", "first", "confirmed"), ("mail", "first", "proposed")]


async def test_what_is_off_before_the_morning_was_never_said(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)))
    await happens(room, evidence("a", "proposed", **TEMU), at=TONIGHT, by="presse")
    await happens(room, evidence("b", "reversed", at=TONIGHT + minutes(5), **TEMU), at=TONIGHT + minutes(10))
    assert await arrives(room, MORNING + minutes(60)) == []
    assert room.meter.counts["hold nothing_new"] == 1
    await happens(room, evidence("c", at=day(3), **TEMU), at=day(3))
    assert await arrives(room, day(3.1)) == [("mail", "first", "confirmed")], "they hear of it for the first time"


async def test_an_all_clear_goes_to_those_who_heard_the_alarm_and_to_no_other(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)), Target("slack", "slack", "x"))
    await happens(room, evidence("a", "proposed", **TEMU), at=TONIGHT, by="presse")
    assert await arrives(room, TONIGHT + minutes(1)) == [("slack", "first", "proposed")]
    await happens(room, evidence("b", "reversed", at=TONIGHT + minutes(5), **TEMU), at=TONIGHT + minutes(10))
    assert await arrives(room, MORNING + minutes(60)) == [("slack", "all_clear", "reversed")]


async def test_off_duty_the_word_waits_for_whoever_comes_on_duty(room: Newsroom) -> None:
    office = Hours(time(9), time(17), frozenset(range(5)))  # NOW is a Tuesday
    tells(room, replace(MAIL, duty=(office,), zone="Asia/Shanghai"))
    await happens(room, evidence("a", **TEMU), at=NOW)
    (waits,) = await waiting(room)
    assert (waits.not_before, waits.waits_for) == (datetime(2024, 9, 25, 1, tzinfo=UTC), "nobody on duty")


async def test_updates_of_one_incident_keep_their_distance_unless_they_raise_a_critical_alarm(room: Newsroom) -> None:
    await happens(room, evidence("a", **FEES), at=NOW)
    assert await arrives(room, NOW + minutes(1)) == [("mail", "first", "confirmed")]
    await happens(room, evidence("b", authority="official", date="2024-12-24", **FEES), at=NOW + minutes(2))
    assert await arrives(room, NOW + minutes(4)) == []
    assert await arrives(room, NOW + minutes(5)) == [("mail", "date_moved", "confirmed")]
    await happens(room, evidence("c", "proposed", regions=["ID"]), at=NOW + minutes(6), by="presse")
    assert await arrives(room, NOW + minutes(7)) == [("mail", "first", "proposed")]
    await happens(room, evidence("d", regions=["ID"]), at=NOW + minutes(8))
    assert await arrives(room, NOW + minutes(8)) == [("mail", "new_rung", "confirmed")]
    await happens(room, evidence("e", authority="official", date="2024-12-24", regions=["ID"]), at=NOW + minutes(9))
    assert await arrives(room, NOW + minutes(12)) == []
    assert await arrives(room, NOW + minutes(13)) == [("mail", "date_moved", "confirmed")]


# --- silences


@pytest.mark.case(39)
async def test_case_39_what_is_silenced_is_told_at_the_end_and_the_end_is_no_secret(room: Newsroom) -> None:
    end = NOW + timedelta(hours=8)
    await silence(room, end, platforms=("Temu",))
    await happens(room, evidence("a", **LOUD), at=NOW)
    await happens(room, evidence("other"), at=NOW)
    assert await arrives(room, NOW + minutes(1)) == [("mail", "first", "confirmed")], "another platform's"
    (waits,) = await waiting(room)
    assert (waits.not_before, waits.waits_for) == (end, "silence of anna")
    (arrived,) = await room.delivers(end)
    assert (arrived.waits_for, arrived.not_before) == ("silence of anna", end)


async def test_a_silence_that_comes_later_holds_what_waits_already(room: Newsroom) -> None:
    tells(room, replace(MAIL, quiet=(NIGHT,)))
    _, sleepers = rounds(room)
    await happens(room, evidence("a", **FEES), at=TONIGHT)
    await sleepers.step(TONIGHT)
    end = MORNING + timedelta(hours=3)
    one = await silence(room, end, at=TONIGHT, target="mail")
    assert await sleepers.step(TONIGHT + minutes(1)) is False
    assert [(w.not_before, w.waits_for) for w in await waiting(room)] == [(end, "silence of anna")]
    await room.store.keep(Step(at=NOW, silences=[ended(one, "bob", TONIGHT + minutes(5))]))
    assert await sleepers.step(TONIGHT + minutes(5)) is True
    assert [(w.not_before, w.waits_for) for w in await waiting(room)] == [(MORNING, "quiet hours")]


async def test_a_silence_that_is_ended_early_lets_go_at_once_what_waits_for_it(room: Newsroom) -> None:
    _, sleepers = rounds(room)
    one = await silence(room, day(5), seller_id="acme")
    await happens(room, evidence("a", **TEMU), at=NOW)
    await sleepers.step(NOW)
    assert await arrives(room, day(1)) == []
    await room.store.keep(Step(at=NOW, silences=[ended(one, "bob", day(1))]))
    assert await sleepers.step(day(1)) is True
    (arrived,) = await room.delivers(day(1))
    assert (arrived.reason, arrived.waits_for) == ("first", "silence of anna")
    assert arrived.give_up_at == day(2), "it is tried as long as ever"


async def test_the_round_looks_at_what_waits_only_after_something_has_changed(room: Newsroom) -> None:
    _, sleepers = rounds(room)
    asked: list[str] = []
    untried = room.store.untried

    async def counted(after: str, most: int) -> Sequence[Delivery]:
        asked.append(after)
        return await untried(after, most)

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return counted if name == "untried" else getattr(room.store, name)

    sleepers = Waiting(Counting(), lambda: room.watch)  # type: ignore[arg-type]
    for number in range(5):
        await sleepers.step(NOW + minutes(number))
    assert len(asked) == 2
    await silence(room, day(1), target="mail")
    for number in range(5, 9):
        await sleepers.step(NOW + minutes(number))
    assert len(asked) == 4


async def test_an_all_clear_passes_the_silence_of_a_matter_and_not_that_of_a_person(room: Newsroom) -> None:
    tells(room, MAIL, Target("slack", "slack", "x"))
    await happens(room, evidence("a", "proposed", **TEMU), at=NOW, by="presse")
    assert len(await arrives(room, NOW + minutes(1))) == 2
    await silence(room, day(5), platforms=("Temu",))
    await silence(room, day(4), target="slack")
    await happens(room, evidence("b", "reversed", at=day(1), **TEMU), at=day(1))
    assert await arrives(room, day(1.1)) == [("mail", "all_clear", "reversed")]
    assert await arrives(room, day(4)) == [("slack", "all_clear", "reversed")]


# --- who hears the first word


async def test_whom_an_escalation_names_hears_what_follows_and_not_the_first_word(room: Newsroom) -> None:
    boss = Target("boss", "slack", "x")
    tells(room, MAIL, boss, escalation=(Level(minutes(15), ("boss",)),))
    await happens(room, evidence("a", "proposed", **TEMU), at=NOW, by="presse")
    assert await arrives(room, NOW + minutes(1)) == [("mail", "first", "proposed")]
    one = await incident_with(room, "a")
    (alert,) = await room.store.alerts([one.id])
    assert ("escalation", False, "boss") in [(said.stage, said.passed, said.target) for said in alert.trail]
    await room.store.keep(Step(at=NOW, alerts=[replace(alert, alert_id="later", targets=("boss",))]))
    await happens(room, evidence("b", at=day(1), **TEMU), at=day(1))
    assert sorted(await arrives(room, day(1.1))) == [
        ("boss", "new_rung", "confirmed"),
        ("mail", "new_rung", "confirmed"),
    ]


async def test_nobody_is_left_without_a_first_word_by_an_escalation(room: Newsroom) -> None:
    tells(room, MAIL, escalation=(Level(minutes(15), ("mail",)),))
    await happens(room, evidence("a", **TEMU), at=NOW)
    assert await arrives(room, NOW + minutes(1)) == [("mail", "first", "confirmed")]


@pytest.mark.parametrize("wish", [{"languages": ("zh",)}, {"alerts": False}, {"min_certainty": Status.EFFECTIVE}])
async def test_who_does_not_want_it_is_named_with_the_reason(room: Newsroom, wish: dict[str, Any]) -> None:
    tells(room, replace(MAIL, **wish))
    await happens(room, evidence("a", **TEMU), at=NOW)
    assert await waiting(room) == []
    assert await held(room, HoldReason.NO_TARGET) == 1


# --- something larger


async def test_a_ban_mutes_a_change_of_fees_until_it_is_off(room: Newsroom) -> None:
    revisit, _ = rounds(room)
    await happens(room, evidence("ban", **BAN), at=NOW)
    assert await arrives(room, NOW + minutes(1)) == [("mail", "first", "confirmed")]
    await happens(room, evidence("fees", at=day(1), **FEES), at=day(1))
    assert await arrives(room, day(1.1)) == []
    assert await held(room, HoldReason.INHIBITED) == 1
    assert await revisit.step(day(1.2)) is False
    await happens(room, evidence("off", "reversed", at=day(2), **BAN), at=day(2))
    assert await arrives(room, day(2.1)) == [("mail", "all_clear", "reversed")]
    assert await revisit.step(day(2.2)) is True
    assert await arrives(room, day(2.3)) == [("mail", "first", "confirmed")]
    assert await revisit.step(day(2.4)) is False
    assert await held(room, HoldReason.INHIBITED) == 0


async def test_what_mutes_ends_when_a_person_closes_it_too(room: Newsroom) -> None:
    revisit, _ = rounds(room)
    await happens(room, evidence("ban", **BAN), at=NOW)
    await room.delivers(NOW + minutes(1))
    await happens(room, evidence("fees", at=day(1), **FEES), at=day(1))
    await acts(room).close((await incident_with(room, "ban")).id, hand(day(2)))
    assert await revisit.step(day(2.1)) is True
    assert [one for one in await arrives(room, day(2.2)) if one[1] == "first"] == [("mail", "first", "confirmed")]


async def test_both_in_one_step_and_the_larger_one_is_told(room: Newsroom) -> None:
    await happens(room, evidence("d", number=0, **FEES), evidence("d", number=1, **BAN), at=NOW)
    assert [one.message.incident.event_type for one in await room.delivers(NOW + minutes(1))] == ["ban"]


@pytest.mark.parametrize(
    "larger",
    [
        evidence("ban", "rumor", **BAN),
        evidence("ban", **BAN | {"platforms": ["TikTok Music"]}),
    ],
)
async def test_a_rumour_and_another_platform_mute_nothing(room: Newsroom, larger) -> None:
    await happens(room, larger, at=NOW)
    assert len(await arrives(room, NOW + minutes(1))) == 1
    await happens(room, evidence("fees", at=day(1), **FEES), at=day(1))
    assert await arrives(room, day(1.1)) == [("mail", "first", "confirmed")]


async def test_nothing_is_muted_where_nobody_wants_that(room: Newsroom) -> None:
    tells(room, inhibit=False)
    await happens(room, evidence("ban", **BAN), at=NOW)
    await happens(room, evidence("fees", at=day(1), **FEES), at=day(1))
    assert len(await room.delivers(day(1.1))) == 2


# --- too much of it


@pytest.mark.case(38)
async def test_case_38_what_goes_and_comes_back_fifty_times_in_an_hour_wakes_people_once(room: Newsroom) -> None:
    revisit, _ = rounds(room)
    said: list[tuple[str, str, str]] = []
    await happens(room, evidence("w0", **TEMU), at=NOW)
    for turn in range(1, 101):
        at = NOW + minutes(turn * 0.6)
        status = "confirmed" if turn % 2 == 0 else "reversed"
        await happens(room, evidence(f"w{turn}", status, authority="official", at=at, **TEMU), at=at)
        said += await arrives(room, at + minutes(0.55))
        await revisit.step(at)
    assert [reason for _, reason, _ in said].count("first") == 1
    assert [reason for _, reason, _ in said].count("new_rung") == 0
    assert [reason for _, reason, _ in said].count("all_clear") <= 1
    assert await held(room, HoldReason.FLAPPING) == 1
    later = NOW + Policy().repeat + minutes(1)
    assert await revisit.step(later) is True
    assert await arrives(room, later + minutes(1)) == [("mail", "new_rung", "confirmed")], "it is on, after all"


@pytest.mark.case(37)
@pytest.mark.long
async def test_case_37_a_storm_of_items_on_one_event_is_one_page_and_updates_at_their_distance(room: Newsroom) -> None:
    """In small: every item names another date, and each is news."""
    hours, said = 2, []
    for number in range(240):
        at = NOW + minutes(number * hours * 60 / 240)
        date = f"2024-{11 + number % 2}-{1 + number % 28:02}"
        await happens(room, evidence(f"w{number}", authority="official", date=date, at=at, **TEMU), at=at)
        said += await room.delivers(at)
    said += await room.delivers(NOW + timedelta(hours=hours + 1))
    assert len({one.incident_id for one in said}) == 1
    assert [one.reason for one in said].count("first") == 1
    assert len(said) <= 1 + hours * 60 / 5 + 1
    rows = await room.store.spoken(said[0].incident_id)
    assert {one.state for one in rows} <= {DeliveryState.SENT, DeliveryState.SUPERSEDED}, "nothing is lost"


async def test_an_item_that_is_edited_again_and_again_is_one_incident_and_one_page(room: Newsroom) -> None:
    """Case 22."""
    said = []
    for number in range(60):
        at = NOW + minutes(number)
        await room.publishes("newsroom", evidence("same", at=NOW, **TEMU), at=at, text=f"edited {number} times " * 40)
        await room.works(at)
        said += await arrives(room, at + minutes(0.9))
    assert len(await room.store.open_incidents(NOW)) == 1
    assert said == [("mail", "first", "confirmed")]


async def test_the_same_decision_after_a_crash_is_the_same_rows(room: Newsroom) -> None:
    await happens(room, evidence("a", **TEMU), at=NOW)
    one = await incident_with(room, "a")
    kept, decided = await room.store.alerts([one.id]), await waiting(room)
    again = await room.pipeline._deciding.say([one], NOW + minutes(3), {})
    assert [alert.alert_id for alert in again.alerts] == [alert.alert_id for alert in kept]
    assert [delivery.key for delivery in again.deliveries] == [delivery.key for delivery in decided]
    assert {delivery.alert_id for delivery in decided} == {alert.alert_id for alert in kept}
