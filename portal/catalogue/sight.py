"""Who may know what of the catalogue: each rule lists what it shows, and what it does not list is not there.

`docs/decisions/catalogue.md` has the reasons. A record is cut here to what a reader may know, before it is searched,
counted, shown or exported: whatever comes after cannot tell more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from contracts.model import Agreement, Catalogue, Level, OpenAttribute, Rule, SharingAttribute
from portal.catalogue.records import DATASET, PUBLIC, Field, Resource, highest, products
from quality.rules import declared_rules

# What an insider may know of a column of another department: by its sharing attribute and its level.
_TOLD = {
    *((attribute, level) for attribute in ("unconditional", "conditional") for level in ("L1", "L2", "L3", "L4")),
    *((str(SharingAttribute.NOT_SHARED), level) for level in ("L1", "L2", "L3")),
}
# What everybody may know of a column of a dataset that its department opens.
_OPEN = {("unconditional", str(Level.L1)), ("conditional", str(Level.L1))}
# An SQL expression may name any column of its table.
_NAMES_ANY = {"expression"}


@dataclass(frozen=True)
class Sight:
    """What a reader may know: `inside` is whoever signed in, or asks by an agency's grant; `whole` sees every column,
    `departments` are those whose columns are one's own.
    """

    inside: bool = False
    whole: bool = False
    departments: frozenset[str] = frozenset()

    def sees(self, resource: Resource, field: Field) -> bool:
        """Whether a column of a resource may be known."""
        if resource.kind != DATASET:
            return self.inside or field.level in {"", str(Level.L1)}
        if self.whole or resource.provider in self.departments:
            return True
        return (field.sharing, field.level) in (_TOLD if self.inside else _OPEN)


EVERYBODY = Sight()


def seen(catalogue: Catalogue, declared: Sequence[Resource], sight: Sight, released: Collection[str]) -> list[Resource]:
    """Those of the city's resources that a reader may know of, by id, each cut to what may be known of it.

    `released` are the agreements under which something ever was.
    """
    every = declared
    if not sight.inside:
        opened = (one for one in declared if one.kind == DATASET and one.open != OpenAttribute.NOT_OPEN)
        every = [*opened, *products(_opened(catalogue, released), declared_rules(catalogue))]
    cut = sorted((_cut(one, sight) for one in every), key=lambda one: one.id)
    told = {(one.id, field.name) for one in cut for field in one.fields}
    return [replace(one, rules=tuple(rule for rule in one.rules if _refers_to(rule, told))) for one in cut]


def _opened(catalogue: Catalogue, released: Collection[str]) -> list[Agreement]:
    return [one for one in catalogue.agreements.values() if one.agency == PUBLIC and one.name in released]


def _cut(one: Resource, sight: Sight) -> Resource:
    fields = tuple(field for field in one.fields if sight.sees(one, field))
    names = {field.name for field in fields}
    whole = len(fields) == len(one.fields)
    rules = tuple(rule for rule in one.rules if whole or _tells_of(rule, names))
    level = highest(field.level for field in fields) if one.kind == DATASET else one.level
    owner = one.owner if sight.inside else ""
    return replace(one, fields=fields, rules=rules, level=level, owner=owner)


def _tells_of(rule: Rule, names: Collection[str]) -> bool:
    """Whether a rule tells of no other columns than these."""
    return rule.kind not in _NAMES_ANY and set(rule.columns) <= set(names)


def _refers_to(rule: Rule, told: Collection[tuple[str, str]]) -> bool:
    """Whether a rule, if it refers to another resource's column, refers to one that may be known."""
    other = rule.arguments.get("table"), rule.arguments.get("column")
    return other == (None, None) or other in told
