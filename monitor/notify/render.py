"""A letter or a bulletin as plain text and as HTML."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.domain.exposure import Severity
from monitor.notify.bulletin import Bulletin
from monitor.notify.letter import Letter
from monitor.notify.tongue import tongue

_COLOUR = {  # white text on each has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)
    Severity.INFO: "#3d6b4f",
    Severity.LOW: "#4a5d73",
    Severity.MEDIUM: "#8a5a00",
    Severity.HIGH: "#b3400f",
    Severity.CRITICAL: "#a3123a",
}
_FONTS = {  # of the reader's script before the rest, so that Han characters have the shapes of the language
    "zh": "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif",
    "ja": "'Hiragino Sans','Yu Gothic',Meiryo,'Noto Sans CJK JP',Arial,sans-serif",
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
    name = "notice" if isinstance(letter, Bulletin) else "letter"
    t = tongue(letter.language, letter.zone)
    values = {
        "letter": letter,
        "say": t.say,
        "count": t.count,
        "sentences": t.sentences,
        "beside": t.beside,
        "language": t.tag,
        "colour": _COLOUR[letter.severity],
        "font": _FONTS.get(t.language, "Arial,Helvetica,sans-serif"),
    }
    plain, html = (_templates.get_template(f"{name}.{kind}.j2").render(values) for kind in ("txt", "html"))
    return Bodies(plain, html)
