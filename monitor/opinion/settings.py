"""What a second opinion is told by the configuration."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from monitor.domain.opinions import Weighing


class AnswerFormat(StrEnum):
    """How the endpoint is asked to keep to the schema; we check the answer in any case."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"  # the prompt alone asks for JSON


@dataclass(frozen=True, slots=True)
class OpinionSettings:
    """Seconds, characters and tokens; `formats` are tried in order when the endpoint refuses one."""

    base_url: str
    model: str
    memory: Path  # the file that keeps the day's spending and the answers
    api_key: str = field(default="", repr=False)
    rule: Weighing = field(default_factory=Weighing)
    requests_per_day: int = 200
    tokens_per_day: int = 500_000
    timeout: float = 20.0
    most_characters: int = 6_000
    answer_tokens: int = 400
    remembered: int = 5_000
    formats: tuple[AnswerFormat, ...] = tuple(AnswerFormat)
    insecure: bool = False  # plain http to another machine
