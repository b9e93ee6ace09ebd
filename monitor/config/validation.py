"""From a file's plain values to typed records, with every error at its line and in plain words."""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.config.problems import Problem, nearest
from monitor.config.units import Known
from monitor.config.yaml_file import KeyPath, YamlFile

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], file: YamlFile, at: KeyPath, known: Known) -> tuple[M | None, list[Problem]]:
    """The record that stands at a path of a file, or None and all that is wrong with it.

    YAML is validated in pydantic's JSON mode: strict types, with lists for tuples and words for enumerations.
    """
    value = file.value
    for step in at:
        value = value[step]
    try:
        return model.model_validate_json(json.dumps(value), context=known), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    wrong = {details["loc"][:-1] for details in found}  # a list is not empty because what is in it is wrong
    found = [details for details in found if details["type"] != "too_short" or details["loc"] not in wrong]
    return None, [_explain(model, file, at, details) for details in found]


def _explain(model: type[BaseModel], file: YamlFile, at: KeyPath, details: ErrorDetails) -> Problem:
    path = tuple(step for step in details["loc"] if step != "[key]")
    context = details.get("ctx", {})
    what, hint = details["msg"].removeprefix("Input ").removeprefix("String "), context.get("hint", "")
    expected = kind_at(model, path)
    match details["type"]:
        case "extra_forbidden":
            parent = kind_at(model, path[:-1])
            keys = parent.model_fields if isinstance(parent, type) and issubclass(parent, BaseModel) else ()
            what = f"unknown key {str(path[-1])!r}"
            hint = nearest(str(path[-1]), keys) or f"known here: {', '.join(sorted(keys))}"
        case "missing":
            what = "is missing"
        case "too_short":
            what, hint = "is empty", "name one at least"
        case "enum" if isinstance(expected, type) and issubclass(expected, Enum):
            words = [str(member.value) for member in expected]
            what = f"{details['input']!r} is not one of {', '.join(words)}"
            hint = nearest(str(details["input"]), words)
        case "model_type" | "model_attributes_type" | "dict_type":
            what = "should be a block of keys and values"
        case "tuple_type" | "list_type":
            what = "should be a list"
            hint = "write [one, two]"
        case "string_pattern_mismatch" if path[-1:] == ("id",):
            what = "is not an id"
            hint = "small letters, digits and single hyphens, such as shopee-newsroom"
        case "bool_type":
            hint = "write true or false"
        case "decimal_type" | "decimal_parsing":
            what = "should be a plain number"
            hint = "without a currency sign or thousands separators, such as 12000.50"
    return file.problem((*at, *path), what, hint)


def kind_at(model: type[BaseModel], path: KeyPath) -> Any:
    """The type that belongs at a path below a model, without annotations; None where nothing does."""
    kind: Any = model
    for step in path:
        if get_origin(kind) is tuple:
            kind = get_args(kind)[0]
        elif get_origin(kind) is Mapping:
            kind = get_args(kind)[1]
        elif isinstance(kind, type) and issubclass(kind, BaseModel) and step in kind.model_fields:
            kind = kind.model_fields[str(step)].annotation
        else:
            return None
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
    return kind


def blocks(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The blocks in what ought to be a list of them."""
    for n, row in enumerate(value if isinstance(value, list) else ()):
        if isinstance(row, dict):
            yield n, row


def taken_twice(file: YamlFile, names: Iterator[tuple[KeyPath, Any]], taken: dict[str, str]) -> list[Problem]:
    """Names used before, in this file or another that shares `taken` (casefolded name -> file and line)."""
    problems = []
    for path, name in names:
        if not isinstance(name, str):
            continue
        if first := taken.get(name.casefold()):
            problems.append(file.problem(path, f"{name!r} is used already, in {first}", "choose another"))
        else:
            taken[name.casefold()] = file.problem(path, "").place
    return problems
