"""A month of the demo's news for three sellers, in short; `benchmarks/month.py` is the long form."""

import asyncio
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from month import ONCE, run

from monitor.domain.alerts import Reason

pytestmark = pytest.mark.long


async def test_in_a_month_no_seller_hears_twice_that_an_incident_stands_on_a_rung():
    month = await asyncio.to_thread(run, 0, timedelta(hours=2))
    assert month.twice == []
    assert month.report is not None
    assert month.report.findings == ()

    news = [one for _, one in month.heard if one.reason in ONCE]
    rungs = Counter(one.seller_id for one in news)
    assert rungs["nordlicht"] == 6, "a closing, a market left after a rumour, a ban that was lifted"
    assert 0 < rungs["meridian"] < rungs["nordlicht"], "who has less at stake hears less"
    assert {one.reason for one in news} == set(ONCE)
    assert all(delivery.created_at <= at for at, delivery in month.heard)
    assert len({(at, one.key) for at, one in month.heard}) == len(month.heard)
    assert month.held["not_exposed"] > 0
    assert month.held["nothing_new"] > 0
    assert {one.seller_id for _, one in month.heard if one.reason is Reason.REPEAT} <= set(rungs)


async def test_in_a_month_whoever_answers_hears_news_and_reminders_and_nothing_again():
    month = await asyncio.to_thread(run, 0, timedelta(hours=2), True)
    assert month.twice == []
    assert month.report is not None
    assert month.report.findings == ()
    reasons = Counter(one.reason for _, one in month.heard)
    assert set(reasons) <= ONCE | {Reason.WORSE, Reason.DUE}
    said = Counter((one.seller_id, one.incident_id, one.rung, one.reason) for _, one in month.heard)
    assert all(times == 1 for (*_, reason), times in said.items() if reason is not Reason.DUE)
