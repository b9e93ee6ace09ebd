"""A letter as a short note: plain text of at most so many characters, for channels that take little and no layout.

Whole lines are left out, the least important first; what stays keeps the order of the letter. Nothing in it is markup,
and outside words can neither call anybody nor hide a link, whatever chat shows them.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from monitor.notify.bulletin import Bulletin, Entry
from monitor.notify.duties import Job, Step
from monitor.notify.letter import Action, Letter
from monitor.notify.tongue import Tongue, tongue

Size = Callable[[str], int]
"""How long the other side finds a text."""

_MARKUP = re.compile(r"@(?=\w)|<(?=[!@#&])|\](?=\()")
_GAP = "\u200b"  # has no width: the words read as they were
_MORE = "…"


def units(text: str) -> int:
    """UTF-16 units, as most chats count."""
    return len(text.encode("utf-16-le", "replace")) // 2


def octets(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def inert(text: str) -> str:
    """`text` in which nobody is called, and no word hides a link: no @all, no <!channel>, no [here](https://...)."""
    return _MARKUP.sub(lambda found: found[0] + _GAP, text)


def cut(text: str, limit: int, size: Size = units) -> str:
    """`text`, or its beginning and an ellipsis, of at most `limit`."""
    if size(text) <= limit:
        return text
    end = min(len(text), limit)
    while end > 0 and size(text[:end] + _MORE) > limit:
        end -= 1
    return text[:end] + _MORE if end else ""


@dataclass(frozen=True, slots=True)
class _Section:
    """Lines, each with its rank: 0 matters most. A heading stands over some line or not at all. What is left out of
    things that are counted is told, with the `more` that were not listed before."""

    lines: Sequence[tuple[int, str]]
    heading: str = ""
    counted: bool = False
    more: int = 0

    def text(self, kept: Collection[int], t: Tongue) -> str:
        """It with those lines alone."""
        shown = [text for n, (_, text) in enumerate(self.lines) if n in kept]
        if not shown:
            return ""
        more = self.more + len(self.lines) - len(shown) if self.counted else 0
        tail = [t.count("and {n} more", "and {n} more", more)] if more else []
        return inert("\n".join([self.heading] * bool(self.heading) + shown + tail))


def note(letter: Letter | Bulletin, limit: int, size: Size = units) -> str:
    """What the letter says below its subject, in at most `limit`."""
    t = tongue(letter.language, letter.zone)
    told = _sights(letter, t) if isinstance(letter, Bulletin) else _alert(letter, t)
    sections = [section for section in told if section.lines]
    lines = [(rank, at, n) for at, section in enumerate(sections) for n, (rank, _) in enumerate(section.lines)]

    def joined(kept: Collection[tuple[int, int]]) -> str:
        """A blank line between sections, and a sign when something is left out."""
        texts = [section.text({n for there, n in kept if there == at}, t) for at, section in enumerate(sections)]
        return "\n\n".join(filter(None, texts)) + ("" if len(kept) == len(lines) else f"\n{_MORE}")

    whole = joined({(at, n) for _, at, n in lines})
    if size(whole) <= limit:
        return whole
    kept: set[tuple[int, int]] = set()
    for _, at, n in sorted(lines):
        if size(joined(kept | {(at, n)})) <= limit:
            kept.add((at, n))
    return joined(kept) if kept else cut(inert(sections[0].lines[0][1]), limit, size)


def _alert(letter: Letter, t: Tongue) -> Iterator[_Section]:
    yield _Section([(0, text) for text in letter.notes])
    yield _Section([(1, f"- {text}") for text in letter.due])
    facts = [t.say("{label}: {text}", label=fact.label, text=fact.text) for fact in letter.facts]
    yield _Section([(2 if n < 3 else 5, text) for n, text in enumerate(facts)])  # what, where and when
    if letter.changed_since:
        changes = letter.changes or (t.say("Nothing that you were told."),)
        since = t.say("What changed since {day}", day=letter.changed_since)
        yield _Section([(4, f"- {change}") for change in changes], since)
    steps = [(6, f"- {_step(step, t)}") for step in letter.steps]
    yield _Section(steps, t.say("What to do by when"), counted=True)
    jobs = [(8, f"- {_job(job, t)}") for job in letter.jobs]
    yield _Section(jobs + [(8, letter.more_jobs)] * bool(letter.more_jobs), t.say("Your next steps"))
    sums = [(7, t.say("{label}: {text}", label=line.label, text=line.text)) for line in letter.totals]
    yield _Section([(9, letter.stake_note), *sums])
    cited = [cited.url or cited.title for cited in letter.cited]
    yield _Section([(10 if n else 5, text) for n, text in enumerate(cited)], counted=True, more=letter.more_cited)
    yield _answers(letter.actions, t)
    why = t.say("Why you get this: {why}", why=letter.why)
    named = t.say("Incident {incident}, alert {alert}.", incident=letter.incident_id, alert=letter.alert_id)
    yield _Section([(11, why), (12, named)])


def _sights(bulletin: Bulletin, t: Tongue) -> Iterator[_Section]:
    yield _Section([(0, text) for text in bulletin.notes])
    yield _Section([(1, text) for text in bulletin.summary])
    for group in bulletin.groups:
        entries = [(2, f"- {_entry(entry, t)}") for entry in group.entries]
        yield _Section(entries, group.cause, counted=True, more=group.more)
    if bulletin.more_groups:
        yield _Section([(2, t.count("and {n} more", "and {n} more", bulletin.more_groups))])
    yield _Section([(4, bulletin.to_do)] if bulletin.to_do else [])
    yield _answers(bulletin.actions, t)
    yield _Section([(5, t.say("Why you get this: {why}", why=bulletin.why))])


def _step(step: Step, t: Tongue) -> str:
    by = t.say("by {day} ({away})", day=step.by, away=step.left) if step.left else t.say("by {day}", day=step.by)
    return t.say("{label}: {text}", label=by, text=step.what)


def _job(job: Job, t: Tongue) -> str:
    by = t.say("by {day} ({away})", day=job.by, away=job.left) if job.left else job.by
    return t.say("{by}, {owner}: {what}", by=by, owner=job.owner, what=job.what)


def _entry(entry: Entry, t: Tongue) -> str:
    words = t.beside(entry.name, t.say("new") if entry.new else "", entry.since)
    return t.say("{label}: {text}", label=words, text=entry.words) if entry.words else words


def _answers(actions: Sequence[Action], t: Tongue) -> _Section:
    """An address that was cut leads nowhere: it stands as a whole or not at all."""
    return _Section([(3, t.say("{label}: {text}", label=action.label, text=action.url)) for action in actions])
