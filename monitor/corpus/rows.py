"""One labelled text, one prediction: lines of JSON read strictly, with every fault named by file, line and key."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from monitor.config.problems import Problem, nearest, refuse
from monitor.config.units import country, language
from monitor.domain.deadlines import PartialDate

NONE = "none"
Event = Literal["shutdown", "market_exit", "ban", "enforcement", "policy", "trade_rule", "insolvency", "none"]
Certainty = Literal["rumor", "proposed", "confirmed", "effective", "reversed"]
Duty = Literal["data_export", "refund", "orders", "payout", "inventory", "login", "other"]
Voice = Literal["official", "regulator", "news", "trade", "forum", "other"]

R = TypeVar("R", bound=BaseModel)


def _real(text: str) -> str:
    try:
        PartialDate(text)
    except ValueError as error:
        raise refuse(str(error), "write YYYY, YYYY-MM or YYYY-MM-DD, a day that exists") from error
    return text


def _full(text: str) -> str:
    if not text.strip():
        raise refuse("is empty", "write what it stands for, or leave it out")
    return text


def _several(value: object) -> object:
    """One word stands for a list of one."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Day = Annotated[str, AfterValidator(_real)]
Name = Annotated[str, AfterValidator(_full)]
Region = Annotated[str, AfterValidator(country)]
Language = Annotated[str, AfterValidator(language)]
Events = Annotated[tuple[Event, ...], BeforeValidator(_several)]


class Row(BaseModel):
    """A line of JSON that cannot be changed and holds no key that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Due(Row):
    """By when the affected must do what."""

    date: Day
    what: Duty


class Reported(Row):
    """One of several events that a long text reports."""

    event_type: Event
    status: Certainty | None = None
    platforms: tuple[Name, ...] = ()
    regions: tuple[Region, ...] = ()
    effective_date: Day | None = None


class Correction(Row):
    """Where a row of feedback comes from: which document, how it was read then, who said otherwise, when, and why."""

    document: Name
    at: str
    by: str
    model: str
    read_as: dict[str, Any]
    note: str = ""


class Labels(Row):
    """What somebody holds a text to say. `corpus/README.md` tells what each key means."""

    id: Name
    lang: Language
    published: Day | None = None
    event_type: Event
    status: Certainty | None = None
    platforms: tuple[Name, ...] = ()
    regions: tuple[Region, ...] = ()
    effective_date: Day | None = None
    deadlines: tuple[Due, ...] = ()
    incident: Name | None = None
    hard_negative: bool = False
    synthetic: bool = False
    date_unsure: bool = False
    alt_event_type: Events = ()
    alt_status: tuple[Certainty, ...] = ()
    alt_platforms: tuple[Name, ...] = ()
    alt_regions: tuple[Region, ...] = ()
    alt_dates: tuple[Day, ...] = ()
    signals: tuple[Reported, ...] = ()
    url: str | None = None
    title: str = ""
    text: str = ""
    source_kind: Voice = "other"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.event_type == NONE:
            for key in ("status", "effective_date", "deadlines"):
                if getattr(self, key):
                    raise refuse(f"a none has {key!r}", f"leave {key!r} out, or name the event_type")
        else:
            if self.status is None:
                raise refuse("an event without 'status'", "say how sure it is: rumor, proposed, confirmed ...")
            if self.hard_negative:
                raise refuse("an event marked 'hard_negative'", "only a none that sounds like an event is one")
        return self

    @property
    def risky(self) -> bool:
        return self.event_type != NONE

    @property
    def group(self) -> str:
        """Texts of one group must not be told apart when a model is tried: one is learnt from, the other asked."""
        return self.incident or self.id


class Labelled(Labels):
    """A text with its labels: a row of the corpus. `feedback` is there in rows that users gave, until taken in."""

    title: str
    text: str
    source_kind: Voice
    feedback: Correction | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not f"{self.title}{self.text}".strip():
            raise refuse("neither 'title' nor 'text' says anything", "give at least one of them")
        return self

    @property
    def words(self) -> str:
        return f"{self.title}\n{self.text}".strip()

    def line(self) -> str:
        """The row as a line of JSON with its line end; what says nothing and need not be there is left out."""
        told = self.model_dump(mode="json")
        order = [*_FIRST, *(key for key in told if key not in _FIRST)]
        kept = {key: told[key] for key in order if key in _ALWAYS or told[key] not in (None, False, [])}
        return json.dumps(kept, ensure_ascii=False) + "\n"


class Predicted(BaseModel):
    """What a system says of a text: a row that `sellerwatch assess` prints. Keys that nobody scores are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    event_type: Event = "none"
    status: Certainty | None = None
    score: Annotated[float, Field(ge=0, le=1)] = 0.0
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    effective_date: str | None = None
    deadlines: tuple[dict[str, str | None], ...] = ()
    incident: str | None = None


_FIRST = ("id", "lang", "url", "published", "title", "text", "source_kind", "event_type", "status", "platforms",
          "regions", "effective_date", "deadlines", "incident", "hard_negative")  # fmt: skip
_ALWAYS = {*_FIRST} - {"url"}


@dataclass(frozen=True, slots=True)
class Placed(Generic[R]):
    """A row and where it stands."""

    row: R
    file: str
    line: int

    def problem(self, key: str, what: str, hint: str = "") -> Problem:
        return Problem(self.file, self.line, key, what, hint)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def read_rows(lines: Iterable[str], file: str, kind: type[R]) -> tuple[list[Placed[R]], list[Problem]]:
    """The rows of one file that are sound, and all that is wrong with the others. Blank lines are passed over."""
    sound: list[Placed[R]] = []
    wrong: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            sound.append(Placed(kind.model_validate_json(line, strict=True), file, number))
        except ValidationError as error:
            wrong += [_problem(fault, file, number, kind) for fault in error.errors(include_url=False)]
    return sound, wrong


def read_file(path: Path, kind: type[R]) -> tuple[list[Placed[R]], list[Problem]]:
    """`read_rows` of a file. Raises OSError when it cannot be opened."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return [], [Problem(path.name, None, "", f"is not UTF-8: {error.reason}", "save it as UTF-8")]
    return read_rows(text.split("\n"), path.name, kind)  # not splitlines: a text may hold U+2028


def read_predictions(path: Path) -> tuple[dict[str, Predicted], list[Problem]]:
    """The predictions of a file by id (the last where an id comes twice), and what is wrong with its lines."""
    sound, wrong = read_file(path, Predicted)
    return {placed.row.id: placed.row for placed in sound}, wrong


def parse(row: Mapping[str, Any], kind: type[R]) -> R:
    """One row from plain values. Raises ValueError saying which key is wrong, and what to do."""
    try:
        return kind.model_validate_json(json.dumps(row), strict=True)
    except ValidationError as error:
        said = [_problem(fault, "", None, kind) for fault in error.errors(include_url=False)]
        raise ValueError("; ".join(map(str, said))) from None


def _problem(fault: ErrorDetails, file: str, line: int | None, kind: type[BaseModel]) -> Problem:
    place, said = fault["loc"], fault.get("ctx", {})
    what, hint = fault["msg"].removeprefix("Input "), str(said.get("hint", ""))
    match fault["type"]:
        case "json_invalid":
            what, hint = f"not JSON: {said.get('error')}", "write one JSON object a line"
        case "model_type":
            what, hint = "is no object", "write one JSON object a line"
        case "missing":
            what, hint = "is missing", "every row names it"
        case "extra_forbidden":
            what = "nobody reads this key"
            hint = nearest(str(place[-1]), kind.model_fields) or "leave it out; corpus/README.md lists the keys"
        case "literal_error":
            what = f"{fault['input']!r} is not one of {said.get('expected')}".replace("'", "")
            hint = nearest(str(fault["input"]), re.findall(r"\w+", str(said.get("expected"))))
        case "tuple_type":
            what, hint = "should be a list", 'write ["one", "two"], or [] for none'
        case "bool_type":
            hint = "write true or false, without quotes"
        case "string_type":
            hint = "write it in double quotes"
    return Problem(file, line, _key(place), what, hint)


def _key(place: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
