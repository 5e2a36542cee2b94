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
from lake.linking import blocking, records, scoring, standing, training, words
from lake.linking.clustering import Joined, cluster
from lake.linking.doubts import against
from lake.linking.parameters import Parameters, assumed, read, rounded
from lake.linking.parameters import standing as standing_of
from lake.linking.preparing import prepare, telling
from lake.linking.refusals import ColumnsMissing, ParametersUnfit
from lake.linking.splink_model import quiet

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
    """Compare the records of table `records`; leaves tables `pairs` and `clusters`, and what a later run stands on.

    `records` has `_record` (text, unique), `_identified`, `_source`, `_once` and the compared attributes. `pairs` has
    `left_record`, `right_record` (left < right), `probability`, `weight` (bits, the prior in it), `levels` (the place
    of each comparison's level, null where there is nothing to compare), of all pairs a little below `review` and above.
    `clusters` has `_record`, `_cluster` (one record of the cluster, the identified one where there is one) and
    `probability` (how sure the record belongs; 1 alone). `keys`, `frequencies` and `words` are for later runs.

    With `parameters` nothing is learned; `frequencies` and `words` of the run that learned them should be there, else
    values are counted anew. With `changed`, a relation of `_record` (new and altered ones; those that are gone need not
    be named), and `keys`, `pairs`, `frequencies` and `words` of the earlier run, only pairs of these are compared:
    `pairs` is brought up to date, and `clusters` has the records of all clusters that may have changed, and no others.
    Raises what is in `refusals.py` before anything is compared.
    """
    started = time.perf_counter()
    count = records.judge(connection, matching)
    known = None if parameters is None else read(parameters, matching)
    with quiet():
        if changed is None:
            outcome = _whole(connection, matching, known, decided or Decided())
        elif known is None:
            raise ParametersUnfit("none are given, and what changed teaches nothing")
        elif parameters is not None and parameters["standing"] != standing_of(matching):
            raise ParametersUnfit("other blocks or thresholds than those that the standing pairs were found by")
        else:
            outcome = _changed(connection, matching, known, decided or Decided(), changed)
    return Linked(
        parameters=outcome.parameters.as_json(matching),
        automatic=matching.automatic,
        review=matching.review,
        told={
            "records": count,
            "blocks": outcome.blocks,
            "pairs": outcome.pairs,
            "left_out": [
                one.name
                for one, chances in zip(matching.comparisons, outcome.parameters.chances, strict=True)
                if chances is None
            ],
            "sessions": [session.told() for session in outcome.sessions],
            "rounds": outcome.joined.rounds,
            "seconds": round(time.perf_counter() - started, 3),
        },
    )


@dataclass(frozen=True)
class _Outcome:
    parameters: Parameters
    blocks: Mapping[str, int]
    pairs: int
    joined: Joined
    sessions: tuple[training.Session, ...] = ()


def _whole(
    connection: duckdb.DuckDBPyConnection, matching: Matching, known: Parameters | None, decided: Decided
) -> _Outcome:
    """All records, each with every other that a block puts beside it."""
    if known is None:
        words.forget(connection)
    prepare(connection, matching, "records")
    blocking.key(connection, matching, "keys")
    blocks = blocking.costs(connection, matching)
    blocking.candidates(connection)
    _decisions(connection, decided)
    tell = telling(connection, matching) if known is None else _told(known)
    scoring.compare(connection, matching, tell, "_candidates", "_levels")
    sessions: tuple[training.Session, ...] = ()
    if known is None:
        known, sessions = _learn(connection, matching, tell)
    else:
        if not _has(connection, "frequencies"):
            _alone(connection)
            known = scoring.count_values(connection, matching, known)
        scoring.score(connection, matching, known, "_levels", "_scored")
    pairs = _third_sides(connection, matching, known)
    joined = cluster(connection, matching.automatic, against(matching))
    connection.execute(f"create or replace table pairs as {_pairs(matching)}")
    _clusters(connection)
    return _Outcome(known, blocks, pairs, joined, sessions)


def _changed(
    connection: duckdb.DuckDBPyConnection, matching: Matching, known: Parameters, decided: Decided, changed: str
) -> _Outcome:
    """Only what changed, with whatever a block puts beside it and what hangs together with that."""
    if missing := [name for name in ("keys", "pairs", "frequencies") if not _has(connection, name)]:
        raise ColumnsMissing(missing)
    connection.execute(
        f"create or replace table _changed as select distinct _record from {changed} semi join records using (_record)"
    )
    standing.drop_changed(connection)
    for relation in (decided.together, decided.apart):
        if relation is not None:
            standing.touch(connection, relation)
    connection.execute("create or replace table _some as from records semi join _changed using (_record)")
    prepare(connection, matching, "_some")
    blocking.key(connection, matching, "_keys")
    connection.execute("insert into keys from _keys")
    blocks = blocking.costs_of_changed(connection, matching)
    blocking.candidates_of_changed(connection)
    standing.spread(connection)
    connection.execute("create or replace table _some as from records semi join _touched using (_record)")
    prepare(connection, matching, "_some")
    blocking.number(connection)
    _decisions(connection, decided)
    scoring.compare(connection, matching, _told(known), "_candidates", "_levels")
    scoring.score(connection, matching, known, "_levels", "_scored")
    connection.execute("""
        insert into _scored
        select l.unique_id, r.unique_id, weight from pairs
        join prepared as l on l._record = left_record join prepared as r on r._record = right_record
    """)
    levels = ", ".join(f"levels[{place + 1}]" for place in range(len(matching.comparisons)))
    connection.execute(f"""
        insert into _levels
        select l.unique_id, r.unique_id, {levels} from pairs
        join prepared as l on l._record = left_record join prepared as r on r._record = right_record
    """)
    pairs = _third_sides(connection, matching, known)
    joined = cluster(connection, matching.automatic, against(matching))
    connection.execute(f"insert into pairs from ({_pairs(matching)}) anti join pairs using (left_record, right_record)")
    _clusters(connection)
    return _Outcome(known, blocks, pairs, joined)


def _told(parameters: Parameters) -> tuple[int, ...]:
    return tuple(place for place, one in enumerate(parameters.chances) if one is not None)


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = ?", [table]).fetchall())


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
        prior = _settled(connection, matching, Parameters(chances, prior), everything).prior
        cluster(connection, _FIRST_SURE, against(matching))
        connection.execute("create or replace table _entities as select unique_id, cluster as entity from _members")
    return _settled(connection, matching, Parameters(chances, prior), everything), sessions


def _settled(
    connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters, everything: int
) -> Parameters:
    """Parameters with what values are worth among `_entities`, and the prior that agrees with the scores; scored so."""
    counted = scoring.count_values(connection, matching, parameters)
    scoring.score(connection, matching, counted, "_levels", "_scored")
    settled = Parameters(counted.chances, scoring.settle(connection, everything, counted.prior))
    scoring.score(connection, matching, settled, "_levels", "_scored")
    return settled


def _third_sides(connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters) -> int:
    """Score also the pairs that others suggest; how many pairs were compared in all."""
    if blocking.third_sides(connection, scoring.bits(matching.review)):
        scoring.compare(connection, matching, _told(parameters), "_candidates", "_more")
        scoring.score(connection, matching, parameters, "_more", "_more_scored")
        connection.execute("insert into _levels from _more; insert into _scored from _more_scored")
    return int(connection.execute("select count(*) from _levels").fetchall()[0][0])


def _pairs(matching: Matching) -> str:
    """What `pairs` has of `_scored`: what this run compared."""
    levels = ", ".join(f"g{place}" for place in range(len(matching.comparisons)))
    return f"""
        select l._record as left_record, r._record as right_record, 1 / (1 + pow(2, -weight)) as probability, weight,
               [{levels}] as levels
        from _scored as scored join _levels using (l, r) join prepared as l on l.unique_id = scored.l
        join prepared as r on r.unique_id = scored.r
    """


def _clusters(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `clusters` of `_members`."""
    connection.execute("""
        create or replace table clusters as
        with named as (
            select cluster, coalesce(min(_record) filter (identified), min(_record)) as _cluster, count(*) as size
            from _members join prepared using (unique_id) group by cluster),
        inside as (
            select l, r, probability from (
                select l, r, 1 / (1 + pow(2, -weight)) as probability from _scored
                union all select l, r, 1 from _together)
            join _members as a on a.unique_id = l join _members as b on b.unique_id = r and b.cluster = a.cluster),
        sure as (
            select unique_id, max(probability) as probability
            from (select l as unique_id, probability from inside union all select r, probability from inside)
            group by unique_id)
        select _record, _cluster, case when size = 1 then 1 else coalesce(sure.probability, 0) end as probability
        from _members join prepared using (unique_id) join named using (cluster) left join sure using (unique_id)
    """)
