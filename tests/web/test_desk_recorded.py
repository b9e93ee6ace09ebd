"""What decisions keep in English is said in the reader's language, whatever they decide."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import given, settings
from hypothesis import strategies as st
from local_sites import source_of

from monitor.desk.fault_forms import ANSWERS, FAULTS
from monitor.desk.recorded import KINDS, desk_tongue, recorded
from monitor.desk.recorded_forms import AS_WRITTEN, LABELLED, OTHERWISE
from monitor.domain.addressing import tell
from monitor.domain.alerts import Level, Policy, Reason, Target, Told
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed, reopened
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.policy import Situation, Spoken, addressed, judge
from monitor.domain.rhythm import Tempo, rhythm
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.notify.tongue import LANGUAGES

ENGLISH, GERMAN = desk_tongue("en", "UTC"), desk_tongue("de", "Europe/Berlin")
NAMES, PLACES = ("TikTok Shop", "Lazada", "eBay"), ("ID", "US", "WORLD", "EU")
DATES = (None, "2024-09-20", "2024-10-01", "2024-11", "2025")


ENGLISH_WORDS = re.compile(r"\b(rumor|proposed|confirmed|effective|reversed|says|nobody|told|origins?|it|its)\b")
GAPS = st.timedeltas(timedelta(seconds=20), timedelta(days=90))


def some(names: Sequence[str], most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), max_size=most, unique=True)


FIRM = st.builds(
    evidence,
    document=st.sampled_from(["d1", "d2", "d3"]),
    by=st.sampled_from(["", "Detik", "A; B, Inc. (Asia)", "人民日报"]),
    event=st.sampled_from([one.value for one in EventType]),
    status=st.sampled_from([one.value for one in Status]),
    authority=st.sampled_from([one.value for one in Authority]),
    platforms=some(NAMES),
    regions=some(PLACES),
    date=st.sampled_from(DATES),
    deadlines=st.sampled_from([(), (due("2024-10-20"),), (due("2024-09-29", "inventory"), due("2024-12", "payout"))]),
    at=st.sampled_from([day(-90), day(-2), day(-1), NOW]),
)


def faintly(word: Evidence) -> Evidence:
    return replace(word, signal=replace(word.signal, leanings=((word.signal.event_type, 1.0),)))


WORDS = FIRM | FIRM.map(faintly)
SHOP = seller(position("TikTok Shop", "US", 100, stock=5_000), position("eBay", "ID", 1_000))
POLICY = Policy(escalation=(Level(timedelta(hours=1), ("boss",)),))
TARGETS = (
    Target("all", "any", ""),
    Target("boss", "any", "", min_severity=Severity.HIGH),
    Target("sure", "any", "", min_certainty=Status.CONFIRMED, languages=("id", "zh")),
    Target("few", "any", "", events=(EventType.BAN, EventType.MARKET_EXIT), countries=("US",)),
    Target("own", "any", "", platforms=("Lazada",), sellers=("best",)),
    Target("daily", "any", "", alerts=False),
)


def story(words: Sequence[object]) -> Iterator[tuple[Incident, Incident | None]]:
    """How the incident grows, word by word."""
    before = None
    for number in range(1, len(words) + 1):
        now = incident(*words[:number], previous=before, now=NOW + timedelta(hours=number))
        yield now, before
        before = now


def kept(now: Incident, before: Incident | None) -> Iterator[str]:
    """Every sentence that is kept of it."""
    yield now.status_why
    yield from (one.why for one in now.dates)
    for change in now.history:
        yield from filter(None, (change.before, change.after))
        if change.kind in ("opened", "rung"):
            yield change.why
    cost, today = impact(now, SHOP, NOW.date(), KIN), NOW
    told: list[Told | None] = [None, tell(now, SHOP, cost, day(-3))]
    if before is not None:
        told.append(tell(before, SHOP, impact(before, SHOP, NOW.date(), KIN), day(-3)))
    acts = (Act("a", now.id, ActKind.NOT_FOR_US, NOW, "kim", seller_id="acme"),)
    for known in told:
        for did, said in (((), ()), (acts, ()), ((), (Spoken(NOW, Reason.FIRST, ("all",)),))):
            situation = Situation(now, cost, known, POLICY, today, did, said, kin=KIN)
            judged = judge(situation)
            yield from (one.detail for one in judged.trail if one.detail)
            yield from filter(None, (judged.verdict.detail,))
            yield from (one.detail for one in addressed(situation, TARGETS)[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_whatever_is_decided_can_be_said_in_another_language(words):
    for now, before in story(words):
        for text in kept(now, before):
            said = recorded(text, GERMAN)
            assert said is not None, text
            assert said
            assert "{" not in said
            assert not ENGLISH_WORDS.search(said), (text, said)


def test_what_a_faint_denial_asks_can_be_said():
    denial = faintly(evidence("d2", "reversed", by="A; B, Inc. (Asia)", platforms=["eBay"], regions=["ID"], at=day(1)))
    warned = incident(evidence(platforms=["eBay"], regions=["ID"]))
    (asked,) = [text for text in kept(incident(*warned.evidence, denial), warned) if text.endswith("is it?")][:1]
    said = recorded(asked, GERMAN)
    assert said is not None
    assert said.startswith("A; B, Inc. (Asia) schreibt am 25. Sept. 2024, ")


def test_what_people_did_to_it_can_be_said():
    one = incident(evidence())
    shut = closed(one, "kim", "", NOW, false_alarm=True)
    again = reopened(closed(one, "kim", "our own", NOW), "anna; otto", "", NOW)
    moved = [one.history[-1] for one in (shut, again)]
    said = [recorded(text, GERMAN) for one in moved for text in (one.before, one.after)]
    assert said == ["ist offen", "Fehlalarm, laut kim", "ist geschlossen", "wieder geöffnet von anna; otto"]


def sample(kind: str) -> str:
    texts = {
        "day": "2024-11-28", "at": "2024-11-28 10:30", "time": "10:30", "rung": "confirmed", "severity": "high",
        "authority": "news", "reason": "first", "event": "market exit", "events": "ban, policy", "role": "refund",
        "duties": "refund 2024-11", "n": "3", "step": "+1", "share": "34%", "factor": "2.5", "place": "ID",
        "places": "ID, US", "languages": "id, zh", "span": "4.5 h", "hits": "eBay US", "platforms": "eBay, Lazada",
        "what": "they know of it",
    }  # fmt: skip
    return texts.get(kind, "Anna")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_is_read_back_and_nothing_in_braces_is_left(language):
    t = desk_tongue(language, "Asia/Shanghai")
    assert not [kind for kind in KINDS if sample(kind) == "Anna"]
    for written in (*LABELLED, *AS_WRITTEN, *OTHERWISE, *ANSWERS, *FAULTS):
        text = re.sub(r"\{(\w+)(?::(\w+))?\}", lambda found: sample(found[2] or found[1]), written)
        said = recorded(re.sub(r"\[(.*?)\]", r"\1", text), t)
        assert said, written
        assert "{" not in said, written


def test_a_sentence_of_no_form_stays_as_it_is():
    for text in ("", "an older version wrote this", "it took effect on 2024-02-30", "x; y; " * 600, "told on soon"):
        assert recorded(text, GERMAN) is None


def test_the_words_of_a_name_are_never_taken_for_ours():
    text = "confirmed: one source, said kim; nobody closed it (news), 2024-11-01"
    assert recorded(text, ENGLISH) == "confirmed: One source alone: said kim; nobody closed it (news), 1 Nov 2024"


@given(
    st.builds(Tempo, st.one_of(st.none(), GAPS), st.integers(0, 90), st.one_of(st.none(), GAPS)),
    st.one_of(st.none(), GAPS),
    st.booleans(),
    st.sampled_from(["official", "news"]),
)
def test_why_a_source_is_looked_at_as_often_as_it_is_can_be_said(known, holds, stirred, authority):
    source = replace(source_of("https://press.example/feed"), authority=Authority(authority))
    said = recorded(rhythm(source, known, holds, stirred, timedelta(minutes=5)).why, GERMAN)
    assert said
    assert not said.startswith("it")


def test_a_peak_that_is_shipped_is_named_in_the_readers_language():
    said = recorded("2024-12-05 falls into Christmas shopping (sales x1.8)", GERMAN)
    assert said is not None
    assert "Weihnachtsgeschäft" in said
