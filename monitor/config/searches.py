"""What a news search asks for: names of platforms and words of risk, in one language, within a service's limits.

`searches.yaml` holds the words; the names come from `platforms.yaml`. A name that means something else too is left out
where the platform has another, and else stands beside a word of the trade: `"Wish seller"`.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, Field

from monitor.config.problems import Problem, nearest, refuse
from monitor.config.records import Text
from monitor.config.strict import Strict
from monitor.config.units import Country, Known, PlatformName
from monitor.config.validation import validate
from monitor.config.yaml_file import KeyPath, YamlFile, read_yaml
from monitor.domain.platforms import Platform

NAME = "searches.yaml"

_RISKS_SHARE = 0.6  # of a query's room; the names of platforms take the rest


class Letters(StrEnum):
    """The letters in which a language writes foreign names, beside Latin ones."""

    LATIN = "latin"
    SIMPLIFIED = "simplified"
    TRADITIONAL = "traditional"
    JAPANESE = "japanese"
    KOREAN = "korean"
    CYRILLIC = "cyrillic"
    ARABIC = "arabic"
    THAI = "thai"


# How Unicode names such letters begin, and the old national character set that tells 乐天 from 樂天 and 楽天.
_WRITTEN: Mapping[Letters, tuple[tuple[str, ...], str]] = {
    Letters.SIMPLIFIED: (("CJK",), "gb2312"),
    Letters.TRADITIONAL: (("CJK",), "big5"),
    Letters.JAPANESE: (("CJK", "KATAKANA", "HIRAGANA"), "shift_jis"),
    Letters.KOREAN: (("HANGUL",), "euc_kr"),
    Letters.CYRILLIC: (("CYRILLIC",), "cp1251"),
    Letters.ARABIC: (("ARABIC",), "iso8859_6"),
    Letters.THAI: (("THAI",), "tis_620"),
}
_UNSPACED = ("CJK", "KATAKANA", "HIRAGANA", "THAI")


def _holds_the_name(pattern: str) -> str:
    if "{name}" not in pattern:
        raise refuse("has no place for the name", "such as {name} seller")
    return pattern


def _all_or_some(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if value != "all":
        raise refuse("is neither a list of platforms nor the word all")
    return ()


class Wording(Strict):
    """How one language speaks of risks, as searches.yaml writes it; `risks` begin with what matters most."""

    letters: Letters = Letters.LATIN
    risks: Annotated[tuple[Text, ...], Field(min_length=1)]
    context: Annotated[Text, AfterValidator(_holds_the_name)]  # what makes an ambiguous name plain
    names: Mapping[PlatformName, Text] = {}  # the alias that papers print, where it is not the first in these letters


@dataclass(frozen=True, slots=True)
class Asked:
    """One query, in the service's own words, and the platforms that it asks for."""

    words: str
    platforms: tuple[str, ...]


class Query(Strict):
    """The `query` of a record. No platforms are all that sell in `country`, the first `most` of platforms.yaml."""

    language: str
    platforms: Annotated[tuple[PlatformName, ...], BeforeValidator(_all_or_some)]
    country: Country | None = None
    most: int = Field(default=40, ge=1)
    words: int = Field(default=30, ge=6)  # what the service reads of a query; the rest it drops without a word
    characters: int = Field(default=1500, ge=100, le=1800)  # of the query, percent-encoded


@dataclass(frozen=True, slots=True)
class Searches:
    """The words of every language, and the platforms that may be asked for."""

    platforms: tuple[Platform, ...] = ()
    wordings: Mapping[str, Wording] = field(default_factory=dict)

    def queries(self, file: YamlFile, at: KeyPath, known: Known) -> tuple[tuple[Asked, ...], list[Problem]]:
        """The queries that the block at a path of a file stands for, and what is wrong with it."""
        asked, problems = validate(Query, file, at, known)
        if asked is None:
            return (), problems
        wording = self.wordings.get(asked.language)
        if wording is None:
            hint = nearest(asked.language, self.wordings) or f"add it to {NAME}"
            return (), [file.problem((*at, "language"), f"there are no words for {asked.language!r}", hint)]
        platforms = self._wanted(asked)
        if not platforms:
            return (), [file.problem((*at, "platforms"), "names no platform that is known to sell there")]
        try:
            return queries(platforms, wording, asked.words, asked.characters), []
        except ValueError as error:
            return (), [file.problem(at, str(error), "allow more words or characters")]

    def _wanted(self, asked: Query) -> list[Platform]:
        if asked.platforms:
            by_name = {platform.name: platform for platform in self.platforms}
            return [by_name[name] for name in asked.platforms if name in by_name]
        return [p for p in self.platforms if asked.country is None or asked.country in p.countries][: asked.most]


def read_searches(directory: Path, platforms: tuple[Platform, ...], known: Known) -> tuple[Searches, list[Problem]]:
    """The words of searches.yaml; none when there is no such file."""
    path = directory / NAME
    file, problems = read_yaml(path, NAME) if path.exists() else (YamlFile(NAME, path), [])
    if file.value is None or not isinstance(file.value, dict):
        wrong = [] if file.value is None else [file.problem((), "should be a block of languages")]
        return Searches(platforms), problems + wrong
    wordings: dict[str, Wording] = {}
    aliases = {platform.name: platform.aliases for platform in platforms}
    for language in file.value:
        wording, found = validate(Wording, file, (language,), known)
        problems += found
        for name, alias in wording.names.items() if wording else ():
            if name in aliases and alias not in aliases[name]:
                here = (language, "names", name)
                problems.append(file.problem(here, f"{alias!r} is no alias of {name}", nearest(alias, aliases[name])))
        if wording:
            wordings[language] = wording
    return Searches(platforms, wordings), problems


def queries(platforms: Iterable[Platform], wording: Wording, words: int, characters: int) -> tuple[Asked, ...]:
    """Queries that together ask for every platform, each within the limits: `(Temu OR SHEIN) (banned OR "shuts down")`.

    Raises ValueError when a platform's names alone leave no room.
    """

    def fits(text: str, share: float = 1.0) -> bool:
        return length_in_words(text) <= share * words and len(quote(text, safe="/:")) <= share * characters

    risks: list[str] = []
    for risk in wording.risks:
        if fits(_any_of([*risks, risk]), _RISKS_SHARE):
            risks.append(risk)
    if not risks:
        raise ValueError("leaves no room for a single word of risk")
    groups: list[tuple[list[str], list[str]]] = []  # names in the query, and platforms
    for platform in platforms:
        names = names_of(platform, wording)
        if groups and fits(f"{_any_of([*groups[-1][0], *names])} {_any_of(risks)}"):
            groups[-1][0].extend(names)
            groups[-1][1].append(platform.name)
        elif fits(f"{_any_of(names)} {_any_of(risks)}"):
            groups.append(([*names], [platform.name]))
        else:
            raise ValueError(f"leaves no room for the names of {platform.name}")
    return tuple(Asked(f"{_any_of(names)} {_any_of(risks)}", tuple(asked)) for names, asked in groups)


def names_of(platform: Platform, wording: Wording) -> tuple[str, ...]:
    """What a paper in that language calls the platform: in its letters, in Latin ones, or both."""
    plain = [alias for alias in (platform.name, *platform.aliases) if alias not in platform.ambiguous]
    local = wording.names.get(platform.name) or next((a for a in plain if _written_in(a, wording.letters)), None)
    names = dict.fromkeys(name for name in (local, platform.name if platform.name in plain else None) if name)
    return tuple(names) or (wording.context.replace("{name}", platform.name),)


def length_in_words(text: str) -> int:
    """About as a search service counts: OR and brackets are no words; what is written without spaces has one in three
    letters."""
    count = 0
    for word in text.replace("(", " ").replace(")", " ").replace('"', " ").split():
        unspaced = sum(unicodedata.name(letter, "").startswith(_UNSPACED) for letter in word)
        count += 0 if word == "OR" else max(1, -(-unspaced // 3))
    return count


def _any_of(terms: Sequence[str]) -> str:
    """GDELT takes brackets around alternatives only, so a single term stands without."""
    quoted = [_quoted(term) for term in dict.fromkeys(terms)]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"


def _quoted(term: str) -> str:
    """Without quotation marks a service would read the parts of a name apart, and sort foreign letters as it likes."""
    return term if term.isascii() and term.isalnum() else f'"{term.replace(chr(34), " ").strip()}"'


def _written_in(alias: str, letters: Letters) -> bool:
    if letters is Letters.LATIN:
        return False
    begins, charset = _WRITTEN[letters]
    foreign: list[Any] = [letter for letter in alias if not letter.isascii() and letter.isalpha()]
    if not foreign or not all(unicodedata.name(letter, "").startswith(begins) for letter in foreign):
        return False
    try:
        alias.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
