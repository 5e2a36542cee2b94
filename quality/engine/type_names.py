"""Names of column types, as Great Expectations compares them with the names in a rule. Only names: no type is parsed.

DuckDB calls many types by several names, and so do PostgreSQL and SQLAlchemy. A name of a rule means the type that
DuckDB would make of it; DECIMAL without sizes means any DECIMAL, and the length of a text type says nothing.
"""

import re

_OTHER_NAMES = {
    "BOOLEAN": ("BOOL", "LOGICAL"),
    "TINYINT": ("INT1",),
    "SMALLINT": ("INT2", "INT16", "SHORT", "SMALLSERIAL"),
    "INTEGER": ("INT", "INT4", "INT32", "INTEGRAL", "SIGNED", "SERIAL"),
    "BIGINT": ("INT8", "INT64", "LONG", "OID", "BIGSERIAL"),
    "HUGEINT": ("INT128",),
    "UTINYINT": ("UINT8",),
    "USMALLINT": ("UINT16",),
    "UINTEGER": ("UINT32",),
    "UBIGINT": ("UINT64",),
    "UHUGEINT": ("UINT128",),
    "BIGNUM": ("VARINT",),
    "FLOAT": ("FLOAT4", "REAL"),
    "DOUBLE": ("FLOAT8", "DOUBLE PRECISION"),
    "DECIMAL": ("DEC", "NUMERIC"),
    "VARCHAR": (
        *("TEXT", "STRING", "CHAR", "NVARCHAR", "NCHAR", "BPCHAR"),
        *("CHARACTER VARYING", "CHARACTER", "CLOB", "UNICODE"),
    ),
    "BLOB": ("BYTEA", "BINARY", "VARBINARY", "LARGEBINARY"),
    "BIT": ("BITSTRING",),
    "TIME": ("TIME WITHOUT TIME ZONE",),
    "TIME WITH TIME ZONE": ("TIMETZ",),
    "TIMESTAMP": ("DATETIME", "TIMESTAMP_US", "TIMESTAMP WITHOUT TIME ZONE"),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMPTZ",),
    "UUID": ("GUID",),
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
