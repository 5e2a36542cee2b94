"""Which values are identifiers that may be encoded: those that the contracts' own judges find valid, spelt as standard.

A number that was mistyped would be a token of nobody, or of somebody else: it is counted and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from contracts.faults import nearest
from contracts.model import Element
from lake.blind.engine import number, values_of
from sharing.faults import SharingRefused


@dataclass(frozen=True)
class Counted:
    """Rows of a file: all, with a verified identifier, with another value, with none; `repeated` have one that an
    earlier row has.
    """

    rows: int
    verified: int
    unverified: int
    empty: int
    repeated: int

    def as_dict(self) -> dict[str, int]:
        """The counts as JSON-ready data."""
        return asdict(self)


def expect_element(elements: Mapping[str, Element], name: str) -> Element:
    """The data element of a name; SharingRefused for one whose values nobody can verify.

    Only a check character tells a number that was issued from one that was mistyped.
    """
    element = elements.get(name)
    if element is None:
        raise SharingRefused("blind_element", name, "there is no such data element", nearest(name, elements))
    if not element.check:
        able = ", ".join(sorted(one.name for one in elements.values() if one.check))
        told = "its values have no check character, so that none can be verified"
        raise SharingRefused("blind_element", name, told, f"take one that has: {able}")
    return element


def load_verified(connection: duckdb.DuckDBPyConnection, file: Path, column: str, element: Element) -> Counted:
    """Make the table `verified` (identifier, row) of a file's rows that have a verified identifier; the counts."""
    spelt = f"zt.normalise_{element.normalise}(value)" if element.normalise else "value"
    given = values_of(connection, file, column)
    connection.execute(
        f"create table given as select row, value is null as empty, "
        f"case when zt.identifies_{element.check}({spelt}) then {spelt} end as identifier from ({given})"
    )
    connection.execute("create table verified as select identifier, row from given where identifier is not null")
    counts = number(
        connection,
        "select count(*), count(identifier), count(*) filter (identifier is null and not empty), "
        "count(*) filter (empty), count(identifier) - count(distinct identifier) from given",
    )
    connection.execute("drop table given")
    return Counted(*counts)
