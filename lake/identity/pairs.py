"""The pairs of records that may be one, as the lake has them: those that are open, and what is known of one of them.

From keyed hashes alone: no value of a record is read here (`records.py` does that, on the record). What is decided of
pairs is the ledger's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from contracts.matching import REGISTRY
from contracts.model import Entity
from contracts.sql_text import identifier, literal
from lake.attach import CATALOG
from lake.identity.acting import Doer, Said, may
from sharing.faults import SharingRefused
from sharing.identity.law import Decision, Decisions
from sharing.identity.steps import Facts, paired
from sharing.identity.vocabulary import Doing


@dataclass(frozen=True)
class FoundPair:
    """Two records, `left` the lesser: how probable it is that they are one and by which levels; the entity and the
    dataset of each ("": identified, and so of several), and what was decided of them.
    """

    left: str
    right: str
    probability: float
    weight: float
    levels: tuple[int, ...]
    entities: tuple[str, str]
    datasets: tuple[str, str]
    identified: frozenset[str]
    decision: Decision | None = None
    skipped: Decision | None = None

    @property
    def name(self) -> str:
        """What it is called, in addresses and on the command line."""
        return f"{self.left}-{self.right}"

    @property
    def apart(self) -> bool:
        """Whether they are in two entities now."""
        return self.entities[0] != self.entities[1]

    @property
    def departments(self) -> frozenset[str]:
        """The departments whose rows they are; none where one is identified, and so whoever's."""
        named = [one.split(".", 1)[0] for one in self.datasets if one]
        return frozenset(named) if len(named) == len(self.datasets) else frozenset()

    def facts(self, entity: Entity) -> Facts:
        """What is known of them, for a decision."""
        two = bool(entity.matching and entity.matching.two_persons)
        return Facts(self.identified, self.departments, self.probability, two)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        decided = self.decision
        return {
            "pair": self.name,
            "probability": self.probability,
            "weight": self.weight,
            "entities": list(self.entities),
            "datasets": list(self.datasets),
            "identified": sorted(self.identified),
            "decision": decided and {"number": decided.number, "says": str(decided.step.doing), **_state(decided)},
            "skipped": self.skipped and self.skipped.number,
        }


def _state(decision: Decision) -> dict[str, Any]:
    return {"state": str(decision.state), "by": decision.step.person}


@dataclass(frozen=True)
class Wanted:
    """Which pairs: `state` is open (nobody decided, and nobody skipped it as it is), waiting (for a second person),
    skipped or decided; of rows of a dataset, where one is named; of rows of these departments alone (None: of all);
    and which of them.
    """

    state: str = "open"
    dataset: str = ""
    departments: frozenset[str] | None = None
    limit: int = 50
    offset: int = 0

    @property
    def condition(self) -> str:
        """As SQL over `_pairs` and what was told of them."""
        found = [_CONDITIONS[self.state]]
        if self.dataset:
            found.append(f"{literal(self.dataset)} in (left_dataset, right_dataset)")
        if self.departments is not None:
            mine = f"[{', '.join(map(literal, sorted(self.departments)))}]::varchar[]"
            found += [f"list_contains({mine}, split_part({side}_dataset, '.', 1))" for side in ("left", "right")]
        return " and ".join(found)


STATES = ("open", "waiting", "skipped", "decided")


def queue(
    connection: duckdb.DuckDBPyConnection, entity: Entity, decisions: Decisions, wanted: Wanted
) -> tuple[list[FoundPair], int]:
    """The pairs that are wanted, the most doubtful first, and how many there are; none before the first run."""
    if not _is_there(connection, entity):
        return [], 0
    _told(connection, decisions)
    asked = f"from ({_pairs(entity)}) as pair left join identity_told as told using (left_record, right_record)"
    where = f"where {wanted.condition}"
    counted = connection.execute(f"select count(*) {asked} {where}").fetchone()
    rows = connection.execute(
        f"select {_COLUMNS} {asked} {where} order by abs(probability - 0.5), left_record, right_record "
        f"limit {int(wanted.limit)} offset {int(wanted.offset)}"
    ).fetchall()
    return [_found(entity, decisions, row) for row in rows], int(counted[0]) if counted else 0


def find_pair(
    connection: duckdb.DuckDBPyConnection, entity: Entity, decisions: Decisions, name: str
) -> FoundPair | None:
    """One pair by its name, or by as much of the beginning of both its records as tells it; None where there is none.
    SharingRefused where several begin so.
    """
    left, _, right = name.partition("-")
    if not _is_there(connection, entity) or not left.isalnum() or not right.isalnum():
        return None
    starts = "starts_with(left_record, $left) and starts_with(right_record, $right)"
    sql = f"select {_COLUMNS} from ({_pairs(entity)}) where {starts} limit 2"
    rows = connection.execute(sql, dict(zip(("left", "right"), paired(left, right), strict=True))).fetchall()
    if len(rows) > 1:
        raise SharingRefused("identity_pair", name, "several pairs begin so", "write more of both records")
    return _found(entity, decisions, rows[0]) if rows else None


def sizes(connection: duckdb.DuckDBPyConnection, entity: Entity, ids: Iterable[str]) -> dict[str, int]:
    """How many records some entities have now, an identified one being one record."""
    sql = f"""
      select city_id, count(*) + max((identifier is not null)::integer) from {registry_table(entity.name)}
      where city_id in (select unnest($ids)) group by city_id
    """
    wanted = list(ids)
    found = {str(name): int(many) for name, many in connection.execute(sql, {"ids": wanted}).fetchall()}
    return {name: found.get(name, 1) for name in wanted}


def datasets(connection: duckdb.DuckDBPyConnection, entity: Entity) -> list[str]:
    """The datasets with rows that were matched."""
    if not _is_there(connection, entity):
        return []
    sql = f"select distinct dataset from {registry_table(entity.name)} where dataset <> '' order by dataset"
    return [str(one) for (one,) in connection.execute(sql).fetchall()]


def may_decide(found: FoundPair, entity: Entity, decisions: Decisions, who: Doer, at: Any) -> tuple[Doing, ...]:
    """What somebody may do about a pair now."""
    of = found.decision.number if found.decision else (found.skipped.number if found.skipped else 0)
    said = [Said(one, found.left, found.right, facts=found.facts(entity)) for one in _ABOUT]
    said += [Said(one, of=of) for one in (Doing.CONFIRM, Doing.UNDO)] if of else []
    return tuple(one.doing for one in said if may(decisions, entity.name, who, one, at))


_ABOUT = (Doing.SAME, Doing.DIFFERENT, Doing.SKIP)
_COLUMNS = """left_record, right_record, probability, weight, levels, left_city_id, right_city_id, left_dataset,
  right_dataset, left_identified, right_identified"""
_TOLD_OTHERWISE = "told.skipped_at is distinct from pair.told_probability"
_CONDITIONS = {
    "open": f"left_city_id <> right_city_id and (told.state is null or (told.state = 'skipped' and {_TOLD_OTHERWISE}))",
    "waiting": "told.state = 'waiting'",
    "skipped": f"left_city_id <> right_city_id and told.state = 'skipped' and not {_TOLD_OTHERWISE}",
    "decided": "told.state = 'stands'",
}


def registry_table(name: str) -> str:
    """A table of the lake's `registry`."""
    return f"{CATALOG}.{REGISTRY}.{identifier(name)}"


def _is_there(connection: duckdb.DuckDBPyConnection, entity: Entity) -> bool:
    sql = "select 1 from duckdb_tables() where database_name = $lake and schema_name = $schema and table_name = $table"
    wanted = {"lake": CATALOG, "schema": REGISTRY, "table": f"{entity.name}__pairs"}
    return connection.execute(sql, wanted).fetchone() is not None


def _pairs(entity: Entity) -> str:
    """Every pair with what the lake knows of both: a record of no link is identified, and its own entity's."""
    links, prefix = registry_table(entity.name), literal(f"{entity.id_prefix}-")
    return f"""
      select
        pairs.left_record, pairs.right_record, probability, weight, levels,
        floor(probability * 10000) / 10000 as told_probability,
        coalesce(l.city_id, {prefix} || pairs.left_record) as left_city_id,
        coalesce(r.city_id, {prefix} || pairs.right_record) as right_city_id,
        coalesce(l.dataset, '') as left_dataset, coalesce(r.dataset, '') as right_dataset,
        not starts_with(left_key, '~') as left_identified, not starts_with(right_key, '~') as right_identified
      from {registry_table(f"{entity.name}__pairs")} as pairs
      left join (select _record, city_id, dataset from {links}) as l on l._record = pairs.left_record
      left join (select _record, city_id, dataset from {links}) as r on r._record = pairs.right_record
    """


_TOLD = pa.schema(
    {"left_record": pa.string(), "right_record": pa.string(), "state": pa.string(), "skipped_at": pa.float64()}
)


def _told(connection: duckdb.DuckDBPyConnection, decisions: Decisions) -> None:
    """Make `identity_told`: what was decided of pairs, each once."""
    rows = [
        {"left_record": left, "right_record": right, "state": state, "skipped_at": probability}
        for (left, right), (state, probability) in decisions.told().items()
    ]
    connection.register("identity_given", pa.Table.from_pylist(rows, _TOLD))
    connection.execute("create or replace temp table identity_told as select * from identity_given")
    connection.unregister("identity_given")


def _found(entity: Entity, decisions: Decisions, row: Sequence[Any]) -> FoundPair:
    left, right, probability, weight, levels, left_id, right_id, left_set, right_set, left_known, right_known = row
    known = frozenset(one for one, is_known in ((left, left_known), (right, right_known)) if is_known)
    return FoundPair(
        left=left,
        right=right,
        probability=float(probability),
        weight=float(weight),
        levels=tuple(levels or ()),
        entities=(left_id, right_id),
        datasets=(left_set, right_set),
        identified=known,
        decision=decisions.open_about(left, right),
        skipped=decisions.skipped(left, right, float(probability)),
    )
