"""What may come before the registry: records each once with their keyed hash, each in one cluster, with a probability.

Whatever scores rows may lose some, double some or make chains of them without a word: none of that comes further than
here. Makes the temporary tables `registry_input` and `registry_pairs`; names and changes are made of them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from sharing.faults import SharingRefused
from sharing.identity.standing import Standing, chains

RULE = "registry_input"


@dataclass(frozen=True)
class Matched:
    """The tables that were matched: of records `(_record, _identified)`, of clusters `(_record, _cluster,
    probability)`.
    """

    records: str = "records"
    clusters: str = "clusters"


def admit(connection: duckdb.DuckDBPyConnection, entity: str, matched: Matched, decided: Standing) -> str:
    """Take records, clusters and decisions in, and return a digest of what was compared. SharingRefused for what is
    not as it has to be.
    """
    _take_pairs(connection, decided)
    connection.execute(_INPUT.format(**vars(matched)))
    whole = connection.execute(_WHOLE.format(**vars(matched))).fetchone()
    if whole != (True,):
        _refuse(connection, entity, matched)
    found = connection.execute(_DIGEST).fetchone()
    assert found is not None
    return f"{found[0]:032x}"


def _refuse(connection: duckdb.DuckDBPyConnection, entity: str, matched: Matched) -> None:
    """SharingRefused with what is not whole; each is counted, which is not done where all is well."""
    counted = connection.execute(_FAULTS.format(**vars(matched))).fetchone()
    for (what, fix), many in zip(_WORDS.items(), counted or (), strict=True):
        if many:
            raise SharingRefused(RULE, entity, f"{many} {what}", fix)
    raise SharingRefused(RULE, entity, "records and clusters do not belong together", _MATCHED)


_LOOK = "look at the view `staging.<entity>__records`, and run again"
_MATCHED = "match them again; where it stays so, the fault is in the matching"
_WORDS: Mapping[str, str] = {
    "records are no keyed hash of 20 digits": _LOOK,
    "records do not say whether they are identified": _LOOK,
    "records are there more than once": _LOOK,
    "records are in no cluster": _MATCHED,
    "records of clusters are not among the records": _MATCHED,
    "records are in more than one cluster": _MATCHED,
    "records are in a cluster without a name": _MATCHED,
    "records have no probability from 0 to 1": _MATCHED,
}
"""What may be wrong, in the order of `_FAULTS`, and what to do."""

_FAULTS = """
select
  (select count(*) from {records} where _record is null or not regexp_full_match(_record, '[0-9a-f]{{20}}')),
  (select count(*) from {records} where _identified is null),
  (select count(*) - count(distinct _record) from {records}),
  (select count(*) from {records} where _record not in (select _record from {clusters} where _record is not null)),
  (select count(*) from {clusters} where _record is null or _record not in (
    select _record from {records} where _record is not null)),
  (select count(*) - count(distinct _record) from {clusters}),
  (select count(*) from {clusters} where _cluster is null),
  (select count(*) from {clusters}
    where probability is null or isnan(probability) or probability not between 0 and 1)
"""

# Every record in one cluster, and every row of a cluster a record's, each once and as it has to be.
_WHOLE = """
select
  count(*) = (select count(*) from {records}) and count(*) = (select count(*) from {clusters})
  and count(*) = count(distinct record)
  and coalesce(bool_and(coalesce(
    regexp_full_match(record, '[0-9a-f]{{20}}') and identified is not null and cluster is not null
    and probability between 0 and 1, false)), true)
from registry_input
"""

_INPUT = """
create or replace temp table registry_input as
with decided as (
  select distinct unnest([pair.left_record, pair.right_record]) as record
  from registry_pairs as pair
  join {clusters} as one on one._record = pair.left_record
  join {clusters} as other on other._record = pair.right_record
  where pair.same and pair.ended is null and one._cluster = other._cluster
)
select
  records._record as record, records._identified as identified, clusters._cluster as cluster,
  clusters.probability::double as probability, decided.record is not null as decided
from {records} as records
join {clusters} as clusters on clusters._record = records._record
left join decided on decided.record = records._record
"""

# In whatever order the rows are read: equal records have an equal digest.
_DIGEST = """
select coalesce(bit_xor(md5_number(record || identified)), 0) from registry_input
"""

_PAIRS = pa.schema(
    {
        "left_record": pa.string(),
        "right_record": pa.string(),
        "number": pa.int64(),
        "same": pa.bool_(),
        "ended": pa.int64(),
        "persons": pa.int64(),
    }
)


def _take_pairs(connection: duckdb.DuckDBPyConnection, decided: Standing) -> None:
    pairs = decided.pairs
    columns = [
        [one.left for one in pairs],
        [one.right for one in pairs],
        [one.number for one in pairs],
        [one.same for one in pairs],
        [one.ended for one in pairs],
        [one.persons for one in pairs],
    ]
    connection.register("registry_given", pa.table(columns, schema=_PAIRS))
    connection.execute("create or replace temp table registry_pairs as select * from registry_given")
    connection.unregister("registry_given")
    _take_chains(connection, decided)


def _take_chains(connection: duckdb.DuckDBPyConnection, decided: Standing) -> None:
    """Make `registry_chains`: each record of a pair that stands with the chain it is in, by all and by single persons.

    Decisions are few, and chains are made here: a recursive query of this engine (1.5.5) gives other rows from one time
    to the next where it has several threads.
    """
    every, single = chains(decided.together), chains(one for one in decided.together if one.persons < 2)
    columns = {"record": list(every), "chain": list(every.values()), "single": [single.get(one) for one in every]}
    connection.register("registry_given", pa.table(columns, schema=pa.schema(dict.fromkeys(columns, pa.string()))))
    connection.execute("create or replace temp table registry_chains as select * from registry_given")
    connection.unregister("registry_given")
