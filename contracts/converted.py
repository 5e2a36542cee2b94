"""What a contract says of columns that belong together: codes as of a day, and places in a system of coordinates."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from contracts.codes_in_time import in_time
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Column, Coordinates, LogicalType, Rule
from contracts.odcs_extras import ContractExtras, Places
from contracts.rules import DAYS


@dataclass(frozen=True)
class Converted:
    """A contract's sound columns, and where faults are noted."""

    document: Document
    known: Known
    columns: tuple[Column, ...]


def in_time_rules(read: Converted, place: Callable[[int], YamlPath]) -> list[Rule]:
    """The rules of columns whose codes are of a day that another column has; `place` is where a column stands."""
    by, found = {column.name: column for column in read.columns}, []
    for number, column in enumerate(read.columns):
        if column.codes_as_of is None:
            continue
        at, day = (*place(number), "customProperties"), by.get(column.codes_as_of)
        code_set = read.known.code_sets.get(column.element.code_set or "")
        if column.element.code_set is None:
            text = f"{column.element.name} has no code set, whose codes would be of a day"
            read.document.fault(at, text, "an element with a code set, or leave codes_as_of out")
        elif day is None or day.element.type not in DAYS:
            text = f"{column.codes_as_of!r} is no column that has a day"
            read.document.fault(at, text, nearest(column.codes_as_of, by))
        elif code_set is not None and (rule := in_time(column, day, code_set)):
            found.append(rule)
    return found


def read_coordinates(
    read: Converted, declared: tuple[ContractExtras, Places], names: Collection[str] | None
) -> tuple[Coordinates, ...]:
    """Pairs of columns that are one place each; `names` are all columns, None where not all are known."""
    by, taken = {column.name: column for column in read.columns}, set[str]()
    extra, places = declared
    for number, one in enumerate(extra.coordinates):
        at = (*places["coordinates"], number)
        for name in (one.longitude, one.latitude):
            column = by.get(name)
            if names is not None and name not in names:
                read.document.fault(at, f"there is no column {name!r}", nearest(name, by))
            elif column is not None and (column.element.type is not LogicalType.NUMBER or column.key):
                read.document.fault(at, f"{name!r} is no number of degrees", "columns of type number, no keys")
            if name in taken:
                read.document.fault(at, f"{name!r} is in two places", "each column in one place, once")
            taken.add(name)
    return tuple(Coordinates(one.longitude, one.latitude, one.system) for one in extra.coordinates)
