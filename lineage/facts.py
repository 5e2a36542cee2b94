"""The facts of lineage: the node, the edge, the admission of ignorance, and the words for them.

Lives here: `ColumnRef`, `Edge`, `Unknown`, their vocabulary, and dotted names. Must not live here: collections
of them (`edges.py`, `graph.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

DIRECT = "direct"
INDIRECT = "indirect"
ROWS = "*"

TRANSFORMS = ("identity", "rename", "cast", "expression", "aggregation", "window")
REASONS = (
    "filter", "join", "group_by", "having", "qualify", "window_partition", "window_order", "sort", "limit",
    "distinct", "set_operation", "case_condition", "correlated_subquery", "existence", "unnest", "pivot",
    "merge_key", "rows", "matched", "compared",
)  # fmt: skip

_PLAIN = re.compile(r"[^\W\d][\w$]*\Z")


def quote_part(part: str) -> str:
    """One identifier as it is written inside a dotted name: quoted only where it must be."""
    return part if part == ROWS or _PLAIN.match(part) else '"' + part.replace('"', '""') + '"'


def join_parts(parts: Iterable[str]) -> str:
    """A dotted name from its parts, e.g. ``("lake", "raw", "a.b")`` to ``lake.raw."a.b"``; lower case."""
    return ".".join(quote_part(part.lower()) for part in parts)


def split_parts(name: str) -> tuple[str, ...]:
    """The parts of a dotted name, quotes removed, lower case. Inverse of `join_parts`."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', name)
    return tuple((p[1:-1].replace('""', '"') if p.startswith('"') else p).lower() for p in parts)


class ColumnRef(NamedTuple):
    """One column of one relation, both in lower case; `column` is ``*`` for the relation's rows."""

    relation: str
    column: str

    def __str__(self) -> str:
        return f"{self.relation}.{quote_part(self.column)}"

    @classmethod
    def parse(cls, text: str) -> ColumnRef:
        """Read ``relation.column`` (quotes as in SQL) back into a reference."""
        *relation, column = split_parts(text)
        if not relation:
            raise ValueError(f"{text!r} is not a relation.column")
        return cls(join_parts(relation), column)


class Edge(NamedTuple):
    """`source` influences `target`.

    `kind` is ``direct`` or ``indirect``; `transform` is one of `TRANSFORMS` or of `REASONS` accordingly;
    `declassifier` names the registered function that the influence passed through, else is empty.
    """

    source: ColumnRef
    target: ColumnRef
    kind: str
    transform: str
    declassifier: str = ""


class Unknown(NamedTuple):
    """Why a column's inputs are not known.

    `inputs` are the relations that it could have read when that much is known; None means anything at all.
    """

    reason: str
    subject: str
    inputs: tuple[str, ...] | None = None
