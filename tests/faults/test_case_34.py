"""Case 34: everybody is away for two hours."""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from http_sink import http_sink
from letters import NOW
from outbox_house import MAIL, House, about, post
from test_deliverer import MINUTE, SECOND

from monitor.domain.alerts import DeliveryState, Target
from monitor.domain.exposure import Severity
from monitor.notify.alertmanager import AlertmanagerChannel
from monitor.notify.pace import PACES
from monitor.notify.slack import SlackChannel
from monitor.notify.webhook import WebhookChannel

pytestmark = pytest.mark.long

HOUR = timedelta(hours=1)
KEY = "X-Sellerwatch-Id"


@pytest.mark.case(34)
async def test_case_34_all_channels_down_for_two_hours_with_two_hundred_incidents(database, mail, record_property):
    """Each is delivered once when they are back: the critical first, then by severity and age, at the pace allowed."""
    loud = (Severity.CRITICAL, Severity.HIGH, Severity.LOW, Severity.MEDIUM, Severity.HIGH)
    async with AsyncExitStack() as stack:
        sinks = {
            id: await stack.enter_async_context(http_sink(status=503)) for id in ("slack", "webhook", "alertmanager")
        }
        wires = {
            "email": post(mail),
            "slack": SlackChannel(20, allow_private=True),
            "webhook": WebhookChannel(lambda: NOW, 20, allow_private=True),
            "alertmanager": AlertmanagerChannel(20, allow_private=True),
        }
        house = House(database, MAIL, *(Target(id, id, sink.url) for id, sink in sinks.items()), **wires)
        mail.answers["MAIL"] = "421 down"
        new = []
        for number in range(200):
            at = NOW + number * 30 * SECOND
            one = {"severity": loud[number % 5], "created_at": at, "not_before": at}
            new += [about(number, target, **one) for target in house.targets]
        await house.put(*new)
        await house.live(2 * HOUR, every=20 * SECOND)
        for target in house.targets:
            assert house.arrived(target) == []
            assert sum(id == target for id, *_ in house.tries) <= 5 + 120, "one probe a minute once five tries failed"
        mail.answers.clear()
        for sink in sinks.values():
            sink.posts.clear()
            sink.status = 200
        begin = house.now
        await house.live(4 * MINUTE)
        await house.live(20 * MINUTE, every=6 * SECOND)
    assert set((await house.fates()).values()) == {DeliveryState.SENT}
    assert len({one[KEY] for one in mail.mails}) == len(mail.mails) == 200
    assert {len(sink.posts) for sink in sinks.values()} == {200}
    assert len({one.headers["webhook-id"] for one in sinks["webhook"].posts}) == 200
    for target, kind in house.targets.items():
        arrived, pace = house.arrived(target), PACES[kind.channel]
        assert len(arrived) == 200
        order = [(-one.severity, one.created_at) for _, one in arrived[1:]]  # the first is the probe that came through
        assert order == sorted(order)
        for n, (at, _) in enumerate(arrived):
            within = sum(at <= other < at + MINUTE for other, _ in arrived[n:])
            assert within <= pace.burst + MINUTE / pace.interval + 1
        assert arrived[0][0] - begin <= MINUTE + SECOND
    record_property("figure", f"{database.dialect}: 800 of 800 once")
