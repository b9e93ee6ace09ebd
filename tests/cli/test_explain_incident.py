"""From an incident or an alert back to every word, rule and number, and what is to be done about it."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from given import KIN, day, due, evidence, incident, position, seller
from typer.testing import CliRunner

from monitor import cli, wiring
from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.addressing import deliveries, tell
from monitor.domain.alerts import Policy, Send, Target
from monitor.domain.errors import FailureReason
from monitor.domain.health import Standing
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence
from monitor.domain.operations import addressed
from monitor.domain.origins import sketch
from monitor.domain.playbooks import plan
from monitor.domain.policy import decide
from monitor.domain.rulings import Ruling, RulingKind
from monitor.domain.vigils import Blind, Notice
from monitor.steps import Step
from monitor.wiring import Store

SHIPPED = Path(__file__).parents[2] / "config"
TEXT = "The company said on Tuesday that its music service will close down for good in the whole country next month. "
COPY = sketch(TEXT * 3)
SELLERS = [
    {
        "id": name,
        "name": name.title(),
        "currency": "EUR",
        "positions": [{"platform": platform, "country": "ID", "sales_per_day": 100, "stock": 9000}],
    }
    for name, platform in (("acme", "TikTok Music"), ("zeta", "TikTok Music"), ("far", "Temu"))
]


def word(document: str, status: str = "confirmed", **more: object) -> Evidence:
    agency, of = str(more.pop("agency", "")), more.pop("sketch", ())
    return replace(evidence(document, status, **more), agency=agency, sketch=of)  # type: ignore[arg-type]


RUMOR = word("d1-forum", "rumor", authority="community", by="Forum")
WIRED = word("d2-wire", by="Morning Paper", at=day(1), agency="reuters", sketch=COPY, date="2024-12-31")
COPIED = word("d3-copy", by="Evening Paper", at=day(2), sketch=COPY, date="2024-12-31")
OTHER = word("d4-other", by="Weekly", at=day(3), date="2025-06-30", deadlines=[due("2024-10-28")])
FIRST, WHOLE = incident(RUMOR), incident(RUMOR, WIRED, COPIED, OTHER, now=day(3), previous=incident(RUMOR))


def in_store(directory: Path, work: Callable[[Store], Awaitable[None]]) -> None:
    async def inside() -> None:
        store = await wiring.open_store(load(directory))
        await work(store)
        await store.database.close()

    asyncio.run(inside())


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small configuration with three sellers; a rumor that one was told of, and what came of it since."""
    (tmp_path / "config" / "sources").mkdir(parents=True)
    for name in ("playbooks.yaml", "settings.yaml"):
        shutil.copy(SHIPPED / name, tmp_path / "config" / name)
    platforms = [
        {"name": name, "id": id, "owner": "PDD", "kind": "marketplace"}
        for id, name in (("music", "TikTok Music"), ("temu", "Temu"))
    ]
    for name, value in (("exposure", {"sellers": SELLERS}), ("platforms", platforms), ("sources/all", [])):
        (tmp_path / "config" / f"{name}.yaml").write_text(yaml.safe_dump(value))
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    playbooks = load(tmp_path / "config").playbooks

    async def keep(store: Store) -> None:
        at = day(0.1)
        acme, target = seller(position(stock=9000)), Target("ops", "journal", "")
        weighed = impact(FIRST, acme, at.date(), KIN)
        why = decide(WHOLE, impact(WHOLE, acme, at.date(), KIN), None, Policy(), at)
        assert isinstance(why, Send)
        told = deliveries(FIRST, acme, weighed, why, None, [target], Policy(), at, plan(FIRST, playbooks))
        ruling = Ruling("r1", RulingKind.SAME, day(3), "anna", (RUMOR.key,), (OTHER.key,))
        first = Step(at, incidents=[FIRST], told=[tell(FIRST, acme, weighed, at)], deliveries=told)
        await store.ledger.keep(first, Step(day(3), incidents=[WHOLE], rulings=[ruling]))

    in_store(tmp_path / "config", keep)
    return tmp_path / "config"


def shown(directory: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, [*words, "--config", str(directory)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(directory: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, [*words, "--config", str(directory)])
    assert result.exit_code == 1, result.stdout
    return " ".join(result.stderr.split())


def test_each_piece_of_evidence_says_why_it_is_here_and_what_it_counts_for(directory: Path) -> None:
    told = shown(directory, "explain", WHOLE.id)
    assert "3 independent origins in 4 documents" in told
    assert "one voice: reuters, printed by Morning Paper, Evening Paper: Morning Paper names it" in told
    assert "here by +" in told
    assert "both shutdown" in told
    assert f"with {COPIED.document_id[:10]}, which it is most like" in told
    assert "put together with 1 of the others by anna" in told
    assert "counts as rumor" in told
    assert "sources differ on the date: 2025-06-30 by Weekly (d4-other)" in told
    assert "or 2024-12-31 by Morning Paper, Evening Paper (d2-wire, d3-copy)" in told
    assert "takes effect: 2025-06-30, by Weekly\n" in told
    found = json.loads(shown(directory, "explain", WHOLE.id, "--json"))
    assert [one["document_id"] for one in found["why_here"]] == [item.document_id for item in WHOLE.evidence]
    for one in found["why_here"]:
        assert one["score"] == pytest.approx(sum(term["points"] for term in one["terms"]))
    assert {origin["author"] for origin in found["origins"]} == {"forum", "reuters", "weekly"}


def test_an_alert_is_explained_by_the_incident_as_it_stood_then(directory: Path) -> None:
    (row,) = json.loads(shown(directory, "deliveries", "--json"))
    told = shown(directory, "explain", row["alert_id"])
    assert "First word of it to you" in told
    assert "nothing was told of it before" in told
    assert f"moved on since: sellerwatch explain {WHOLE.id[:10]}" in told
    assert "Forum (community)" in told
    assert "Morning Paper" not in told, "nobody knew that then"
    found = json.loads(shown(directory, "explain", row["alert_id"], "--json"))
    assert (found["then"]["incident"]["revision"], found["revision_now"]) == (FIRST.revision, WHOLE.revision)
    assert [step["subject"] for step in found["then"]["steps"]] == ["step:name-a-lead", "step:check-the-source"]


def test_a_notice_about_our_own_sight_is_explained_by_what_it_says(directory: Path) -> None:
    blind = Blind(
        "paper", "Morning Paper", "https://example.com/feed", Standing.FAILING, FailureReason.DNS, day(0), "no name"
    )
    notice = Notice("sight-1", day(1), 3, fresh=(blind,))

    async def keep(store: Store) -> None:
        told = addressed(notice, [Target("ops", "journal", "", operations=True)], Policy())
        await store.ledger.keep(Step(day(1), deliveries=told))

    in_store(directory, keep)
    told = shown(directory, "explain", "sight-1")
    assert "to the operators: blind, high" in told
    assert "Morning Paper" in told
    assert json.loads(shown(directory, "explain", "sight-1", "--json"))["notice"]["watched"] == 3


def test_the_steps_of_its_playbook_are_a_list_for_each_seller_that_it_hits(directory: Path) -> None:
    told = shown(directory, "incidents", "show", WHOLE.id)
    assert "What to do for acme, zeta: the-platform-goes, 0 of 10 done" in told
    assert "[ ] 2024-09-25 step:name-a-lead (operations)" in told
    assert "overdue by" in told
    shown(directory, "incidents", "done", WHOLE.id, "step:name-a-lead", "--by", "kim", "--note", "it is Lee")
    shown(directory, "incidents", "done", WHOLE.id, "step:pause-ads", "--by", "lee", "--seller", "acme")
    told = shown(directory, "incidents", "show", WHOLE.id)
    assert "What to do for acme: the-platform-goes, 2 of 10 done" in told
    assert "What to do for zeta: the-platform-goes, 1 of 10 done" in told
    assert "done by kim, " in told
    assert "(it is Lee)" in told
    assert "lee: done step:pause-ads for acme" in told
    steps = json.loads(shown(directory, "incidents", "show", WHOLE.id, "--json"))["steps"]
    done = {(step["subject"], *step["sellers"], step["done"]["by"]) for step in steps if step["done"]}
    assert done == {
        ("step:name-a-lead", "acme", "kim"), ("step:name-a-lead", "zeta", "kim"), ("step:pause-ads", "acme", "lee")
    }  # fmt: skip
    shown(directory, "incidents", "undone", WHOLE.id, "step:pause-ads", "--by", "lee", "--seller", "acme")
    assert "for acme, zeta: the-platform-goes, 1 of 10 done" in shown(directory, "incidents", "show", WHOLE.id)


def test_a_step_that_waits_for_its_rung_says_for_which(directory: Path) -> None:
    rumor = replace(incident(word("e1", "rumor", regions=["ID"], at=day(5)), now=day(5)), id="rumored")

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(day(5), incidents=[rumor]))

    in_store(directory, keep)
    told = shown(directory, "incidents", "show", "rumored")
    assert "[-] 2024-10-01 step:stop-inbound (warehouse)" in told
    assert "waits until it is proposed" in told


def test_an_unknown_step_or_seller_is_refused_with_those_that_there_are(directory: Path) -> None:
    assert "step:name-a-lead, step:check-the-source" in refused(directory, "incidents", "done", WHOLE.id, "step:lead")
    wrong = refused(directory, "incidents", "done", WHOLE.id, "step:pause-ads", "--seller", "acne")
    assert "no seller is called acne; there are: acme, zeta, far" in wrong
    spared = refused(directory, "incidents", "done", WHOLE.id, "step:pause-ads", "--seller", "far")
    assert f"{WHOLE.id[:10]} does not hit far; it hits acme, zeta" in spared
    shown(directory, "incidents", "done", WHOLE.id, "step:pause-ads", "--seller", "zeta")


def test_deadlines_and_open_steps_stand_in_one_list_soonest_first(directory: Path) -> None:
    shown(directory, "incidents", "done", WHOLE.id, "step:name-a-lead", "--by", "kim")
    rows = json.loads(shown(directory, "deadlines", "--steps", "--json"))
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert [row["role"] for row in rows if row["kind"] == "deadline"] == ["data_export"]
    steps = {row["subject"]: row for row in rows if row["kind"] == "step"}
    assert len(steps) == 9
    assert "step:name-a-lead" not in steps
    assert steps["step:export-everything"]["date"] == "2024-10-25"
    assert steps["step:export-everything"]["sellers"] == ["acme", "zeta"], "the third sells elsewhere"
    listed = shown(directory, "deadlines", "--steps")
    assert "step:export-everything" in listed
    assert "data_export" in listed
    assert "step:" not in shown(directory, "deadlines")
    shown(
        directory, "incidents", "done", WHOLE.id, "deadline:data_export:2024-10-28", "--by", "lee", "--seller", "acme"
    )
    assert "lee for acme" in shown(directory, "deadlines")


def test_whoever_multiplies_what_a_lapsed_promise_is_weighed_by_comes_to_the_same(directory: Path) -> None:
    lapsed = replace(incident(word("e1", regions=["ID"], date="2024-10-01"), now=day(30)), id="lapsed")
    assert lapsed.question

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(day(30), incidents=[lapsed]))

    in_store(directory, keep)
    told = shown(directory, "explain", "lapsed")
    assert "50% to be expected: effective counts 100%, shutdown takes 100% as a rule, half as its date has" in told
    impacts = json.loads(shown(directory, "explain", "lapsed", "--json"))["impacts"]
    hit = next(one for one in impacts if one["exposed"])
    sales = [term for term in hit["lost_sales"] if (term["platform"], term["country"]) == ("TikTok Music", "ID")]
    assert float(hit["worst"]) == float(hit["at_once"]) + sum(float(term["amount"]) for term in sales) == 12000
    assert float(hit["expected"]) == float(hit["worst"]) * float(hit["odds"]) == 6000


def test_the_deadline_of_an_event_that_nobody_spoke_of_lately_is_no_less_near(directory: Path) -> None:
    now = utc_now()
    soon = (now + timedelta(days=3)).date().isoformat()
    first = replace(incident(word("quiet", deadlines=[due(soon, "payout")], at=now), now=now), id="quiet")
    later = now + timedelta(minutes=1)
    talk = replace(incident(word("talk", at=later), now=later), id="talk")
    many = [replace(talk, id=f"talk-{n}", evidence=(word(f"talk-{n}", at=later),)) for n in range(501)]

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(later, incidents=[first, *many]))

    in_store(directory, keep)
    rows = json.loads(shown(directory, "deadlines", "--json"))
    assert (soon, "payout", 3) in {(row["date"], row["role"], row["days_left"]) for row in rows}


def test_a_storm_is_explained_by_its_earliest_documents(directory: Path) -> None:
    storm = replace(
        incident(*(word(f"s{n:03}", by=f"P{n}", at=day(4) + timedelta(minutes=n)) for n in range(120)), now=day(5)),
        id="storm",
    )

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(day(5), incidents=[storm]))

    in_store(directory, keep)
    told = shown(directory, "explain", "storm")
    assert told.count("here by ") == 100
    assert "and 20 more" in told


def test_the_bill_of_an_all_clear_says_that_it_is_over_and_what_was_at_stake(directory: Path) -> None:
    denial = word("d9-denial", "reversed", authority="official", by="TikTok", at=day(4))
    off = replace(incident(word("d8"), denial, now=day(4)), id="off")

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(day(4), incidents=[off]))

    in_store(directory, keep)
    told = " ".join(shown(directory, "explain", "off").split())
    assert "it is over, and nothing is at risk any more TikTok Music ID: stock 9,000 EUR" in told
    assert "was to be lost at once 9,000 EUR" in told
    assert "was at stake, 30 days of lost sales with it 12,000 EUR" in told
    assert "worst case" not in told
    assert "to be expected" not in told


def test_dates_of_an_impact_are_text_for_machines(directory: Path) -> None:
    acme = json.loads(shown(directory, "explain", WHOLE.id, "--json"))["impacts"][0]
    assert {one["what"]: one["by"] for one in acme["savings"]}["customer data"] == "2024-10-28"
    assert all(one["day"] is None or isinstance(one["day"], str) for one in acme["grounds"])


def test_a_month_is_due_when_it_ends_after_the_days_in_it(directory: Path) -> None:
    dues = [due("2024-10", "refund"), due("2024-10-05", "payout"), due("2024-11-01", "login")]
    months = replace(incident(word("months", deadlines=dues)), id="months")

    async def keep(store: Store) -> None:
        await store.ledger.keep(Step(day(4), incidents=[months]))

    in_store(directory, keep)
    for words in (["deadlines"], ["deadlines", "--steps"]):
        rows = json.loads(shown(directory, *words, "--json"))
        ours = [row["date"] for row in rows if row["incident_id"] == "months" and row.get("role")]
        assert ours == ["2024-10-05", "2024-10", "2024-11-01"]
