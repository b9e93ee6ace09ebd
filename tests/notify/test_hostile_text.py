"""Whatever a feed's author writes, the letter keeps its shape: one header block, no markup, no mention, no flood."""

import json
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NOW, closing

from monitor.domain.alerts import Delivery, Reason
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.digests import Digest, DueItem, Moved, Roundup, Standing
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Standing as HealthStanding
from monitor.domain.incidents import ChangeKind
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Blind, Notice
from monitor.notify.blocks import payload
from monitor.notify.email import build, mailbox, wire
from monitor.notify.letter import compose
from monitor.notify.tongue import LANGUAGES
from monitor.notify.written import written

HOSTILE = [
    "<!channel> <!here> <@U1> <!subteam^S1>",
    "<https://evil.example|pay here>",
    "a\r\nBcc: victim@example.com\r\n\r\nbody",
    "a\nSubject: other",
    "x" * 50_000,
    "&" * 50_000,
    "😀" * 5_000,
    "\u202egnp.exe\u202c \u2066hidden",
    "<img src=x onerror=alert(1)><svg/onload=alert(1)><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}{% raw %}",
    "`*_~ \x00\x1b\ud800\udfff",
    "%s %(name)s {0}",
]
SENDER, RECIPIENT = mailbox("Sellerwatch <alerts@example.com>"), mailbox("ops@example.com")


def poisoned(text: str) -> Delivery:
    """A delivery with `text` wherever text comes from outside."""
    delivery = closing()
    message, incident = delivery.message, delivery.message.incident
    spans = tuple(replace(span, quote=text) for span in incident.evidence[0].signal.spans)
    signal = replace(incident.evidence[0].signal, spans=spans)
    url = f"https://example.com/?q={text}"
    one = replace(incident.evidence[0], title=text, publisher=text, lang=text, url=url, signal=signal)
    return replace(
        delivery,
        message=replace(
            message,
            why=text,
            tasks=tuple(replace(task, step=replace(task.step, do=text, owner=text)) for task in message.tasks),
            seller_name=text,
            impact=replace(message.impact, reasons=(text,) * 20),
            incident=replace(
                incident,
                headline=text,
                status_why=text,
                platforms=(text, text),
                regions=(text,) * 30,
                deadlines=tuple(
                    Deadline(PartialDate("2024-11-28"), DeadlineRole.OTHER, f"{text}{n}") for n in range(40)
                ),
                evidence=tuple(replace(one, document_id=str(n)) for n in range(20)),
            ),
        ),
    )


def others(text: str) -> list[Delivery]:
    """A digest, a roundup and a notice with `text` wherever text comes from outside."""
    moved = Moved(ChangeKind.PLACE, text, text)
    standing = Standing(
        text,
        text,
        EventType.BAN,
        Status.RUMOR,
        Severity.HIGH,
        (text,) * 20,
        (text,) * 20,
        "2024-12",
        1.5,
        (moved,),
        text,
        text,
    )
    due = DueItem(text, text, NOW.date(), text, text)
    reason = FailureReason.BOT_WALL
    blind = Blind(text, text, f"https://example.com/?q={text}", HealthStanding.BLOCKED, reason, NOW, text)
    digest = Digest(
        "d", text, NOW, NOW, "weekly", "EUR", (standing,) * 60, (standing,) * 60, (due,) * 60, (blind,) * 60, 90
    )
    roundup = Roundup("r", NOW, (standing,) * 60, 5, ("k",) * 65)
    notice = Notice("n", NOW, 90, (blind,) * 60, (blind,) * 60)
    kinds = ((digest, Reason.DIGEST), (roundup, Reason.MORE), (notice, Reason.BLIND))
    return [replace(closing(), message=message, reason=reason_) for message, reason_ in kinds]


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets |= {value or "" for name, value in attrs if name == "href"}


OUR_TAGS = Tags("").seen | {
    *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "div", "h1", "bdi", "span", "a", "br"),
}


def check_mail(delivery: Delivery) -> None:
    raw = wire(build(delivery, SENDER, RECIPIENT))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    read = message_from_bytes(raw, policy=SMTP)
    assert read["To"] == "ops@example.com"
    assert read["Bcc"] is None
    subject = compose(delivery).subject
    assert len(subject) <= 150
    assert "".join(read["Subject"].split()) == "".join(subject.split())  # folding may add spaces, and nothing else
    assert [name for name in read.keys() if read.get_all(name) != [read[name]]] == []  # noqa: SIM118
    assert not read.defects
    plain, html = (part.get_content() for part in read.iter_parts())
    assert plain.count("\nWhy you get this: ") == 1
    tags = Tags(html)
    assert tags.seen <= OUR_TAGS
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert all(target.startswith("https://example.com/") for target in tags.targets)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


LINKS = [("ack", "https://watch.example.com/act/token"), ("take", "https://watch.example.com/act/other")]


def check_slack(delivery: Delivery) -> None:
    sent = payload(written(delivery, LINKS))
    assert json.loads(json.dumps(sent)) == sent
    assert len(sent["blocks"]) <= 50
    marked = [sent["text"]]
    for block in sent["blocks"]:
        texts = [block["text"]] if "text" in block else []
        buttons = [element for element in block.get("elements", []) if element["type"] == "button"]
        assert all(units(button["text"]["text"]) <= 75 and len(button["url"]) <= 3000 for button in buttons)
        texts += block.get("fields", []) + [one for one in block.get("elements", []) if one not in buttons]
        assert len(block.get("fields", [])) <= 10
        limit = {
            "header": 150,
            "section": 2000 if "fields" in block else 3000,
            "context": 2000,
            "divider": 0,
            "actions": 0,
        }[block["type"]]
        assert all(0 < units(text["text"]) <= limit for text in texts)
        marked += [text["text"] for text in texts if text["type"] == "mrkdwn"]
    for text in marked:
        assert "<!" not in text
        assert "<@" not in text
        assert "<#" not in text
        assert all(piece.startswith("https://example.com/") for piece in text.split("<")[1:]), "only our own links"


@pytest.mark.case(23)
@pytest.mark.parametrize("text", HOSTILE, ids=[f"{text[:12]!a}" for text in HOSTILE])
def test_a_hostile_title_changes_nothing_but_the_words(text: str):
    check_mail(poisoned(text))
    check_slack(poisoned(text))


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{text[:12]!a}" for text in HOSTILE])
@pytest.mark.parametrize("kind", range(3), ids=["digest", "roundup", "notice"])
def test_what_tells_of_many_things_keeps_to_the_limits_too(text: str, kind: int):
    delivery = others(text)[kind]
    check_slack(delivery)
    check_slack(replace(delivery, language="de", repeat=True))


@settings(deadline=None)
@given(st.text(st.characters(), max_size=400), st.sampled_from(LANGUAGES))
def test_any_unicode_title_renders_within_every_limit(text: str, language: str):
    check_mail(poisoned(text))
    check_slack(replace(poisoned(text), language=language))


def test_a_slack_mention_arrives_as_words():
    sent = json.dumps(payload(compose(poisoned("<!channel> & <https://evil.example|pay>"))))
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|pay&gt;" in sent
