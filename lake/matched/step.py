"""One entity matched: the rows that are compared to the scorer, its clusters to the registry, its members to the lake.

The scorer and the registry work in an engine of their own, within the workspace's bounds, of which nothing is left. A
row is known there by keyed hashes alone once it was compared. Must not live here: how rows are compared
(`lake/linking`), who gets which id (`lake/identity`), when it is asked (`orchestration/steps/matching.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb

from contracts.matching import Matching
from contracts.model import Entity
from contracts.sql_text import identifier
from lake.attach import CATALOG, bare_connection
from lake.city import City
from lake.cores import threads_of, use_threads
from lake.identity.admitting import Matched
from lake.identity.advancing import Advanced, Made, advance
from lake.identity.files import Registry
from lake.linking.engine import Decided, Linked, link
from lake.linking.refusals import ParametersUnfit
from lake.matched.decided import asked_to_learn, decisions
from lake.matched.tables import keep_learned, place_members, take_learned, write
from sharing.identity.standing import Standing

_SPILL = "matching"
_ROWS = 100_000


def match_entity(city: City, entity: Entity) -> str:
    """Match an entity's rows and write what came of it; what was done, in words.

    What was learned before of the same comparisons is used again, so that nothing moves but by what was delivered or
    decided; where nothing was, or somebody asked for it since, it is learned from the rows.

    Raises what the scorer and the registry refuse: the registry and the lake's tables of it are then as they were.
    """
    assert entity.matching
    registry = Registry.of(city.settings, city.ledger, entity.name)
    decided = decisions(city).standing(entity.name)
    with _engine(city) as own:
        faces, rows = _take(city.connection, own, entity, entity.matching)
        learned = _learned(city, registry)
        counted = bool(learned) and take_learned(city.connection, own, entity.name)
        linked = _link(own, entity.matching, decided, learned)
        advanced = _advance(city, own, registry, linked, decided)
        place_members(own, entity, registry)
        write(city.connection, own, entity.name)
        if not counted or linked.parameters != learned:
            keep_learned(city.connection, own, entity.name)
    return _told(faces, rows, advanced)


def show_known(city: City, entity: Entity, registry: Registry, known: datetime) -> None:
    """Have the lake's tables of an entity say what a registry said at an instant. SharingRefused for lost files."""
    assert entity.matching
    with _engine(city) as own:
        _take(city.connection, own, entity, entity.matching)
        place_members(own, entity, registry, known)
        write(city.connection, own, entity.name)


@contextmanager
def _engine(city: City) -> Iterator[duckdb.DuckDBPyConnection]:
    own = bare_connection(city.settings, _SPILL)
    try:
        yield own
    finally:
        own.close()


def _take(
    lake: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection, entity: Entity, matching: Matching
) -> tuple[int, int]:
    """Make `faces` and `records` in the own engine; how many of the first, and of things and rows behind them."""
    compared = [identifier(name) for one in matching.comparisons for name in one.attributes]
    columns = ["_key", "_identified", "_source", "_once", "_batch", *compared]
    # The keyed hash is the lake's: the key never leaves its connection.
    reader = lake.execute(
        f"select zt.declassify_city_key(_face) as _record, zt.declassify_city_key(_key) as _own, {', '.join(columns)} "
        f"from {CATALOG}.staging.{identifier(f'{entity.name}__records')}"
    ).fetch_record_batch(_ROWS)
    own.register("zhongtai_taken", reader)
    own.execute("create or replace temp table taken as select * from zhongtai_taken")
    own.unregister("zhongtai_taken")
    faces, rows = own.execute("select count(*), count(distinct _own) from taken").fetchone() or (0, 0)
    use_threads(own, 1 if faces < 2 * _ROWS else threads_of(lake))
    own.execute(
        "create or replace temp view faces as select _record, _own, _key, _identified, _source, _batch from taken"
    )
    own.execute(
        "create or replace table records as "
        f"select _record, _identified, _source, _once, {', '.join(compared)} from taken"
    )
    return int(faces), int(rows)


def _learned(city: City, registry: Registry) -> Mapping[str, Any] | None:
    """The parameters of the newest step, proved by their digest; None where there is none, or others are asked for."""
    steps = registry.steps()
    if not steps or asked_to_learn(city.ledger, registry.entity, steps[-1].entry.seq):
        return None
    found: Mapping[str, Any] = json.loads(registry.parameters(steps[-1]))
    return found


def _link(
    own: duckdb.DuckDBPyConnection, matching: Matching, decided: Standing, learned: Mapping[str, Any] | None
) -> Linked:
    """Score and cluster. The faces of one identifier are one; so is what somebody decided to be."""
    own.execute("create or replace temp table together (left_record varchar, right_record varchar)")
    own.execute("create or replace temp table apart (left_record varchar, right_record varchar)")
    own.execute("insert into together select _own, _record from faces where _own <> _record")
    for name, pairs in (("together", decided.together), ("apart", decided.apart)):
        if pairs:
            own.executemany(f"insert into {name} values (?, ?)", [[one.left, one.right] for one in pairs])
    decisions = Decided("together", "apart")
    try:
        return link(own, matching, decided=decisions, parameters=learned)
    except ParametersUnfit:  # of another declaration: it is learned anew
        return link(own, matching, decided=decisions)


def _advance(
    city: City, own: duckdb.DuckDBPyConnection, registry: Registry, linked: Linked, decided: Standing
) -> Advanced:
    own.execute(
        "create or replace temp table things as select _own as _record, bool_or(_identified) as _identified "
        "from faces group by _own"
    )
    own.execute(
        "create or replace temp table thing_clusters as "
        "select faces._own as _record, min(clusters._cluster) as _cluster, max(clusters.probability) as probability "
        "from clusters inner join faces on faces._record = clusters._record group by faces._own"
    )
    parameters = json.dumps(linked.parameters, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    made = Made(parameters, city.now(), decided, city.run_id or None)
    return advance(registry, own, made, Matched("things", "thing_clusters"))


def _told(faces: int, rows: int, advanced: Advanced) -> str:
    if advanced.step is None:
        return f"{rows:,} compared: everything is whose it was"
    kinds = ", ".join(f"{many:,} {kind}" for kind, many in advanced.events.items())
    return f"{rows:,} compared, step {advanced.step}: {kinds or 'nothing but how sure it is'}"
