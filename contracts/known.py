"""What declarations may refer to: the names known while the files of a workspace are read, one kind after another.

Only look-up and the wording of "there is no such name" live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from contracts.documents import Document, YamlPath
from contracts.engine import Engine
from contracts.faults import nearest
from contracts.model import CodeSet, Department, Element, Entity, LogicalType
from contracts.patterns import pattern_fault
from contracts.sql_text import condition_fault

ThingT = TypeVar("ThingT")

DEPARTMENT, ELEMENT, CODE_SET, ENTITY, TABLE = "department", "data element", "code set", "theme entity", "table"


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
    # (kind, name) of what is declared with a fault: it exists, and nothing can be judged by it. A kind with the name ""
    # has a file that cannot be read: any of its names may be there.
    unsound: set[tuple[str, str]] = field(default_factory=set)
    engine: Engine | None = None

    def element(self, name: str, document: Document, at: YamlPath) -> Element | None:
        """The element of that name where it is sound; None after noting that there is none."""
        return self._find(self.elements, ELEMENT, name, document, at)

    def entity(self, name: str, document: Document, at: YamlPath) -> Entity | None:
        """The theme entity of that name where it is sound; None after noting that there is none."""
        return self._find(self.entities, ENTITY, name, document, at)

    def pattern_fault(self, pattern: str) -> str | None:
        """What is wrong with a pattern, as far as it can be told here; None where nothing is."""
        return pattern_fault(pattern) or (self.engine.pattern_fault(pattern) if self.engine else None)

    def condition_fault(self, sql: str, columns: Mapping[str, LogicalType] | None) -> str | None:
        """What is wrong with a condition over columns (None: not all known); None where nothing is."""
        return condition_fault(sql) or (self.engine.condition_fault(sql, columns) if self.engine else None)

    def check_department(self, name: str, document: Document, at: YamlPath) -> None:
        """Note a name that is no department."""
        self._find(self.departments, DEPARTMENT, name, document, at)

    def check_code_set(self, name: str, document: Document, at: YamlPath) -> None:
        """Note a name that is no code set."""
        self._find(self.code_sets, CODE_SET, name, document, at)

    def codes(self, code_set: str) -> Mapping[str, tuple[str, str]] | None:
        """The codes of a set, None where they are not known for sure."""
        sound = (CODE_SET, code_set) not in self.unsound and (CODE_SET, "") not in self.unsound
        return self.code_sets[code_set].codes if sound and code_set in self.code_sets else None

    def check_table(self, name: str, document: Document, at: YamlPath) -> bool:
        """Whether there is a table of that name, after noting that there is none."""
        known = dict.fromkeys(self.tables, True)
        return self._find(known, TABLE, name, document, at) is True

    def check_departments(self, names: tuple[str, ...], document: Document, at: YamlPath) -> None:
        """Note every name that is no department, and every one that is named twice."""
        for number, name in enumerate(names):
            self.check_department(name, document, (*at, number))
            if name in names[:number]:
                document.fault((*at, number), f"{name!r} is named twice", "each department once")

    def _find(
        self, known: Mapping[str, ThingT], kind: str, name: str, document: Document, at: YamlPath
    ) -> ThingT | None:
        if (kind, name) in self.unsound:
            return None
        found = known.get(name)
        if found is None and (kind, "") not in self.unsound:
            document.fault(at, f"there is no {kind} {name!r}", nearest(name, known))
        return found


@dataclass(frozen=True)
class Reference:
    """A rule's pointer to a column of another table, with the place where it is written."""

    document: Document
    at: YamlPath
    table: str
    column: str
