"""Which tables are made of which, by the SQL that ran: the engine's own text, as the ledger has it.

What never ran is made of what the declarations say. Columns are `lineage`'s, and not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from threading import Lock

# As dbt writes a relation for the engine.
_RELATION = re.compile(r'"lake"\."(\w+)"\."(\w+)"')


class MadeOf:
    """The tables that were made, each with those its newest texts name. Safe to use from several threads."""

    def __init__(self, declared: Mapping[str, frozenset[str]]) -> None:
        self._declared = declared
        self._named: dict[str, frozenset[str]] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._lock = Lock()

    def text(self, digest: str, text: str) -> None:
        """A text that was executed."""
        named = frozenset(".".join(found) for found in _RELATION.findall(text))
        with self._lock:
            self._named[digest] = named

    def made(self, table: str, texts: Iterable[str]) -> None:
        """A table's rows are from these texts."""
        with self._lock:
            self._texts[table] = tuple(texts)

    def tables(self) -> frozenset[str]:
        """Every table that is made of others."""
        with self._lock:
            return frozenset({*self._texts, *self._declared})

    def direct(self, table: str) -> frozenset[str]:
        """The tables that a table is made of."""
        with self._lock:
            if table not in self._texts:
                return self._declared.get(table, frozenset())
            return frozenset().union(*(self._named.get(text, frozenset()) for text in self._texts[table])) - {table}
