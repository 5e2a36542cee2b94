"""Rules as records: those that a column inherits from its data element, and those that a file writes out.

Titles in both languages are made here. How a rule is evaluated is the business of `quality`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.declarations import Promise
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known, Reference
from contracts.model import Element, Rule
from contracts.rules import DIMENSIONS, KINDS
from contracts.violation import Severity

# ODCS names that GB/T 36344-2018 does not have, and the dimension there that covers them.
_ODCS_DIMENSIONS = {"uniqueness": "accuracy", "coverage": "completeness"}
_AT_LEAST_ONE = {"range", "length", "row_count"}
_RE2_LACKS = re.compile(r"\(\?(=|!|<=|<!|>)|\\[1-9]")

_TITLES = {
    "required": ("{zh}必填", "{en} is present"),
    "type": ("{zh}类型可转换", "{en} reads as its type"),
    "pattern": ("{zh}格式正确", "{en} has the right form"),
    "length": ("{zh}长度在范围内", "{en} has an allowed length"),
    "check_digit": ("{zh}校验码正确", "{en} has a right check digit"),
    "code_set": ("{zh}在代码集内", "{en} is in its code set"),
    "range": ("{zh}在取值范围内", "{en} is in its range"),
    "expression": ("{zh}符合约束", "{en} holds"),
    "unique": ("{zh}唯一", "{en} is unique"),
    "reference": ("{zh}可关联", "{en} exists in the table it refers to"),
    "mostly_present": ("{zh}填充率达标", "{en} is mostly present"),
    "row_count": ("行数达标", "the number of rows is as promised"),
    "freshness": ("数据及时更新", "the data is fresh"),
    "k_anonymity": ("{zh}满足K匿名", "{en} has no group smaller than k"),
}


@dataclass(frozen=True)
class Place:
    """Where a rule is written, and the columns (with their titles) it may speak of; None where they are not known."""

    document: Document
    known: Known
    columns: Mapping[str, tuple[str, str]] | None


@dataclass(frozen=True)
class Written:
    """A rule as a file has it, whatever the file's kind."""

    name: str
    promise: Promise
    severity: Severity
    dimension: str | None


def inherited(name: str, titles: tuple[str, str], element: Element, *, required: bool, check: str) -> tuple[Rule, ...]:
    """The row rules a column has without writing any; `check` is `error`, `warning` or `none` for the element's own."""
    arguments: list[tuple[str, dict[str, Any]]] = [("type", {})]
    if required:
        arguments.append(("required", {}))
    held = [(kind, args, Severity.ERROR) for kind, args in arguments]
    if check != "none":
        held += [(kind, args, Severity(check)) for kind, args in _element_arguments(element)]
    return tuple(
        rule(f"{kind}:{name}", kind, (name,), titles, severity=severity, arguments=values)
        for kind, values, severity in held
    )


def rule(
    name: str,
    kind: str,
    columns: tuple[str, ...],
    titles: tuple[str, str],
    *,
    severity: Severity = Severity.ERROR,
    arguments: Mapping[str, Any] | None = None,
) -> Rule:
    """A rule of a known kind with its default dimension and its titles, made from those of its columns."""
    zh, en = (text.format(zh=titles[0], en=titles[1]) for text in _TITLES[kind])
    return Rule(name, kind, columns, KINDS[kind].dimension, severity, dict(arguments or {}), zh, en)


def written(place: Place, at: YamlPath, spoken: Written, own_columns: tuple[str, ...] = ()) -> Rule | None:
    """A written rule, judged: kind, arguments, columns and dimension; None after noting what is wrong."""
    before = len(place.document.faults)
    columns = own_columns or spoken.promise.columns
    kind = spoken.promise.kind
    if kind not in KINDS:
        place.document.fault((*at, "kind"), f"there is no rule kind {kind!r}", nearest(kind, KINDS))
        return None
    _check_arguments(place, at, spoken.promise)
    _check_columns(place, at, kind, columns)
    dimension = _dimension(place, at, spoken)
    if len(place.document.faults) > before:
        return None
    titles = _titles(place, columns, spoken.name)
    arguments = _arguments(place, spoken.promise)
    made = rule(spoken.name, kind, columns, titles, severity=spoken.severity, arguments=arguments)
    own = spoken.promise.title
    zh, en = (own.zh, own.en) if own else (made.title_zh, made.title_en)
    return Rule(made.name, kind, columns, dimension, made.severity, made.arguments, zh, en)


def distinct(rules: Iterable[Rule], document: Document, at: YamlPath) -> tuple[Rule, ...]:
    """The rules, after noting every name that two of them share."""
    seen: dict[str, Rule] = {}
    for one in rules:
        if one.name in seen:
            document.fault(at, f"two rules are called {one.name!r}", "a name of its own for each rule")
        seen[one.name] = one
    return tuple(seen.values())


def _element_arguments(element: Element) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if element.pattern:
        found.append(("pattern", {"pattern": element.pattern}))
    if element.check:
        found.append(("check_digit", {"algorithm": element.check}))
    if element.code_set:
        found.append(("code_set", {"code_set": element.code_set}))
    bounds = {"minimum": element.minimum, "maximum": element.maximum}
    if bounds := {name: value for name, value in bounds.items() if value is not None}:
        found.append(("range", bounds))
    if element.max_length is not None:
        found.append(("length", {"maximum": element.max_length}))
    return found


def _check_arguments(place: Place, at: YamlPath, promise: Promise) -> None:
    kind, given = KINDS[promise.kind], promise.arguments()
    for name in given.keys() - set(kind.arguments):
        place.document.fault((*at, name), f"{promise.kind} takes no {name!r}", nearest(name, kind.arguments))
    missing = [name for name in kind.arguments if name not in given]
    if promise.kind in _AT_LEAST_ONE:
        missing = [] if len(missing) < len(kind.arguments) else ["minimum"]
    for name in missing:
        place.document.fault(at, f"{promise.kind} needs {name!r}", f"{name}: …")
    low, high = promise.minimum, promise.maximum
    if low is not None and high is not None and (type(low) is not type(high) or low > high):  # type: ignore[operator]
        place.document.fault((*at, "minimum"), "the minimum is above the maximum", "minimum <= maximum, of one type")
    _check_values(place, at, promise)


def _check_values(place: Place, at: YamlPath, promise: Promise) -> None:
    known, document = place.known, place.document
    if promise.pattern and (fault := pattern_fault(promise.pattern)):
        document.fault((*at, "pattern"), fault, "an RE2 expression that the whole text must match")
    if promise.code_set and promise.code_set not in known.code_sets:
        text = f"there is no code set {promise.code_set!r}"
        document.fault((*at, "code_set"), text, nearest(promise.code_set, known.code_sets))
    if promise.sql and (fault := sql_fault(promise.sql)):
        document.fault((*at, "sql"), fault, "one boolean SQL expression over the columns")
    if promise.table and promise.column:
        if promise.table not in known.tables:
            text = f"there is no table {promise.table!r}"
            document.fault((*at, "table"), text, nearest(promise.table, known.tables))
        else:
            known.references.append(Reference(document, (*at, "column"), promise.table, promise.column))


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with a pattern, or None. RE2 has neither look-around nor back-references."""
    if _RE2_LACKS.search(pattern):
        return f"the pattern {pattern!r} uses look-around or a back-reference, which RE2 lacks"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"the pattern {pattern!r} is not a regular expression ({error})"
    return None


def sql_fault(sql: str) -> str | None:
    """What is wrong with a declared SQL condition before any engine reads it, or None."""
    if ";" in sql or "--" in sql or "/*" in sql:
        return "the SQL holds ';' or a comment"
    return None if sql.count("(") == sql.count(")") else "the SQL's brackets do not match"


def _check_columns(place: Place, at: YamlPath, kind: str, columns: tuple[str, ...]) -> None:
    if KINDS[kind].needs_column and kind != "freshness" and not columns:
        place.document.fault(at, f"{kind} needs the columns it is about", "columns: [<column>]")
    for number, name in enumerate(columns):
        if place.columns is not None and name not in place.columns:
            text = f"there is no column {name!r}"
            place.document.fault((*at, "columns", number), text, nearest(name, place.columns))


def _dimension(place: Place, at: YamlPath, spoken: Written) -> str:
    default = KINDS[spoken.promise.kind].dimension
    if spoken.dimension is None:
        return default
    dimension = _ODCS_DIMENSIONS.get(spoken.dimension, spoken.dimension)
    if dimension not in DIMENSIONS:
        text = f"there is no dimension {spoken.dimension!r}"
        place.document.fault(at, text, nearest(spoken.dimension, [*DIMENSIONS, *_ODCS_DIMENSIONS]))
    return dimension


def _titles(place: Place, columns: tuple[str, ...], name: str) -> tuple[str, str]:
    if not columns:
        return name, name
    pairs = [(place.columns or {}).get(column, (column, column)) for column in columns]
    return "、".join(zh for zh, _ in pairs), ", ".join(en for _, en in pairs)


def _arguments(place: Place, promise: Promise) -> dict[str, Any]:
    """The arguments as engines want them: a dataset named in a reference becomes its staged table."""
    arguments = promise.arguments()
    table = arguments.get("table")
    if table is not None and not table.startswith("theme."):
        arguments["table"] = "staging.stg_" + table.replace(".", "__")
    return arguments
