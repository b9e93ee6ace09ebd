"""Incidents in the store: found by their keys, moved part by part, merged with what was told; acts and rulings."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text, update
from store_examples import IN_DOUBT, LEASE, MINUTE, NOON, REFUSED, SENT, delivery, incident, told

from monitor.domain.alerts import DeliveryState
from monitor.domain.blocking import keys, kinship
from monitor.domain.deadlines import PartialDate
from monitor.domain.errors import ConflictError
from monitor.domain.incidents import Change, ChangeKind, Closure
from monitor.domain.platforms import Platform
from monitor.domain.rulings import Act, ActKind, Ruling, RulingKind
from monitor.domain.signals import EventType
from monitor.steps import Step
from monitor.store import codec, incident_rows, schema
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.incidents import SqlIncidents
from monitor.store.ledger import SqlLedger
from monitor.store.tables import incident_evidence, incidents

DAY = timedelta(days=1)


def on(platform, id="incident-a", revision=1, documents=("document-0001",), **more):
    """An incident whose evidence, one piece a document, names that platform."""
    one = incident(id, revision)
    said = replace(one.evidence[0].signal, platforms=(platform,))
    texts = [replace(one.evidence[0], document_id=document, signal=said) for document in documents]
    return replace(one, evidence=tuple(texts), **more)


def keys_of(*some):
    return frozenset(key for one in some for item in one.evidence for key in keys(item, {}))


async def test_an_incident_is_found_by_a_key_of_any_of_its_evidence_and_by_its_documents(store):
    xiami, shopee = on("Xiami"), on("Shopee", "incident-b", documents=["document-0002"])
    await store.ledger.keep(Step(NOON, incidents=[xiami, shopee]))
    alone = keys_of(xiami) - keys_of(shopee)
    assert alone
    assert await store.ledger.incidents_near(alone, (), NOON) == [xiami]
    assert await store.ledger.incidents_near((), ["document-0002"], NOON) == [shopee]
    assert await store.ledger.incidents_near(keys_of(xiami, shopee), ["document-0001"], NOON) == [xiami, shopee]
    assert await store.ledger.incidents_near(["no such key"], ["no such document"], NOON) == []
    assert await store.ledger.incidents(["incident-b", "nothing", "incident-a"]) == [shopee, xiami]
    assert await store.ledger.open_ids(NOON) == ["incident-a", "incident-b"]


async def test_evidence_that_leaves_takes_its_keys_along_and_one_that_is_edited_gets_new_ones(store):
    first = on("Xiami", documents=["document-0001", "document-0002"])
    await store.ledger.keep(Step(NOON, incidents=[first]))
    other = on("Shopee", documents=["document-0002"]).evidence
    edited = replace(first, revision=2, evidence=(first.evidence[0], *other))
    await store.ledger.keep(Step(NOON, incidents=[edited]))
    shopee = keys_of(replace(edited, evidence=other)) - keys_of(first)
    assert await store.ledger.incidents_near(shopee, (), NOON) == [edited]
    less = replace(edited, revision=3, evidence=edited.evidence[:1])
    await store.ledger.keep(Step(NOON, incidents=[less]))
    assert await store.ledger.incidents_near(shopee, (), NOON) == []
    assert await store.ledger.incidents_near(keys_of(less), ["document-0002"], NOON) == [less]
    assert await store.ledger.incidents_near((), ["document-0002"], NOON) == []


async def test_whose_words_evidence_turns_out_to_print_is_kept_although_nothing_else_of_it_changed(database):
    ledger, first = SqlLedger(database), on("Xiami")
    await ledger.keep(Step(NOON, incidents=[first]))
    printed = tuple(replace(item, author="an agency") for item in first.evidence)
    await ledger.keep(Step(NOON, incidents=[replace(first, revision=2, evidence=printed)]))
    (kept,) = await SqlLedger(database).incidents_near((), ["document-0001"], NOON)  # one that remembers nothing
    assert [item.author for item in kept.evidence] == ["an agency"]


async def test_an_incident_that_is_long_past_is_near_to_nothing_but_still_holds_its_documents(store):
    old = on("Xiami", updated_at=NOON - 500 * DAY, effective_date=PartialDate("2020"), deadlines=())
    await store.ledger.keep(Step(NOON, incidents=[old]))
    assert await store.ledger.incidents_near(keys_of(old), (), NOON) == []
    assert await store.ledger.incidents_near((), ["document-0001"], NOON) == [old]


async def test_history_is_appended_and_a_history_written_over_is_the_new_one(store):
    first = incident()
    more = tuple(Change(ChangeKind.EVIDENCE, NOON + n * MINUTE, "1", "2", f"d{n}", "more") for n in range(3))
    grown = replace(first, revision=2, history=(*first.history, *more))
    shorter = replace(first, revision=3, history=(*first.history, more[0], replace(more[1], why="otherwise")))
    for one in (first, grown, shorter):
        await store.ledger.keep(Step(NOON, incidents=[one]))
        assert await store.ledger.open_incidents(NOON) == [one]


def merged(survivor="incident-a", gone="incident-b"):
    whole = on("Xiami", survivor, 2, documents=["document-0001", "document-0002"])
    return [whole, replace(incident(gone, 2), evidence=(), deadlines=(), merged_into=survivor)]


async def test_an_incident_that_went_into_another_is_no_more_open_and_its_deliveries_go_with_it(store):
    both = [on("Xiami"), on("Xiami", "incident-b", documents=["document-0002"])]
    sent = [delivery("to-anna", "incident-b"), delivery("to-bob", "incident-b", "mail-bob", seller_id="bob")]
    await store.ledger.keep(Step(NOON, incidents=both, told=[told("incident-b")], deliveries=sent))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON + MINUTE, NOON)
    step = Step(NOON, incidents=merged(), told=[told()], untold=[("incident-b", "anna")])
    await store.ledger.keep(step)
    assert await store.ledger.open_ids(NOON) == ["incident-a"]
    assert await store.ledger.incidents_near((), ["document-0002"], NOON) == [merged()[0]]
    assert [one.merged_into for one in await store.ledger.incidents(["incident-b"])] == ["incident-a"]
    assert await store.ledger.told(["incident-a", "incident-b"]) == [told()]
    lines = [(await store.outbox.claim_delivery(NOON + 2 * MINUTE, LEASE)).item.incident_id for _ in range(2)]
    assert lines == ["incident-a", "incident-a"]


async def test_what_nobody_heard_is_what_was_never_tried_for_any_target(store):
    two = [delivery("to-anna", target="mail-anna"), delivery("to-slack", target="slack-anna")]
    await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=two))
    assert {one.key for one in await store.ledger.unheard(["incident-a", "incident-b"])} == {"to-anna", "to-slack"}
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert await store.ledger.unheard(["incident-a"]) == [], "one target heard it: the other shall, too"


async def test_a_delivery_that_is_withdrawn_goes_to_nobody_and_one_under_way_cannot_be(store):
    await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[delivery()]))
    await store.ledger.keep(Step(NOON, withdrawn=["delivery-1"]))
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    await store.ledger.keep(Step(NOON, deliveries=[delivery("delivery-2")]))
    assert await store.outbox.claim_delivery(NOON, LEASE)
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON, incidents=[incident(revision=2)], withdrawn=["delivery-2"]))
    assert [one.revision for one in await store.ledger.open_incidents(NOON)] == [1]


async def test_what_waits_for_its_retry_is_withdrawn_and_the_word_can_be_said_again(store):
    await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[delivery()]))
    for number in (1, 2):
        claim = await store.outbox.claim_delivery(NOON, LEASE)
        assert (claim.item.key, claim.tries) == ("delivery-1", 1)
        await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON, NOON)
        await store.ledger.keep(Step(NOON, withdrawn=["delivery-1"]))
        assert await store.outbox.claim_delivery(NOON, LEASE) is None
        await store.ledger.keep(Step(NOON, deliveries=[delivery(why=f"you sell there, said {number} times before")]))
    said = await store.ledger.spoken("incident-a")
    assert [(one.state, one.attempts) for one in said] == [
        (DeliveryState.SUPERSEDED, 1),
        (DeliveryState.SUPERSEDED, 1),
        (DeliveryState.PENDING, 0),
    ]
    assert await store.ledger.spoken("incident-b") == []


@pytest.mark.parametrize(
    ("end", "state"), [(IN_DOUBT, DeliveryState.UNKNOWN), (SENT, DeliveryState.SENT)], ids=["in doubt", "sent"]
)
async def test_what_was_sent_or_may_have_been_cannot_be_withdrawn(store, end, state):
    await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[delivery()]))
    await store.outbox.settle(await store.outbox.claim_delivery(NOON, LEASE), end, state, NOON, NOON)
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON, withdrawn=["delivery-1"]))
    assert [one.state for one in await store.ledger.spoken("incident-a")] == [state]


def act(id="act-1", incident_id="incident-a", kind=ActKind.DONE, at=NOON):
    return Act(id, incident_id, kind, at, "anna", "deadline:refund:2024-10-28", "“done” 完成", "acme")


async def test_acts_are_kept_for_ever_and_follow_an_incident_into_another(store):
    both = [on("Xiami"), on("Xiami", "incident-b", documents=["document-0002"])]
    first, second = act(), act("act-2", "incident-b", at=NOON - MINUTE)
    await store.ledger.keep(Step(NOON, incidents=both, acts=[first]))
    await store.ledger.keep(Step(NOON, acts=[second, replace(first, who="somebody else")]))
    assert await store.ledger.acts("incident-a") == [first]
    await store.ledger.keep(Step(NOON, incidents=merged()))
    assert await store.ledger.acts("incident-a") == [second, first]
    assert await store.ledger.acts("nothing") == []


async def test_rulings_are_found_by_any_evidence_that_they_speak_of(store):
    evidence = [(f"document-{no}", no % 2) for no in range(6)]
    apart = Ruling("r2", RulingKind.APART, NOON, "anna", (evidence[0],), (evidence[1], evidence[2]))
    same = Ruling("r1", RulingKind.SAME, NOON - MINUTE, "bob", (evidence[2],), (evidence[3],))
    assert list(await store.ledger.rulings(evidence)) == []
    await store.ledger.keep(Step(NOON, rulings=[apart, same]))
    await store.ledger.keep(Step(NOON, rulings=[same]))
    assert list(await store.ledger.rulings([evidence[2], evidence[4]])) == [same, apart]
    assert list(await store.ledger.rulings([evidence[1]])) == [apart]
    assert list(await store.ledger.rulings([("document-1", 0)])) == [], "another signal of the same document"


# the databases alone


async def test_one_more_document_on_a_great_event_costs_one_more_row(sql, database):
    documents = [f"d{no:04}" for no in range(500)]
    great = on("Xiami", documents=documents)
    await sql.ledger.keep(Step(NOON, incidents=[great]))
    await database.write(lambda connection: connection.execute(update(incident_evidence).values(value="untouched")))
    more = on("Xiami", revision=2, documents=[*documents, "new"])
    grown = replace(more, evidence=(*great.evidence, more.evidence[-1]))
    await sql.ledger.keep(Step(NOON, incidents=[grown]))

    async def rows(connection):
        kept = await connection.execute(incident_evidence.select().where(incident_evidence.c.value != "untouched"))
        return [row.document_id for row in kept]

    assert await database.read(rows) == ["new"]


async def test_keys_are_made_anew_when_a_name_turns_out_to_be_a_word(database):
    name = Platform("Shopify", "shopify", "Shopify", "store-builder", ())
    ledger = SqlLedger(database, kinship([replace(name, ambiguous=("Shopify",))]))
    scripts, whole = on("Shopify Scripts"), keys_of(on("Shopify"))
    await ledger.keep(Step(NOON, incidents=[scripts]))
    assert await ledger.incidents_near(whole - keys_of(scripts), (), NOON) == []
    ledger.configure(kinship([name]))
    assert await ledger.rekey() == 1
    assert await ledger.incidents_near(whole - keys_of(scripts), (), NOON) == [scripts]


async def test_keys_are_made_anew_when_the_platforms_are_others(database):
    ledger = SqlLedger(database)
    child = on("TikTok Shop")
    await ledger.keep(Step(NOON, incidents=[child]))
    parent = keys_of(on("TikTok")) - keys_of(child)
    assert await ledger.rekey() == 0
    assert await ledger.incidents_near(parent, (), NOON) == []
    ledger.configure({"tiktok shop": {"tiktok"}})
    assert await ledger.rekey() == 1
    assert await ledger.incidents_near(parent, (), NOON) == [child]
    assert await ledger.rekey() == 0


async def test_daemons_with_other_platforms_that_make_keys_at_one_moment_both_come_to_an_end(database):
    here, there = SqlLedger(database), SqlLedger(database, {"tiktok shop": {"tiktok"}})
    events = [
        on(name, f"incident-{name}", documents=[f"document-{name}"]) for name in ("TikTok Shop", "Xiami", "Shopee")
    ]
    await here.keep(Step(NOON, incidents=events))
    kept, turns = incident_rows.keep_keys, []

    async def other(connection, *rest):
        """While one goes over them, the other makes one of its own again."""
        turns.append(None)
        assert len(turns) < 20, "they would take turns for ever"
        await kept(connection, *rest)
        first = min(one.id for one in events)
        await connection.execute(incidents.update().where(incidents.c.id == first).values(keyed_by=here.scheme))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.store.incidents.keep_keys", other)
        patch.setattr("monitor.store.incidents.BATCH", 1)
        assert await there.rekey() == 3
    assert await there.rekey() in (0, 1)


async def test_an_incident_that_somebody_else_moved_meanwhile_is_not_taken_from_memory(database):
    here, there = SqlLedger(database), SqlLedger(database)
    await here.keep(Step(NOON, incidents=[on("Xiami")]))
    await there.keep(Step(NOON, incidents=[on("Xiami", revision=2, documents=["document-0001", "document-0002"])]))
    with pytest.raises(ConflictError):
        await here.keep(Step(NOON, incidents=[on("Xiami", revision=2)]))
    (seen,) = await here.incidents_near((), ["document-0002"], NOON)
    assert (seen.revision, len(seen.evidence)) == (2, 2)


async def test_evidence_that_cannot_be_read_costs_its_incident_alone(sql, database, caplog):
    await sql.ledger.keep(Step(NOON, incidents=[incident("incident-a"), incident("incident-b")]))
    spoiled = update(incident_evidence).where(incident_evidence.c.incident_id == "incident-a").values(value="{}")
    await database.write(lambda connection: connection.execute(spoiled))
    for _ in range(3):
        fresh = SqlLedger(database)
        assert [one.id for one in await fresh.open_incidents(NOON)] == ["incident-b"]
    assert [one.id for one in await SqlDesk(database).incidents()] == ["incident-b"]


async def test_the_desk_lists_what_stands_and_follows_what_went_into_another(sql, desk):
    closed = replace(incident("closed"), closed=Closure(NOON, "anna"))
    since = Change(ChangeKind.EVIDENCE, NOON + MINUTE, "1", "2", "d2", "more")
    talked = replace(closed, id="talked", history=(*closed.history, since))
    both = [on("Xiami"), on("Xiami", "incident-b", documents=["document-0002"])]
    await sql.ledger.keep(Step(NOON, incidents=[*both, closed, talked], acts=[act(incident_id="incident-b")]))
    await sql.ledger.keep(Step(NOON, incidents=merged()))
    assert {one.id for one in await desk.incidents()} == {"incident-a", "talked"}
    assert {one.id for one in await desk.incidents(include_closed=True)} == {"incident-a", "talked", "closed"}
    assert (await desk.incident("incident-b")).id == "incident-a"
    assert {id: [one.id for one in done] for id, done in (await desk.done()).items()} == {"incident-a": ["act-1"]}


async def test_open_incidents_are_counted_by_event_and_rung_and_seen_without_their_evidence(sql):
    ledger: SqlIncidents = sql.ledger
    ban = replace(incident("ban", at=NOON - 8 * DAY), event_type=EventType.BAN)
    await ledger.keep(Step(NOON, incidents=[incident("a"), incident("b"), ban]))
    rung = ban.status
    assert await ledger.open_events(NOON) == {(EventType.SHUTDOWN, rung): 2, (EventType.BAN, rung): 1}
    assert {one.id: one.evidence for one in await ledger.heads(NOON - 7 * DAY)} == {"a": (), "b": ()}


async def test_incidents_that_were_kept_whole_are_taken_apart_by_the_migration(tmp_path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    old = on("Xiami", documents=["document-0001", "document-0002"])
    with engine.begin() as connection:
        schema.migrate(connection, "0005")
        for id, value in ((old.id, codec.dump(old)), ("broken", "{}")):
            connection.execute(
                text("INSERT INTO incidents VALUES (:id, 1, 'confirmed', :at, NULL, :value)"),
                {"id": id, "at": 1_727_179_200_000_000, "value": value},
            )
    engine.dispose()
    database = await Database.open(f"sqlite:///{path}")
    ledger = SqlLedger(database)
    assert await ledger.incidents([old.id]) == [old]
    assert await ledger.incidents_near(keys_of(old), (), NOON) == [], "its keys are not made yet"
    await ledger.rekey()
    assert await ledger.incidents_near(keys_of(old), (), NOON) == [old]
    kept = await database.read(lambda c: c.scalar(incidents.select().with_only_columns(incidents.c.event_type)))
    assert kept in ("shutdown", "")
    await database.close()
