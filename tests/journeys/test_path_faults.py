"""What goes wrong on the path: crashes, conflicts, poison, outages; nothing is lost and nothing doubled."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from given import NOW, day, evidence, position, seller
from newsroom import LONG, Newsroom, own_words, source, unreadable

from monitor.deciding import Watch
from monitor.domain.documents import Capture, Document
from monitor.domain.errors import ConflictError, FailureReason, StoreUnavailableError
from monitor.domain.incidents import Incident
from monitor.domain.platforms import Platform
from monitor.domain.resolution import absorb
from monitor.evidence import evidence_of
from monitor.pipeline import BACKOFF, CONFLICTS, TRIES
from monitor.steps import Claim, Step

ACME = seller(position(country="ID"))


@pytest.fixture
def room() -> Newsroom:
    return Newsroom(source("press"), source("paper"), source("agency", "official"), sellers=[ACME])


async def test_an_empty_inbox_is_no_work(room: Newsroom) -> None:
    assert await room.pipeline.step(NOW) is False
    assert room.meter.counts == {}


async def test_a_crash_before_keep_leaves_the_capture_and_the_second_try_makes_the_same_alert(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    kept: list[Step] = []
    keep = room.store.keep

    async def power_cut(step: Step) -> None:
        kept.append(step)
        raise KeyboardInterrupt

    room.store.keep = power_cut  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await room.pipeline.step(NOW)
    assert room.store.memory.deliveries == {}
    room.store.keep = keep  # type: ignore[method-assign]
    assert await room.pipeline.step(NOW) is False, "the dead step's lease still holds"
    assert await room.pipeline.step(NOW + timedelta(minutes=3)) is True
    assert [d.key for d in kept[0].deliveries] == list(room.store.memory.deliveries)
    assert [i.id for i in kept[0].incidents] == list(room.store.memory.incidents)


async def test_a_capture_that_takes_the_daemon_down_each_time_is_set_aside_and_the_next_one_is_read(
    room: Newsroom,
) -> None:
    await room.publishes("press", evidence("poison"))
    await room.publishes("paper", evidence("good"), at=NOW + timedelta(seconds=1))
    later = NOW
    for _ in range(TRIES):  # each life of the daemon claims it, and ends
        assert await room.store.claim(later, timedelta(minutes=2)) is not None
        later += timedelta(minutes=3)
        taken = await room.store.claim(later, timedelta(minutes=2))
        assert taken is not None
        await room.store.release(taken, later, "the other one, in the queue")
        later += timedelta(minutes=3)
    await room.works(later)
    assert FailureReason.STEP_FAILED in {reason for _, reason, _ in room.store.memory.quarantine.values()}
    assert room.assessed_ids == ["good"]


async def test_a_conflict_is_decided_again_from_fresh_rows(room: Newsroom) -> None:
    await room.publishes("press", evidence("a"))
    open_incidents = room.store.open_incidents

    async def somebody_is_first(now) -> Sequence[Incident]:
        seen = await open_incidents(now)
        if not seen:
            others = absorb([evidence("z", at=day(-1), platforms=["Shopee"]), evidence("a")], {}, (), {}, now).incidents
            await room.store.keep(Step(at=now, incidents=others))
        return seen

    room.store.open_incidents = somebody_is_first  # type: ignore[method-assign]
    await room.pipeline.step(NOW)
    assert room.meter.counts["stepped"] == 1
    assert sum(bed.settled for bed in room.store.memory.captures.values()) == 1
    assert sorted(e.document_id for i in room.incidents() for e in i.evidence) == ["a", "z"]


async def test_endless_conflicts_give_the_capture_back(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    tries: list[Step] = []

    async def never(step: Step) -> None:
        tries.append(step)
        raise ConflictError("taken")

    room.store.keep = never  # type: ignore[method-assign]
    assert await room.pipeline.step(NOW) is True
    assert len(tries) == CONFLICTS
    (bed,) = room.store.memory.captures.values()
    assert (bed.token, bed.due_at) == (None, NOW + BACKOFF)


async def test_what_the_inbox_could_not_take_back_it_gets_back_as_soon_as_it_answers(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    keep, release = room.store.keep, room.store.release

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("away")

    room.store.keep = room.store.release = away  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await room.pipeline.step(NOW)
    with pytest.raises(StoreUnavailableError):
        await room.pipeline.step(NOW)
    room.store.keep, room.store.release = keep, release  # type: ignore[method-assign]
    assert await room.pipeline.step(NOW) is True, "its lease has not run out"
    assert len(room.incidents()) == 1


async def test_poison_is_set_aside_after_some_tries_and_blocks_nobody(room: Newsroom, caplog) -> None:
    await room.publishes("press", evidence("bad"))
    await room.publishes("paper", evidence("good", platforms=["Shopee"]), at=NOW + timedelta(seconds=1))

    def trip(document: Document) -> None:
        if document.id == "bad":
            raise RuntimeError("a flaw of ours")

    room.before_assessing = trip
    assert await room.works() == 1, "both were in one handful"
    assert [i.platforms for i in room.incidents()] == [("Shopee",)]
    waits = []
    now = NOW
    while room.store.memory.quarantine == {}:
        bed = room.store.memory.captures[next(iter(room.store.memory.captures))]
        waits.append((bed.due_at - now) / BACKOFF)
        now = bed.due_at
        await room.pipeline.step(now)
    ((_, reason, detail),) = room.store.memory.quarantine.values()
    assert (reason, detail) == (FailureReason.STEP_FAILED, "RuntimeError: a flaw of ours")
    assert waits == [2**n for n in range(TRIES - 1)]
    assert await room.works(day(30)) == 0
    assert "a flaw of ours" in caplog.text


async def test_a_capture_that_cannot_be_read_is_quarantined_with_its_reason(room: Newsroom) -> None:
    room.pages["c"] = unreadable(FailureReason.NOT_A_FEED)
    await room.arrives("press", "c")
    await room.works()
    assert room.store.memory.quarantine == {"c": (NOW, FailureReason.NOT_A_FEED, "it is no feed")}
    assert room.store.memory.rejected == {("c", "k"): (FailureReason.NOT_A_FEED, "bad")}


async def test_an_error_in_words_that_no_database_holds_is_kept_all_the_same(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "monitor.pipeline")  # the test runner cannot carry such words between processes
    await room.publishes("press", evidence("bad"))

    def trip(document: Document) -> None:
        raise ValueError("cannot read \0 or \ud800 " + "in this text " * 1000)

    room.before_assessing = trip
    now = NOW
    while room.store.memory.quarantine == {}:
        await room.pipeline.step(now)
        now += timedelta(hours=1)
    ((_, _, detail),) = room.store.memory.quarantine.values()
    assert detail.startswith("ValueError: cannot read \\0 or \\ud800 in")
    assert len(detail) < 600


async def test_a_lease_that_was_lost_is_left_to_its_new_holder(room: Newsroom) -> None:
    await room.publishes("press", evidence())

    def overtaken(document: Document) -> None:
        (id, bed), *_ = room.store.memory.captures.items()
        room.store.memory.captures[id] = replace(bed, token="another's")

    room.before_assessing = overtaken
    assert await room.pipeline.step(NOW) is True
    assert room.incidents() == []
    (bed,) = room.store.memory.captures.values()
    assert bed.token == "another's"


async def test_a_capture_of_a_source_that_is_configured_no_more_is_settled(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    room.pipeline.configure(Watch.over([source("paper")], [ACME], [], room.watch.policy, []))
    assert await room.works() == 1
    assert (room.incidents(), room.assessed_ids) == ([], [])


async def test_the_watch_is_made_from_the_records_of_the_configuration() -> None:
    shop = Platform("TikTok Shop", "t", "ByteDance", "shop", (), parent="TikTok")
    watch = Watch.over([source("press")], [ACME], [], Newsroom().watch.policy, [shop])
    assert list(watch.sources) == ["press"]
    assert watch.kin == {"tiktok shop": {"tiktok"}}


async def test_an_unchanged_document_is_understood_once_and_an_edited_one_again(room: Newsroom) -> None:
    await room.publishes("press", evidence("a"))
    await room.works()
    room.store.memory.entries.clear()  # the reader is not sure which entries it knows
    await room.publishes("press", evidence("a"), at=day(1))
    await room.works(day(1))
    assert room.assessed_ids == ["a"]
    room.store.memory.entries.clear()
    await room.publishes("press", evidence("a", title="Corrected", date="2024-11-28"), at=day(2))
    await room.works(day(2))
    assert room.assessed_ids == ["a", "a"]
    (incident,) = room.incidents()
    assert (incident.headline, len(incident.evidence), incident.revision) == ("Corrected", 1, 2)


async def test_an_edit_that_says_nothing_any_more_takes_nothing_back(room: Newsroom) -> None:
    await room.publishes("press", evidence("a"))
    await room.works()
    room.store.memory.entries.clear()
    await room.publishes("press", harmless=["a"], at=day(1), text=LONG + "!")
    await room.works(day(1))
    assert [(len(i.evidence), i.revision) for i in room.incidents()] == [(1, 1)]


async def short_entry(room: Newsroom) -> None:
    room.worth = True
    await room.publishes("press", evidence("a"), text="Too short to tell.")
    await room.works()


async def test_a_short_entry_waits_for_its_page_and_is_understood_once(room: Newsroom) -> None:
    await short_entry(room)
    assert room.assessed_ids == []
    (claim,) = await room.store.want_next(NOW, timedelta(minutes=1), 10)
    assert (claim.item.document_id, claim.item.url) == ("a", "https://press.example.com/a")
    await page_comes(room, claim, LONG)
    assert room.assessed_ids == ["a"]
    assert room.store.memory.documents["a"].text == LONG
    assert len(room.incidents()) == 1


async def page_comes(room: Newsroom, claim: Claim, text: str) -> None:
    document = room.store.memory.documents["a"]
    room.signals[replace(document, text=text or document.text).content_hash] = (evidence("a").signal,)
    room.pages["page"] = replace(room.pages[document.capture_id], detail=text, seen=())
    page = Capture("page", "press", "https://press.example.com/a", NOW, 200, "", b"", "", document_id="a")
    await room.store.page_came(claim, page)
    await room.works()


async def test_a_page_that_could_not_be_had_leaves_the_entry_as_it_was(room: Newsroom) -> None:
    await short_entry(room)
    (claim,) = await room.store.want_next(NOW, timedelta(minutes=1), 10)
    await page_comes(room, claim, "")
    assert room.assessed_ids == ["a"]
    assert await room.store.want_next(day(1), timedelta(minutes=1), 10) == []
    assert len(room.incidents()) == 1


async def test_a_short_entry_that_is_not_worth_a_page_is_understood_as_it_is(room: Newsroom) -> None:
    await room.publishes("press", evidence("a"), text="Too short to tell.")
    await room.works()
    assert room.assessed_ids == ["a"]
    assert len(room.incidents()) == 1


async def test_a_document_without_a_date_is_dated_by_its_look(room: Newsroom) -> None:
    document = Document("d", "press", "c", "", "t", "x", None, day(2))
    await room.publishes("press", evidence("d"))
    assessment = await room.assess(replace(document, title="title of d", text=own_words("d")), source("press"))
    (word,) = evidence_of(document, assessment, source("press"))
    assert (word.published, word.publisher, word.authority) == (day(2), "press", "news")


async def test_the_lag_is_told_for_what_opens_and_not_for_what_joins(room: Newsroom) -> None:
    await room.publishes("press", evidence("a", at=day(-1)))
    await room.publishes("paper", evidence("b", at=day(-0.5)), at=NOW + timedelta(seconds=1))
    await room.works()
    assert room.meter.lags == [timedelta(days=1)]
    assert room.meter.counts["changed"] == 2


async def test_captures_of_which_nothing_is_to_be_decided_are_kept_by_one_commit(room: Newsroom) -> None:
    for id in ("press", "paper", "agency"):
        await room.publishes(id, harmless=[f"Weather of {id}"])
    kept = await _counted(room)
    assert await room.works() == 1
    assert [len(steps) for steps in kept] == [3]
    assert sorted(room.store.memory.documents) == ["Weather of agency", "Weather of paper", "Weather of press"]


async def test_what_somebody_waits_for_is_kept_at_once_and_for_itself(room: Newsroom) -> None:
    await room.publishes("press", harmless=["Weather"])
    await room.publishes("agency", evidence("closing"), at=NOW + timedelta(seconds=1))
    kept = await _counted(room)
    await room.works()
    assert [[step.capture.item.source_id for step in steps if step.capture] for steps in kept] == [
        ["agency"],
        ["press"],
    ]


async def test_a_handful_that_cannot_be_kept_together_is_kept_one_by_one(room: Newsroom) -> None:
    for id in ("press", "paper", "agency"):
        await room.publishes(id, harmless=[f"Weather of {id}"])
    keep = room.store.keep

    async def refuses_the_paper(*steps: Step) -> None:
        if any(document.source_id == "paper" for step in steps for document in step.documents):
            raise ValueError("the schema refuses it")
        await keep(*steps)

    room.store.keep = refuses_the_paper  # type: ignore[method-assign]
    await room.works()
    assert sorted(room.store.memory.documents) == ["Weather of agency", "Weather of press"]
    (waiting,) = (bed for bed in room.store.memory.captures.values() if not bed.settled)
    assert (waiting.item.source_id, waiting.due_at) == ("paper", NOW + BACKOFF)


async def test_a_store_that_cannot_keep_gives_all_in_hand_back_and_no_try_counts(room: Newsroom) -> None:
    for id in ("press", "paper"):
        await room.publishes(id, harmless=[f"Weather of {id}"])

    async def gone(*steps: Step) -> None:
        raise StoreUnavailableError("no answer")

    keep, room.store.keep = room.store.keep, gone  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await room.pipeline.step(NOW)
    assert {(bed.token, bed.tries) for bed in room.store.memory.captures.values()} == {(None, 0)}
    room.store.keep = keep  # type: ignore[method-assign]
    await room.works(NOW + BACKOFF)
    assert len(room.store.memory.documents) == 2


async def _counted(room: Newsroom) -> list[tuple[Step, ...]]:
    """Every call of `keep` from now on."""
    kept: list[tuple[Step, ...]] = []
    keep = room.store.keep

    async def counted(*steps: Step) -> None:
        kept.append(steps)
        await keep(*steps)

    room.store.keep = counted  # type: ignore[method-assign]
    return kept
