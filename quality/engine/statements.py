"""Whether SQL text is one SELECT and nothing else, proved by DuckDB's own parser before the text goes anywhere.

Text of a user is pasted between parentheses. So it is first read as it stands alone: what closes a parenthesis that it
did not open, leaves a comment open, or holds a second statement, is no SELECT on its own. Whatever the engine executes
is read once more as a whole.
"""

import re
from typing import TYPE_CHECKING

from quality.engine.errors import CellsAsNamesError, NotOneSelectError

if TYPE_CHECKING:
    import duckdb

_ADVANCES = re.compile("nextval|setseed", re.IGNORECASE)
"""Functions of DuckDB that leave a mark on a connection or a database though they stand in a SELECT."""


def require_select(connection: "duckdb.DuckDBPyConnection", sql: str, name: str = "the SQL") -> None:
    """Raise ``NotOneSelectError``, ``CellsAsNamesError`` or what the parser raises unless ``sql`` is one SELECT."""
    import duckdb

    if "\0" in sql:  # DuckDB reads text up to there
        raise NotOneSelectError(name, "holds a NUL character")
    found = connection.extract_statements(sql)
    if len(found) > 1 and not any(statement.query for statement in found):  # made by DuckDB itself, of one PIVOT
        raise CellsAsNamesError(name)
    if len(found) != 1:
        raise NotOneSelectError(name, f"holds {len(found)} statements")
    if found[0].type != duckdb.StatementType.SELECT:
        raise NotOneSelectError(name, f"is a statement of kind {found[0].type.name}")


def user_select(connection: "duckdb.DuckDBPyConnection", sql: str, name: str) -> str:
    """``sql`` of a user, proved on its own and in parentheses, ready to stand in them before a new line.

    Raises ``NotOneSelectError``, ``CellsAsNamesError`` and what the parser raises.
    """
    if advances := _ADVANCES.search(sql):
        raise NotOneSelectError(name, f"names {advances[0].lower()}, which changes what others read")
    require_select(connection, sql, name)
    text = sql.rstrip().rstrip(";")
    require_select(connection, f"SELECT * FROM ({text}\n)", name)
    return text


def stands_alone(sql: str, name: str) -> bool:
    """Whether the quoted identifier ``name`` is a word of ``sql`` wherever it stands: in no comment, in no string."""
    import duckdb

    words = {place for place, kind in duckdb.tokenize(sql) if kind == duckdb.token_type.identifier}
    return all(found.start() in words for found in re.finditer(re.escape(name.encode()), sql.encode()))
