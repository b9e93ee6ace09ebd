"""Every sentence that the code says to readers, read out of the code itself: from its syntax, never by running it."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "monitor/notify/locale"
DESK = (ROOT / "monitor/desk", ROOT / "monitor/web")  # its sentences are a catalogue of their own
_ONE, _TWO = {"say", "noop", "ActRefusedError"}, {"count", "forms"}


def sentences() -> dict[str, str | None]:
    """English sentence of what is sent -> its plural, or None where it has one form."""
    sent = ROOT / "monitor/notify/templates"
    return _found(_in_python(desk=False), _in_templates(sent), _in_playbooks(), _in_the_calendar())


def desk_sentences() -> dict[str, str | None]:
    """The same of the desk's pages, without what is sent as well."""
    sent = sentences()
    found = _found(_in_python(desk=True), _in_templates(ROOT / "monitor/web/templates/desk"))
    return {one: many for one, many in found.items() if one not in sent}


def _found(*parts: Iterable[tuple[str, str | None]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in parts:
        for one, many in part:
            found[one] = many or found.get(one)
    return found


def _in_python(desk: bool) -> Iterator[tuple[str, str | None]]:
    for path in sorted((ROOT / "monitor").rglob("*.py")):
        if any(path.is_relative_to(part) for part in DESK) is not desk:
            continue
        text = path.read_text(encoding="utf-8")
        if not desk and not any(one in text for one in ("tongue", "Tongue", "ActRefusedError(")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "attr", getattr(function, "id", ""))
                yield from _said(name, [one.value for one in node.args if isinstance(one, ast.Constant)])


def _in_templates(directory: Path) -> Iterator[tuple[str, str | None]]:
    environment = Environment()  # parses; renders nothing
    for path in sorted(directory.glob("*.j2")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            name = getattr(call.node, "name", getattr(call.node, "attr", ""))
            yield from _said(name, [one.value for one in call.args if isinstance(one, nodes.Const)])


def _in_playbooks() -> Iterator[tuple[str, str | None]]:
    """The steps that are shipped: people's own stay as they wrote them."""
    for playbook in yaml.safe_load((ROOT / "config/playbooks.yaml").read_text(encoding="utf-8")):
        for step in playbook["steps"]:
            yield step["do"], None
            yield step["owner"], None


def _in_the_calendar() -> Iterator[tuple[str, str | None]]:
    """The names of the peaks that are shipped."""
    for peak in yaml.safe_load((ROOT / "config/calendar.yaml").read_text(encoding="utf-8")):
        yield peak["name"], None


def _said(name: str, given: list[object]) -> Iterator[tuple[str, str | None]]:
    texts = [one for one in given if isinstance(one, str)]
    if name in _ONE and texts:
        yield texts[0], None
    elif name in _TWO and len(texts) > 1:
        yield texts[0], texts[1]
