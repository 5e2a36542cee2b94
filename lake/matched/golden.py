"""The golden record of a thing as the city knew it, for whoever may see it: each attribute with where it came from.

A value is shown as it is up to the level that somebody sees of the department whose value it is, and else masked, in
the engine. The look is in the ledger before a value is read. Must not live here: which value stands (the entity's
model), what was known when (`as_known.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.model import Attribute, Entity, Level
from contracts.sql_text import identifier, literal
from lake.identity.records import ACCESS, Looking, shown_attributes
from lake.matched.as_known import About, AsKnown
from lake.quarantine.masking import masked_by_department
from lake.quarantine.sight import RowSight, row_sight
from lake.settings import Settings

Values = dict[str, dict[str, str | None]]
"""Attribute -> `value` as it may be shown, `source` (the department), `level`, `batch` and `delivered_on`."""


@dataclass(frozen=True)
class Thing:
    """Which thing, as known when."""

    known: AsKnown
    entity: Entity
    city_id: str


def golden_record(settings: Settings, thing: Thing, who: Looking) -> Values | None:
    """What the city knew of a thing, as somebody may see it, once that is on the record; None for nothing.

    SharingRefused for files of the registry that are lost or changed.
    """
    sights = {name: row_sight(who.name, who.grants, name) for name in thing.known.catalogue.departments}
    who.ledger.append(ACCESS, _body(thing, who, sights), who.at)
    about = thing.known.about(settings, thing.entity)
    attributes = {one.name: one for one in shown_attributes(thing.known.catalogue, thing.entity)}
    parts = " union all ".join(_parts(thing.entity, attributes, sights))
    found = thing.known.connection.execute(
        f"with {_rows(thing.entity, about, list(attributes))} {parts}", {"thing": thing.city_id}
    ).fetchall()
    told = {name: (value, source, batch) for name, there, value, source, batch in found if there}
    return {name: _told(thing.known, attributes[name], *told[name]) for name in attributes} if told else None


def _told(known: AsKnown, attribute: Attribute, value: str | None, source: str | None, batch: str | None) -> Any:
    day = known.days.get(batch or "")
    return {
        "value": value,
        "source": source,
        "level": str(attribute.level),
        "batch": batch,
        "delivered_on": day and day.isoformat(),
    }


def _body(thing: Thing, who: Looking, sights: Mapping[str, RowSight]) -> dict[str, Any]:
    most = max(sights.values(), key=lambda one: str(one.level or ""), default=RowSight(who.name))
    return {
        "subject": f"{thing.entity.name}.registry",
        "by": who.name,
        "role": most.role or "none",
        "what": "values",
        "rows": 1,
        "level": str(most.level or "none"),
        "thing": thing.city_id,
        "known": thing.known.known.isoformat(),
        "valid": thing.known.valid and thing.known.valid.isoformat(),
    }


def _rows(entity: Entity, about: About, names: list[str]) -> str:
    """`thing`, and `said`: the rows that it is made of, what stands first having the least `_turn`."""
    key = identifier(entity.identifier)
    said = ", ".join(f"cast(rows.{identifier(one)} as varchar) as {identifier(one)}" for one in names)
    parts = [
        f"select {{'of': 0, 'place': _provider, 'key': ''}} as _turn, _department, _batch, {said} "
        f"from {about.provided} as rows where rows.{key} = (select {key} from thing)",
        f"select {{'of': 1, 'place': 0, 'key': links._key}}, _department, rows._batch, {said} "
        f"from {about.provided} as rows inner join links on links._key = cast(rows.{key} as varchar)",
    ]
    if about.loose:
        parts.append(
            f"select {{'of': 1, 'place': -_delivery, 'key': links._key}}, _department, rows._batch, {said} "
            f"from {about.loose} as rows inner join links on links._key = rows._key"
        )
    return (
        f"thing as materialized (select * from {about.table} as entity where city_id = $thing), "
        f"links as (select _key from {about.links} as every where city_id = $thing), "
        f"said as materialized ({' union all '.join(parts)})"
    )


def _parts(entity: Entity, attributes: Mapping[str, Attribute], sights: Mapping[str, RowSight]) -> Iterator[str]:
    knows = [name for name, one in sights.items() if one.level is not None]
    for name, attribute in attributes.items():
        sees = [one for one in knows if (sights[one].level or Level.L1) >= attribute.level]
        text = f"cast(thing.{identifier(name)} as varchar)"
        shown = masked_by_department("value", attribute.element.mask, sees, knows)
        # An identifier is whoever's who has it: that department's of which most may be seen.
        own = name == entity.identifier
        source = f"thing.{identifier(f'{name}_source')}"
        turn = f"{{'hidden': {_hidden(sees, knows) if own else 0}, 'turn': said._turn}}"
        yield f"""
        select {literal(name)}, there, {shown}, _department, _batch from (
          select count(thing.city_id) > 0 as there, any_value({text}) as value,
            {f"arg_min(said._department, {turn})" if own else f"any_value({source})"} as _department,
            arg_min(said._batch, {turn}) as _batch
          from thing left join said on said.{identifier(name)} = {text}
            {"" if own else f"and said._department = {source}"}
        )"""


def _hidden(sees: list[str], knows: list[str]) -> str:
    arms = [(", ".join(map(literal, names)), place) for place, names in enumerate((sees, knows)) if names]
    told = "".join(f"when said._department in ({listed}) then {place} " for listed, place in arms)
    return f"case {told}else 2 end" if told else "0"
