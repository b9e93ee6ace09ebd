"""What people do to incidents at the desk: each act once, by whoever may, on record, and refused in words."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from incident_given import AT, document, papers, publish, spans, tell, word, world
from rooms_given import NOW, desk_of

from monitor.domain.rulings import ActKind

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Room:
    """A desk with an operator at it."""

    def __init__(self, store, settings) -> None:
        self.store, self.settings, self.count = store, settings, 0
        self.at = NOW

    def now(self):
        """Every look at the clock is a moment later: no two acts are of one instant."""
        self.at += timedelta(milliseconds=1)
        return self.at

    async def sits(self, browsers) -> None:
        self.browsers, self.otto = browsers, browsers()
        await self.otto.log_in("otto")
        page = await self.otto.page("/account")
        self.token = page.partition('data-csrf="')[2].partition('"')[0]

    async def incident(self, *, told: bool = True):
        """Another one."""
        self.count += 1
        incident = await publish(self.store, papers(self.count * 10), f"story-{self.count}")
        if told:
            await tell(self.store, self.settings, incident)
        return incident

    async def does(self, incident, act: str, **fields: object):
        fields = {"csrf": self.token} | fields
        return await self.otto.client.post(f"/incidents/{incident.id}/{act}", data=fields)

    async def acts(self, incident):
        return await self.store.desk.acts(incident.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory):
    store, settings, _ = await world(tmp_path_factory.mktemp("acts"))
    made = Room(store, settings)
    async with desk_of(store, settings, made.now) as browsers:
        await made.sits(browsers)
        yield made
    await store.database.close()


async def test_whoever_takes_it_on_is_seen_by_all_and_a_second_press_does_nothing(room):
    incident = await room.incident()
    answer = await room.does(incident, "take")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{incident.id}?done=take")
    assert (await room.does(incident, "take")).status_code == 303
    (act,) = await room.acts(incident)
    assert (act.kind, act.who) == (ActKind.TAKE, "otto")
    page = await room.otto.page(f"/incidents/{incident.id}?done=take")
    assert "otto sees to it" in page
    assert '<p class="flash" role="status">You see to it</p>' in page
    records = [one for _, one in await room.store.people.records(subject=incident.id)]
    assert [(one.who, one.via, one.did) for one in records] == [("otto", "password", "incident.take")]
    assert records[0].address == "127.0.0.1"


async def test_two_who_press_at_once_leave_one_act(room):
    incident = await room.incident()
    answers = await asyncio.gather(*(room.does(incident, "close", note="sold") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert [act.kind for act in await room.acts(incident)] == [ActKind.CLOSE]
    records = await room.store.people.records(subject=incident.id)
    assert [one.did for _, one in records] == ["incident.close"]


async def test_a_viewer_sees_no_buttons_and_may_not_act(room):
    incident = await room.incident(told=False)
    vera = room.browsers()
    await vera.log_in("vera")
    page = await vera.page(f"/incidents/{incident.id}")
    assert "/take" not in page
    assert (await vera.post(f"/incidents/{incident.id}/take")).status_code == 403
    assert (await vera.client.get(f"/incidents/{incident.id}/arrange")).status_code == 403
    assert not await room.acts(incident)


async def test_a_step_is_ticked_off_for_one_desk_and_taken_back(room):
    incident = await room.incident()
    what = {"subject": "deadline:data_export:2024-10-28", "seller": "acme"}
    assert (await room.does(incident, "done", **what, note="<b>all</b>")).headers["location"].endswith("?done=done")
    page = await room.otto.page(f"/incidents/{incident.id}?seller=acme")
    assert "Done by otto on 30 Oct 2024, 12:00 (UTC)." in page
    assert "&lt;b&gt;all&lt;/b&gt;" in page
    assert "1 of 11 done" in page
    other = await room.otto.page(f"/incidents/{incident.id}?seller=zeta")
    assert "0 of 11 done" in other
    assert (await room.does(incident, "undone", **what)).status_code == 303
    assert "Done by otto" not in await room.otto.page(f"/incidents/{incident.id}?seller=acme")


async def test_what_cannot_be_done_says_why_on_the_page_itself(room):
    incident = await room.incident(told=False)
    for act, fields, why in (
        ("done", {"subject": "step:fly-to-the-moon", "seller": "acme"}, "is neither a deadline nor a step"),
        ("reopen", {}, "is not closed"),
        ("not-for-us", {}, "say for which seller: acme, zeta"),
        ("not-for-us", {"seller": "<i>nobody"}, "There is no seller &lt;i&gt;nobody."),
        ("merge", {"other": "zzz"}, "No incident, or several, have an id that begins with zzz."),
        ("split", {"document": "nothing"}, "is no document of"),
        ("silence", {}, "Say how long it is to be silent."),
        ("silence", {"until": "2024-13-45"}, "2024-13-45 is no day."),
        ("silence", {"until": "2020-01-01"}, "It must end after now, and within 366 days."),
    ):
        answer = await room.does(incident, act, **fields)
        assert answer.status_code == 409, (act, fields)
        assert '<p class="complaint" role="alert">' in answer.text
        assert why in answer.text.replace("&#39;", "'"), (act, fields)
    assert (await room.does(incident, "explode")).status_code == 422
    assert (await room.otto.client.post("/incidents/nobody/take", data={"csrf": room.token})).status_code == 404
    assert not await room.store.people.records(subject=incident.id)


async def test_not_for_one_seller_is_still_for_the_other_and_may_be_again(room):
    incident = await room.incident()
    await room.does(incident, "not-for-us", seller="acme", note="sold the shop")
    page = await room.otto.page(f"/incidents/{incident.id}?seller=acme")
    said = page.partition('<div class="notice"><p>Somebody said that this does not concern Acme Trading')[2]
    assert f'action="/incidents/{incident.id}/for-us"' in said.partition("</div>")[0], "the way back, in the same box"
    assert "otto said that it does not concern them" in page
    assert "said that it does not concern them (Acme Trading)" in await room.otto.page(f"/incidents/{incident.id}")
    assert 'id="not-for-us"' not in page, "it is not asked again"
    other = await room.otto.page(f"/incidents/{incident.id}?seller=zeta")
    assert "Somebody said" not in other
    assert "nobody yet" in other
    assert 'id="not-for-us"' in other
    await room.does(incident, "for-us", seller="acme")
    assert "Somebody said" not in await room.otto.page(f"/incidents/{incident.id}?seller=acme")


async def test_a_false_alarm_is_closed_for_all_and_may_be_opened_again(room):
    incident = await room.incident()
    await room.does(incident, "false-alarm", note="a hoax")
    page = await room.otto.page(f"/incidents/{incident.id}")
    assert "A false alarm, says otto: nothing of the kind happens." in page
    assert "It is over: nothing is left to do." in page
    await room.does(incident, "reopen")
    assert "Take it on" in await room.otto.page(f"/incidents/{incident.id}")


async def test_two_that_are_one_event_are_merged_and_taken_apart_again(room):
    first, second = await room.incident(told=False), await room.incident(told=False)
    table = await room.otto.page(f"/incidents/{first.id}/arrange")
    assert f'value="{second.id}"' in table, "those that are like it are offered"
    answer = await room.does(first, "merge", other=second.id)
    home = place_of(answer)
    whole = await room.store.desk.incident(home)
    documents = {item.document_id for item in whole.evidence}
    leaving = [item.document_id for item in second.evidence]
    assert documents.issuperset([*leaving, *(item.document_id for item in first.evidence)])
    for old in {first.id, second.id} - {home}:
        gone = await room.otto.client.get(f"/incidents/{old}")
        assert gone.headers["location"] == f"/incidents/{home}", "an old address leads to where it went"
    again = await room.does(first, "merge", other=second.id)
    assert place_of(again) == home, "a second press"
    apart = await room.store.desk.incident(place_of(await room.does(whole, "split", document=leaving)))
    assert {item.document_id for item in apart.evidence} == set(leaving)
    kinds = [act.kind for act in await room.acts(whole)]
    assert (kinds.count(ActKind.MERGE), kinds.count(ActKind.SPLIT)) == (1, 1)


def place_of(answer) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


async def test_a_silence_begins_once_holds_its_scope_and_ends_when_it_is_ended(room):
    incident = await room.incident()
    page = await room.otto.page(f"/incidents/{incident.id}")
    once = page.partition('name="once" value="')[2].partition('"')[0]
    wish = {"scope": "both", "span": "3d", "once": once, "note": "we know"}
    await asyncio.gather(*(room.does(incident, "silence", **wish) for _ in range(3)))
    await room.does(incident, "silence", **wish)
    (silence,) = await room.store.ledger.silences(room.at)
    assert [one.did for _, one in await room.store.people.records(subject=incident.id)] == ["incident.silence"]
    assert (silence.platforms, silence.events, silence.incident_id) == (("TikTok Shop",), (incident.event_type,), "")
    assert timedelta(days=3) - (silence.until - room.at) < timedelta(seconds=1)
    assert (silence.who, silence.note) == ("otto", "we know")
    shown = await room.otto.page(f"/incidents/{incident.id}")
    assert "Silent until 2 Nov 2024, 12:00 (UTC), by otto: shutdown, TikTok Shop" in shown
    await room.does(incident, "unsilence", subject=silence.id)
    assert not await room.store.ledger.silences(room.at)
    await room.does(incident, "silence", until="2024-11-01", once="another")
    (silence,) = await room.store.ledger.silences(room.at)
    assert (silence.incident_id, silence.until.isoformat()) == (incident.id, "2024-11-02T00:00:00+00:00")


async def test_programs_act_by_the_same_rules(room):
    incident = await room.incident()
    headers = {"X-CSRF-Token": room.token}
    asked = {"act": "ack", "note": "seen"}
    path = f"/api/v1/incidents/{incident.id}/acts"
    first = await room.otto.client.post(path, json=asked, headers=headers)
    again = await room.otto.client.post(path, json=asked, headers=headers)
    assert first.json() == {"incident_id": incident.id, "act": "ack", "again": False}
    assert again.json()["again"] is True
    refused = await room.otto.client.post(path, json={"act": "reopen"}, headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (409, "That cannot be done")
    assert (await room.otto.client.post(path, json=asked)).status_code == 403, "no token of a page"
    odd = ('"merge","other":"\\ud800\\u0000"', '"done","subject":"\\ud800"', '"split","documents":["\\u0000"]')
    for body in odd:
        json_headers = headers | {"Content-Type": "application/json"}
        answer = await room.otto.client.post(path, content=f'{{"act":{body}}}', headers=json_headers)
        assert answer.status_code in (409, 422), (body, answer.text)
    assert (await room.otto.client.get("/incidents/%00%ff")).status_code == 404


async def test_the_only_document_is_not_split_and_what_names_no_platform_has_none_to_silence(room):
    one = document(990, "A rule for parcels", "The parcel rule begins in May.", "en", AT)
    said = word(one, "Customs", "regulator", "proposed", "2025-05-01", spans(one.text, event="begins"))
    said = replace(said, signal=replace(said.signal, platforms=()))
    incident = await publish(room.store, [(one, said)], "bare")
    assert "there is nothing to split" in await room.otto.page(f"/incidents/{incident.id}/arrange")
    answer = await room.does(incident, "silence", scope="platform", span="1d")
    assert "It names no platform" in answer.text
