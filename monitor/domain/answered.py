"""What programs asked with a key of their choice, and what they were answered."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, over HTTP."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came before, by the digest of what it asks. `answer` is None while it is in work."""

    digest: str
    answer: Answer | None
