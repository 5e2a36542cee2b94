"""Whether a step may be believed: what was written is read back and recomputed another way than it was made.

The registry's laws: records lie in entities as in clusters; no id changes but by an event that names it; an id's own
record is in no other entity, and an identified record that is there leads; two identified records are in one entity
only where persons decided so, and what they decided apart is apart. A step that breaks one is refused whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from lake.identity.folding import HEIR, events_in
from sharing.faults import SharingRefused

_FAULT = "nothing was written, and the registry is as it was; run again, and where it stays so report the fault"
_DECIDE = "nothing was written, and the registry is as it was; look at `zhongtai match`, and match again"


def expect_lawful(connection: duckdb.DuckDBPyConnection, entity: str, draft: Path) -> None:
    """Hold a written draft against the loaded registry and the input. SharingRefused, naming the law and the ids."""
    connection.execute(_READ.format(file=literal(str(draft))))
    connection.execute(_REPLAYED)
    connection.execute(_PARTS)
    connection.execute(f"create or replace temp table registry_told as {events_in('registry_new')}")
    for rule, (what, fix, asked) in _LAWS.items():
        found = connection.execute(f"select count(*), min(id) from ({asked})").fetchone()
        if found and found[0]:
            raise SharingRefused(rule, entity, f"{what}: {found[0]} of them, such as {found[1]}", fix)


_READ = "create or replace temp table registry_new as select * from read_parquet([{file}])"

# The members by the events alone: who is named by none stays where it was.
_REPLAYED = f"""
create or replace temp table registry_replayed as
select record, entity from registry_facts
where entity is not null and record not in (select record from registry_new where kind <> '{HEIR}')
union all
select record, after from registry_new where kind <> '{HEIR}' and after is not null
"""

# What lies of which cluster in which entity: where all is well, one row for each of both.
_PARTS = """
create or replace temp table registry_parts as
select
  entity, cluster, count(*) filter (where identified) as known,
  bool_or(record = entity) as own, bool_or(identified and record = entity) as leads
from registry_replayed join registry_input using (record)
group by entity, cluster
"""

# The identified records of entities that have several, with the chains of decisions that they are in.
_LED = """
  select entity, record, coalesce(chain, record) as chain, single
  from registry_replayed
  join registry_input using (record)
  left join registry_chains using (record)
  where identified and entity in (select entity from registry_parts group by entity having sum(known) > 1)
"""

_LAWS: Mapping[str, tuple[str, str, str]] = {
    "registry_identified": (
        "identified records would be one entity, and no decision says so",
        _DECIDE,
        f"select entity as id from ({_LED}) group by entity having count(distinct chain) > 1",
    ),
    "registry_two_persons": (
        "identified records would be one entity by what one person decided",
        "nothing was written; undo that with `zhongtai match --undo NUMBER`, and decide again with two persons",
        f"select entity as id from ({_LED}) where single is not null group by entity, single having count(*) > 1",
    ),
    "registry_apart": (
        "records that a decision keeps apart would be one entity",
        _DECIDE,
        """
        select one.entity as id from registry_pairs as pair
        join registry_replayed as one on one.record = pair.left_record
        join registry_replayed as other on other.record = pair.right_record
        where not pair.same and pair.ended is null and one.entity = other.entity
        """,
    ),
    "registry_whole": (
        "records would be in no entity, or in two, or be there no more",
        _FAULT,
        """
        select record as id from (
          select record, 1 as found from registry_replayed union all select record, -1 from registry_input)
        group by record having sum(found) <> 0
        """,
    ),
    "registry_partition": (
        "entities would not be the clusters",
        _FAULT,
        """
        select entity as id from registry_parts group by entity having count(*) > 1
        union all
        select min(entity) from registry_parts group by cluster having count(*) > 1
        """,
    ),
    "registry_event": (
        "records would change their entity without an event that says so",
        _FAULT,
        f"""
        select fresh.record as id
        from registry_new as fresh
        left join registry_facts as facts on facts.record = fresh.record
        left join registry_told as told on told.number = fresh.event
        where fresh.kind <> '{HEIR}' and (
          told.number is null
          or facts.entity is distinct from fresh.before
          or (fresh.before is distinct from fresh.after) = (fresh.kind = 'weighed')
          or not list_contains(told.records, fresh.record)
          or not list_contains(told.before || told.after, coalesce(fresh.before, fresh.after))
          or (fresh.after is not null and not list_contains(told.after, fresh.after)))
        """,
    ),
    "registry_untold": (
        "ids would come or go that no event names",
        _FAULT,
        """
        with old as (select distinct entity as id from registry_facts where entity is not null),
        new as (select distinct entity as id from registry_parts)
        select id from (
          (from old except from new) except select unnest(before) from registry_told where kind <> 'weighed'
          union all
          (from new except from old) except select unnest(after) from registry_told where kind <> 'weighed')
        """,
    ),
    "registry_own": (
        "ids would be held by others than their own record",
        _FAULT,
        """
        select parts.entity as id from registry_parts as parts
        join registry_replayed as held on held.record = parts.entity
        where not parts.own
        """,
    ),
    "registry_leads": (
        "entities with an identified record would not have its id",
        _FAULT,
        """
        select entity as id from registry_parts group by entity having sum(known) > 0 and not bool_or(leads)
        """,
    ),
}
"""Rule -> what would be so, the next step, and SQL that finds where (`id`): what may come from outside comes first."""
