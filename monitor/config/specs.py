"""What a source's `spec` may say, for each kind: the keys that its reader knows, and what each holds."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jmespath
from cssselect import SelectorError, parse
from jmespath.exceptions import JMESPathError

from monitor.config.problems import nearest, refuse
from monitor.domain.sources import SourceKind


def _selector(text: str) -> str:
    try:
        parse(text)
    except SelectorError as error:
        return f"is no CSS selector: {error}"
    return ""


def _path(text: str) -> str:
    try:
        jmespath.compile(text)
    except (JMESPathError, ValueError) as error:
        return f"is no JMESPath expression: {str(error).splitlines()[0]}"
    return ""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        return f"is no regular expression: {error}"
    return ""


def _json(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        return f"is no JSON: {error}"
    return ""


def _anything(text: str) -> str:
    return ""


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda text: "" if text in words else f"must be one of {', '.join(words)}"


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of one kind: each with a check that says what is wrong with a value."""

    known: Mapping[str, Callable[[str], str]]
    needed: frozenset[str] = frozenset()


_SPECS: Mapping[SourceKind, _Keys] = {
    SourceKind.FEED: _Keys({"outlet": _one_of("title")}),
    SourceKind.LIST: _Keys(
        {
            "item": _selector,
            "link": _selector,
            "title": _selector,
            "date": _selector,
            "text": _selector,
            "only": _pattern,
        }
    ),
    SourceKind.WATCHED: _Keys({"only": _selector, "ignore": _selector, "noise": _pattern}),
    SourceKind.SITEMAP: _Keys({"only": _pattern}),
    SourceKind.JSON: _Keys(
        {
            "items": _path,
            "id": _path,
            "title": _path,
            "url": _path,
            "text": _path,
            "date": _path,
            "page": _anything,
            "post": _json,
        },
        frozenset({"items", "title"}),
    ),
    SourceKind.PROBE: _Keys({"sees": _one_of("app_store", "google_play", "ooni")}, frozenset({"sees"})),
}


def check_spec(kind: SourceKind, spec: Mapping[str, str]) -> None:
    """Raises the validation error that says what is wrong, naming the key."""
    keys = _SPECS.get(kind, _Keys({}))
    for key, value in spec.items():
        if key not in keys.known:
            raise refuse(f"{key!r} is not read for kind {kind.value}", nearest(key, keys.known) or _offer(keys))
        if wrong := keys.known[key](value):
            raise refuse(f"{key}: {value!r} {wrong}")
    if missing := sorted(keys.needed - spec.keys()):
        raise refuse(f"{missing[0]!r} is missing: a source of kind {kind.value} cannot be read without it")


def _offer(keys: _Keys) -> str:
    return f"it reads {', '.join(keys.known)}" if keys.known else "leave spec out"
