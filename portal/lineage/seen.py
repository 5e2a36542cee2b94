"""What of the lineage a reader may know: the tables and columns of their catalogue, and nothing between.

A table that the reader's catalogue does not have is passed through and not named, as are columns that are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from lineage.graph import ROWS, ColumnRef
from portal.catalogue.records import TABLE, Resource
from portal.catalogue.shelf import View

_LAKE = "lake."


@dataclass(frozen=True)
class Seen:
    """A reader's view of the catalogue, asked by relations of the lineage graph."""

    view: View

    @cached_property
    def _by_table(self) -> dict[str, Resource]:
        return {table: one for one in self.view.known.values() for table in one.tables}

    def resource(self, relation: str) -> Resource | None:
        """The resource that a relation is of, if the reader may know of it; what is staged is its dataset's."""
        return self._by_table.get(relation.removeprefix(_LAKE)) if relation.startswith(_LAKE) else None

    def shows(self, ref: ColumnRef) -> bool:
        """Whether a column may be named. Of tables that are written by hand none is declared, and all are named."""
        one = self.resource(ref.relation)
        if one is None:
            return False
        if one.kind == TABLE or ref.column == ROWS:
            return True
        return any(field.name.lower() == ref.column for field in one.fields)

    def title(self, ref: ColumnRef) -> tuple[str, str]:
        """What a column is called; its name where nobody has declared a title."""
        one = self.resource(ref.relation)
        fields = one.fields if one else ()
        return next(
            ((field.title_zh, field.title_en) for field in fields if field.name.lower() == ref.column), (ref.column, "")
        )

    def tables(self, refs: Iterable[ColumnRef]) -> dict[str, list[ColumnRef]]:
        """The columns that may be named, by the id of their resource; each resource by its own table alone."""
        found: dict[str, list[ColumnRef]] = {}
        for ref in sorted(refs):
            one = self.resource(ref.relation)
            if one is not None and f"{_LAKE}{one.table}" == ref.relation and self.shows(ref):
                found.setdefault(one.id, []).append(ref)
        return found
