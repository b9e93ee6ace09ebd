"""What the documents name is there: files, functions, settings, commands; and the house keeps its own rules."""

import ast
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from monitor import cli
from monitor.config.settings import Settings

ROOT = Path(__file__).parents[2]
PARTS = ("monitor", "spiders", "config", "corpus", "docs", "tests", "systemd", "benchmarks", ".ci")
FILES = [path for part in PARTS for path in (ROOT / part).rglob("*") if "__pycache__" not in path.parts]
PLACES = {path.relative_to(ROOT).as_posix() for path in chain(FILES, ROOT.glob("*"))}
DOCUMENTS = sorted(path for path in chain(FILES, ROOT.glob("*.md")) if path.suffix == ".md")
CODE = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("monitor", "spiders")]
WITH_COMMENTS = [
    path
    for path in chain(FILES, [ROOT / "Makefile", ROOT / ".ci/run"])
    if path.suffix in (".py", ".service", ".yaml", "")
]
THE_USERS_OWN = {
    "exposure.yaml",
    "config/exposure.yaml",
    "exposure.csv",
    "acme.csv",
    "calendar.own.yaml",
    "sellerwatch.db",
    "copy.db",
    "second-opinion.db",
    "var/",
    "dist/",
    "dist/wheels/",
    "wheels/requirements.txt",
    "share/sellerwatch/",
}  # they are there once it runs, or was built

_QUOTED = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```.*?^```|^    \S.*?$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"(?!/)[\w.*/-]+(\.(py|md|ya?ml|jsonl?|toml|lock|npz|service|txt|csv|db)|/)|[\w-]+(/[\w.-]+)+")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_COMMAND = re.compile(r"\bsellerwatch((?: \|? ?[a-z][a-z-]+)+)((?: (?:--[a-z]+|[A-Z0-9\[\]|-]+))*)")
_TARGET = re.compile(r"\bmake ([a-z]+)\b")


def quoted(document: Path) -> list[str]:
    """What stands in back quotes or in a block of code: there a word is a name."""
    text = document.read_text(encoding="utf-8")
    blocks = [block.group() for block in _BLOCK.finditer(text)]
    return blocks + _QUOTED.findall(_BLOCK.sub("", text))


def is_there(place: str) -> bool:
    """A file or folder of this path, or of this end of a path; * stands for any name."""
    pattern = re.escape(place.rstrip("/.")).replace(r"\*", "[^/]*")
    return any(re.fullmatch(f"(.*/)?{pattern}", known) for known in PLACES)


def defined(path: Path) -> Iterator[str]:
    """Every name that a module defines, with dots: monitor.pipeline.Pipeline.step."""
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    yield dotted

    def inside(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for node in body:
            match node:
                case ast.ClassDef():
                    yield f"{prefix}.{node.name}"
                    yield from inside(node.body, f"{prefix}.{node.name}")
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield f"{prefix}.{node.name}"
                case ast.Assign():
                    yield from (f"{prefix}.{one.id}" for one in node.targets if isinstance(one, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name)):
                    yield f"{prefix}.{name}"

    yield from inside(ast.parse(path.read_text(encoding="utf-8")).body, dotted)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the settings, with dots: fetch.min_every."""
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{prefix}{name}.")


KNOWN = "\n".join(["", *chain.from_iterable(map(defined, CODE)), *(f".{key}" for key in keys(Settings)), ""])


def is_defined(name: str) -> bool:
    """Something of ours, a key of the settings, the standard library's; `letter.test` is a field of Letter."""
    first, _, rest = name.partition(".")
    ends = (f".{name}\n", f".{first.capitalize()}.{rest}\n", f"\n{name}\n")
    return first in sys.stdlib_module_names or any(end in KNOWN for end in ends)


def wrong_in(document: Path) -> list[str]:
    """What a document names and nobody has."""
    wrong = []
    for words in quoted(document):
        for word in re.split(r"[\s(),;'\"]+", words):
            if _FILE.fullmatch(word):
                if not is_there(word) and word not in THE_USERS_OWN:
                    wrong.append(f"no file {word}")
            elif _NAME.fullmatch(word) and not is_defined(word) and "\n" not in words:
                wrong.append(f"no name {word}")
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        if not link.startswith(("http", "#")) and not (document.parent / link.partition("#")[0]).exists():
            wrong.append(f"no link {link}")
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_only_files_functions_and_settings_that_exist(document: Path):
    assert wrong_in(document) == []


def test_nobody_is_told_to_fetch_us_by_our_name_from_an_index():
    """It would be unlocked, and whoever takes the name there could send what he likes."""
    asks = [
        path.name
        for path in (*CODE, *DOCUMENTS)
        if re.search(r"pip install ['\"]?sellerwatch", path.read_text("utf-8"))
    ]
    assert asks == []


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ("read `monitor/pipelines.py`", "no file monitor/pipelines.py"),
        ("in `sources/*.yml`", "no file sources/*.yml"),
        ("see `pipeline.Pipeline.leap`", "no name pipeline.Pipeline.leap"),
        ("`domain.ladder.clamber(evidence)`", "no name domain.ladder.clamber"),
        ("set `fetch.max_byte`", "no name fetch.max_byte"),
        ("[a page](no-such-page.md)", "no link no-such-page.md"),
    ],
)
def test_a_document_that_names_what_is_not_there_is_found(tmp_path: Path, says: str, complaint: str):
    (tmp_path / "page.md").write_text(says)
    assert wrong_in(tmp_path / "page.md") == [complaint]


def test_a_comment_that_sends_its_reader_to_a_document_sends_them_to_one_that_exists():
    sent = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in WITH_COMMENTS
        if path.is_file() and path != Path(__file__)
        for name in re.findall(r"\b(?:docs|corpus|config|systemd)/[\w/-]+\.md\b", path.read_text(encoding="utf-8"))
    }
    assert sent
    assert {(path, name) for path, name in sent if name not in PLACES} == set()


def commands() -> dict[str, Any]:
    """Every command by its words: `incidents`, `corpus add`."""
    found = {}
    for name, command in typer.main.get_command(cli.app).commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {one}": part for one, part in inner.items()} if inner else {}
        if not inner or getattr(command, "invoke_without_command", False):  # `sources` alone lists them
            found[name] = command
    return found


def test_every_command_and_option_that_a_document_shows_exists():
    shown = set()
    for document in DOCUMENTS:
        for words in quoted(document):
            for names, options in _COMMAND.findall(words):
                first, *others = (name.strip() for name in names.split("|"))
                group = first.partition(" ")[0] + " " if " " in first else ""  # corpus check | add
                every = [first, *(group + other for other in others)]
                shown |= {(name, option) for name in every for option in ["", *options.split()]}
    assert {name for name, _ in shown} == set(commands()), "every command is shown somewhere, and no other"
    known = {(name, one) for name, command in commands().items() for p in command.params for one in ["", *p.opts]}
    assert {(name, option) for name, option in shown if option.startswith("--")} <= known


def test_every_make_target_that_a_document_shows_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {name for document in DOCUMENTS for words in quoted(document) for name in _TARGET.findall(words)}
    assert {"run", "test", "demo"} <= shown <= targets


def test_a_file_of_code_can_be_read_at_one_sitting_and_its_name_says_what_it_holds():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert {path: lines for path, lines in lengths.items() if lines > 320} == {}
    nameless = {"utils", "util", "helpers", "helper", "common", "misc", "models"}
    assert [path for path in CODE if nameless & set(path.relative_to(ROOT).with_suffix("").parts)] == []
