"""What a step changes: each record whose entity, or how sure it is, is another than before, and the event of that.

Set-based SQL from `registry_present`, `registry_named` and the loaded log into the temporary table `registry_changes`,
whose rows are those of a step's file. Ids are given in `naming.py`; whether the step may be believed is `holding.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import duckdb

from lake.identity.folding import HEIR, LOG_COLUMNS, WEIGHED


class EventKind(StrEnum):
    """What became of entities; `WEIGHED` changes no id, only how sure it is."""

    FOUND = "found"
    JOINED = "joined"
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"
    GONE = "gone"
    BACK = "back"
    WEIGHED = WEIGHED


class Reason(StrEnum):
    """Why: by what was delivered (`SEEN`, `LACKING`), by the model, or by what persons decided or undid."""

    SEEN = "seen"
    LACKING = "lacking"
    MATCHED = "matched"
    UNMATCHED = "unmatched"
    DECIDED = "decided"
    UNDONE = "undone"


class Method(StrEnum):
    """By what a record is of its entity."""

    IDENTIFIER = "identifier"
    DECISION = "decision"
    MODEL = "model"
    ALONE = "alone"


@dataclass(frozen=True)
class Stamp:
    """What every row of a step says: its number, its instant, by which model, and the newest event before it."""

    step: int
    at: datetime
    model: str
    events: int


def find_changes(connection: duckdb.DuckDBPyConnection, stamp: Stamp) -> None:
    """Make `registry_wanted` (the members as they should be) and `registry_changes`."""
    for statement in (_WANTED, _IDS, _ACTED, _MOVES, _BECAME):
        connection.execute(statement)
    told = {"step": stamp.step, "known": stamp.at, "model": f"model {stamp.model[:12]}", "events": stamp.events}
    connection.execute(f"create or replace temp table registry_changes ({LOG_COLUMNS})")
    connection.execute(f"insert into registry_changes by name {_ROWS}", told)
    heirs = {"step": stamp.step, "known": stamp.at}
    connection.execute(f"insert into registry_changes by name {_HEIR_ROWS}", heirs)


_WANTED = f"""
create or replace temp table registry_wanted as
with sizes as (select cluster, count(*) as size from registry_present group by cluster)
select
  present.record, present.cluster, named.entity, present.identified, present.entity as before,
  present.home is not null as seen,
  -- To four places, downwards: nothing is called certain that is not, and nothing is written for less.
  floor(present.probability * 10000) / 10000 as probability,
  case
    when present.identified then '{Method.IDENTIFIER}'
    when present.decided then '{Method.DECISION}'
    when sizes.size > 1 then '{Method.MODEL}'
    else '{Method.ALONE}'
  end as method
from registry_present as present
join registry_named as named using (cluster)
join sizes using (cluster)
"""

# The ids that are held before and after.
_IDS = """
create or replace temp table registry_ids as
select entity as id, bool_or(old) as old, bool_or(new) as new
from (
  select entity, true as old, false as new from registry_facts where entity is not null
  union all
  select entity, false, true from registry_wanted
)
group by entity
"""

# What was decided, where it had a part in this step: of which ids before, of which after.
_ACTED = """
create or replace temp table registry_acted as
select
  coalesce(pair.ended, pair.number) as number, pair.ended is not null as undone,
  one.before as before_left, other.before as before_right, one.entity as after_left, other.entity as after_right,
  -- What held together before had no part in what moved now.
  (one.entity = other.entity) = (one.before is distinct from other.before) as moved
from registry_pairs as pair
join registry_wanted as one on one.record = pair.left_record
join registry_wanted as other on other.record = pair.right_record
where case
  when pair.same = (pair.ended is null) then one.entity = other.entity
  else one.entity <> other.entity and one.before = other.before
end
"""

_MOVES = f"""
create or replace temp table registry_moves as
with changed as (
  select
    coalesce(wanted.record, facts.record) as record, facts.entity as before, wanted.entity as after,
    wanted.probability, wanted.method, coalesce(wanted.identified, facts.identified) as identified,
    facts.record is not null as seen
  from registry_wanted as wanted
  full join registry_facts as facts on facts.record = wanted.record
  where facts.entity is distinct from wanted.entity
    or (wanted.entity is not null and (
      facts.probability is distinct from wanted.probability
      or facts.method is distinct from wanted.method
      or facts.identified is distinct from wanted.identified))
),
went as (
  select before, count(distinct after) as targets
  from changed
  where before is not null and after is not null
  group by before
)
select
  changed.*,
  case
    when after is null then '{EventKind.GONE}'
    when changed.before = after then '{EventKind.WEIGHED}'
    when changed.before is null and seen then '{EventKind.BACK}'
    when changed.before is null and coalesce(target.old, false) then '{EventKind.JOINED}'
    when changed.before is null then '{EventKind.FOUND}'
    when origin.new and target.old then '{EventKind.MOVED}'
    when origin.new or went.targets > 1 then '{EventKind.SPLIT}'
    else '{EventKind.MERGED}'
  end as kind,
  case kind
    when '{EventKind.MERGED}' then target.old
    when '{EventKind.SPLIT}' then origin.new
    else false
  end as stands
from changed
left join went on went.before = changed.before
left join registry_ids as origin on origin.id = changed.before
left join registry_ids as target on target.id = changed.after
"""

_BECAME = f"""
create or replace temp table registry_became as
with decided as (
  -- A merger may hang on several: each is named.
  select
    before, after, arg_min(undone, number) filter (where moved) as undone,
    string_agg('decision ' || number, ', ' order by number) filter (where moved) as movers,
    string_agg('decision ' || number, ', ' order by number) as holders
  from (
    select before_left as before, after_left as after, number, undone, moved from registry_acted
    union
    select before_right, after_right, number, undone, moved from registry_acted
  )
  group by before, after
)
select
  moves.*,
  case
    when kind in ('{EventKind.SPLIT}', '{EventKind.GONE}') then moves.before
    when kind = '{EventKind.MOVED}' then moves.before || moves.after
    else moves.after
  end as subject,
  case
    when kind <> '{EventKind.WEIGHED}' then decided.movers
    when method = '{Method.DECISION}' then decided.holders
  end as decision,
  coalesce(decided.undone, false) as undone
from registry_moves as moves
left join decided on decided.before = moves.before and decided.after = moves.after
"""

_ROWS = f"""
select
  $step::integer as step, $known::timestamptz as known,
  $events::bigint + dense_rank() over (order by kind, subject) as event,
  kind, record, before, after, stands, probability, method, identified,
  case
    when decision is not null and undone then '{Reason.UNDONE}'
    when decision is not null then '{Reason.DECIDED}'
    when kind = '{EventKind.GONE}' then '{Reason.LACKING}'
    when kind in ('{EventKind.FOUND}', '{EventKind.BACK}') then '{Reason.SEEN}'
    when kind = '{EventKind.SPLIT}' then '{Reason.UNMATCHED}'
    else '{Reason.MATCHED}'
  end as reason,
  case
    when decision is not null then decision
    when kind = '{EventKind.GONE}' then 'deliveries'
    else $model
  end as "by"
from registry_became
"""

_HEIR_ROWS = f"""
select
  $step::integer as step, $known::timestamptz as known, '{HEIR}' as kind, record, id as after
from registry_heirs
where fresh
"""
