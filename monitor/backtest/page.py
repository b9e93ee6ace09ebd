"""A backtest as one HTML file that needs nothing else: each event on a line of days around its official date."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date

from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from monitor.backtest.headlines import headlines
from monitor.backtest.report import Event, Report
from monitor.understand.plots import circle, line, picture, tag, word

REACH = 180  # days on either side of the official date; what lies beyond is drawn at the edge

_templates = Environment(
    loader=ChoiceLoader(
        [PackageLoader("monitor.backtest", "templates"), PackageLoader("monitor.understand", "templates")]
    ),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    trim_blocks=True,
)


def page(report: Report, title: str) -> str:
    """The page."""
    style = "".join(_templates.get_template(name).render() for name in ("score.css.j2", "backtest.css.j2"))
    return _templates.get_template("backtest.html.j2").render(
        title=title,
        report=report,
        cards=[(one.name, one.value, one.note) for one in headlines(report)],
        missed=[
            ("language", report.missed_by_language),
            ("event type", report.missed_by_event),
            ("who speaks", report.missed_by_source),
        ],
        plot=lead_plot([one for one in report.events if _dated(one)]) if any(map(_dated, report.events)) else None,
        undrawn=[one.incident for one in report.events if not _dated(one)],
        style=Markup(style),  # noqa: S704 - our own file
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _dated(event: Event) -> bool:
    """Whether it has a day to draw its other days around."""
    return bool(event.official or event.effective)


def lead_plot(events: Sequence[Event]) -> Markup:
    """A row an event, day 0 its official date (its effective one, where none is known): when the public could have
    known, when we saw it, when we said it, when it happened."""
    left, width, step, top = 220, 520, 22, 30
    bottom = top + step * len(events)

    def at(day: date, zero: date) -> float:
        return left + width * (min(max((day - zero).days, -REACH), REACH) + REACH) / (2 * REACH)

    parts = []
    for mark in range(-REACH, REACH + 1, 60):
        x = left + width * (mark + REACH) / (2 * REACH)
        parts.append(line(x, top - 6, x, bottom, "grid" if mark else "zero"))
        parts.append(word(x, top - 12, f"{mark:+d}" if mark else "official", "tiny", "middle"))
    for number, event in enumerate(events):
        y = top + 12 + step * number
        zero = event.official or event.effective
        assert zero is not None, "the caller leaves out events without a date"
        parts.append(word(left - 12, y + 4, event.incident, "word" if event.first_alert else "word missed", "end"))
        if event.first_alert and event.effective and event.first_alert < event.effective:
            x = at(event.first_alert, zero)
            parts.append(
                tag("rect", x=x, y=y - 3, width=max(at(event.effective, zero) - x, 1.0), height=6, class_="ahead")
            )
        for day, class_, radius in (
            (event.first_report, "hint", 3.5), (event.effective, "effect", 4.5), (event.reversed, "lifted", 4.0),
            (event.first_signal, "signal", 3.5), (event.first_alert, "alert", 4.5),
        ):  # fmt: skip
            if day:
                parts.append(circle(at(day, zero), y, radius, class_, f"{class_}: {day}"))
        parts.append(word(left + width + 14, y + 4, _lead(event), "number"))
    return picture(left + width + 170, bottom + 8, "Each event's days around its official date", parts)


def _lead(event: Event) -> str:
    if event.first_alert is None:
        if not event.concerns:
            return "touches no stake"
        return "never told" if event.first_signal is None else "seen, not told"
    if event.ahead_of_effective is None:
        return "" if event.ahead_of_official is None else f"{event.ahead_of_official:+d} d to official"
    return f"{event.ahead_of_effective:+d} d"
