"""A label asked from somebody at a terminal, who first sees what the model reads in the text."""

from collections.abc import Mapping
from typing import Any, TextIO, get_args

from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.text import Text

from monitor.corpus.check import CLASSES, STATUSES
from monitor.corpus.rows import NONE, Labelled, Voice, parse


def text_from(console: Console, stream: TextIO | None = None) -> dict[str, Any]:
    """The text itself: title, text, who speaks, when, where it stood."""

    def ask(question: str, default: str = "") -> str:
        return Prompt.ask(question, console=console, default=default, show_default=bool(default), stream=stream).strip()

    return {
        "title": ask("title"),
        "text": ask("text, on one line (may be empty)"),
        "source_kind": Prompt.ask(
            "who speaks", choices=list(get_args(Voice)), default="news", console=console, stream=stream
        ),
        "published": ask("published (YYYY-MM-DD, may be empty)") or None,
        "url": ask("address of a real report (empty for a text of your own)") or None,
    }


def label_from(
    console: Console, given: Mapping[str, Any], read: Mapping[str, Any], stream: TextIO | None = None
) -> Labelled:
    """The text with the label that its reader gives; what the model `read` stands as the default of each question.

    Raises ValueError where the answers make no sound row.
    """
    console.print(Text.assemble("the model reads ", (describe(read), "bold")))

    def choose(question: str, choices: tuple[str, ...], likely: str | None) -> str:
        default = likely if likely in choices else choices[0]
        return Prompt.ask(question, choices=list(choices), default=default, console=console, stream=stream)

    def several(question: str, likely: list[str]) -> list[str]:
        said = Prompt.ask(
            f"{question}, with commas",
            default=", ".join(likely),
            show_default=bool(likely),
            console=console,
            stream=stream,
        )
        return [name.strip() for name in said.split(",") if name.strip() not in ("", "-")]

    label: dict[str, Any] = {"event_type": choose("event", CLASSES, read["event_type"])}
    if label["event_type"] == NONE:
        sounds = read["event_type"] != NONE
        label["hard_negative"] = Confirm.ask(
            "does it sound like an event", default=sounds, console=console, stream=stream
        )
    else:
        label["status"] = choose("status", STATUSES, read["status"])
        label["platforms"] = several("platforms hit", read["platforms"])
        label["regions"] = several("where (DE, EU, WORLD)", read["regions"])
        when = Prompt.ask(
            "takes effect (YYYY-MM-DD, - for unknown)",
            default=read["effective_date"] or "-",
            console=console,
            stream=stream,
        )
        label["effective_date"] = None if when == "-" else when
    return parse({**given, **label}, Labelled)


def describe(read: Mapping[str, Any]) -> str:
    """A prediction in one line."""
    if read["event_type"] == NONE:
        return f"no event (score {read['score']:.2f})"
    what = f"{read['event_type']}, {read['status']} (score {read['score']:.2f})"
    platforms, places = ", ".join(read["platforms"]), ", ".join(read["regions"])
    return f"{what}: {platforms or 'no platform'} in {places or 'no place'} from {read['effective_date'] or 'no date'}"
