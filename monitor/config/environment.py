"""Settings from environment variables, laid over those of settings.yaml: SELLERWATCH_WEB__PORT=9999."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from monitor.config.problems import Problem, nearest
from monitor.config.settings import Settings
from monitor.config.validation import kind_at
from monitor.config.yaml_file import KeyPath, YamlFile

PREFIX = "SELLERWATCH_"
DELIMITER = "__"


class _Overrides(Settings, BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=DELIMITER)


class _GivenEnvironment(EnvSettingsSource):
    """Reads the mapping that it is given, not the process's own environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {name.lower(): value for name, value in environ.items()}
        super().__init__(_Overrides)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return dict(self._environ)


def lay_over(file: YamlFile, environ: Mapping[str, str]) -> tuple[YamlFile, list[Problem]]:
    """The settings file with what the environment replaces; sections and lists are written as JSON.

    Names without `__` that are no setting are left alone: they may hold secrets.
    """
    problems: list[Problem] = []
    names: dict[KeyPath, str] = {}
    for name, text in environ.items():
        if not name.upper().startswith(PREFIX):
            continue
        path = tuple(name.lower().removeprefix(PREFIX.lower()).split(DELIMITER))
        if path[0] not in Settings.model_fields:
            if len(path) > 1:
                hint = nearest(path[0], Settings.model_fields)
                problems.append(Problem("environment", None, name, f"there is no setting {path[0]!r}", hint))
            continue
        kind = kind_at(Settings, path)
        if (_is_section(kind) or get_origin(kind) in (tuple, Mapping)) and not _is_json(text):
            problems.append(Problem("environment", None, name, "is not valid JSON", "sections and lists are JSON here"))
            continue
        names[path] = name
    given = {name: environ[name] for name in names.values()}
    overrides = _plain(_GivenEnvironment(given)(), (), {path: environ[name] for path, name in names.items()})
    placed = {path: name for path, name in names.items() if not _is_section(kind_at(Settings, path))}
    for leaf in _leaves(overrides, ()):
        placed[leaf] = next(names[leaf[:n]] for n in range(len(leaf), 0, -1) if leaf[:n] in names)
    return replace(file, value=_merged(file.value, overrides), overrides=placed), problems


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _plain(value: Any, at: KeyPath, texts: Mapping[KeyPath, str]) -> Any:
    """pydantic-settings makes secrets, spans and enumerations of some texts; they are texts again until validated."""
    if isinstance(value, dict):
        return {key: _plain(item, (*at, key), texts) for key, item in value.items()}
    return value if type(value) in (str, int, float, bool, list, NoneType) else texts[at]


def _leaves(value: Any, at: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*at, key))
    else:
        yield at


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
