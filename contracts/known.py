"""What declarations may refer to: the names known while the files of a workspace are read, one kind after another.

Only look-up and the wording of "there is no such name" live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.model import CodeSet, Department, Element, Entity

ThingT = TypeVar("ThingT")


@dataclass
class Known:
    """Everything read so far, plus the column references that can only be settled once every dataset is read."""

    elements: Mapping[str, Element] = field(default_factory=dict)
    code_sets: Mapping[str, CodeSet] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()
    references: list[Reference] = field(default_factory=list)

    def element(self, name: str, document: Document, at: YamlPath) -> Element | None:
        """The element of that name; None after noting that there is none."""
        return _find(self.elements, "data element", name, document, at)

    def entity(self, name: str, document: Document, at: YamlPath) -> Entity | None:
        """The theme entity of that name; None after noting that there is none."""
        return _find(self.entities, "theme entity", name, document, at)

    def check_department(self, name: str, document: Document, at: YamlPath) -> None:
        """Note a name that is no department."""
        _find(self.departments, "department", name, document, at)

    def check_departments(self, names: tuple[str, ...], document: Document, at: YamlPath) -> None:
        """Note every name that is no department, and every one that is named twice."""
        for number, name in enumerate(names):
            self.check_department(name, document, (*at, number))
            if name in names[:number]:
                document.fault((*at, number), f"{name!r} is named twice", "each department once")


@dataclass(frozen=True)
class Reference:
    """A rule's pointer to a column of another table, with the place where it is written."""

    document: Document
    at: YamlPath
    table: str
    column: str


def _find(known: Mapping[str, ThingT], kind: str, name: str, document: Document, at: YamlPath) -> ThingT | None:
    found = known.get(name)
    if found is None:
        document.fault(at, f"there is no {kind} {name!r}", nearest(name, known))
    return found
