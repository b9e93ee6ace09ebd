"""What comes back, believed only as far as it keeps to the schema and quotes the document."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.domain.opinions import Heard
from monitor.domain.signals import EventType, Span, Status, Vote
from monitor.opinion.question import LONGEST_QUOTE, MOST_QUOTES, NONE, Question

_SHORTEST_QUOTE = 4  # characters: fewer stand in any text
_MOST_TOKENS = 10_000_000  # a server that reports more has made it up


class UnansweredError(Exception):
    """Why there is no opinion. `wait` is for how many seconds the server asks to be left alone, `status` its HTTP
    status; `left` tells whether the request may have reached it, and so may have cost tokens."""

    def __init__(self, heard: Heard, wait: float | None = None, status: int = 0, left: bool = False) -> None:
        super().__init__(heard.value)
        self.heard, self.wait, self.status, self.left = heard, wait, status, left


class Answer(BaseModel):
    """The model's whole say: two closed words, a number, and passages of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    event: EventType | Literal["none"]
    status: Status | Literal["none"]
    probability: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    quotes: Annotated[
        tuple[Annotated[str, Field(max_length=LONGEST_QUOTE)], ...],
        Field(max_length=MOST_QUOTES),
    ]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Answer":
        none = self.event == NONE
        if none != (self.status == NONE) or none != (self.probability < 0.5):
            raise ValueError("event, status and probability contradict each other")
        if not none and not self.quotes:
            raise ValueError("an event without a quote")
        return self


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: Annotated[tuple[_Choice, ...], Field(min_length=1)]
    usage: Any = None


def opened(body: bytes) -> tuple[str, int | None]:
    """The model's words in a completion, and what it cost in tokens if the server says so. Raises UnansweredError."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise UnansweredError(Heard.NOT_A_COMPLETION, left=True) from None
    usage = completion.usage
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    known = type(total) is int and 0 <= total <= _MOST_TOKENS
    return completion.choices[0].message.content, total if known else None


def vote(words: str, question: Question, who: str) -> Vote:
    """The answer as a vote, each quote at its place. Raises UnansweredError: BAD_ANSWER or MISQUOTED."""
    try:
        answer = Answer.model_validate_json(_unfenced(words))
    except (ValidationError, ValueError):  # ValueError: what UTF-8 cannot hold
        raise UnansweredError(Heard.BAD_ANSWER) from None
    spans = tuple(_found(quote, question, f"opinion:{who}") for quote in answer.quotes)
    return Vote(
        who=who,
        score=answer.probability,
        event=None if answer.event == NONE else EventType(answer.event),
        status=None if answer.status == NONE else Status(answer.status),
        why="",
        spans=spans,
    )


def _unfenced(words: str) -> str:
    """Without the fence that models put around JSON when no schema holds them."""
    bare = words.strip()
    fenced = bare.startswith("```") and bare.endswith("```") and "\n" in bare
    return bare[bare.index("\n") : -3] if fenced else words


def _found(quote: str, question: Question, says: str) -> Span:
    """Where the quote stands in what was sent; only its white space may differ."""
    words = quote.split()
    if sum(map(len, words)) >= _SHORTEST_QUOTE:
        pattern = re.compile(r"\s+".join(map(re.escape, words)))
        for field, text in (("title", question.title), ("text", question.text)):
            if match := pattern.search(text):
                return Span(field, match.start(), match.end(), match[0], says)
    raise UnansweredError(Heard.MISQUOTED)
