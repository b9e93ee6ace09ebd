from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_examples import LEASE, NOON, assessment, capture, delivery, document, incident, look, state, told

from monitor.domain.documents import Document
from monitor.steps import Step
from monitor.store import codec

VALUES = [document(), incident(), assessment(), told(), state(), look(), delivery().message, delivery()]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_that_is_kept_comes_back_equal(value):
    assert codec.load(type(value), codec.dump(value)) == value


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.datetimes())
def test_any_text_and_any_moment_survive(text, moment):
    value = replace(document(), title=text, published=moment.replace(tzinfo=NOON.tzinfo))
    assert codec.load(Document, codec.dump(value)) == value


@pytest.mark.parametrize("poison", ["\0", "\ud800"])
def test_text_that_no_database_holds_is_refused_with_the_name_of_its_field(poison):
    with pytest.raises(ValueError, match=r"Document\.title holds U\+"):
        codec.dump(replace(document(), title=f"a{poison}b"))
    with pytest.raises(ValueError, match=r"Incident\.evidence\[0\]\.url"):
        codec.dump(replace(incident(), evidence=(replace(incident().evidence[0], url=poison),)))
    with pytest.raises(ValueError, match=r"captures\.url"):
        codec.row("captures", url=poison)


async def test_a_step_with_such_text_keeps_nothing(sql):
    with pytest.raises(ValueError, match=r"Document\.text"):
        await sql.ledger.keep(Step(NOON, incidents=[incident()], documents=[document(text="a\0b")]))
    assert await sql.ledger.open_incidents(NOON) == []
    with pytest.raises(ValueError, match=r"captures\.content_type"):
        await sql.inbox.looked(look(), state(), replace(capture(), content_type="text/\0"))
    assert await sql.inbox.sources() == {}


async def test_a_moment_without_a_time_zone_is_refused(sql):
    with pytest.raises(ValueError, match="no time zone"):
        await sql.inbox.claim(datetime(2024, 9, 24), LEASE)  # noqa: DTZ001


def test_what_was_kept_before_a_field_existed_is_read_with_its_default():
    newer = frozenset(
        {"agency", "sketch", "author", "gist", "conflicts", "question", "closed", "merged_into"}
        | {"zone", "actor", "certainty", "asked"}
    )
    for value in (incident(), told()):
        assert codec.load(type(value), codec.dump(value, without=newer)) == value
