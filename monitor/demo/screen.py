"""What a viewer sees: the story as it goes on, every message that arrives, and the tables at the end."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.errors import LiveError
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from monitor import tables
from monitor.demo.sinks import MAIL, SLACK, Received
from monitor.demo.story import Act, Story
from monitor.demo.verdict import Outcome
from monitor.domain.alerts import DeliveryState, Message, Said
from monitor.domain.origins import origins

_SHOWN = {MAIL: 14, SLACK: 5}  # lines of a message
_WIDEST = 120  # columns of a message
_HEADING = re.compile(r"^\*(.+?)\*\n", re.MULTILINE)  # of a field in Slack's markup


class Screen:
    """Writes to standard output, in colour on a terminal and plain when piped; nothing at all when `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(quiet=True) if quiet else tables.console
        self._status = Status("", console=self._console)

    def begin(self, story: Story, place: Path, log: Path) -> None:
        """The stage is set and the daemon about to start."""
        languages = Counter(outlet.lang for outlet in story.outlets)
        self._console.rule("[bold]Sellerwatch: a story on loopback")
        self._say(
            f"{len(story.outlets)} invented sources in {len(languages)} languages, {len(story.entries)} texts, "
            f"{sum(entry.harmless for entry in story.entries)} of them harmless. The seller Nordlicht Handel has "
            "something at stake on Sonorella Music, Bazarino and Zappelo."
        )
        self._say(f"The real daemon starts now; its configuration, database and log are in {place}.", "dim")
        if self._console.is_terminal:
            with suppress(LiveError):
                self._status.start()

    def act(self, act: Act, figures: Mapping[str, int]) -> None:
        self._console.print()
        self._say(act.says, "bold")

    def published(self, story: Story, act: Act) -> None:
        for entry in act.entries:
            outlet = story.by_source[entry.source]
            line = Text("  published  ", "dim").append(f"{outlet.name} ({outlet.lang}): ", "cyan")
            line.append(story.written(entry.title, outlet.lang))
            if entry.gloss:
                line.append(f"  = {entry.gloss}", "dim")
            self._console.print(line)

    def arrived(self, message: Received) -> None:
        """A message, as its reader sees the beginning of it."""
        text = _HEADING.sub(r"\1: ", message.text)
        lines = [line for line in text.splitlines()[1:] if line.strip()]  # the first is the subject again
        shown = lines[: _SHOWN[message.sink]]
        more = f"\n... {len(lines) - len(shown)} more lines" if len(lines) > len(shown) else ""
        title = f"{'Mail' if message.sink == MAIL else 'Slack'}: {message.subject}"
        body = Text("\n".join(shown)).append(more, "dim")
        width = min(self._console.width, _WIDEST)
        panel = Panel(body, title=Text(title, "bold"), title_align="left", border_style="yellow", width=width)
        self._console.print(panel)

    def killed(self) -> None:
        self._say("  kill -9: the daemon is dead, and starts again", "bold red")

    def figures(self, figures: Mapping[str, int]) -> None:
        """The line at the foot of a terminal."""
        self._status.update(f"{_polls(figures)}, {figures['messages']} messages")

    def end(self, story: Story, outcome: Outcome, figures: Mapping[str, int], problems: Sequence[str]) -> None:
        """The tables and the verdict."""
        self._status.stop()
        if self._quiet:
            return
        self._console.rule("[bold]What came of it")
        sent = Counter(d.incident_id for d in outcome.deliveries if d.state is DeliveryState.SENT)
        tables.table(
            "Incidents", "what", "platforms", "where", "how sure", "from", "voices", "languages", "messages",
            rows=[
                [
                    one.event_type.value, ", ".join(one.platforms), ", ".join(one.regions) or "anywhere",
                    tables.rung(one.status), str(one.effective_date or ""), origins(one.evidence),
                    ", ".join(sorted({e.lang for e in one.evidence})), sent[one.id],
                ]
                for one in outcome.incidents
            ],
            empty="No incident.",
        )  # fmt: skip
        tables.table(
            "Deadlines", "date", "days left", "what", "who", "platforms", "in the source's words",
            rows=[
                [row["date"], row["days_left"], row["role"], row["actor"], ", ".join(row["platforms"]), row["quote"]]
                for row in tables.deadline_rows(outcome.incidents, story.today)
            ],
            empty="No deadline.",
        )  # fmt: skip
        tables.table(
            "Deliveries", "target", "about", "why", "rung", "state", "tries", "repeat",
            rows=[
                [
                    d.target, _about(d.message), d.reason.value, tables.rung(d.rung),
                    d.state.value, d.attempts, "marked" if d.repeat else "",
                ]
                for d in reversed(outcome.deliveries)
            ],
            empty="Nobody was told anything.",
        )  # fmt: skip
        tables.table(
            "Harmless stories", "language", "title", "in English", "who was woken",
            rows=[
                [story.by_source[e.source].lang, e.title, e.gloss or e.title, _woken(e.title, problems)]
                for e in story.entries
                if e.harmless
            ],
            empty="None.",
        )  # fmt: skip
        kept = f", {story.remembered} remembered as a watched page first stood" if story.remembered else ""
        self._say(
            f"{_polls(figures)}; {figures['pages']} pages fetched; {figures['documents']} documents understood{kept}; "
            f"{figures['messages']} messages arrived"
            + (f"; the daemon was killed {figures['kills']} times." if figures["kills"] else ".")
        )
        for problem in problems:
            self._say(f"  wrong: {problem}", "bold red")
        if not problems:
            self._say(
                "Every event was told once per rung to every target, and no harmless story woke anybody.", "green"
            )

    def complain(self, text: str) -> None:
        """Something that ends the demo, on standard error."""
        self._status.stop()
        tables.complaints.print(Text(text, "red"), soft_wrap=True)

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style))


def _polls(figures: Mapping[str, int]) -> str:
    return f"{figures['polls']} polls, {figures['not_modified']} of them unchanged (304)"


def _woken(title: str, problems: Sequence[str]) -> str:
    return "somebody" if any(repr(title) in problem for problem in problems) else "nobody"


def _about(message: Said) -> str:
    return ", ".join(message.incident.platforms) if isinstance(message, Message) else message.about
