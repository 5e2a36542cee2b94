"""Reads the labelled queries and scores the engine against them.

A case in a `.sql` file is ``# name``, its labels, and one statement, up to an empty line. Labels:

``: column: item; item``  an output column; each item is a transform or reason and the source columns, or ``constant``
``: rows: item; item``    what decides about the rows, and so about every column; a bare table: its rows are read
``: open: items``         the relation may have columns of unknown names; the items flow into any of them
``: ? column reason``     the column (``*``: every one, and the rows) is unknown, for a reason that begins so
``> relation``            the relation that the statement makes or changes
``! why``                 explains edges that the engine gives beyond the label

A declassified edge has the function's name and a colon before its transform. An edge from a table's rows is
expected only where no other column of that table is an input, which is the graph's own rule."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lineage.from_sql import Lowering, QueryLineage, column_lineage
from lineage.graph import DIRECT, INDIRECT, REASONS, ROWS, TRANSFORMS
from lineage.sql.catalog import Macro, read_macros

HERE = Path(__file__).parent
SCHEMA = {
    "main.t": {
        "a": "INTEGER", "b": "INTEGER", "c": "VARCHAR", "l": "INTEGER[]", "s": "STRUCT(x INTEGER, y INTEGER)", "ts": "TIMESTAMP",  # noqa: E501
    },
    "main.u": {"a": "INTEGER", "d": "INTEGER", "e": "VARCHAR"},
    "main.v": {"k": "INTEGER", "a": "INTEGER", "x": "INTEGER", "y": "INTEGER", "j": "JSON"},
    "main.p": {"a": "INTEGER", "b": "INTEGER", "c": "VARCHAR"},
}  # fmt: skip
MACROS = """
create macro plus(p, q) as p + q;
create macro scaled(p, f := 2) as p * f;
create macro lookup(p) as (select max(d) from main.u where a = p);
create macro ratio(p) as sum(p) / count(*);
create macro above(n) as table select a, d from main.u where d > n;
"""
DECLASSIFIERS = {
    "declassify_mask_id": Lowering(),
    "declassify_k_count": Lowering(indirect=True),
    "declassify_k_rows": Lowering(indirect=True, rows=True),
}

Fact = tuple[str, str, str, str]  # source, kind, transform, declassifier


@dataclass
class Case:
    """One labelled query."""

    file: str
    name: str
    sql: str = ""
    target: str = "query"
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    open: list[str] | None = None
    unknown: dict[str, str] = field(default_factory=dict)
    explained: str = ""

    def expected(self) -> dict[str, set[Fact]]:
        """The complete set of edges of each column, and of the rows under ``*``."""
        rows = {fact for item in self.rows for fact in _facts(item, reads=True)}
        found = {name: _pruned({f for i in items for f in _facts(i)} | rows) for name, items in self.columns.items()}
        any_other = {f for item in self.open or () for f in _facts(item)}
        found[ROWS] = _pruned({(s, INDIRECT, "rows" if k == DIRECT else t, d) for s, k, t, d in any_other} | rows)
        return found


@dataclass(frozen=True)
class Score:
    """How the engine did on one case: edges expected, missing and extra, and every other difference in words."""

    case: Case
    expected: int
    missing: tuple[tuple[str, Fact], ...]
    extra: tuple[tuple[str, Fact], ...]
    faults: tuple[str, ...]


@cache
def cases(folder: Path = HERE) -> tuple[Case, ...]:
    """Every labelled query, in the order of the files."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()):
            found.append(_read(path.stem, block))
    return tuple(found)


def run(case: Case, dialect: str = "duckdb") -> QueryLineage:
    """The engine's answer."""
    return column_lineage(case.sql, SCHEMA, _dialect(case, dialect), macros=_macros(), declassifiers=DECLASSIFIERS)


@cache
def scores() -> tuple[Score, ...]:
    """The score of every case."""
    return tuple(score(case) for case in cases())


def score(case: Case) -> Score:
    """The engine's answer against the label."""
    answer, expected = run(case), case.expected()
    actual = {name: {_fact(e) for e in answer.edges.get(name, ())} for name in (*answer.columns, ROWS)}
    missing = [(name, fact) for name, facts in expected.items() for fact in sorted(facts - actual.get(name, set()))]
    extra = [(name, fact) for name, facts in actual.items() for fact in sorted(facts - expected.get(name, set()))]
    return Score(case, sum(map(len, expected.values())), tuple(missing), tuple(extra), tuple(_faults(case, answer)))


@cache
def _macros() -> dict[str, Macro]:
    return read_macros(MACROS)


def _faults(case: Case, answer: QueryLineage) -> list[str]:
    faults = []
    if sorted(answer.columns) != sorted(case.columns):
        faults.append(f"columns {list(answer.columns)} instead of {list(case.columns)}")
    if answer.is_open != (case.open is not None):
        faults.append("open" if answer.is_open else "not open")
    if answer.relation.split(".")[-1] != case.target:
        faults.append(f"target {answer.relation}")
    everywhere = case.unknown.get(ROWS)
    wanted = {name: case.unknown.get(name, everywhere) for name in (*case.columns, ROWS)}
    for name, reason in wanted.items():
        got = [why.reason for why in answer.unknown.get(name, ())]
        if (reason is None) != (not got) or (reason and not any(reason in g for g in got)):
            faults.append(f"{name}: unknown {got} instead of {reason}")
    return faults


def _dialect(case: Case, default: str) -> str:
    return "spark" if case.file.startswith("spark") else default


def _read(file: str, block: str) -> Case:
    case, sql = Case(file, ""), []
    for line in block.splitlines():
        if line.startswith("# "):
            case.name = line[2:].strip()
        elif line.startswith("> "):
            case.target = line[2:].strip()
        elif line.startswith("! "):
            case.explained = line[2:].strip()
        elif line.startswith(": ? "):
            name, _, reason = line[4:].partition(" ")
            case.unknown[name] = reason.strip()
        elif line.startswith(": "):
            name, _, items = line[2:].partition(": ")
            _label(case, name.strip(), [item.strip() for item in items.split(";") if item.strip() != "constant"])
        else:
            sql.append(line)
    case.sql = "\n".join(sql)
    return case


def _label(case: Case, name: str, items: list[str]) -> None:
    if name == "rows":
        case.rows = items
    elif name == "open":
        case.open = items
    else:
        case.columns[name] = items


def _facts(item: str, *, reads: bool = False) -> list[Fact]:
    word, *sources = item.split()
    by, _, transform = word.rpartition(":")
    if transform in TRANSFORMS:
        return [(_source(s), DIRECT, transform, by) for s in sources]
    if transform in REASONS:
        return [(_source(s), INDIRECT, transform, by) for s in sources]
    if not reads:
        raise ValueError(f"{word!r} is neither a transform nor a reason")
    return [(f"main.{table}.*", INDIRECT, "rows", "") for table in (word, *sources)]


def _source(text: str) -> str:
    return f"main.{text}"


def _pruned(facts: set[Fact]) -> set[Fact]:
    relation = lambda fact: fact[0].rpartition(".")[0]  # noqa: E731
    covered = {relation(f) for f in facts if not f[3] and (f[1] == DIRECT or not f[0].endswith(".*"))}
    return {f for f in facts if f[1] == DIRECT or not f[0].endswith(".*") or relation(f) not in covered}


def _fact(edge) -> Fact:
    return str(edge.source), edge.kind, edge.transform, edge.declassifier
