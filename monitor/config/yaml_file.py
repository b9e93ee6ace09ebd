"""A YAML file as plain values that remember their lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from monitor.config.problems import Problem

KeyPath = tuple[str | int, ...]

_TABS = "indent with spaces, not with tabs"
_UNCLOSED = "look there and above for what is not closed, a colon without quotes, or another indentation"

_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_PLAIN = {_NULL, _BOOL, _INT, _FLOAT, "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp"}


@dataclass(frozen=True)
class YamlFile:
    """`value` is built of dict, list, str, int, float, bool and None only; `lines` counts from 1.

    `overrides` names the environment variables that replaced values, by the path of what they replaced.
    """

    name: str
    path: Path
    value: Any = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    overrides: Mapping[KeyPath, str] = field(default_factory=dict)

    def problem(self, path: KeyPath, what: str, hint: str = "") -> Problem:
        """The problem at a path, placed at the nearest ancestor that stands in the file (or in the environment)."""
        ancestors = [path[:n] for n in range(len(path), -1, -1)]
        if variable := next((self.overrides[ancestor] for ancestor in ancestors if ancestor in self.overrides), ""):
            return Problem("environment", None, variable, what, hint)
        line = next((self.lines[ancestor] for ancestor in ancestors if ancestor in self.lines), None)
        return Problem(self.name, line, self._key(path), what, hint)

    def is_overridden(self, path: KeyPath) -> bool:
        return any(path[:n] in self.overrides for n in range(len(path) + 1))

    def _key(self, path: KeyPath) -> str:
        """`targets.ops-mail.address`: an item of a list goes by its id or name where it has one, else by its index."""
        key, value = "", self.value
        for step in path:
            try:
                value = value[step]
            except (LookupError, TypeError):
                value = None
            label = str(step)
            if isinstance(step, int):
                named = value.get("id", value.get("name")) if isinstance(value, dict) else None
                label = named if isinstance(named, str) and named else f"[{step}]"
            key += label if not key or label.startswith("[") else f".{label}"
        return key


def read_yaml(path: Path, name: str) -> tuple[YamlFile, list[Problem]]:
    """Read one document. Scalars follow YAML 1.2's core schema where 1.1 surprises (`NO` is Norway, not false)."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        hint = f"save it as UTF-8; first bad byte at {error.start}"
        at = error.object.count(b"\n", 0, error.start) + 1
        return YamlFile(name, path), [Problem(name, at, "", "is not UTF-8 text", hint)]
    except OSError as error:
        return YamlFile(name, path), [Problem(name, None, "", f"cannot be read: {error.strerror}")]
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        hint = _TABS if "'\\t'" in str(error.problem) else _UNCLOSED
        return YamlFile(name, path), [Problem(name, line, "", f"is not valid YAML: {error.problem}", hint)]
    except (yaml.YAMLError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else "holds characters YAML does not allow"
        return YamlFile(name, path), [Problem(name, None, "", reason)]
    if root is None:
        return YamlFile(name, path), []
    builder = _Builder()
    value = builder.build(root, ())
    file = YamlFile(name, path, value, builder.lines)
    return file, [Problem(name, line, file._key(at), what, hint) for at, line, what, hint in builder.faults]


def _composed(text: str) -> yaml.Node | None:
    """By libyaml, in a fifth of the time; what it refuses, PyYAML's own reader explains better."""
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


class _Builder:
    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[tuple[KeyPath, int, str, str]] = []
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, at: KeyPath) -> Any:
        line = self.lines.setdefault(at, node.start_mark.line + 1)
        if id(node) in self._seen:  # an alias: a few lines of them can stand for gigabytes
            self.faults.append((at, line, "aliases (*name) are not used here", "write the value out"))
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*at, n)) for n, item in enumerate(node.value)]
        if node.tag not in _PLAIN:
            self.faults.append(
                (
                    at,
                    line,
                    f"the tag {node.tag.removeprefix('tag:yaml.org,2002:')} is not used here",
                    "write a plain value",
                )
            )
            return None
        return _scalar(node.tag, str(node.value))

    def _mapping(self, node: yaml.MappingNode, at: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append((at, line, "a key must be plain text", ""))
                continue
            key = str(key_node.value)
            if key in result:
                first = self.lines[(*at, key)]
                self.faults.append(((*at, key), line, f"is written twice, first in line {first}", "keep one"))
                continue
            self.lines[(*at, key)] = line
            faults = len(self.faults)
            value = self.build(value_node, (*at, key))
            if value is not None or len(self.faults) == faults:  # what cannot be built is one problem, not two
                result[key] = value
        return result


def _scalar(tag: str, text: str) -> Any:
    if tag == _NULL:
        return None
    if tag == _BOOL and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if tag == _INT and text.lstrip("+-").isdecimal():
        return int(text)
    if tag == _FLOAT and ":" not in text:
        return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
