"""`contracts/suites/<schema>.<table>.json`, judged: suites written by hand, in Great Expectations' own form.

Read as JSON (`json_text`), whoever wrote it. What an engine makes of an expectation is told when it is compiled
(`quality`): one that nobody knows is then a failed check. Here the columns are judged, and what no suite of a table may
do: read others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.cross_rules import Suite, WrittenExpectation
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.model import Agreement, Dataset, Domain
from contracts.rule_declarations import ExpectationDeclaration, SuiteDeclaration
from contracts.rules import DIMENSIONS
from contracts.violation import Severity

TABLE = re.compile(r"(raw|staging|theme|product)\.[a-z][a-z0-9_]*")
_SEVERITY = {"critical": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.WARNING}
# What asks beyond the table: SQL of one's own, other tables, other data sources. There are rules for that.
_BEYOND = {
    "unexpected_rows_query", "query", "base_query", "comparison_query", "comparison_data_source_name",
    "data_source_name", "other_relation", "other_column", "code_relation", "code_column", "template_dict",
    "other_table_name", "batch_id", "table",
}  # fmt: skip
_BEYOND_WORD = re.compile(r"quer(y|ies)|unexpected_rows|data_source")
_PARSERS = ("great_expectations", "great_expectations__experimental__")
_COLUMNS = ("column", "column_A", "column_B", "column_list", "column_set")
_CONTROL = ("result_format", "catch_exceptions", "include_config", "meta")
_TECHNICAL = frozenset({"_batch", "_delivery", "_row"})


def suite_tables(
    datasets: Iterable[Dataset], domains: Iterable[Domain], agreements: Iterable[Agreement]
) -> dict[str, frozenset[str] | None]:
    """Every table that declarations know of, with its columns where they tell them."""
    found: dict[str, frozenset[str] | None] = {}
    for dataset in datasets:
        names = frozenset(column.name for column in dataset.columns) | _TECHNICAL
        found[f"raw.{dataset.table}"] = found[f"staging.stg_{dataset.table}"] = names
    for domain in domains:
        found |= dict.fromkeys(f"theme.{name}" for name in (*domain.rules, *(e.name for e in domain.entities)))
    for agreement in agreements:
        found[f"product.{agreement.product}"] = frozenset(column.name for column in agreement.columns)
    return found


def read_suites(documents: Iterable[Document], tables: Mapping[str, frozenset[str] | None] | None) -> dict[str, Suite]:
    """Table -> the suite on it; faults go to the documents. `tables` are those that there are, with their columns; None
    where these are not sound: then the files' shape alone is judged."""
    if tables is None:
        for document in documents:
            if document.usable:
                document.shaped(SuiteDeclaration)
        return {}
    found = (read_suite(document, tables) for document in documents if document.usable)
    return {suite.table: suite for suite in found if suite is not None}


def read_suite(document: Document, tables: Mapping[str, frozenset[str] | None]) -> Suite | None:
    """One suite; None after noting what is wrong with it."""
    table = document.path.stem
    if not TABLE.fullmatch(table) or table not in tables:
        document.fault((), f"there is no table {table!r}", f"{nearest(table, tables)}.json, called after its table")
        return None
    declared = document.shaped(SuiteDeclaration)
    if declared is None:
        return None
    seen: set[str] = set()
    for number, one in enumerate(declared.expectations):
        _check(document, ("expectations", number), one, tables[table])
        name = _part(one, number)
        if name in seen:
            document.fault(("expectations", number, "meta"), f"two expectations are {name!r}", "meta.id of its own")
        seen.add(name)
    if document.faults:
        return None
    made = (_expectation(declared.name, number, one) for number, one in enumerate(declared.expectations))
    return Suite(declared.name, table, tuple(made))


def _check(document: Document, at: YamlPath, one: ExpectationDeclaration, columns: frozenset[str] | None) -> None:
    beyond = sorted(_BEYOND & one.kwargs.keys())
    if beyond or _BEYOND_WORD.search(one.type):
        what = f"{beyond[0]!r} asks" if beyond else f"{one.type} asks"
        text = f"{what} for more than the columns of its table"
        document.fault(
            (*at, "kwargs") if beyond else (*at, "type"), text, "a rule in contracts/rules, or in a contract"
        )
    if controls := sorted(set(_CONTROL) & one.kwargs.keys()):
        document.fault((*at, "kwargs", controls[0]), f"{controls[0]!r} is the platform's to say", "leave it out")
    if one.kwargs.get("condition_parser", "great_expectations") not in _PARSERS:
        text = f"{one.kwargs['condition_parser']!r} would hand the row condition to an engine as it is"
        document.fault((*at, "kwargs", "condition_parser"), text, "great_expectations")
    mostly = one.kwargs.get("mostly", 1)
    if isinstance(mostly, bool) or not isinstance(mostly, (int, float)) or not 0 <= mostly <= 1:
        document.fault((*at, "kwargs", "mostly"), f"{mostly!r} is no share", "a number of 0 to 1")
    for key, name in _named(one.kwargs):
        if columns is not None and name not in columns:
            document.fault((*at, "kwargs", key), f"there is no column {name!r}", nearest(str(name), columns))
    told = one.meta.get("dimension")
    if told is not None and told not in DIMENSIONS:
        document.fault((*at, "meta", "dimension"), f"there is no dimension {told!r}", nearest(str(told), DIMENSIONS))


def _named(kwargs: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key in _COLUMNS:
        value = kwargs.get(key)
        for name in value if isinstance(value, list) else () if value is None else (value,):
            yield key, name


def _part(one: ExpectationDeclaration, number: int) -> str:
    own = one.meta.get("id") or one.id
    return str(own) if own else str(number + 1)


def _expectation(suite: str, number: int, one: ExpectationDeclaration) -> WrittenExpectation:
    notes = one.meta.get("notes") or one.notes or one.description or ""
    column = one.kwargs.get("column")
    return WrittenExpectation(
        name=f"suite:{suite}:{_part(one, number)}",
        type=one.type,
        kwargs=json.dumps(one.kwargs, ensure_ascii=False, sort_keys=True, default=str),
        severity=_SEVERITY[one.severity],
        column=column if isinstance(column, str) else None,
        dimension=str(one.meta.get("dimension") or "consistency"),
        note=notes if isinstance(notes, str) else " ".join(map(str, notes)),
    )
