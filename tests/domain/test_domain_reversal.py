"""After a reversal an incident speaks of it: who called it off, since when, and the date that no longer holds."""

import pytest
from given import day, evidence, incident

from monitor.domain.assembly import assemble
from monitor.domain.reversal import reversal

BAN = evidence("a", authority="regulator", date="2024-11-28", title="The ban will come")


def test_what_stands_was_not_called_off() -> None:
    assert reversal(incident(BAN)) is None


@pytest.mark.parametrize(
    ("said", "gone", "instead"),
    [(None, "2024-11-28", None), ("2024-11-28", "2024-11-28", None), ("2025-02-01", "2024-11-28", "2025-02-01")],
)
def test_the_old_date_is_the_one_that_was_denied(said: str | None, gone: str, instead: str | None) -> None:
    off = evidence("b", "reversed", authority="court", by="Court", date=said, at=day(3), title="The ban is lifted")
    one = incident(BAN, off, evidence("c", "reversed", by="Paper", at=day(4)))
    found = reversal(one)
    assert found is not None
    assert (found.who, found.since) == (("Court", "Paper"), day(3).date())
    assert (str(found.gone), str(found.instead)) == (gone, str(instead))
    assert one.headline == "The ban is lifted"


def test_what_its_only_source_took_back_nobody_denies() -> None:
    found = reversal(assemble("i1", [], incident(BAN), day(1), "a"))
    assert found is not None
    assert (found.who, found.since, str(found.gone)) == ((), None, "2024-11-28")
