"""Which id each cluster has: a function of who is in it, of when each was first seen, and of who is heir to an id.

Of two clusterings that are alike, over the same records, the ids are alike, whatever was merged and split between: so
that what is undone leaves nothing behind. Set-based SQL into temporary tables; what changed by it is `changes.py`'s.

An id is the own id of a record. Where that record is there, no other cluster has the id; where it is gone, its heirs
hold it: those that were with it to the end, of these the ones that came to the world in its entity (else those that
had been with it longest), and once they are gone too, whoever held the id last.
"""

from __future__ import annotations

import duckdb

from lake.identity.folding import HEIR


def name_clusters(connection: duckdb.DuckDBPyConnection, step: int) -> None:
    """From `registry_input` (record, identified, cluster, probability) and the loaded log: the temporary tables
    `registry_named` (cluster, entity) and `registry_heirs` (id, record, fresh).
    """
    for statement in (_PRESENT, _GONE, _HEIRS, _CLAIMS, _NAMED):
        connection.execute(statement, {"step": step} if "$step" in statement else None)


_PRESENT = """
create or replace temp table registry_present as
select
  given.record, given.identified, given.cluster, given.probability, given.decided,
  coalesce(facts.first_step, $step) as first_step, facts.entity, facts.home, facts.since_step
from registry_input as given
left join registry_facts as facts on facts.record = given.record
"""

# Ids whose record is not there, of those that anybody holds or is heir to.
_GONE = f"""
create or replace temp table registry_gone as
select founder.record as id, founder.first_step, founder.identified, founder.last_step, founder.entity as was
from registry_facts as founder
where founder.record in (
    select entity from registry_present where entity is not null
    union select after from registry_log where kind = '{HEIR}')
  and founder.record not in (select record from registry_present)
"""

_HEIRS = f"""
create or replace temp table registry_heirs as
with written as (
  select log.after as id, log.record, log.step
  from registry_log as log
  join registry_gone as gone on gone.id = log.after
  -- Heirs of an absence before this one are none any more; who is gone in this step has none yet.
  where log.kind = '{HEIR}' and gone.was is null and log.step >= gone.last_step
  qualify log.step = max(log.step) over (partition by log.after)
),
standing as (
  select written.id, written.record from written join registry_present as present using (record)
),
holders as (
  select gone.id, present.record, present.home = gone.id as at_home, present.since_step
  from registry_present as present
  join registry_gone as gone on gone.id = present.entity
  where gone.id not in (select id from standing)
),
fresh as (
  select id, record
  from holders
  qualify case
    when bool_or(at_home) over (partition by id) then at_home
    else since_step = min(since_step) over (partition by id)
  end
)
select id, record, false as fresh from standing
union all
select id, record, true from fresh
"""

_CLAIMS = """
create or replace temp table registry_claims as
with shares as (
  select
    heirs.id, present.cluster, count(*) as many, min(present.first_step) as eldest, min(present.record) as least
  from registry_heirs as heirs
  join registry_present as present using (record)
  group by heirs.id, present.cluster
)
select shares.id, shares.cluster, gone.first_step, gone.identified
from shares
join registry_gone as gone using (id)
qualify row_number() over (partition by shares.id order by many desc, eldest, least) = 1
"""

# An identified record that is there leads; then one that is gone and was; then the eldest.
_NAMED = """
create or replace temp table registry_named as
with candidates as (
  select cluster, record as id, first_step, case when identified then 0 else 2 end as place from registry_present
  union all
  select cluster, id, first_step, case when identified then 1 else 2 end from registry_claims
)
select cluster, min(struct_pack(place := place, first_step := first_step, id := id)).id as entity
from candidates
group by cluster
"""
