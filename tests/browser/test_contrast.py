"""Every text of the desk stands out from its ground (WCAG 2.2, 1.4.3 and 1.4.11), reckoned from the style sheet."""

import re
from importlib.resources import files
from itertools import product

import pytest

STATIC = files("monitor.web") / "static"
SHEETS = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("desk.css", "screens.css"))
CSS = re.sub(r"/\*.*?\*/", "", SHEETS, flags=re.DOTALL)
SCHEMES = ("light", "dark")
COLOURS = {  # name -> its two colours
    name: dict(zip(SCHEMES, pair, strict=True))
    for name, *pair in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
SURFACES = ("paper", "card", "sunk")
TEXTS = ("ink", "soft", "link", "critical", "high", "medium", "low", "info")
TOGETHER = [  # what one rule sets as its text and its ground
    (text, ground)
    for body in re.findall(r"\{([^{}]*)\}", CSS)
    if (text := dict(re.findall(r"(?<![\w-])(color): var\(--([\w-]+)\)", body)).get("color"))
    and (ground := dict(re.findall(r"(?<![\w-])(background): var\(--([\w-]+)\)", body)).get("background"))
]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ratio(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def contrast(one: str, other: str, scheme: str) -> float:
    return ratio(COLOURS[one][scheme], COLOURS[other][scheme])


def test_the_measure_is_the_one_of_the_standard():
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the grey that just fails


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_can_be_read_on_every_ground_that_they_stand_on(scheme):
    heat = [("ink", f"heat-{step}") for step in range(1, 5)] + [("on-heat-5", "heat-5")]
    tints = [(name, f"{name}-tint") for name in ("critical", "high", "medium", "low", "info")]
    pairs = {*product(TEXTS, SURFACES), *TOGETHER, *heat, *tints}
    assert len(TOGETHER) > 15
    faint = {(*pair, round(contrast(*pair, scheme), 2)) for pair in pairs if contrast(*pair, scheme) < 4.5}
    assert not faint


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_and_the_focus_can_be_seen(scheme):
    pairs = {*product(("edge", "focus", "main"), SURFACES)}
    assert not {(*pair, round(contrast(*pair, scheme), 2)) for pair in pairs if contrast(*pair, scheme) < 3}


def test_no_colour_is_written_anywhere_but_at_the_top():
    rules = CSS.partition('[data-theme="light"]')[2]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])", rules)
