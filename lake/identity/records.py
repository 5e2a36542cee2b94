"""Two records side by side, for whoever may see them: what each shows is cut in the engine, and each look is recorded.

A record without an identifier is one row; an identified one is what each dataset that knows it says of it. Whoever has
a role for the rows' department sees its values up to their level there, the rest is masked; whoever has none sees
nothing but that there is something. The look is written into the ledger before the first row is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from contracts.acts import RoleGrant
from contracts.model import Attribute, Catalogue, Entity, Level
from contracts.sql_text import identifier, literal
from lake.attach import CATALOG
from lake.identity.pairs import FoundPair, registry_table
from lake.quarantine.masking import masked_by_department
from lake.quarantine.sight import row_sight
from sharing.ledger import Ledger

ACCESS = "access"


@dataclass(frozen=True)
class Looking:
    """Who looks, by the roles that they hold today, when, and where it is written."""

    name: str
    grants: tuple[RoleGrant, ...]
    ledger: Ledger
    at: datetime


@dataclass(frozen=True)
class Version:
    """What one department says of a record: by attribute the text as it may be shown, null where it says nothing."""

    department: str
    batch: str
    cells: Mapping[str, str | None]


def shown_attributes(catalogue: Catalogue, entity: Entity) -> tuple[Attribute, ...]:
    """The entity's identifier and attributes, what is compared first."""
    element = catalogue.elements[entity.identifier]
    own = Attribute(entity.identifier, element, element.title_zh, element.title_en, element.level)
    compared = [name for one in entity.matching.comparisons for name in one.attributes] if entity.matching else []
    places = {name: place for place, name in enumerate(compared)}
    return tuple(sorted((own, *entity.attributes), key=lambda one: places.get(one.name, len(places))))


def look(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, entity: Entity, found: FoundPair, who: Looking
) -> tuple[list[Version], list[Version]]:
    """What departments say of the left and of the right record, as somebody may see it, once that is on the record."""
    levels = _levels(catalogue, who)
    who.ledger.append(ACCESS, _body(entity, found, who, levels), who.at)
    keys = connection.execute(
        f"select left_key, right_key from {registry_table(f'{entity.name}__pairs')} "
        "where left_record = $left and right_record = $right",
        {"left": found.left, "right": found.right},
    ).fetchone()
    sides = zip((found.left, found.right), keys or (), found.datasets, strict=False)
    cells = _cells(shown_attributes(catalogue, entity), levels)
    left, right = ([*_versions(connection, entity, cells, found, side)] for side in sides)
    return left, right


def _levels(catalogue: Catalogue, who: Looking) -> dict[str, tuple[Level | None, str]]:
    """By department up to which level somebody sees its rows, and as what."""
    sights = {name: row_sight(who.name, who.grants, name) for name in catalogue.departments}
    return {name: (sight.level, sight.role) for name, sight in sights.items()}


def _body(
    entity: Entity, found: FoundPair, who: Looking, levels: Mapping[str, tuple[Level | None, str]]
) -> dict[str, Any]:
    of = found.departments or levels
    level, role = max((levels[one] for one in of if one in levels), key=lambda one: str(one[0] or ""))
    return {
        "subject": f"{entity.name}.registry",
        "by": who.name,
        "role": role or "none",
        "what": "pair",
        "rows": 2,
        "level": str(level or "none"),
        "pair": found.name,
    }


def _cells(attributes: Iterable[Attribute], levels: Mapping[str, tuple[Level | None, str]]) -> dict[str, str]:
    """SQL by attribute for its text as it may be shown, which depends on the row's `_department`."""
    knows = [name for name, (level, _) in levels.items() if level is not None]
    return {one.name: _cell(one, knows, levels) for one in attributes}


def _cell(attribute: Attribute, knows: list[str], levels: Mapping[str, tuple[Level | None, str]]) -> str:
    sees = [name for name in knows if (levels[name][0] or Level.L1) >= attribute.level]
    return masked_by_department(f"cast({identifier(attribute.name)} as varchar)", attribute.element.mask, sees, knows)


def _versions(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    cells: Mapping[str, str],
    found: FoundPair,
    side: tuple[str, str, str],
) -> Iterable[Version]:
    record, key, dataset = side
    known = record in found.identified
    place = f"{CATALOG}.staging.{identifier(f'{entity.name}__provided' if known else f'{entity.name}__loose')}"
    column = f"cast({identifier(entity.identifier)} as varchar)" if known else "_key"
    where = f"{column} = $key" + ("" if known else f" and _dataset = {literal(dataset)}")
    shown = ", ".join(f"{sql} as c{number}" for number, sql in enumerate(cells.values()))
    sql = f"select _department, _batch, {shown} from {place} where {where} order by _department, _batch"
    for department, batch, *texts in connection.execute(sql, {"key": key}).fetchall():
        yield Version(department, batch, dict(zip(cells, texts, strict=True)))
