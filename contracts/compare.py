"""Two versions of one dataset's contract: what differs, and whether those who build on it must be asked first.

A difference is *breaking* when a reader who relied on the old promise can be hurt by the new one: something promised is
gone, weaker, or less protected. Stricter promises and additions are not. Reading versions from files or from Git
happens elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from contracts.model import Column, Dataset, LogicalType, Provision, Rule, SharingAttribute
from contracts.violation import Severity

_OPENNESS = {
    SharingAttribute.NOT_SHARED: 0,
    SharingAttribute.CONDITIONAL: 1,
    SharingAttribute.UNCONDITIONAL: 2,
}


@dataclass(frozen=True)
class Difference:
    """One thing that differs: `subject` is a column, a rule or the dataset; `before` and `after` are texts."""

    kind: str
    subject: str
    before: str
    after: str
    breaking: bool

    def __str__(self) -> str:
        mark = "breaking: " if self.breaking else ""
        return f"{mark}{self.kind} of {self.subject}: {self.before or 'nothing'} -> {self.after or 'nothing'}"


@dataclass(frozen=True)
class Comparison:
    """All differences between two versions, breaking ones first."""

    before: str
    after: str
    differences: tuple[Difference, ...]

    @property
    def breaking(self) -> bool:
        """Whether any difference is breaking."""
        return any(one.breaking for one in self.differences)

    @property
    def least_version(self) -> str:
        """The least version the newer contract may carry: the first number moves if breaking, else the second."""
        major, minor, _ = (int(part) for part in self.before.split("."))
        if self.breaking:
            return f"{major + 1}.0.0"
        return f"{major}.{minor + 1}.0" if self.differences else self.before

    @property
    def version_sound(self) -> bool:
        """Whether the newer contract's version says enough about its differences."""
        return _numbers(self.after) >= _numbers(self.least_version)


def compare(before: Dataset, after: Dataset) -> Comparison:
    """What differs between two versions of the same dataset. ValueError where they are of different datasets."""
    if before.id != after.id:
        raise ValueError(f"{before.id} and {after.id} are two datasets, not two versions of one")
    found = [*_of_dataset(before, after), *_of_columns(before, after), *_of_rules(before, after)]
    ordered = sorted(found, key=lambda one: (not one.breaking, one.kind, one.subject))
    return Comparison(before.version, after.version, tuple(ordered))


def _matching(one: Provision) -> str:
    """How rows without an identifier are taken, beside which rows there are."""
    return f"{', matched' if one.matched else ''}{', each thing once' if one.once else ''}"


def _of_dataset(before: Dataset, after: Dataset) -> Iterator[Difference]:
    yield from _fact("key changed", before.id, _key(before), _key(after), breaking=True)
    yield from _fact("delivery mode changed", before.id, before.mode, after.mode, breaking=True)
    yield from _opened(before.id, before.sharing_attribute, after.sharing_attribute)
    yield from _fact("frequency changed", before.id, before.frequency, after.frequency, breaking=False)
    held = {(one.entity, name): " ".join(made) for one in before.provides for name, made in one.columns.items()}
    given = {(one.entity, name): " ".join(made) for one in after.provides for name, made in one.columns.items()}
    for entity, name in held.keys() - given.keys():
        yield Difference("provision removed", f"{entity}.{name}", held[entity, name], "", breaking=True)
    for entity, name in given.keys() - held.keys():
        yield Difference("provision added", f"{entity}.{name}", "", given[entity, name], breaking=False)
    conditions = [
        _join(tuple(f"{one.entity}: {one.where or 'all'}{_matching(one)}" for one in each.provides))
        for each in (before, after)
    ]
    yield from _fact("provision's condition changed", before.id, *conditions, breaking=False)
    for item in fields(Dataset):
        if item.name not in _COMPARED:
            kind, breaking = _PLAIN.get(item.name, (f"{item.name} changed", True))
            one, other = (getattr(each, item.name) for each in (before, after))
            yield from _fact(kind, before.id, str(one), str(other), breaking=breaking)


# What is compared in parts, or is the version itself; and of the rest, what each is called and whether it breaks. A
# fact that is in neither list breaks: nobody has said that it does not.
_COMPARED = {
    *("department", "name", "version", "columns", "rules", "provides", "mode", "sharing_attribute", "frequency"),
    *("path", "freshness_working_days"),
}
_PLAIN = {
    "title_zh": ("title changed", False),
    "title_en": ("title changed", False),
    "description": ("description changed", False),
    "owner": ("owner changed", False),
    "source": ("delivery changed", False),
    "legal_basis": ("legal basis changed", False),
    "domain": ("domain changed", False),
    "authoritative_for": ("authority changed", False),
    "parts": ("parts changed", False),
    "largest_rejected_share": ("largest rejected share changed", False),
    "may_be_empty": ("emptiness changed", False),
    "key_twice": ("twice delivered keys changed", False),
    "category": ("category changed", False),
    "drift": ("drift policy changed", False),
    "open_attribute": ("openness changed", False),
}


def _of_columns(before: Dataset, after: Dataset) -> Iterator[Difference]:
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    for name in gone:
        renamed = next((other for other in come if _is_same(old[name], new[other])), None)
        if renamed:
            come.remove(renamed)
            yield Difference("column renamed", name, name, renamed, breaking=True)
        else:
            yield Difference("column removed", name, str(old[name].element.type), "", breaking=True)
    for name in come:
        kind = "required column added" if new[name].required else "column added"
        yield Difference(kind, name, "", str(new[name].element.type), breaking=False)
    for name in old.keys() & new.keys():
        yield from _of_column(old[name], new[name])
    if not gone and list(old) != [name for name in new if name in old]:
        yield Difference("columns reordered", before.id, _join(tuple(old)), _join(tuple(new)), breaking=False)


def _is_same(before: Column, after: Column) -> bool:
    """Whether two columns of different names take the same delivered one."""
    return bool(set(before.headers) & set(after.headers)) and before.element.type == after.element.type


def _of_column(before: Column, after: Column) -> Iterator[Difference]:
    name = before.name
    widened = _is_wider(before, after)
    kind = "type widened" if widened else "type changed"
    yield from _fact(kind, name, _type(before), _type(after), breaking=not widened)
    yield from _fact("element changed", name, before.element.name, after.element.name, breaking=False)
    yield from _fact("codes changed", name, str(before.element.code_set), str(after.element.code_set), breaking=True)
    yield from _fact("code map changed", name, str(dict(before.code_map)), str(dict(after.code_map)), breaking=False)
    spelt = [f"{one.element.formats}, {one.element.nulls}, {one.element.rounding}" for one in (before, after)]
    yield from _fact("spellings changed", name, *spelt, breaking=False)
    yield from _fact("codes as of changed", name, before.codes_as_of or "", after.codes_as_of or "", breaking=False)
    units = [one.unit or one.element.unit or "" for one in (before, after)]
    yield from _fact("unit changed", name, *units, breaking=True)
    yield from _fact("title changed", name, before.title_zh, after.title_zh, breaking=False)
    yield from _fact("category changed", name, before.category, after.category, breaking=False)
    marks = [f"personal {one.personal}, sensitive {one.sensitive_personal}" for one in (before, after)]
    yield from _fact("marks changed", name, *marks, breaking=False)
    lowered = after.level < before.level
    yield from _fact("level " + ("lowered" if lowered else "raised"), name, before.level, after.level, breaking=lowered)
    yield from _fact("mask changed", name, before.mask, after.mask, breaking=after.mask == "none")
    yield from _opened(name, before.sharing_attribute, after.sharing_attribute)
    wider = before.may_leave is not None and (
        after.may_leave is None or not set(after.may_leave) <= set(before.may_leave)
    )
    yield from _fact("ways to leave changed", name, _forms(before), _forms(after), breaking=wider)
    yield from _fact("headers changed", name, _join(before.headers), _join(after.headers), breaking=False)


def _is_wider(before: Column, after: Column) -> bool:
    """Whether every value of the one decimal is one of the other: what is promised as a decimal stays one."""
    one, other = before.element, after.element
    if {one.type, other.type} != {LogicalType.DECIMAL}:
        return False
    return other.scale >= one.scale and other.precision - other.scale >= one.precision - one.scale


def _forms(column: Column) -> str:
    return _join(("any",) if column.may_leave is None else column.may_leave or ("none",))


def _of_rules(before: Dataset, after: Dataset) -> Iterator[Difference]:
    old, new = _rules(before), _rules(after)
    kept, now = ({column.name for column in dataset.columns} for dataset in (before, after))
    gone, come = kept - now, now - kept
    for name in old.keys() - new.keys():
        if not gone & set(old[name].columns):
            yield Difference("rule removed", name, _spelt(old[name]), "", breaking=True)
    for name in new.keys() - old.keys():
        if not come & set(new[name].columns):
            yield Difference("rule added", name, "", _spelt(new[name]), breaking=False)
    for name in old.keys() & new.keys():
        if _spelt(old[name]) != _spelt(new[name]):
            weaker = _weaker(old[name], new[name])
            kind = "rule weakened" if weaker else "rule strengthened"
            yield Difference(kind, name, _spelt(old[name]), _spelt(new[name]), breaking=weaker)


def _rules(dataset: Dataset) -> Mapping[str, Rule]:
    every = [*dataset.rules, *(rule for column in dataset.columns for rule in column.rules)]
    return {rule.name: rule for rule in every}


def _weaker(before: Rule, after: Rule) -> bool:
    """Whether a rule may now let through what it did not; a change that cannot be ordered counts as weaker."""
    if before.kind != after.kind or before.columns != after.columns:
        return True
    if before.severity is Severity.ERROR and after.severity is Severity.WARNING:
        return True
    names = before.arguments.keys() | after.arguments.keys()
    return any(_looser(name, before.arguments.get(name), after.arguments.get(name)) for name in names)


_STRICTER: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda before, after: after >= before,
    "maximum": lambda before, after: after <= before,
    "at_least": lambda before, after: after >= before,
    "working_days": lambda before, after: after <= before,
    "k": lambda before, after: after >= before,
}


def _looser(name: str, before: Any, after: Any) -> bool:
    if before == after:
        return False
    if name not in _STRICTER or after is None:
        return True
    return before is not None and not _STRICTER[name](before, after)


def _opened(subject: str, before: SharingAttribute, after: SharingAttribute) -> Iterator[Difference]:
    opened = _OPENNESS[after] > _OPENNESS[before]
    kind = "sharing loosened" if opened else "sharing tightened"
    # Tightening breaks too: whoever receives the data today would no longer.
    yield from _fact(kind, subject, before, after, breaking=True)


def _fact(kind: str, subject: str, before: str, after: str, *, breaking: bool) -> Iterator[Difference]:
    if before != after:
        yield Difference(kind, subject, str(before), str(after), breaking)


def _key(dataset: Dataset) -> str:
    return _join(tuple(column.name for column in dataset.key))


def _type(column: Column) -> str:
    element = column.element
    return f"decimal({element.precision},{element.scale})" if element.type == "decimal" else str(element.type)


def _spelt(rule: Rule) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in sorted(rule.arguments.items()))
    return f"{rule.kind}({_join(rule.columns)}{'; ' if arguments else ''}{arguments}) {rule.severity}"


def _join(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
