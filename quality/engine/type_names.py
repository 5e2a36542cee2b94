"""Names of column types, as Great Expectations compares them with the names in a rule. Only names: no type is parsed.

A type that DuckDB has under another name than standard SQL or SQLAlchemy is met by those names too: TEXT is VARCHAR,
DOUBLE PRECISION is DOUBLE. Short forms of a name that DuckDB prints in full (INT, INT4, BOOL) are not, as Great
Expectations holds it: the observed value is the name to write. DECIMAL without sizes means any DECIMAL, and the length
of a text type says nothing.
"""

import re

_OTHER_NAMES = {
    "FLOAT": ("REAL",),
    "DOUBLE": ("DOUBLE PRECISION",),
    "DECIMAL": ("NUMERIC",),
    "VARCHAR": ("TEXT", "STRING", "CHAR", "NCHAR", "NVARCHAR", "CHARACTER", "CHARACTER VARYING", "CLOB"),
    "BLOB": ("BYTEA", "BINARY", "VARBINARY"),
    "TIME": ("TIME WITHOUT TIME ZONE",),
    "TIME WITH TIME ZONE": ("TIMETZ",),
    "TIMESTAMP": ("DATETIME", "TIMESTAMP WITHOUT TIME ZONE"),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMPTZ",),
}
_DUCKDB_NAME = {other: name for name, others in _OTHER_NAMES.items() for other in others}


def duckdb_name(name: str) -> str:
    """The name that DuckDB prints for the type ``name``, in upper case where it is not of nested types."""
    shown = re.sub(r"\s*([(),])\s*", r"\1", " ".join(name.split()))
    if any(part in shown.upper() for part in ("STRUCT(", "MAP(", "UNION(", "ENUM(")):
        return shown.casefold()
    head, sizes, brackets = re.fullmatch(r"([^(\[]*)(\([^)]*\))?(.*)", shown.upper()).groups()  # type: ignore[union-attr]
    head = head if head.startswith("TIMESTAMP_") else head.replace("_", " ")
    head = _DUCKDB_NAME.get(head, head)
    return head + (sizes or "" if head == "DECIMAL" else "") + brackets


class TypeName(str):
    """The type of a column, equal to every name of that type.

    Great Expectations compares ``==``, or the two names after ``casefold``, which therefore keeps the class.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        ours, theirs = duckdb_name(self), duckdb_name(other)
        return theirs in (ours, re.sub(r"DECIMAL\([^)]*\)", "DECIMAL", ours))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def casefold(self) -> "TypeName":
        """The name itself: it is compared without regard to case already."""
        return self
