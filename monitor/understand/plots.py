"""Small pictures in SVG: intervals, a heat map, reliability, precision and recall, bars. Colours come from the page's
style sheet by class, so that a picture fits a light page, a dark one, and paper."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from monitor.understand.figures import Bin, Figure
from monitor.understand.score import Rates
from monitor.understand.wanted import Wanted


def tag(name: str, *inside: str, **attributes: object) -> Markup:
    """An element; `class_` is its class, `stroke_width` its stroke-width."""
    named = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    written = "".join(f' {key}="{escape(_short(value))}"' for key, value in named)
    return Markup(f"<{name}{written}>{''.join(map(escape, inside))}</{name}>")  # noqa: S704 - every part is escaped


def _short(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def picture(width: float, height: float, says: str, parts: Sequence[Markup]) -> Markup:
    """The whole of it, of that size in pixels; `says` tells what it shows to whom cannot see it."""
    view = f"0 0 {width:g} {height:g}"
    return tag("svg", tag("title", says), *parts, viewBox=view, width=width, height=height, role="img")


def word(x: float, y: float, text: str, class_: str = "", anchor: str = "start") -> Markup:
    """Words whose start, middle or end stands at that point."""
    return tag("text", text, x=x, y=y, class_=class_ or "word", text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def circle(x: float, y: float, radius: float, class_: str, says: str) -> Markup:
    """A dot that says what it is when it is pointed at."""
    return tag("circle", tag("title", says), cx=x, cy=y, r=radius, class_=class_)


def intervals(
    figures: dict[str, Figure], low: float = 0.0, high: float = 1.0, wanted: Mapping[str, Wanted] | None = None
) -> Markup:
    """One line a figure: its value as a dot on its 95 % interval, then both in digits; with signs where `low` is below
    zero. What is `wanted` of it stands as a stroke and in words, and what falls short of it in red."""
    sign = "+" if low < 0 else ""
    left, width, step = 226, 330, 25
    bottom = 12 + step * len(figures)

    def at(value: float) -> float:
        return left + width * (min(max(value, low), high) - low) / (high - low)

    marks = [low + (high - low) * k / 4 for k in range(5)]
    parts = [line(at(mark), 6, at(mark), bottom, "zero" if mark == 0 > low else "grid") for mark in marks]
    parts += [word(at(mark), bottom + 16, f"{mark:.2g}", "small", "middle") for mark in marks]
    for number, (name, figure) in enumerate(figures.items()):
        y = 18 + step * number
        parts += [
            word(left - 12, y + 4, name, "word", "end"),
            tag("rect", x=at(figure.low), y=y - 4, width=max(at(figure.high) - at(figure.low), 1.0), height=8, rx=4,
                 class_="band"),
            tag("circle", cx=at(figure.value), cy=y, r=5, class_="dot"),
            word(left + width + 14, y + 4, f"{figure.value:{sign}.3f}", "number"),
            word(left + width + 68, y + 4, f"{figure.low:{sign}.2f} to {figure.high:{sign}.2f}", "small"),
            word(left + width + 200, y + 4, f"{figure.n:,}", "small", "end"),
        ]  # fmt: skip
        if want := (wanted or {}).get(name):
            short = bool(figure.n) and not want.kept(figure.value)
            parts += [
                line(at(want.bound), y - 9, at(want.bound), y + 9, "want"),
                word(left + width + 216, y + 4, f"{want}{', missed' if short else ''}",
                     "small short" if short else "small"),
            ]  # fmt: skip
    return picture(left + width + (376 if wanted else 206), bottom + 24, "Each figure with its 95 % interval", parts)


def heat_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Markup:
    """Rows are labels, columns predictions; a cell is as dark as its share of the row, and right on the diagonal."""
    left, top, wide, high = 92, 44, 62, 34
    parts = [word(left, 13, "predicted", "small")]
    parts += [
        word(left + wide * (k + 0.5), top - 10, name.replace("_", " "), "tiny", "middle")
        for k, name in enumerate(names)
    ]
    for i, (row, name) in enumerate(zip(counts, names, strict=True)):
        y = top + high * i
        parts.append(word(left - 8, y + high / 2 + 4, name.replace("_", " "), "tiny", "end"))
        for k, count in enumerate(row):
            share = count / (sum(row) or 1)
            x = left + wide * k
            box = {"x": x + 1, "y": y + 1, "width": wide - 2, "height": high - 2, "rx": 4}
            parts.append(tag("rect", class_="cell", **box))
            if count:
                strength = 0.12 + 0.88 * share
                parts.append(tag("rect", class_="right" if i == k else "wrong", fill_opacity=strength, **box))
                tone = "on" if share > 0.5 else "word"
                parts.append(word(x + wide / 2, y + high / 2 + 4, f"{count}", tone, "middle"))
    says = "How often each event type, in a row, was taken for each, in a column"
    return picture(left + wide * len(names) + 4, top + high * len(names) + 4, says, parts)


def _frame(x: float, y: float, size: float, across: str, up: str) -> list[Markup]:
    """A square from 0 to 1 in both directions."""
    parts = []
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            line(x + size * mark, y, x + size * mark, y + size, "grid"),
            line(x, y + size * mark, x + size, y + size * mark, "grid"),
            word(x + size * mark, y + size + 15, f"{mark:g}", "small", "middle"),
            word(x - 7, y + size * (1 - mark) + 4, f"{mark:g}", "small", "end"),
        ]
    parts.append(word(x + size / 2, y + size + 32, across, "small", "middle"))
    parts.append(
        tag("text", up, x=0, y=0, class_="small", text_anchor="middle",
             transform=f"translate({x - 44:g} {y + size / 2:g}) rotate(-90)")
    )  # fmt: skip
    return parts


def reliability(bins: Sequence[Bin]) -> Markup:
    """The share of events against the score that promised them, and below how many documents have each score."""
    x, y, size, below = 60, 10, 300, 54
    parts = _frame(x, y, size, "score", "share that reports an event")
    parts.append(line(x, y + size, x + size, y, "ideal"))
    points = [(x + size * one.score, y + size * (1 - one.share)) for one in bins]
    for one, (across, up) in zip(bins, points, strict=True):
        parts.append(line(across, up, across, y + size * (1 - one.score), "gap"))
    parts.append(tag("polyline", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in points), class_="curve"))
    parts += [tag("circle", cx=a, cy=b, r=4.5, class_="dot") for a, b in points]
    base, most = y + size + 44 + below, max(one.documents for one in bins)
    for one in bins:
        tall = max(1.5, below * one.documents / most)
        left = x + size * one.low
        wide = size * (one.high - one.low) - 2
        parts.append(tag("rect", x=left + 1, y=base - tall, width=wide, height=tall, rx=2, class_="bar"))
        parts.append(word(left + 1 + wide / 2, base + 12, f"{one.documents}", "tiny", "middle"))
    return picture(x + size + 14, base + 34, "Reliability of the scores", [
        *parts, word(x + size / 2, base + 28, "documents", "small", "middle")])  # fmt: skip


def precision_recall(curve: Sequence[tuple[float, float]], at: Rates) -> Markup:
    """Precision against recall as the threshold falls, and where the predictions stand."""
    x, y, size = 60, 10, 340
    parts = _frame(x, y, size, "recall", "precision")
    points = [(x + size * recall, y + size * (1 - precision)) for recall, precision in curve]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    area = f"{x},{points[0][1]:.1f} {path} {points[-1][0]:.1f},{y + size} {x},{y + size}"
    here = x + size * at.recall, y + size * (1 - at.precision)
    parts += [
        tag("polygon", points=area, class_="area"),
        tag("polyline", points=f"{x},{points[0][1]:.1f} {path}", class_="curve"),
        tag("circle", cx=here[0], cy=here[1], r=6, class_="mark"),
        word(here[0] - 12, here[1] + 24, f"P {at.precision:.2f}, R {at.recall:.2f}", "number", "end"),
    ]
    return picture(x + size + 14, y + size + 42, "Precision against recall", parts)


def bars(parts: dict[str, tuple[Rates, int]], names: dict[str, str] | None = None, few: int = 0) -> Markup:
    """F1 of each part of the documents, with its events and documents; faint with fewer than `few` events."""
    left, width, step = 128, 210, 24
    drawn = [line(left + width * k / 4, 4, left + width * k / 4, 8 + step * len(parts), "grid") for k in range(5)]
    for number, (name, (rate, documents)) in enumerate(parts.items()):
        y = 8 + step * number
        faint = " faint" if rate.wanted < few else ""
        drawn += [
            word(left - 10, y + 15, (names or {}).get(name, name), f"word{faint}", "end"),
            tag("rect", x=left, y=y + 3, width=width, height=16, rx=3, class_="cell"),
        ]
        if rate.wanted:
            drawn.append(tag("rect", x=left, y=y + 3, width=max(width * rate.f1, 1.0), height=16, rx=3,
                              class_=f"bar{faint}"))  # fmt: skip
        drawn += [
            word(left + width + 12, y + 15, f"{rate.f1:.2f}" if rate.wanted else "no event", f"number{faint}"),
            word(left + width + 152, y + 15, f"{rate.wanted} of {documents:,}", f"small{faint}", "end"),
        ]
    return picture(left + width + 160, 14 + step * len(parts), "F1 of detection by part of the documents", drawn)
