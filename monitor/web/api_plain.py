"""Values as JSON for programs: amounts and partial dates as text, instants in UTC, what has a word by its word.

Programs get what webhooks get (docs/webhooks.md): `"critical"`, never 4, and `"2024-11"`, never an object.
"""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

from pydantic_core import to_jsonable_python

from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.people import Role

#: What a schema made of the types gets wrong, by its name.
SCHEMAS: dict[str, dict[str, Any]] = {
    kind.__name__: {"type": "string", "enum": [one.name.lower() for one in kind], "description": words}
    for kind, words in (
        (Severity, "How loud it is for one seller."),
        (Role, "What somebody may do; each may all that the one before may."),
    )
} | {
    "PartialDate": {
        "type": "string",
        "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$",
        "description": "A date as it was said: a year, a month, or a day.",
        "examples": ["2024-11-28", "2024-11"],
    }
}


def plain(value: Any) -> Any:
    """As JSON has it. Raises pydantic_core.PydanticSerializationError for what has no such form."""
    match value:
        case None | bool() | str() if not isinstance(value, Enum):
            return value
        case IntEnum():
            return value.name.lower()
        case Enum():
            return value.value
        case int() | float():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return moment(value)
        case PartialDate():
            return str(value)
        case dict():
            return {str(plain(key)): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return to_jsonable_python(value)


def moment(at: datetime) -> str:
    """RFC 3339 in UTC: `2024-10-02T09:30:00Z`, with the fraction of a second where there is one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
