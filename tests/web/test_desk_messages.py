"""Messages at the desk: what went where, what was given up and goes out again, and what is silent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rooms_given import NOW, desk_of
from store_examples import LEASE, NOON, SENT, delivery, incident, told

from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Reason, Target
from monitor.domain.exposure import Position, Seller
from monitor.domain.signals import Status
from monitor.steps import Step

GONE = Attempt(AttemptClass.PERMANENT, "550", "no such <b>mailbox</b>")


@pytest.fixture
async def desk(settings, store):
    waiting = replace(
        delivery("three", "incident-c"), not_before=NOON + timedelta(days=400), waits_for="silence of <i>olga</i>"
    )
    named = [("one", "mail-anna"), ("two", "slack-anna")]
    told = [delivery(key, f"incident-{key}", target) for key, target in named]
    await store.ledger.keep(Step(NOON, incidents=[incident("incident-one")], deliveries=[*told, waiting]))
    for end, state in ((SENT, DeliveryState.SENT), (GONE, DeliveryState.DEAD)):
        claim = await store.outbox.claim_delivery(NOON, LEASE)
        await store.outbox.settle(claim, end, state, NOON, NOON)
    async with desk_of(store, settings) as made:
        yield made


async def keyed(store, state: DeliveryState) -> str:
    return next(one.key for one in await store.desk.deliveries() if one.state is state)


async def test_it_says_what_went_where_and_what_is_held_back_and_why(desk):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page("/messages")
    assert "TikTok Music closes on 28 Nov 2024" in page
    assert "1 message was given up." in page
    assert '<span class="rung confirmed">confirmed</span> first word of it' in page
    assert "no such &lt;b&gt;mailbox&lt;/b&gt;" in page
    assert "a silence of &lt;i&gt;olga&lt;/i&gt;, until" in page
    assert "Try the chosen ones again" not in page, "a viewer sees, and does not act"
    only = await vera.page("/messages?target=mail-anna&state=pending")
    assert "olga" in only
    assert "mailbox" not in only
    assert "No message fits." in await vera.page("/messages?seller=nobody")
    assert await vera.page("/messages?state=nonsense&before=x&after=99999999999999999999")


async def test_pages_go_on_from_a_number_and_back(desk, store):
    vera = desk()
    await vera.log_in("vera")
    many = [delivery(f"more-{no:03}", f"other-{no}") for no in range(60)]
    await store.ledger.keep(Step(NOON, deliveries=many))
    first = await vera.page("/messages")
    assert first.count("more-") == 50
    further = "/messages?before=" + first.partition("/messages?before=")[2].partition('"')[0]
    second = await vera.page(further)
    assert second.count("more-") == 10
    back = "/messages?after=" + second.partition("/messages?after=")[2].partition('"')[0]
    assert (await vera.page(back)).count("more-") == 50


async def test_one_message_is_shown_as_it_is_sent_with_every_try(desk, store):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page(f"/messages/{await keyed(store, DeliveryState.DEAD)}")
    assert "WHAT IT MEANS FOR YOU" in page
    assert "<code>550</code>" in page
    assert "refused" in page
    assert (await vera.client.get("/messages/nothing")).status_code == 404


async def test_an_operator_tries_a_dead_one_again_and_it_is_on_record(desk, store):
    otto = desk()
    await otto.log_in("otto")
    key = await keyed(store, DeliveryState.DEAD)
    assert "Choose which ones" in (await otto.post("/messages/retry")).text
    answer = await otto.post("/messages/retry", key=key, back="message")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/messages/{key}?done=retried")
    again = await store.desk.delivery(key)
    assert (again.state, again.give_up_at) == (DeliveryState.RETRY, NOW + timedelta(hours=24))
    assert "They are tried again" in await otto.page(answer.headers["location"])
    (_, record), *_ = await store.people.records(did=["message.retry"])
    assert (record.who, record.subject) == ("otto", key)
    twice = await otto.post("/messages/retry", key=key)
    assert twice.status_code == 422
    assert "None of them was given up" in twice.text


async def test_what_is_no_longer_so_is_marked_and_not_chosen_for_another_try(desk, store):
    otto = desk()
    await otto.log_in("otto")
    old = await keyed(store, DeliveryState.DEAD)
    moved = "What it says is no longer how it stands."
    page = await otto.page("/messages?state=dead")
    assert " checked" in page.partition("</table>")[0]
    assert moved not in page
    one = incident((await store.desk.delivery(old)).incident_id)
    called_off = replace(one, status=Status.REVERSED)
    await store.ledger.keep(Step(NOON, incidents=[called_off]))
    page = await otto.page("/messages?state=dead")
    assert moved in page
    assert f'value="{old}"' in page
    assert " checked" not in page.partition("</table>")[0]
    page = await otto.page(f"/messages/{old}")
    assert moved in page
    assert page.index("Send how it stands now") < page.index("Send the old words")
    answer = await otto.post("/messages/retry", key=old, back="message", words="old")
    assert answer.headers["location"] == f"/messages/{old}?done=retried"
    assert "held back until now: it could not be delivered." in await otto.page(f"/messages/{old}")


async def test_what_moved_on_goes_out_as_it_stands_now_unless_the_old_words_are_asked_for(settings, store):
    seller = Seller("anna", "Anna", "EUR", (Position("TikTok Music", "DE", *map(Decimal, (80, 1200, 0, 0))),))
    settings = replace(settings, sellers=(seller,), targets=(Target("mail-anna", "mail", "anna@example"),))
    await store.ledger.keep(Step(NOON, incidents=[incident()], told=[told()], deliveries=[delivery("one")]))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, GONE, DeliveryState.DEAD, NOON, NOON)
    await store.ledger.keep(Step(NOON, incidents=[replace(incident(revision=2), status=Status.REVERSED)]))
    async with desk_of(store, settings) as made:
        otto = made()
        await otto.log_in("otto")
        answer = await otto.post("/messages/retry", key="one", back="message")
        key, done = answer.headers["location"].removeprefix("/messages/").split("?done=")
        new = await store.desk.delivery(key)
        assert (done, new.reason, new.state) == ("restated", Reason.ALL_CLEAR, DeliveryState.PENDING)
        page = await otto.page(answer.headers["location"])
        assert "goes out as it stands now" in page
        assert "all clear" in page
        assert f'href="/messages/{key}"' in await otto.page("/messages/one")


async def test_a_viewer_neither_retries_nor_silences(desk, store):
    vera = desk()
    await vera.log_in("vera")
    key = await keyed(store, DeliveryState.DEAD)
    for path in ("/messages/retry", "/messages/silences", "/messages/silences/x/end"):
        assert (await vera.post(path, key=key, everything="1", span="1d")).status_code == 403
    assert (await store.desk.delivery(key)).state is DeliveryState.DEAD
    assert await store.ledger.silences(NOW) == []


async def test_a_silence_is_made_and_ended_and_both_are_on_record(desk, store):
    otto = desk()
    await otto.log_in("otto")
    asked = {"platform": "tiktok shop", "event": "policy", "country": "de", "span": "3d", "note": "<b>busy</b>"}
    answer = await otto.post("/messages/silences", **asked)
    assert answer.headers["location"] == "/messages/silences?done=silenced"
    await otto.post("/messages/silences", **asked)  # pressed twice
    (silence,) = await store.ledger.silences(NOW)
    assert (silence.who, silence.until, silence.countries) == ("otto", NOW + timedelta(days=3), ("DE",))
    assert silence.platforms == ("TikTok Shop",)
    page = await otto.page("/messages/silences")
    assert "change of seller terms, TikTok Shop, Germany" in page
    assert "&lt;b&gt;busy&lt;/b&gt;" in page
    answer = await otto.post(f"/messages/silences/{silence.id}/end")
    assert answer.headers["location"] == "/messages/silences?done=ended"
    assert await store.ledger.silences(NOW) == []
    assert {record.did for _, record in await store.people.records(who="otto")} >= {"silence.add", "silence.end"}
    assert (await otto.post(f"/messages/silences/{silence.id}/end")).status_code == 422


REFUSED = (
    ({"span": "1d"}, "Say what is to be silent."),
    ({"everything": "1"}, "Say how long it is to be silent."),
    ({"everything": "1", "span": "9999w"}, "within 366 days"),
    ({"everything": "1", "until": "2024-13-01"}, "2024-13-01 is no day."),
    ({"everything": "1", "until": "2024-10-01"}, "It must end after now"),
    ({"platform": "no such shop", "span": "1d"}, "No platform is called no such shop."),
    ({"country": "Germany", "span": "1d"}, "Germany is no country code"),
    ({"event": "rain", "span": "1d"}, "There is no such kind of event."),
    ({"target": "nobody", "span": "1d"}, "There is no target nobody."),
)


async def test_a_silence_that_makes_no_sense_is_refused_with_the_reason(desk, store):
    otto = desk()
    await otto.log_in("otto")
    for wish, why in REFUSED:
        answer = await otto.post("/messages/silences", **wish)
        assert answer.status_code == 422
        assert why in answer.text
    assert await store.ledger.silences(NOW) == []


async def test_programs_read_and_do_the_same(desk, store):
    otto = desk()
    await otto.log_in("otto")
    token = (await otto.page("/")).partition('data-csrf="')[2].partition('"')[0]
    head = {"X-CSRF-Token": token}
    listed = (await otto.client.get("/api/v1/messages", params={"limit": 2})).json()
    assert len(listed["messages"]) == 2
    rest = (await otto.client.get("/api/v1/messages", params={"after": listed["next"]})).json()
    assert (len(rest["messages"]), rest["next"]) == (1, "")
    key = await keyed(store, DeliveryState.DEAD)
    assert "550" in (await otto.client.get(f"/api/v1/messages/{key}")).text
    assert (await otto.client.post(f"/api/v1/messages/{key}/retry", headers=head)).json() == {"retried": [key]}
    assert (await otto.client.post(f"/api/v1/messages/{key}/retry", headers=head)).status_code == 409
    made = await otto.client.post("/api/v1/silences", headers=head, json={"country": "DE", "span": "4h"})
    assert made.status_code == 201
    (one,) = (await otto.client.get("/api/v1/silences")).json()["silences"]
    assert one["id"] == made.json()["id"]
    assert (await otto.client.post(f"/api/v1/silences/{one['id']}/end", headers=head)).status_code == 200
