"""What terms lead to, in each database's own way: an FTS5 table without content, or tsvectors. Terms come ready; both
are asked by expressions in which every term is quoted, so that nothing in one is understood as an operator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from monitor.store.connection import AsyncConnection
from monitor.store.terms import Part

_LAST = 16_383  # position of a tsvector
_GAP = 8  # between title and text: no phrase goes across


@dataclass(frozen=True, slots=True)
class Words:
    """The terms of one row. A facet is a term that begins with a colon."""

    title: Sequence[str]
    body: Sequence[str]


_ADD = text("INSERT INTO search_index (rowid, body, title) VALUES (:no, :body, :title)")
_REMOVE = text("INSERT INTO search_index (search_index, rowid, body, title) VALUES ('delete', :no, :body, :title)")
_CLEAR = text("INSERT INTO search_index (search_index) VALUES ('delete-all')")
_FIND = text(
    "SELECT rowid AS no, CASE WHEN :ranked THEN bm25(search_index, 1.0, 8.0) ELSE 0.0 END AS rank FROM search_index "
    "WHERE search_index MATCH :asked AND rowid >= :low AND rowid < :high ORDER BY rowid DESC LIMIT :most"
)
_ADD_PG = text("INSERT INTO search_index (no, words) VALUES (:no, CAST(:words AS tsvector))")
# Ranked are those alone that are taken: it reads their words, which lie elsewhere, one row after the other.
_FIND_PG = text(
    "SELECT no, CASE WHEN :ranked THEN -ts_rank('{0.1, 0.1, 0.1, 0.8}', words, CAST(:asked AS tsquery), 1) "
    "ELSE 0.0 END AS rank FROM (SELECT no, words FROM search_index "
    "WHERE words @@ CAST(:asked AS tsquery) AND no >= :low AND no < :high "
    "ORDER BY no DESC LIMIT :most) AS newest ORDER BY no DESC"
)
# What is common is found soonest among the newest rows, what is rare by its words: a plan for any word is one of those.
_BY_WORDS_PG = text("SET LOCAL plan_cache_mode = force_custom_plan")


async def add(connection: AsyncConnection, dialect: str, rows: Mapping[int, Words]) -> None:
    """New rows by their numbers."""
    if dialect == "sqlite":
        await connection.execute(_ADD, [_plain(no, words) for no, words in rows.items()])
    else:
        await connection.execute(_ADD_PG, [{"no": no, "words": _vector(words)} for no, words in rows.items()])


async def remove(connection: AsyncConnection, dialect: str, rows: Mapping[int, Words | None]) -> Sequence[int]:
    """Rows that go, with what they were added with; None where that is not known: FTS5 keeps its words then. Returns
    the numbers of those."""
    if dialect != "sqlite":
        await connection.execute(text("DELETE FROM search_index WHERE no = :no"), [{"no": no} for no in rows])
        return ()
    known = [_plain(no, words) for no, words in rows.items() if words is not None]
    if known:
        await connection.execute(_REMOVE, known)
    return [no for no, words in rows.items() if words is None]


async def clear(connection: AsyncConnection, dialect: str) -> None:
    """All rows go."""
    await connection.execute(_CLEAR if dialect == "sqlite" else text("DELETE FROM search_index"))


async def find(
    connection: AsyncConnection,
    dialect: str,
    parts: Sequence[Part],
    facets: Sequence[str],
    between: tuple[int, int],
    most: int,
    ranked: bool,
) -> list[tuple[int, float]]:
    """Numbers within `between`, the highest first; `ranked` with how well they fit (the lower, the better, below 0),
    which takes as long again."""
    wanted = [part for part in parts if part.wanted] + [Part((facet,)) for facet in facets]
    unwanted = [part for part in parts if not part.wanted]
    if dialect == "sqlite":
        asked = " AND ".join(map(_fts5, wanted))
        asked = f"({asked}) NOT ({' OR '.join(map(_fts5, unwanted))})" if unwanted else asked
        query = _FIND
    else:
        asked = " & ".join([*map(_tsquery, wanted), *(f"!{_tsquery(part)}" for part in unwanted)])
        query = _FIND_PG
        await connection.execute(_BY_WORDS_PG)
    low, high = between
    given = {"asked": asked, "low": low, "high": high, "most": most, "ranked": ranked}
    rows = await connection.execute(query, given)
    return [(row.no, float(row.rank)) for row in rows]


def _plain(no: int, words: Words) -> dict[str, object]:
    return {"no": no, "title": " ".join(words.title), "body": " ".join(words.body)}


def _fts5(part: Part) -> str:
    return f'"{" ".join(part.terms)}"' + (" *" if part.prefix else "")


def _tsquery(part: Part) -> str:
    quoted = [_lexeme(term) for term in part.terms]
    quoted[-1] += ":*" if part.prefix else ""
    return f"({' <-> '.join(quoted)})"


def _vector(words: Words) -> str:
    places: dict[str, list[str]] = {}
    for no, term in enumerate(words.title, 1):
        places.setdefault(term, []).append(f"{min(no, _LAST)}A")
    for no, term in enumerate(words.body, len(words.title) + _GAP):
        places.setdefault(term, []).append(f"{min(no, _LAST)}")
    return " ".join(f"{_lexeme(term)}:{','.join(some[:255])}" for term, some in places.items())


def _lexeme(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
