"""A score as one HTML file that needs nothing else: no script, no network, one style sheet that its policy names."""

import base64
import hashlib
from collections.abc import Sequence

from babel import Locale
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from monitor.corpus.rows import NONE
from monitor.understand import plots
from monitor.understand.figures import FEW, Figure, Score
from monitor.understand.score import EVENTS, LENGTHS
from monitor.understand.wanted import ALL, WANTED, WORST_LANGUAGE, judged, missed

HEADLINE = ("detection F1", "average precision", "recall at precision 0.95", "hard negatives passed",
            "event type macro F1", "status accuracy")  # fmt: skip

_templates = Environment(
    loader=PackageLoader("monitor.understand", "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    trim_blocks=True,
)


def page(
    score: Score,
    title: str,
    notes: Sequence[str] = (),
    worst: int = 20,
    against: str = "",
    moved: dict[str, Figure] | None = None,
) -> str:
    """The page. `worst` is how many mistakes it names, by id; `moved` how each figure rose from those of `against`."""
    style = _templates.get_template("score.css.j2").render()
    names = {code: Locale("en").languages.get(code, code) for code in score.languages}
    by_size = dict(sorted(score.languages.items(), key=lambda part: (-part[1][1], part[0])))
    lengths = {name: score.lengths[name] for _, name in LENGTHS if name in score.lengths}
    return _templates.get_template("score.html.j2").render(
        title=title,
        score=score,
        notes=notes,
        headline=HEADLINE,
        wanted=ALL,
        worst=WORST_LANGUAGE,
        missed=missed(judged(score)),
        languages=names,
        mistakes=score.mistakes[:worst],
        against=against,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        plots={
            "intervals": plots.intervals(score.figures, wanted=WANTED),
            "against": plots.intervals(moved, -reach, reach) if moved and (reach := _reach(moved)) else None,
            "confusion": plots.heat_map(score.confusion, (*EVENTS, NONE)),
            "reliability": plots.reliability(score.reliability),
            "curve": plots.precision_recall(score.curve, score.detection),
            "languages": plots.bars(by_size, names, FEW),
            "lengths": plots.bars(lengths, few=FEW),
            "sources": plots.bars(score.sources, few=FEW),
            "origins": plots.bars(score.origins, few=FEW),
        },
    )


def _reach(moved: dict[str, Figure]) -> float:
    """How far a picture of differences must reach to both sides."""
    farthest = max(max(abs(figure.low), abs(figure.high)) for figure in moved.values())
    return next(reach for reach in (0.04, 0.08, 0.2, 0.4, 1.0) if farthest <= reach)
