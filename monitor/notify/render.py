"""A letter or a bulletin as plain text and as HTML."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.domain.exposure import Severity
from monitor.notify.bulletin import Bulletin
from monitor.notify.letter import Letter

_COLOUR = {  # white text on each has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)
    Severity.INFO: "#3d6b4f",
    Severity.LOW: "#4a5d73",
    Severity.MEDIUM: "#8a5a00",
    Severity.HIGH: "#b3400f",
    Severity.CRITICAL: "#a3123a",
}

_templates = Environment(
    loader=PackageLoader("monitor.notify"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), disabled_extensions=("txt.j2",), default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The two forms of a mail's body."""

    plain: str
    html: str


def bodies(letter: Letter | Bulletin) -> Bodies:
    """It in both forms. Outside text is escaped in the HTML, and one line each in the plain text."""
    if isinstance(letter, Bulletin):
        return Bodies(
            plain=_templates.get_template("notice.txt.j2").render(notice=letter),
            html=_templates.get_template("notice.html.j2").render(notice=letter, colour=_COLOUR[letter.severity]),
        )
    return Bodies(
        plain=_templates.get_template("letter.txt.j2").render(letter=letter),
        html=_templates.get_template("letter.html.j2").render(letter=letter, colour=_COLOUR[letter.severity]),
    )
