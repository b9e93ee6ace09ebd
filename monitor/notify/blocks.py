"""A letter as Slack's Block Kit, within its limits by construction.

Limits (docs.slack.dev/reference/block-kit/blocks): header 150 characters, section text 3,000, field 2,000, 50 blocks.
Outside text is escaped for mrkdwn (& < >), so that it can neither mention a channel nor dress up a link.
"""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
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
from monitor.notify.letter import Action, Letter
from monitor.notify.stake import Line
from monitor.notify.tongue import Tongue, tongue

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LONGEST_URL = 1000
_LONGEST_LINK = 3000  # of a button
_QUOTE = 120
_MOST_FIELDS = 10  # of a section
_ROOM = 2700  # of a section's text, beside its heading and what is left out
_MOST_SECTIONS = 3  # of one group


def payload(letter: Letter | Bulletin) -> dict[str, Any]:
    """The JSON of an incoming webhook; `text` is what notifications and screen readers say."""
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=_fit(letter.subject, 150, escape=False), emoji=False))]
    t = tongue(letter.language, letter.zone)
    blocks += map(_context, letter.notes)
    blocks += _sights(letter, t) if isinstance(letter, Bulletin) else _alert(letter, t)
    blocks += _answers(letter.actions)
    return {
        "text": _fit(letter.subject, 600),
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _answers(actions: Sequence[Action]) -> list[Block]:
    """Buttons that are links, so that no app has to listen."""
    buttons = [
        ButtonElement(
            text=PlainTextObject(text=_fit(action.label, 75, escape=False), emoji=False),
            url=action.url,
            action_id=f"open_{action.kind}",
        )
        for action in actions
        if len(action.url) <= _LONGEST_LINK
    ]
    return [ActionsBlock(elements=buttons)] if buttons else []


def _sights(bulletin: Bulletin, t: Tongue) -> list[Block]:
    blocks: list[Block] = [SectionBlock(text=_mrkdwn("\n".join(_fit(line, 500) for line in bulletin.summary)))]
    for group in bulletin.groups:
        first, *others = _that_fit([_entry(one, t) for one in group.entries], group.more, t)
        blocks.append(_section(_fit(group.cause, 150), first))
        blocks += [SectionBlock(text=_mrkdwn("\n".join(lines))) for lines in others]
    if bulletin.more_groups:
        blocks.append(_context(t.count("and {n} more", "and {n} more", bulletin.more_groups)))
    if bulletin.to_do:
        blocks.append(_section(t.say("What to do"), [_fit(bulletin.to_do, 500)]))
    why = t.say("Why you get this: {why}", why=bulletin.why)
    blocks.append(_context(t.sentences(why, bulletin.reference)))
    return blocks


def _that_fit(lines: list[str], more: int, t: Tongue) -> list[list[str]]:
    """As many of the lines as so many sections hold, and how many there are besides."""
    sections, room, left = [list[str]()], _ROOM, len(lines) + more
    for line in lines:
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 0:
            if len(sections) == _MOST_SECTIONS:
                break
            sections.append([])
            room = _ROOM - len(line.encode("utf-16-le")) // 2 - 1
        sections[-1].append(line)
        left -= 1
    if left:
        sections[-1].append(t.count("and {n} more", "and {n} more", left))
    return sections


def _entry(entry: Entry, t: Tongue) -> str:
    name = _fit(entry.name, 120)
    new = t.say("new")
    new = f" *{new}*" if entry.new else ""
    said = t.say("; ").join(part for part in (_fit(entry.since, 120), _fit(entry.words, 240)) if part)
    words = t.beside(f"• {_linked(entry.url, name, 90)}{new}", said)
    found = entry.proposal if entry.proposal and len(entry.proposal) <= 90 else None
    instead = t.say("Found instead:")
    return f"{words} {instead} {_linked(found, _fit(found, 90), 90)}" if found else words


def _linked(url: str | None, text: str, longest: int) -> str:
    if not url or len(url) > longest:
        return text
    target = "".join(_ESCAPES.get(char, char) for char in url).replace("|", "%7C")
    return f"<{target}|{text}>"


def _alert(letter: Letter, t: Tongue) -> list[Block]:
    blocks: list[Block] = []
    if letter.due:
        blocks.append(_section(t.say("What is due"), [f"• *{_fit(line, 200)}*" for line in letter.due]))
    for start in range(0, len(letter.facts), _MOST_FIELDS):
        facts = letter.facts[start : start + _MOST_FIELDS]
        blocks.append(SectionBlock(fields=[_mrkdwn(f"*{fact.label}*\n{_fit(fact.text, 1900)}") for fact in facts]))
    if letter.changed_since:
        moved = [f"• {_fit(change, 200)}" for change in letter.changes]
        nothing = t.say("Nothing that you were told.")
        since = t.say("What changed since {day}", day=letter.changed_since)
        blocks.append(_section(since, moved or [f"• {nothing}"]))
    if letter.steps:
        blocks.append(_section(t.say("What to do by when"), [_step(step, t) for step in letter.steps]))
    if letter.jobs:
        more = _fit(letter.more_jobs, 100)
        jobs = [_job(job, t) for job in letter.jobs]
        blocks.append(_section(t.say("Your next steps"), [*jobs, *filter(None, [more])]))
    stake = [_amount(line, t) for line in letter.stake] + [f"*{_amount(line, t)}*" for line in letter.totals]
    blocks.append(_section(t.say("What it means for you"), [_fit(letter.stake_note, 800), *stake]))
    if letter.cited:
        blocks.append(DividerBlock())
        blocks += [SectionBlock(text=_mrkdwn(_cited(cited, t))) for cited in letter.cited]
    if letter.more_cited:
        blocks.append(_context(t.count("and {n} more", "and {n} more", letter.more_cited)))
    why = t.say("Why you get this: {why}", why=letter.why)
    named = t.say("Incident {incident}, alert {alert}.", incident=letter.incident_id, alert=letter.alert_id)
    blocks.append(_context(t.sentences(why, named)))
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


def _step(step: Step, t: Tongue) -> str:
    by = t.say("by {day} ({away})", day=step.by, away=step.left) if step.left else t.say("by {day}", day=step.by)
    quote = t.say("“{quote}”", quote=_fit(step.quote, _QUOTE)) if step.quote else ""
    if step.language:
        quote = t.say("{quote} ({in_language})", quote=quote, in_language=_fit(step.language, 60))
    return f"• {t.say('{label}: {text}', label=f'*{by}*', text=step.what)} {quote}".rstrip()


def _job(job: Job, t: Tongue) -> str:
    by = t.say("by {day} ({away})", day=job.by, away=job.left) if job.left else job.by
    return f"• {t.say('{by}, {owner}: {what}', by=f'*{by}*', owner=_fit(job.owner, 60), what=_fit(job.what, 500))}"


def _amount(line: Line, t: Tongue) -> str:
    return t.say("{label}: {text}", label=_fit(line.label, 100), text=_fit(line.text, 60))


def _cited(cited: Cited, t: Tongue) -> str:
    title = _fit(cited.title, 400)
    lines = [
        _linked(cited.url, title, _LONGEST_URL),
        t.say(
            "{publisher} ({authority}), {language}, {day}",
            publisher=_fit(cited.publisher, 100),
            authority=cited.authority,
            language=_fit(cited.language, 60),
            day=cited.date,
        ),
    ]
    if cited.quote:
        lines.append(t.say("“{quote}”", quote=_fit(cited.quote, 500)))
    return "\n".join(lines)
