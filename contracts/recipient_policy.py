"""What an agreement says of rows, masks and the telling of persons, judged and read into records.

Lives here: what one file says for itself. Must not live here: whether the files that leave keep it (`sharing`), and
whether lineage bears it out (a gate).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from contracts.declarations import AgreementDeclaration
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.model import LogicalType, RowCondition

# Types of which two texts are equal just where the values are.
_TYPES: Mapping[LogicalType, type] = {
    LogicalType.STRING: str,
    LogicalType.INTEGER: int,
    LogicalType.BOOLEAN: bool,
    LogicalType.DATE: date,
}
_WRITE = {str: "text; put it in quotes", int: "a whole number", bool: "true or false", date: "YYYY-MM-DD"}


def read_rows(document: Document, declared: AgreementDeclaration) -> tuple[RowCondition, ...]:
    """The conditions on rows, their values as text; faults go to the document."""
    types = {column.name: column.type for column in declared.columns}
    seen: set[str] = set()
    for number, one in enumerate(declared.scope.rows):
        at: YamlPath = ("scope", "rows", number)
        if one.column in seen:
            text = f"{one.column} has a condition already; of two that differ no row keeps both"
            document.fault((*at, "column"), text, "one condition for each column")
        seen.add(one.column)
        if one.column in types:
            _check_values(document, at, types[one.column], one.in_)
        elif document.names_all(("columns",)):
            text = f"{one.column!r} is not a column of the agreement: nothing in the files could show it"
            document.fault((*at, "column"), text, nearest(one.column, types))
    return tuple(RowCondition(one.column, tuple(map(_text, one.in_))) for one in declared.scope.rows)


def _check_values(document: Document, at: YamlPath, type_: LogicalType, values: tuple[object, ...]) -> None:
    wanted = _TYPES.get(type_)
    if wanted is None:
        names = ", ".join(map(str, _TYPES))
        text = f"a column of type {type_} has no list of values that equal text"
        document.fault((*at, "column"), text, f"a column of type {names}")
        return
    for number, value in enumerate(values):
        place: YamlPath = (*at, "in", number)
        if type(value) is not wanted:
            document.fault(place, f"is no {type_}, which the column is", _WRITE[wanted])
        elif value in values[:number]:
            document.fault(place, "is there already", "each value once")


def check_telling(document: Document, declared: AgreementDeclaration) -> None:
    """Persons are told, unless a law is named by which they are not."""
    if not declared.tell_persons and declared.untold_basis is None:
        text = "persons are not told, and no law is named by which they are not"
        document.fault(("tell_persons",), text, "untold_basis: the law and its article; or tell_persons: true")
    if declared.tell_persons and declared.untold_basis is not None:
        text = "a law by which persons are not told, and they are told"
        document.fault(("untold_basis",), text, "tell_persons: false beside it, or neither")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
