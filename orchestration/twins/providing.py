"""Who provides what to a theme entity, and in which order of trust: what the texts of its models have in common."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.model import Attribute, Catalogue, Column, Dataset, Entity, Provision
from contracts.sql_text import column as sql_name
from contracts.violation import Severity
from orchestration.twins.surviving import needs_days
from orchestration.twins.text import banner

Providers = Sequence[tuple[Dataset, Provision]]


def identified(catalogue: Catalogue, entity: Entity) -> Providers:
    """Who gives rows with the entity's identifier, in dataset order: each has its place, from 1."""
    return tuple(one for one in catalogue.providers(entity.name) if entity.identifier in one[1].attributes)


def attributes_of(entity: Entity) -> list[Attribute]:
    """An entity's attributes without its identifier."""
    return [attribute for attribute in entity.attributes if attribute.name != entity.identifier]


def header(entity: Entity, also: str = "") -> str:
    """The comment on top of a generated model."""
    return f"-- {banner(f'change contracts/domains/{entity.domain}.yml{also}, not this file.')}"


def aliased(column: str, name: str) -> str:
    """A column under a name; by itself where that is its own."""
    return column if column == name else f"{column} as {name}"


def first_of(name: str, aliases: Sequence[str]) -> str:
    """The column of that name: the value of the first of some providers that has one."""
    values = [f"{alias}.{name}" for alias in aliases]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)}) as {name}"


def attribute_order(attribute: Attribute, providers: Providers) -> list[int]:
    """The places of those that provide one attribute: departments named in `precedence` first, then by name."""
    places = [place for place, (_, provision) in enumerate(providers, start=1) if attribute.name in provision.columns]
    return sorted(
        places,
        key=lambda place: (trust(attribute, providers[place - 1][0].department), providers[place - 1][0].id),
    )


def trust(attribute: Attribute, department: str) -> tuple[int, str]:
    """The less, the more a department is trusted with an attribute."""
    if department in attribute.precedence:
        return (attribute.precedence.index(department), "")
    return (len(attribute.precedence), department)


def columns_of(provision: Provision) -> dict[str, str]:
    """Attribute -> SQL for what a row gives: its column, or several of text with blanks between."""
    return {
        name: sql_name(columns[0])
        if len(columns) == 1
        else "nullif(trim(" + " || ' ' || ".join(f"coalesce({sql_name(one)}, '')" for one in columns) + "), '')"
        for name, columns in provision.columns.items()
    }


def dated(entity: Entity, provision: Provision) -> list[str]:
    """The line of a row's day, where the entity asks for days."""
    if not needs_days(entity):
        return []
    return [f"  cast({sql_name(provision.dated) if provision.dated else 'null'} as date) as _dated"]


def judged_here(column: Column) -> str | None:
    """The macro by which an identifier is judged before it identifies anybody.

    None where no row with a bad one is stored: where the contract makes it a fault, and the element says what is bad.
    """
    element = column.element
    kind, judge = ("check_digit", element.check) if element.check else ("placeholder", "number")
    if not (element.check or element.identifies):
        return None
    faults = {rule.kind for rule in column.rules if rule.severity is Severity.ERROR}
    return None if kind in faults else judge
