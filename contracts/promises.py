"""Rules as records: those that a column inherits from its data element, and those that a file writes out.

Titles in both languages are made here. How a rule is evaluated is the business of `quality`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.declarations import Promise
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known, Reference
from contracts.model import Element, LogicalType, Rule
from contracts.patterns import closed
from contracts.rules import DAYS, DIMENSIONS, KINDS, NUMBERS, OF_CONTRACTS, STANDING, Kind
from contracts.violation import Severity

# ODCS names that GB/T 36344-2018 does not have, and the dimension there that covers them.
_ODCS_DIMENSIONS = {"uniqueness": "accuracy", "coverage": "completeness"}
_AT_LEAST_ONE = {"range", "length", "row_count"}
# Counts, of characters or of rows: neither is below nothing, nor broken.
_COUNTED = {"length", "row_count"}
CONTRACT = "contract"
# Names are compared, addresses and notes are read: what nobody sees makes two of one thing up to this many characters.
_COMPARED = 200

_TITLES = {
    "required": ("{zh}必填", "{en} is present"),
    "type": ("{zh}类型可转换", "{en} reads as its type"),
    "pattern": ("{zh}格式正确", "{en} has the right form"),
    "length": ("{zh}长度在范围内", "{en} has an allowed length"),
    "check_digit": ("{zh}校验码正确", "{en} has a right check digit"),
    "code_set": ("{zh}在代码集内", "{en} is in its code set"),
    "range": ("{zh}在取值范围内", "{en} is in its range"),
    "invisible": ("{zh}无不可见字符", "{en} has no characters that nobody sees"),
    "characters": ("{zh}无丢失或私有字符", "{en} has no lost or private characters"),
    "placeholder": ("{zh}不是占位值", "{en} is no placeholder"),
    "shared": ("{zh}未被过多记录共用", "{en} is not shared by implausibly many rows"),
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
    """Where a rule is written, and the columns (with their titles) it may speak of; None where they are not known.

    `types` are those of the columns that are sound; `kind` is `CONTRACT` or nothing.
    """

    document: Document
    known: Known
    columns: Mapping[str, tuple[str, str]] | None
    types: Mapping[str, LogicalType] = field(default_factory=dict)
    kind: str = ""

    @property
    def whole(self) -> Mapping[str, LogicalType] | None:
        """The types of all columns, None where one of them is not known."""
        return self.types if self.columns is not None and self.columns.keys() <= self.types.keys() else None


@dataclass(frozen=True)
class Written:
    """A rule as a file has it, whatever the file's kind."""

    name: str
    promise: Promise
    severity: Severity
    dimension: str | None


def inherited(
    name: str, titles: tuple[str, str], element: Element, *, required: bool, check: str, key: bool = False
) -> tuple[Rule, ...]:
    """The rules a column has without writing any; `check` is `error`, `warning` or `none` for the element's own."""
    arguments: list[tuple[str, dict[str, Any]]] = [("type", {})]
    if required:
        arguments.append(("required", {}))
    held = [(kind, args, Severity.ERROR) for kind, args in arguments]
    if check != "none":
        held += [(kind, args, Severity(check)) for kind, args in _element_arguments(element)]
    if element.type is LogicalType.STRING and (check != "none" or key):
        held += _of_characters(element, key=key, check=check)
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
    _check_name(place, at, spoken.name)
    _check_columns(place, at, columns)
    _check_values(place, at, spoken.promise)
    dimension = _dimension(place, at, spoken)
    if kind not in KINDS:
        place.document.fault((*at, "kind"), f"there is no rule kind {kind!r}", nearest(kind, KINDS))
        return None
    _check_kind(place, at, KINDS[kind], columns)
    _check_arguments(place, at, spoken.promise)
    _check_bounds(place, at, spoken.promise, columns)
    if len(place.document.faults) > before:
        return None
    titles = _titles(place, columns, spoken.name)
    arguments = _arguments(place, spoken.promise)
    made = rule(spoken.name, kind, columns, titles, severity=spoken.severity, arguments=arguments)
    own = spoken.promise.title
    zh, en = (own.zh, own.en) if own else (made.title_zh, made.title_en)
    return Rule(made.name, kind, columns, dimension, made.severity, made.arguments, zh, en)


def distinct(document: Document, names: Iterable[tuple[str, YamlPath]]) -> None:
    """Note every rule whose name another has already, whether or not either is sound otherwise."""
    seen: set[str] = set()
    for name, at in names:
        if name in seen and name:
            document.fault(at, f"two rules are called {name!r}", "a name of its own for each rule")
        seen.add(name)


def _element_arguments(element: Element) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if element.pattern:
        found.append(("pattern", {"pattern": element.pattern}))
    if element.check:
        found.append(("check_digit", {"algorithm": element.check}))
    if element.identifies:
        found.append(("placeholder", {}))
    if element.code_set:
        found.append(("code_set", {"code_set": element.code_set}))
    bounds = {"minimum": element.minimum, "maximum": element.maximum}
    if bounds := {name: value for name, value in bounds.items() if value is not None}:
        found.append(("range", bounds))
    if element.max_length is not None:
        found.append(("length", {"maximum": element.max_length}))
    return found


def _of_characters(element: Element, *, key: bool, check: str) -> list[tuple[str, dict[str, Any], Severity]]:
    """What characters a text may not have. One that others must match is never told apart by what nobody sees."""
    listed = element.check or element.code_set or (element.pattern and closed(element.pattern))
    if listed and (check == "error" or not key):
        return []  # no other character can pass
    matched = key or element.identifies
    short = element.max_length is not None and element.max_length <= _COMPARED
    invisible = "error" if key else element.invisible or ("error" if matched or short else "warning")
    wanted = [("invisible", {"strict": True} if matched else {}, invisible), ("characters", {}, element.characters)]
    if check == "none":  # a key is told apart all the same
        del wanted[1:]
    weak = {"error": "warning"} if check == "warning" and not key else {}
    return [(kind, args, Severity(weak.get(how, how))) for kind, args, how in wanted if how != "none"]


def _check_name(place: Place, at: YamlPath, name: str) -> None:
    if name in STANDING:
        text = f"the rule {name!r} is there already, of itself"
        place.document.fault(_beside(at, "name"), text, "another name")


def _check_columns(place: Place, at: YamlPath, columns: tuple[str, ...]) -> None:
    for number, name in enumerate(columns):
        if place.columns is not None and name not in place.columns:
            text = f"there is no column {name!r}"
            place.document.fault((*at, "columns", number), text, nearest(name, place.columns))
        if name in columns[:number]:
            place.document.fault((*at, "columns", number), f"{name!r} is named twice", "each column once")


def _check_kind(place: Place, at: YamlPath, kind: Kind, columns: tuple[str, ...]) -> None:
    document, (least, most) = place.document, kind.columns
    if kind.name in OF_CONTRACTS and place.kind != CONTRACT:
        text = f"{kind.name} is judged by a contract only"
        document.fault((*at, "kind"), text, "freshness_working_days of the agreement, or another kind")
    if len(columns) < least and document.well_formed((*at, "columns")):
        document.fault(at, f"{kind.name} needs the columns it is about", "columns: [<column>]")
    if len(columns) > most:
        text = f"{kind.name} is about {'one column' if most else 'the whole table'}, not {', '.join(columns)}"
        document.fault(at, text, "a rule for each column" if most else "the rule below the schema object, no columns")
    for name in columns:
        if kind.types and name in place.types and place.types[name] not in kind.types:
            text = f"{kind.name} does not suit {name}, a {place.types[name]}"
            document.fault((*at, "kind"), text, f"a column that is {' or '.join(kind.types)}")


def _check_arguments(place: Place, at: YamlPath, promise: Promise) -> None:
    kind, given = KINDS[promise.kind], promise.arguments()
    for name in sorted(given.keys() - set(kind.arguments)):
        instead = nearest(name, kind.arguments) if kind.arguments else f"nothing: leave {name} out"
        place.document.fault((*at, name), f"{promise.kind} takes no {name!r}", instead)
    missing = [name for name in kind.arguments if name not in given]
    if promise.kind in _AT_LEAST_ONE:
        missing = [] if len(missing) < len(kind.arguments) else ["minimum"]
    for name in missing:
        if place.document.well_formed((*at, name)):
            place.document.fault(at, f"{promise.kind} needs {name!r}", f"{name}: …")


def _check_bounds(place: Place, at: YamlPath, promise: Promise, columns: tuple[str, ...]) -> None:
    document = place.document
    bounds = {name: value for name in ("minimum", "maximum") if (value := getattr(promise, name)) is not None}
    low, high = promise.minimum, promise.maximum
    if low is not None and high is not None and (isinstance(low, date) != isinstance(high, date) or low > high):  # type: ignore[operator]
        document.fault((*at, "minimum"), "the minimum is above the maximum", "minimum <= maximum, of one type")
    for name, value in bounds.items():
        if promise.kind in _COUNTED and (not isinstance(value, int) or value < 0):
            document.fault((*at, name), f"{value} is no number of things", "a whole number, 0 or more")
        wrong = [column for column in columns if not _bounds_fit(place.types.get(column), value)]
        if promise.kind == "range" and wrong:
            text = f"{value} is no bound of {wrong[0]}, a {place.types[wrong[0]]}"
            document.fault((*at, name), text, "a number for numbers, a day (YYYY-MM-DD) for days")


def _bounds_fit(kind: LogicalType | None, bound: object) -> bool:
    wanted = NUMBERS if not isinstance(bound, date) else DAYS
    return kind is None or kind in wanted or kind not in NUMBERS | DAYS


def _check_values(place: Place, at: YamlPath, promise: Promise) -> None:
    known, document = place.known, place.document
    if promise.pattern and (fault := known.pattern_fault(promise.pattern)):
        document.fault((*at, "pattern"), fault, "an RE2 expression that the whole text must match")
    if promise.code_set:
        known.check_code_set(promise.code_set, document, (*at, "code_set"))
    if promise.sql and (fault := known.condition_fault(promise.sql, place.whole)):
        document.fault((*at, "sql"), fault, "one boolean SQL expression over the columns")
    if promise.table and known.check_table(promise.table, document, (*at, "table")) and promise.column:
        known.references.append(Reference(document, (*at, "column"), promise.table, promise.column))


def _beside(at: YamlPath, key: str) -> YamlPath:
    """Where a key of a rule stands: ODCS has a rule's name and dimension beside its implementation."""
    return (*at[:-1], key) if at[-1] == "implementation" else (*at, key)


def _dimension(place: Place, at: YamlPath, spoken: Written) -> str:
    kind = KINDS.get(spoken.promise.kind)
    if spoken.dimension is None:
        return kind.dimension if kind else ""
    dimension = _ODCS_DIMENSIONS.get(spoken.dimension, spoken.dimension)
    if dimension not in DIMENSIONS:
        text = f"there is no dimension {spoken.dimension!r}"
        instead = nearest(spoken.dimension, [*DIMENSIONS, *_ODCS_DIMENSIONS])
        place.document.fault(_beside(at, "dimension"), text, instead)
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
