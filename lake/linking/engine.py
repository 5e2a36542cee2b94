"""From records to pairs and clusters. Lives here: `link`, and what it gives back.

Must not live here: any one step (each has its module); ledger, lake and dbt, of which nothing is known here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from contracts.matching import Matching
from lake.linking import blocking, records, scoring, training
from lake.linking.clustering import Joined, bits, cluster
from lake.linking.parameters import Parameters, assumed, read, rounded
from lake.linking.preparing import prepare, telling
from lake.linking.splink_model import quiet

_REVIEW_MARGIN_BITS = 2.0
_FIRST_SURE = 0.5


@dataclass(frozen=True)
class Decided:
    """What people decided: names of relations of the connection (`left_record`, `right_record`), None where nothing."""

    together: str | None = None
    apart: str | None = None


@dataclass(frozen=True)
class Linked:
    """What came of it. `told` has the facts for people: pairs by block, sessions, seconds, what was left out."""

    parameters: Mapping[str, Any]
    automatic: float
    review: float
    told: Mapping[str, Any] = field(default_factory=dict)


def link(
    connection: duckdb.DuckDBPyConnection,
    matching: Matching,
    *,
    parameters: Mapping[str, Any] | None = None,
    decided: Decided | None = None,
    changed: str | None = None,
) -> Linked:
    """Compare the records of table `records`; leaves tables `pairs` and `clusters`.

    `records` has `_record` (text, unique), `_identified`, `_source`, `_once` and the compared attributes. `pairs` has
    `left_record`, `right_record` (left < right), `probability`, `weight` (bits, the prior in it), `levels` (the place of
    each comparison's level, null where there is nothing to compare), of all pairs a little below `review` and above.
    `clusters` has `_record`, `_cluster` (one record of the cluster, the identified one where there is one) and
    `probability` (how sure the record belongs; 1 alone). With `parameters` nothing is learned. With `changed`, a
    relation of `_record`, only pairs that have one of these are compared, and join those already in `pairs` of others.
    Raises what is in `refusals.py` before anything is compared.
    """
    started = time.perf_counter()
    rows = records.judge(connection, matching)
    known = None if parameters is None else read(parameters, matching)
    prepare(connection, matching)
    _decisions(connection, decided or Decided())
    _changes(connection, changed)
    blocks = blocking.costs(connection, matching, changed is not None)
    tell = telling(connection, matching)
    left_out = sorted(set(range(len(matching.comparisons))) - set(tell))
    candidates = blocking.candidates(connection, matching, changed is not None)
    scoring.compare(connection, matching, tell, "_candidates", "_levels")
    with quiet():
        if known is None:
            learned, sessions = _learn(connection, matching, tell)
        else:
            learned, sessions = known, ()
            _alone(connection)
            scoring.score(connection, matching, learned)
            _third_sides(connection, matching, learned, tell)
    joined = _leave(connection, matching, changed is not None)
    return Linked(
        parameters=learned.as_json(matching),
        automatic=matching.automatic,
        review=matching.review,
        told={
            "records": rows,
            "blocks": blocks,
            "pairs": candidates,
            "left_out": [matching.comparisons[place].name for place in left_out],
            "sessions": [
                {"block": one.block, "pairs": one.pairs, "matches": one.matches, "converged": one.converged,
                 "used": one.used}
                for one in sessions
            ],
            "rounds": joined.rounds,
            "seconds": time.perf_counter() - started,
        },
    )  # fmt: skip


def _decisions(connection: duckdb.DuckDBPyConnection, decided: Decided) -> None:
    for table, relation in (("_together", decided.together), ("_apart", decided.apart)):
        rows = (
            "select null::integer as l, null::integer as r where false"
            if relation is None
            else f"""
                select distinct least(a.unique_id, b.unique_id) as l, greatest(a.unique_id, b.unique_id) as r
                from {relation} join prepared as a on a._record = left_record
                join prepared as b on b._record = right_record where a.unique_id <> b.unique_id"""
        )
        connection.execute(f"create or replace table {table} as {rows}")


def _changes(connection: duckdb.DuckDBPyConnection, changed: str | None) -> None:
    rows = (
        "select null::integer as unique_id where false"
        if changed is None
        else f"select unique_id from prepared where _record in (select _record from {changed})"
    )
    connection.execute(f"create or replace table _changed as {rows}")


def _alone(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create or replace table _entities as select unique_id, unique_id as entity from prepared")


def _learn(
    connection: duckdb.DuckDBPyConnection, matching: Matching, told: tuple[int, ...]
) -> tuple[Parameters, tuple[training.Session, ...]]:
    """Learn, score; and where rows of one thing abound, once more from one row of each thing that this found."""
    _alone(connection)
    loose, identified = connection.execute(
        "select count(*) filter (not identified), count(*) filter (identified) from prepared"
    ).fetchall()[0]
    everything = loose * identified + loose * (loose - 1) // 2
    prior = rounded(min(0.3, max(loose, 1) / max(everything, 2)))
    declared = assumed(matching, told)
    chances = training.learn_u(connection, matching, declared)
    chances, sessions = training.learn_m(connection, matching, chances)
    chances = training.purge_u(connection, declared, chances)
    if identified < loose:
        scoring.score(connection, matching, Parameters(chances, prior))
        scoring.settle(connection, everything, prior)
        cluster(connection, _FIRST_SURE)
        connection.execute("create or replace table _entities as select unique_id, cluster as entity from _members")
    scoring.score(connection, matching, Parameters(chances, prior))
    prior = scoring.settle(connection, everything, prior)
    _third_sides(connection, matching, Parameters(chances, prior), told)
    return Parameters(chances, prior), sessions


def _third_sides(
    connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters, told: tuple[int, ...]
) -> None:
    """Score also the pairs that others suggest."""
    if blocking.third_sides(connection, bits(matching.review)):
        scoring.compare(connection, matching, told, "_candidates", "_more")
        connection.execute("insert into _levels from _more")
        scoring.score(connection, matching, parameters)


def _leave(connection: duckdb.DuckDBPyConnection, matching: Matching, standing: bool) -> Joined:
    """Write `pairs` and `clusters` from what was scored."""
    if standing:
        connection.execute("""
            insert into _scored
            select least(a.unique_id, b.unique_id), greatest(a.unique_id, b.unique_id), weight
            from pairs join prepared as a on a._record = left_record join prepared as b on b._record = right_record
            where a.unique_id not in (from _changed) and b.unique_id not in (from _changed)
        """)
    joined = cluster(connection, matching.automatic)
    levels = ", ".join(f"g{place}" for place in range(len(matching.comparisons)))
    floor = bits(matching.review) - _REVIEW_MARGIN_BITS
    connection.execute(f"""
        create or replace table pairs as
        select a._record as left_record, b._record as right_record, 1 / (1 + pow(2, -weight)) as probability, weight,
               [{levels}] as levels
        from _scored join _levels using (l, r) join prepared as a on a.unique_id = l
        join prepared as b on b.unique_id = r
        where weight >= {floor} order by left_record, right_record;
        create or replace table clusters as
        with named as (
            select cluster, coalesce(min(_record) filter (identified), min(_record)) as _cluster, count(*) as size
            from _members join prepared using (unique_id) group by cluster),
        inside as (
            select l, r, probability from (
                select l, r, 1 / (1 + pow(2, -weight)) as probability from _scored union all select l, r, 1 from _together)
            join _members as a on a.unique_id = l join _members as b on b.unique_id = r and b.cluster = a.cluster),
        sure as (
            select unique_id, max(probability) as probability
            from (select l as unique_id, probability from inside union all select r, probability from inside) group by unique_id)
        select _record, _cluster, case when size = 1 then 1 else coalesce(sure.probability, 0) end as probability
        from _members join prepared using (unique_id) join named using (cluster) left join sure using (unique_id)
        order by _record
    """)
    return joined
