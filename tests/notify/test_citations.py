"""Who says so, in whose words."""

from dataclasses import replace

import pytest
from given import evidence

from monitor.domain.signals import Span
from monitor.notify.citations import deciding_quote

EVENT = Span("title", 0, 9, "Zuvia out", "event:shutdown")
STATUS = Span("text", 0, 32, "is going to be closed for good on", "status:confirmed")
DATE = Span("text", 40, 70, "the thirtieth of June, noon, local time", "date:2025-06-30")


@pytest.mark.parametrize(
    ("spans", "quote"),
    [
        ((EVENT, STATUS, DATE), "Zuvia out"),
        ((DATE, STATUS, EVENT), "Zuvia out"),
        ((DATE, STATUS), STATUS.quote),
        ((DATE,), DATE.quote),
        ((), ""),
    ],
)
def test_the_words_for_the_event_are_quoted_before_longer_ones_for_anything_else(spans, quote):
    word = evidence("word")
    assert deciding_quote(replace(word, signal=replace(word.signal, spans=spans))) == quote
