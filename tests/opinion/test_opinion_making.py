"""With the real analyst in its thread: the event that only the oracle saw has our reading's platforms and places."""

from dataclasses import replace

from oracles import YES, Desk, asks, completion, document_of, source_of

from monitor.domain.opinions import Weighing
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.understand.analyst import Analyst
from monitor.understand.model import Model
from monitor.understand.threaded import ThreadedAnalyst

TITLE = "Shopee and Poland"
TEXT = "Some sellers wonder whether Shopee might rethink its Polish shop one day."
PLATFORMS = (Platform("Shopee", "shopee", "Sea", "marketplace", ()),)


async def test_the_made_event_is_read_by_our_own_analyst_and_quotes_the_document(desk: Desk):
    model = Model.load()
    doubtful = Analyst(PLATFORMS, replace(model, admitted=-99.0, threshold=1.1)).assess(
        document_of(TITLE, TEXT), source_of()
    )
    threaded = ThreadedAnalyst(PLATFORMS)
    threaded._analyst = Analyst(PLATFORMS, replace(model, admitted=-99.0, threshold=doubtful.score + 0.0005))
    assert threaded.threshold > doubtful.score
    desk.inner = threaded  # type: ignore[assignment]
    desk.oracle.says = lambda body: completion(YES | {"probability": 1, "quotes": ["rethink its Polish shop"]})
    after = await asks(desk.opens(rule=Weighing(0.00001, 0.99999, 0.5)), TEXT, TITLE)
    (made,) = after.signals
    assert (made.event_type, made.status, made.score) == (EventType.MARKET_EXIT, Status.RUMOR, after.score)
    assert (made.platforms, made.regions) == (("Shopee",), ("PL",))
    assert after.score > threaded.threshold
    assert {span.says for span in made.spans} >= {"event:market_exit", "platform:Shopee", "region:PL", "opinion:tiny"}
    for span in made.spans:
        assert {"title": TITLE, "text": TEXT}[span.field][span.start : span.end] == span.quote
