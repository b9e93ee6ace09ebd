"""A letter as Slack's Block Kit, within its limits by construction.

Limits (docs.slack.dev/reference/block-kit/blocks): header 150 characters, section text 3,000, field 2,000, 50 blocks.
Outside text is escaped for mrkdwn (& < >), so that it can neither mention a channel nor dress up a link.
"""

from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from monitor.notify.bulletin import Bulletin, Entry
from monitor.notify.citations import Cited
from monitor.notify.duties import Job, Step
from monitor.notify.letter import Letter, Line

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LONGEST_URL = 1000
_QUOTE = 120


_REPEAT = "[may be a repeat] You may have this message already; nobody confirmed that it arrived."


def payload(letter: Letter | Bulletin) -> dict[str, Any]:
    """The JSON of an incoming webhook; `text` is what notifications and screen readers say."""
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=_fit(letter.subject, 150, escape=False), emoji=False))]
    if letter.repeat:
        blocks.append(_context(_REPEAT))
    blocks += _sights(letter) if isinstance(letter, Bulletin) else _alert(letter)
    return {
        "text": _fit(letter.subject, 600),
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _sights(bulletin: Bulletin) -> list[Block]:
    blocks: list[Block] = [SectionBlock(text=_mrkdwn("\n".join(_fit(line, 500) for line in bulletin.summary)))]
    for group in bulletin.groups:
        blocks.append(_section(_fit(group.cause, 150), _that_fit([_entry(one) for one in group.entries], group.more)))
    if bulletin.more_groups:
        blocks.append(_context(f"and {bulletin.more_groups} more kinds of trouble"))
    if bulletin.to_do:
        blocks.append(_section("What to do", [_fit(bulletin.to_do, 500)]))
    blocks.append(_context(f"Why you get this: {bulletin.why} Notice {bulletin.alert_id}."))
    return blocks


def _that_fit(lines: list[str], more: int) -> list[str]:
    """As many of the lines as a section holds, and how many there are besides."""
    room, kept = 2700, list[str]()
    for line in lines:
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 0:
            break
        kept.append(line)
    more += len(lines) - len(kept)
    return [*kept, f"and {more} more"] if more else kept


def _entry(entry: Entry) -> str:
    name = _fit(entry.name, 60)
    new = " *new*" if entry.new else ""
    words = f"• {_linked(entry.url, name, 90)}{new}, {entry.since}: {_fit(entry.words, 70)}"
    found = entry.proposal if entry.proposal and len(entry.proposal) <= 90 else None
    return f"{words} Found instead: {_linked(found, _fit(found, 90), 90)}" if found else words


def _linked(url: str | None, text: str, longest: int) -> str:
    if not url or len(url) > longest:
        return text
    target = "".join(_ESCAPES.get(char, char) for char in url).replace("|", "%7C")
    return f"<{target}|{text}>"


def _alert(letter: Letter) -> list[Block]:
    blocks: list[Block] = []
    if letter.test:
        blocks.append(_context("[Test] This is a test of the way to you. Nothing happened."))
    blocks.append(SectionBlock(fields=[_mrkdwn(f"*{fact.label}*\n{_fit(fact.text, 1900)}") for fact in letter.facts]))
    if letter.changed_since:
        moved = [f"• {_fit(change, 200)}" for change in letter.changes] or ["• Nothing that you were told"]
        blocks.append(_section(f"What changed since {letter.changed_since}", moved))
    if letter.steps:
        blocks.append(_section("What to do by when", [_step(step) for step in letter.steps]))
    if letter.jobs:
        more = _fit(letter.more_jobs, 100)
        blocks.append(_section("Your next steps", [*map(_job, letter.jobs), *filter(None, [more])]))
    stake = [*map(_amount, letter.stake), *(f"*{_amount(line)}*" for line in letter.totals)]
    blocks.append(_section("What it means for you", [_fit(letter.stake_note, 800), *stake]))
    if letter.cited:
        blocks.append(DividerBlock())
        blocks += [SectionBlock(text=_mrkdwn(_cited(cited))) for cited in letter.cited]
    if letter.more_cited:
        blocks.append(_context(f"and {letter.more_cited} more sources"))
    blocks.append(_context(f"Why you get this: {letter.why} Incident {letter.incident_id}, alert {letter.alert_id}."))
    return blocks


def _fit(text: str, limit: int, escape: bool = True) -> str:
    """`text` escaped and cut so that what is sent has at most `limit` UTF-16 units, however Slack counts."""
    out, used = [], 0
    for char in text:
        piece = _ESCAPES.get(char, char) if escape else char
        used += len(piece) + (char > "\uffff")
        out.append(piece)
        if used > limit:
            while used > limit - 1:
                gone = out.pop()
                used -= len(gone) + (gone > "\uffff")
            return "".join(out) + "…"
    return "".join(out)


def _mrkdwn(text: str) -> MarkdownTextObject:
    return MarkdownTextObject(text=text, verbatim=True)  # verbatim: Slack looks for no names or links of its own


def _section(heading: str, lines: list[str]) -> SectionBlock:
    return SectionBlock(text=_mrkdwn("\n".join((f"*{heading}*", *lines))))


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[PlainTextObject(text=_fit(text, 1900, escape=False), emoji=False)])


def _step(step: Step) -> str:
    left = f" ({step.left})" if step.left else ""
    quote = f" “{_fit(step.quote, _QUOTE)}”" if step.quote else ""
    return f"• *{step.by}*{left}: {step.what}{quote}"


def _job(job: Job) -> str:
    left = f" ({job.left})" if job.left else ""
    return f"• *{job.by}*{left}, {_fit(job.owner, 60)}: {_fit(job.what, 500)}"


def _amount(line: Line) -> str:
    return f"{_fit(line.label, 100)}: {_fit(line.text, 60)}"


def _cited(cited: Cited) -> str:
    title = _fit(cited.title, 400)
    lines = [
        _linked(cited.url, title, _LONGEST_URL),
        f"{_fit(cited.publisher, 100)} ({cited.authority}), {_fit(cited.language, 60)}, {cited.date}",
    ]
    if cited.quote:
        lines.append(f"“{_fit(cited.quote, 500)}”")
    return "\n".join(lines)
