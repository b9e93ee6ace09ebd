"""Digests through the whole way: made in the daemon's rounds, kept in a real store, delivered, and one a day whatever
happens to the daemon and its clock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from given import NOW, due, evidence, position, seller
from smtp_sink import smtp_sink
from timeline import AWAY, DAY, HOUR, REFUSED, Timeline, ear

from monitor.digesting import Digesting
from monitor.domain.alerts import DeliveryState, Policy, Reason, Target
from monitor.domain.digests import Digest
from monitor.domain.errors import FailureReason
from monitor.domain.handling import Word
from monitor.domain.hours import Hours
from monitor.domain.silences import Silence
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.notify.email import EmailChannel
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.vigils import SqlVigils
from monitor.store.words import SqlWords

WEEKDAYS = frozenset(range(5))
DESK = ear("desk", digest="daily", digest_at=time(8), alerts=False)
MORNING = (24 + 8 - NOW.hour) * HOUR  # of the story's second day; it begins at noon


class Digests(Timeline):
    """A story with digests. It asks what arrived, as most of a story's days are alike."""

    def restarts(self) -> None:
        super().restarts()
        store = self.room.store
        self.digesting = Digesting(
            store, SqlWords(self.database), store, SqlVigils(self.database), lambda: self.watch, self.room.meter
        )

    async def _beat(self) -> None:
        await self.digesting.step(self.now)
        await super()._beat()

    def heard(self, target: str = "desk") -> list[tuple[float, Digest]]:
        """The digests that arrived there, with the minute of each."""
        return [
            (one.minute, one.delivery.message)
            for one in self.arrived
            if one.target == target and isinstance(one.delivery.message, Digest)
        ]

    def days(self, target: str = "desk") -> list[float]:
        """The story's days on which they arrived."""
        return [1 + (minute - MORNING) // DAY for minute, _ in self.heard(target)]


async def story(tmp_path: Path, *targets: Target, url: str = "", **more: Any) -> Digests:
    database = await Database.open(url or f"sqlite:///{tmp_path / 'store.db'}")
    return Digests(database, Policy(repeat=timedelta(0)), targets or (DESK,), **more)


CLOSES = evidence(
    "d1", authority="official", date="2024-11-28", deadlines=[due("2024-10-02"), due("2024-10-20", "payout")]
)
MOVES = evidence("d2", authority="official", date="2024-10-30", deadlines=[due("2024-10-02")])
LIFTED = evidence("d3", "reversed", authority="official")


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_a_week_of_digests_tells_each_thing_once(tmp_path: Path, store: str, request: pytest.FixtureRequest):
    url = request.getfixturevalue("postgres").fresh() if store == "postgresql" else ""
    told = await story(tmp_path, url=url)
    told.at(2 * HOUR, told.publishes("newsroom", CLOSES))
    told.at(2 * DAY, told.publishes("newsroom", MOVES))
    told.at(4 * DAY, told.publishes("newsroom", LIFTED))
    await told.lives(6 * DAY, 120)
    assert told.days() == [1, 2, 3, 4, 5, 6], "also on days without anything new"
    first, second, third, fourth, fifth, sixth = (digest for _, digest in told.heard())
    assert [(one.fresh, bool(one.changes)) for one in first.open] == [(True, False)]
    assert [(one.fresh, bool(one.changes)) for one in second.open] == [(False, False)]
    assert [(one.fresh, bool(one.changes)) for one in third.open] == [(False, True)]
    assert [item.what for item in second.due] == ["data_export"]
    assert [one.changes for one in fourth.open] == [()]
    assert ([*fifth.open], len(fifth.ended)) == ([], 1)
    assert (sixth.open, sixth.ended, sixth.due) == ((), (), ()), "and still it comes"
    await told.database.close()


async def test_a_daemon_that_was_down_for_days_sends_one_and_it_reaches_back_to_the_last(tmp_path: Path):
    told = await story(tmp_path)
    told.at(3 * HOUR, told.publishes("newsroom", CLOSES))
    told.is_down(MORNING + HOUR, 4 * DAY + 2 * HOUR)
    told.at(4 * DAY + 2 * HOUR, told.publishes("newsroom", MOVES))
    await told.lives(5 * DAY + HOUR, 60)
    assert [minute for minute, _ in told.heard()] == [MORNING, 4 * DAY + 2 * HOUR, MORNING + 4 * DAY]
    late = told.heard()[1][1]
    assert late.since == NOW + timedelta(minutes=MORNING)
    await told.database.close()


async def test_restarts_at_every_beat_make_no_second_one(tmp_path: Path):
    told = await story(tmp_path, DESK, ear("other", digest="weekly", alerts=False))
    for beat in range(int(3 * DAY / 30)):
        told.at(beat * 30, told.starts_anew())
    await told.lives(3 * DAY, 30)
    assert told.days() == [1, 2, 3]
    assert told.days("other") == [], "no Monday came"
    alerts = await told.room.store.alerts([f"digest-of-{told.watch.sellers[0].id}"])
    assert [(one.reason, one.targets) for one in alerts] == [(Reason.DIGEST, ("desk",))] * 3
    await told.database.close()


@pytest.mark.case(49)
async def test_clocks_that_jump_and_hours_that_are_changed_make_no_second_one_of_a_day(tmp_path: Path):
    told = await story(tmp_path)
    told.at(MORNING + 2 * HOUR, told.clock_jumps(timedelta(hours=-4)))
    told.at(MORNING + 5 * HOUR, told.clock_jumps(timedelta(hours=4)))
    await told.lives(MORNING + 6 * HOUR, 20)
    assert told.days() == [1]
    later = replace(DESK, digest_at=time(20))
    told.watch = replace(told.watch, targets=(later,))
    await told.lives(MORNING + 13 * HOUR, 20)
    assert told.days() == [1], "eight was its hour that day"
    await told.lives(MORNING + 37 * HOUR, 20)
    assert [minute for minute, _ in told.heard()] == [MORNING, MORNING + 36 * HOUR]
    await told.database.close()


async def test_what_never_arrived_is_told_by_the_next(tmp_path: Path):
    told = await story(tmp_path)
    told.at(HOUR, told.publishes("newsroom", CLOSES))
    told.at(MORNING - HOUR, told.answers_with("desk", REFUSED))
    told.at(MORNING + HOUR, told.answers_with("desk"))
    await told.lives(MORNING + DAY, 60)
    ((minute, digest),) = told.heard()
    assert minute == MORNING + DAY
    assert digest.open[0].fresh, "nobody has heard of it"
    await told.database.close()


async def test_whom_it_cannot_reach_another_hears_of_it_instead(tmp_path: Path):
    told = await story(tmp_path, replace(DESK, fallback="boss"), ear("boss", alerts=False))
    told.at(HOUR, told.answers_with("desk", REFUSED))
    await told.lives(MORNING + HOUR, 30)
    assert (told.days(), told.days("boss")) == ([], [1])
    await told.database.close()


async def test_what_a_channel_cannot_take_for_two_hours_comes_then_as_it_was(tmp_path: Path):
    told = await story(tmp_path)
    told.at(HOUR, told.answers_with("desk", AWAY))
    told.at(MORNING + 2 * HOUR, told.answers_with("desk"))
    await told.lives(MORNING + DAY, 60)
    (first, late), (second, next_one) = told.heard()
    assert MORNING + 2 * HOUR <= first <= MORNING + 3 * HOUR
    assert second == MORNING + DAY
    assert next_one.since == late.made_at, "what moved while it waited is in the next"
    await told.database.close()


async def test_of_two_daemons_at_one_moment_one_makes_it(tmp_path: Path):
    told = await story(tmp_path)
    await told.lives(MORNING - HOUR, 60)
    store, marks = told.room.store, await told.room.store.marks()

    class Behind:
        """The store as another daemon saw it a moment ago."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def marks(self) -> Mapping[str, datetime]:
            return marks

        async def words(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Word]]:
            return {}

    told.minute = MORNING
    other = Digesting(
        Behind(),
        Behind(),
        store,
        SqlVigils(told.database),
        lambda: told.watch,
        told.room.meter,  # type: ignore[arg-type]
    )
    assert await told.digesting.step(told.now)
    assert not await other.step(told.now + timedelta(seconds=1))
    assert len(await SqlDesk(told.database).deliveries()) == 1
    await told.database.close()


async def test_off_duty_days_are_one_digest_on_the_first_morning_of_duty(tmp_path: Path):
    told = await story(tmp_path, replace(DESK, duty=(Hours(time(9), time(18), WEEKDAYS),)))
    told.at(4 * DAY, told.publishes("newsroom", CLOSES))  # a Saturday
    await told.lives(6 * DAY, 60)
    nine = MORNING + HOUR
    assert [minute for minute, _ in told.heard()] == [nine + n * DAY for n in (0, 1, 2, 5)]
    monday = told.heard()[-1][1]
    assert monday.since == NOW + timedelta(minutes=MORNING + 2 * DAY), "since Friday's"
    assert monday.open[0].fresh
    states = [one.state for one in await SqlDesk(told.database).deliveries()]
    assert states.count(DeliveryState.SUPERSEDED) == 2
    await told.database.close()


async def test_one_who_unsubscribed_hears_nothing_for_as_long_as_the_silence_lasts(tmp_path: Path):
    told = await story(tmp_path)

    async def unsubscribes() -> None:
        silence = Silence("s1", told.now, told.now + timedelta(days=3), "unsubscribe link", target="desk")
        await told.room.store.keep(Step(at=told.now, silences=[silence]))

    told.at(MORNING + HOUR, unsubscribes)
    await told.lives(MORNING + 5 * DAY, 60)
    assert [minute for minute, _ in told.heard()] == [
        MORNING,
        MORNING + HOUR + 3 * DAY,
        MORNING + 4 * DAY,
        MORNING + 5 * DAY,
    ]
    await told.database.close()


async def test_it_says_that_we_are_blind_instead_of_that_all_is_well(tmp_path: Path):
    told = await story(tmp_path)
    last = NOW - timedelta(hours=30)

    async def fails() -> None:
        for one, failures in (("newsroom", 9), ("presse", 0)):
            seen = last if failures else told.now
            state = SourceState(
                one, told.now + timedelta(days=1), last_look_at=told.now, last_success_at=seen,
                failures=failures, last_reason=FailureReason.TIMEOUT if failures else None,
            )  # fmt: skip
            outcome = Outcome.FAILED if failures else Outcome.OK
            await told.room.store.looked(Look(one, told.now, outcome, reason=state.last_reason), state, None)

    told.at(MORNING - HOUR, fails)
    await told.lives(MORNING, 30)
    ((_, digest),) = told.heard()
    assert (digest.watched, digest.seeing) == (4, 1)
    assert [(one.source_id, one.since) for one in digest.blind] == [("newsroom", last)]
    await told.database.close()


async def test_two_sellers_and_two_targets_each_get_their_own(tmp_path: Path):
    acme, zeta = seller(position(country="ID")), seller(position("Temu", "VN"), id="zeta")
    both, own = ear("both", digest="daily"), ear("own", digest="daily", sellers=("zeta",))
    told = await story(tmp_path, both, own, sellers=(acme, zeta))
    told.at(MORNING - HOUR, told.publishes("newsroom", CLOSES))
    await told.lives(MORNING, 30)
    named = {
        target: {digest.seller_name: len(digest.open) for _, digest in told.heard(target)} for target in ("both", "own")
    }
    assert named == {"both": {"Acme Trading": 1, "Zeta Trading": 0}, "own": {"Zeta Trading": 0}}
    await told.database.close()


@pytest.mark.parametrize("language", ["en", "zh", "de"])
async def test_it_comes_by_real_mail(tmp_path: Path, language: str):
    async with smtp_sink() as mail:
        channel = EmailChannel("127.0.0.1", mail.port, "none", sender="Sellerwatch <w@example.com>")
        desk = Target("desk", "email", "ops@example.com", digest="daily", alerts=False, language=language)
        told = await story(tmp_path, desk, channels={"email": channel})
        told.at(HOUR, told.publishes("newsroom", CLOSES))
        await told.lives(MORNING + DAY, 60)
        first, second = mail.mails
    assert "Acme Trading" in first["Subject"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"], "one conversation"
    for kind in ("plain", "html"):
        body = first.get_body((kind,)).get_content()
        assert "TikTok Music" in body
    await told.database.close()
