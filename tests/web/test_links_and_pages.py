"""Links of a message: what they are, what they never are, and the pages they lead to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from monitor.domain.alerts import Delivery, DeliveryState, Reason
from monitor.domain.digests import Digest
from monitor.domain.exposure import Severity
from monitor.domain.signals import Status
from monitor.links import BadLinkError, Links
from monitor.web.acting import MOST_A_MINUTE, Page, routes
from monitor.web.health import app

KEY = b"k" * 32
MADE = datetime(2026, 11, 27, 16, tzinfo=UTC)
LINKS = Links("https://watch.example.com", KEY)


def message(reason: Reason = Reason.FIRST, **more: object) -> Delivery:
    """A delivery of an incident; what its message says makes no link."""
    digest = Digest("a" * 64, "Acme", MADE, MADE, "daily")
    made = Delivery(
        key="k1", alert_id="a" * 64, incident_id="i" * 64, seller_id="acme", target="ops-mail", channel="email",
        severity=Severity.HIGH, rung=Status.CONFIRMED, reason=reason, message=digest, not_before=MADE,
        give_up_at=MADE, state=DeliveryState.PENDING, created_at=MADE, language="de",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_every_copy_of_a_message_bears_the_same_links(closing):
    first = dict(LINKS.of(closing))
    again = dict(LINKS.of(replace(closing, repeat=True, attempts=3)))
    assert first == again
    assert set(first) == {"ack", "take", "done", "false_alarm", "not_for_us", "unsubscribe"}
    assert all(url.startswith("https://watch.example.com/") and len(url) < 600 for url in first.values())


def test_a_link_says_what_it_offers_and_until_when(closing):
    offer = LINKS.read(token(dict(LINKS.of(closing))["take"]))
    assert (offer.kind, offer.incident_id, offer.target) == ("take", closing.incident_id, closing.target)
    assert offer.until == closing.created_at + timedelta(days=30)


def test_there_is_nothing_to_act_on_in_a_test_an_all_clear_or_a_digest(closing):
    for quiet in (replace(closing, reason=Reason.TEST), replace(closing, reason=Reason.ALL_CLEAR), message()):
        assert [kind for kind, _ in LINKS.of(quiet)] == ["unsubscribe"]


def test_without_an_address_in_front_of_us_there_are_no_links(closing):
    assert Links("", KEY).of(closing) == ()


def test_another_key_reads_nothing(closing):
    with pytest.raises(BadLinkError):
        Links("https://watch.example.com", b"x" * 32).read(token(dict(LINKS.of(closing))["ack"]))


@pytest.mark.case(25)
@given(st.data())
@settings(max_examples=200)
def test_no_changed_or_invented_token_is_taken(data):
    good = token(dict(LINKS.of(message()))["unsubscribe"])
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_."))
    for bad in (good[:place] + letter + good[place + 1 :], data.draw(st.text(max_size=300)), good * 9):
        if bad != good:
            with pytest.raises(BadLinkError):
                LINKS.read(bad)


CHOICES = (("deadline:payout:2026-11-28", "28. Nov.: <b>Auszahlungen</b>"), ("step:pause-ads", "Werbung pausieren"))


class Clerk:
    """A doer that shows what it was asked, and remembers what it was told to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str]] = []
        self.ticked: list[str] = []

    async def offer(self, token: str) -> Page:
        title = '<script>alert("x")</script> & “quotes”'
        return Page(200, "de", title, ("<img src=x onerror=alert(1)>",), "Übernehmen", "Name", "Notiz", CHOICES)

    async def act(self, token: str, name: str, note: str, ticked: Sequence[str]) -> Page:
        self.done.append((token, name, note))
        self.ticked += ticked
        return Page(200, "de", "Erledigt")


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


@pytest.fixture
def client(clerk):
    return TestClient(served(routes(clerk, lambda: 0.0)))


def served(router: APIRouter):
    async def ready() -> dict[str, str]:
        return {}

    return app(CollectorRegistry(), ready, more=[router])


@pytest.mark.case(25)
def test_looking_does_nothing_and_pressing_does_it(client, clerk):
    shown = client.get("/act/abc")
    assert shown.status_code == 200
    assert clerk.done == []
    assert '<form method="post">' in shown.text
    assert client.post("/act/abc", data={"name": " Ana ", "note": "sehe ich mir an"}).status_code == 200
    assert clerk.done == [("abc", "Ana", "sehe ich mir an")]


def test_what_is_offered_can_be_ticked_and_comes_back_by_name(client, clerk):
    shown = client.get("/act/abc").text
    assert shown.count('type="checkbox"') == 2
    assert "&lt;b&gt;Auszahlungen" in shown
    client.post("/act/abc", data={"what": [name for name, _ in CHOICES]})
    assert clerk.ticked == [name for name, _ in CHOICES]


def test_a_form_of_very_many_fields_is_refused_and_does_nothing(client, clerk):
    assert client.post("/act/abc", content="&".join("x=1" for _ in range(500))).status_code == 413
    assert clerk.done == []


def test_a_mail_program_unsubscribes_with_one_click(client, clerk):
    assert client.post("/unsubscribe/abc", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert clerk.done == [("abc", "", "")]


@pytest.mark.case(23)
def test_what_sources_say_is_text_on_the_page_and_nothing_else_may_be_loaded(client):
    shown = client.get("/act/abc")
    assert not re.search(r"<(script|img)", shown.text)
    assert "&lt;script&gt;" in shown.text
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"
    assert "set-cookie" not in shown.headers


def test_a_long_form_is_refused_and_does_nothing(client, clerk):
    assert client.post("/act/abc", content=b"note=" + b"x" * 10_000).status_code == 413
    assert clerk.done == []


def test_whoever_guesses_is_stopped_after_sixty_in_a_minute_and_served_again_later(clerk):
    clock = [0.0]
    client = TestClient(served(routes(clerk, lambda: clock[0])))
    answers = [client.get("/act/abc").status_code for _ in range(MOST_A_MINUTE + 5)]
    assert answers == [200] * MOST_A_MINUTE + [429] * 5
    clock[0] = 30.0
    assert client.get("/act/abc").status_code == 200


def test_other_ways_to_ask_are_refused(client, clerk):
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.request(method, "/act/abc").status_code == 405
    assert clerk.done == []
