"""Who an entity is: its records with their sources, what binds them, what became of it, and where a former id leads.

From the registry's files and the lake's keyed tables: a value of a record is nowhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from contracts.clock import in_city
from contracts.model import Catalogue, Entity
from contracts.signs import shown
from contracts.sql_text import identifier
from lake.attach import CATALOG
from lake.identity.explaining import as_told, explain
from lake.identity.files import Registry
from lake.identity.folding import history
from lake.identity.pairs import registry_table
from lake.settings import Settings
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

_OWN = re.compile(r"[0-9a-f]{20}")
_FIX = "name it as `city_id` has it in the entity's table, such as NP-0123456789abcdef0123"


@dataclass(frozen=True)
class Asked:
    """Which entity, of which registry, and as it was known when (None: now)."""

    entity: Entity
    own: str
    known: datetime | None = None

    @classmethod
    def of(cls, catalogue: Catalogue, city_id: str, known: datetime | None = None) -> Asked:
        """What a city id asks for. SharingRefused for what is none of an entity whose rows are matched."""
        prefix, _, own = city_id.strip().rpartition("-")
        found = [one for one in catalogue.entities.values() if one.id_prefix == prefix and one.matching]
        if not found or not _OWN.fullmatch(own):
            known_ones = ", ".join(sorted(one.id_prefix for one in catalogue.entities.values() if one.matching))
            what = f"it is no id of an entity whose rows are matched, which begin with {known_ones or 'nothing yet'}"
            raise SharingRefused("entity_known", shown(city_id), what, _FIX)
        return cls(found[0], own, known)


def who_is(settings: Settings, ledger: Ledger, connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """All of an entity, as JSON-ready data; `lake` tables tell sources and weights where they are as of now.

    SharingRefused for an id that never was, and for files that are not the ledger's.
    """
    registry = Registry.of(settings, ledger, asked.entity.name)
    held, events = history(registry, connection, [asked.own], asked.known)
    members = [one for one in held if one["entity"] == asked.own]
    if not events:
        raise _unknown(registry, connection, asked)
    present = sorted({str(one["entity"]) for one in _led(held, events, asked.own) if one["entity"]})
    records = [str(one["record"]) for one in members]
    sources = _sources(connection, asked.entity, records)
    return {
        "entity": asked.entity.name,
        "id": _name(asked, asked.own),
        "known": asked.known and asked.known.isoformat(),
        "stands": bool(members),
        "now": [_name(asked, one) for one in present],
        "members": [_member(one, sources.get(str(one["record"]), [])) for one in members],
        "weights": _weights(registry, connection, asked, records),
        "events": [_event(asked, one) for one in events],
    }


def _unknown(registry: Registry, connection: duckdb.DuckDBPyConnection, asked: Asked) -> SharingRefused:
    """Why nothing can be said of an id: that there never was one, or not yet."""
    name = _name(asked, asked.own)
    events = history(registry, connection, [asked.own])[1] if asked.known else []
    if not events:
        return SharingRefused("entity_known", name, "no entity ever had this id", _FIX)
    first = in_city(min(one["known"] for one in events))
    what = f"nothing was known of it then: it was found on {first:%Y-%m-%d %H:%M}"
    return SharingRefused("entity_known", name, what, "ask for a later day, or leave --known out")


def _led(held: list[dict[str, Any]], events: list[dict[str, Any]], own: str) -> list[dict[str, Any]]:
    """The records of an entity now; of one that stands no more, those that it had last."""
    now = [one for one in held if one["entity"] == own]
    if now:
        return now
    last = next((one for one in reversed(events) if own in one["before"]), None)
    return [one for one in held if last and one["record"] in last["records"]]


def _name(asked: Asked, own: str) -> str:
    return f"{asked.entity.id_prefix}-{own}"


def _member(one: Mapping[str, Any], sources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "record": one["record"],
        "probability": one["probability"],
        "method": one["method"],
        "since": one["since"].isoformat(),
        "step": one["since_step"],
        "sources": sources,
    }


def _event(asked: Asked, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": one["number"],
        "step": one["step"],
        "kind": one["kind"],
        "at": one["known"].isoformat(),
        "before": [_name(asked, each) for each in one["before"]],
        "after": [_name(asked, each) for each in one["after"]],
        "records": one["records"],
        "reasons": one["reasons"],
        "decided_by": one["decided_by"],
    }


def _sources(
    connection: duckdb.DuckDBPyConnection, entity: Entity, records: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """By record: the datasets or departments that have it, with batch and date of delivery, as of now."""
    if not _has_lake(connection):
        return {}
    days = "(select batch, coalesce(min(delivered_on) filter (where not withdrawn), min(delivered_on)) as day "
    days += f"from {CATALOG}.meta.deliveries group by batch)"
    loose = f"""
      select _record, dataset as source, _batch, day
      from {registry_table(entity.name)} left join {days} on batch = _batch
      where _record in (select unnest($records)) and dataset <> ''
    """
    # An identifier that leads is in the entity's table, one that is another's in the registry's.
    known = f"""
      select links.record, provided._department, provided._batch, day
      from (
        select _record as record, _key as key from {registry_table(entity.name)} where dataset = ''
        union
        select right(city_id, 20), cast({identifier(entity.identifier)} as varchar)
        from {CATALOG}.theme.{identifier(entity.name)}
        where {identifier(entity.identifier)} is not null and right(city_id, 20) in (select unnest($records))
      ) as links
      join {CATALOG}.staging.{identifier(f"{entity.name}__provided")} as provided
        on cast(provided.{identifier(entity.identifier)} as varchar) = links.key
      left join {days} on batch = provided._batch
      where links.record in (select unnest($records))
    """
    found: dict[str, list[dict[str, Any]]] = {}
    sql = f"{loose} union all {known} order by all"
    for record, source, batch, day in connection.execute(sql, {"records": records}).fetchall():
        told = {"source": source, "batch": batch, "delivered_on": day and day.isoformat()}
        found.setdefault(record, []).append(told)
    return found


def _weights(
    registry: Registry, connection: duckdb.DuckDBPyConnection, asked: Asked, records: list[str]
) -> list[dict[str, Any]]:
    """What binds the records, pair by pair, by the newest model."""
    steps = registry.steps()
    if not steps or not _has_lake(connection):
        return []
    sql = f"""
      select left_record, right_record, probability, weight, levels from {registry_table(f"{asked.entity.name}__pairs")}
      where left_record in (select unnest($records)) and right_record in (select unnest($records))
      order by probability desc, left_record, right_record
    """
    parameters = registry.parameters(steps[-1])
    return [
        {
            "pair": f"{left}-{right}",
            "probability": probability,
            "weight": weight,
            "parts": [as_told(one) for one in explain(parameters, levels or (), weight)],
        }
        for left, right, probability, weight, levels in connection.execute(sql, {"records": records}).fetchall()
    ]


def _has_lake(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute("select 1 from duckdb_databases() where database_name = $name", {"name": CATALOG})
    return found.fetchone() is not None
