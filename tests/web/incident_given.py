"""A whole incident in a real store: documents in three scripts with what decided, captures, alerts, an act."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from given import position, seller
from rooms_given import CONFIG, NOW, store_in

from monitor.config import Config, load
from monitor.deciding import Watch
from monitor.domain.alerts import Target
from monitor.domain.assembly import assemble
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.documents import Capture, Document, digest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.origins import sketch
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Authority, Look, Outcome, SourceState
from monitor.opened import Store
from monitor.pipeline import Deciding
from monitor.steps import Step

ACME = seller(position("TikTok Shop", "ID", 100, stock=9000, unsettled_payouts=400))
ZETA = seller(position("TikTok Shop", "BR", 900, stock=1000), id="zeta")
OPS = Target("ops", "journal", "")
ID = digest("the incident")
AT = NOW - timedelta(days=3)
OFFICIAL = (
    "TikTok Shop will close its service in Indonesia and Brazil on November 28, 2024. "
    "Please export your data before October 28, 2024. " + "We thank all sellers for their work with us. " * 12
)
CHINESE = "据路透社报道，TikTok Shop 将于2024年11月30日关闭其在印度尼西亚的服务，卖家应尽快导出数据。" * 3
ARABIC = "قالت المنصة إن TikTok Shop ستغلق خدمتها في إندونيسيا في 28 نوفمبر 2024 وعلى البائعين تصدير بياناتهم."


def spans(text: str, **quotes: str) -> tuple[Span, ...]:
    """What decided, by its role."""
    return tuple(
        Span("text", text.index(quote), text.index(quote) + len(quote), quote, f"{role}:x")
        for role, quote in quotes.items()
    )


def document(no: int, title: str, text: str, lang: str, at: datetime = AT) -> Document:
    name = digest("document", str(no))
    url = f"https://paper{no}.example/story"
    return Document(name, f"source-{no}", digest("capture", str(no)), url, title, text, at, at, lang)


def word(one: Document, publisher: str, authority: str, status: str, date: str, marks: tuple[Span, ...]) -> Evidence:
    due = (Deadline(PartialDate("2024-10-28"), DeadlineRole.DATA_EXPORT, "before October 28, 2024", "", "sellers"),)
    return Evidence(
        document_id=one.id,
        signal_no=0,
        content_hash=one.content_hash,
        source_id=one.source_id,
        publisher=publisher,
        authority=Authority(authority),
        url=one.url,
        title=one.title,
        lang=one.lang or "",
        published=one.published or AT,
        signal=Signal(
            EventType.SHUTDOWN,
            Status(status),
            ("TikTok Shop",),
            ("ID", "BR"),
            PartialDate(date),
            due if authority == "official" else (),
            0.97,
            marks,
        ),
        sketch=sketch(one.text),
    )


def papers(base: int = 0) -> list[tuple[Document, Evidence]]:
    """A rumor in a forum, the platform's own word, a paper of another opinion, and its copy; with other
    documents for another `base`."""
    title, rumor = "<script>alert(1)</script> \u202eclosing?", "Somebody heard that TikTok Shop closes."
    forum = document(base + 1, title, rumor, "en", AT - timedelta(days=1))
    notice = document(base + 2, "An update on our service", OFFICIAL, "en", AT)
    paper = document(base + 3, "TikTok Shop 将关闭", CHINESE, "zh", AT + timedelta(hours=2))
    copy = document(base + 4, "TikTok Shop 将关闭（转载）", CHINESE, "zh", AT + timedelta(hours=3))
    arab = document(base + 5, "TikTok Shop تغلق", ARABIC, "ar", AT + timedelta(hours=4))
    chinese = spans(CHINESE, event="关闭其在印度尼西亚的服务", date="2024年11月30日")
    arabic = spans(ARABIC, event="ستغلق خدمتها", date="28 نوفمبر 2024")
    closes = "TikTok Shop will close its service in Indonesia and Brazil on November 28, 2024"
    english = spans(OFFICIAL, event=closes, date="November 28, 2024", deadline="before October 28, 2024")
    heard = spans(rumor, event="TikTok Shop closes")
    return [
        (forum, word(forum, "Sellers' forum", "community", "rumor", "2024-11-28", heard)),
        (notice, word(notice, "TikTok", "official", "confirmed", "2024-11-28", english)),
        (paper, word(paper, "晨报", "news", "confirmed", "2024-11-30", chinese)),
        (copy, word(copy, "晚报", "news", "confirmed", "2024-11-30", chinese)),
        (arab, word(arab, "الصحيفة", "news", "confirmed", "2024-11-28", arabic)),
    ]


async def publish(
    store: Store, some: list[tuple[Document, Evidence]], id: str = ID, incident: Incident | None = None
) -> Incident:
    """They come in one by one, each with the bytes that it was read from."""
    said = list(incident.evidence) if incident else []
    for one, evidence in some:
        body = f"<html><title>{one.title}</title>{one.text}</html>".encode()
        capture = Capture(
            one.capture_id, one.source_id, one.url, one.fetched_at, 200, "text/html", body, sha256(body).hexdigest()
        )
        at = one.fetched_at
        await store.inbox.looked(Look(one.source_id, at, Outcome.OK), SourceState(one.source_id, at), capture)
        claim = await store.inbox.claim(at, timedelta(minutes=5))
        assert claim is not None
        said.append(evidence)
        incident = assemble(id, said, incident, at, one.id)
        known = Assessment(one.id, evidence.lang, 0.97, (evidence.signal,))
        await store.ledger.keep(Step(at, capture=claim, documents=[one], assessments=[known], incidents=[incident]))
    assert incident is not None
    return incident


async def tell(store: Store, settings: Config, incident: Incident, at: datetime = AT + timedelta(hours=5)) -> None:
    """The policy decides, and its deliveries wait."""
    watch = Watch.over((), settings.sellers, settings.targets, settings.policy, settings.platforms, settings.playbooks)
    decided = await Deciding(store.ledger, watch).say([incident], at)
    await store.ledger.keep(decided.step(at))


@cache
def shipped() -> Config:
    return load(CONFIG)


def given_settings(directory: Path, **changes: object) -> Config:
    mine: dict[str, object] = {"sellers": (ACME, ZETA), "targets": (OPS,), "state_dir": directory}
    return replace(shipped(), store_url=f"sqlite:///{directory / 'sellerwatch.db'}", **(mine | changes))


async def world(directory: Path) -> tuple[Store, Config, Incident]:
    settings = given_settings(directory)
    store = await store_in(settings)
    incident = await publish(store, papers())
    await tell(store, settings, incident)
    return store, settings, incident
