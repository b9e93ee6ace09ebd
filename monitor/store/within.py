"""A field inside a value that is kept as JSON text, for the few rows of a list that somebody looks at: where many rows
are asked for by it, it is a column with an index."""

from sqlalchemy import Column, ColumnElement, cast, func

from monitor.store.database import Database


def text_in(database: Database, value: Column[str], name: str) -> ColumnElement[str]:
    """The text of that field."""
    if database.dialect == "sqlite":
        return func.json_extract(value, f"$.{name}")
    from sqlalchemy.dialects import postgresql

    text: ColumnElement[str] = cast(value, postgresql.JSONB)[name].astext
    return text


def moment_in(database: Database, value: Column[str], name: str) -> ColumnElement[str]:
    """A moment in UTC as the codec writes it, to sort by: without its Z, a whole second comes before its fractions."""
    return func.replace(text_in(database, value, name), "Z", "")
