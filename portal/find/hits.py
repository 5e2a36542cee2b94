"""Tables and columns that some words find, of those that a reader may know.

Which resources match is the catalogue's index's to say; here are their columns, and which address each has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from portal.catalogue.records import Field, Resource
from portal.catalogue.search import parts
from portal.catalogue.shelf import View

LONGEST = 200
_RESOURCES, _LOOKED_INTO, _COLUMNS = 8, 400, 12


@dataclass(frozen=True)
class Hit:
    """One table or column: what it is called, its name, where it is shown."""

    title_zh: str
    title_en: str
    name: str
    address: str
    column: bool
    level: str = ""

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {**vars(self)}


def hits(view: View, text: str, *, lineage: bool) -> list[Hit]:
    """The first of the tables that are called so, then of the columns; a name that is asked for whole comes first.

    `lineage` says that the reader has pages of columns; to others a column is shown with its table.
    """
    asked = text.strip()[:LONGEST]
    words = [one.casefold() for one in parts(asked)]
    if not words:
        return []
    found = list(islice(view.find(" ".join(words)), _LOOKED_INTO))
    tables = [one for one in found if all(word in _around(one) for word in words)][:_RESOURCES]
    tables.sort(key=lambda one: asked not in (one.id, one.table))
    columns = list(_columns(found, words, lineage=lineage))
    columns.sort(key=lambda one: asked.casefold() not in (one.name.casefold(), one.name.rpartition(".")[2].casefold()))
    return [
        Hit(one.title_zh, one.title_en, one.id, f"/catalogue/{one.id}", False, one.level) for one in tables
    ] + columns


def _columns(found: Sequence[Resource], words: Sequence[str], *, lineage: bool) -> Iterator[Hit]:
    """Columns that have all of the words, together with their table, and at least one of them by themselves."""
    for one in found:
        around = _around(one)
        for field in one.fields:
            own = _spelt(field.name, field.title_zh, field.title_en, *field.headers, field.element, field.element_zh)
            if any(word in own for word in words) and all(word in own or word in around for word in words):
                yield _hit(one, field, lineage=lineage)


def _hit(one: Resource, field: Field, *, lineage: bool) -> Hit:
    name = f"{one.table}.{field.name}"
    address = f"/lineage/{name}" if lineage else f"/catalogue/{one.id}"
    return Hit(field.title_zh, field.title_en, name, address, True, field.level)


def _around(one: Resource) -> str:
    return _spelt(one.title_zh, one.title_en, one.id, one.table)


def _spelt(*texts: str) -> str:
    """Texts as the words of a question are spelt, so that one contains the other."""
    return " ".join(" ".join(parts(text)) for text in texts if text).casefold()
