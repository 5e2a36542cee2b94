"""The truth sets: what they are declared as, their records, and how well they are linked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from contracts.matching import KEYS, BlockKey, Comparison, ComparisonKind, Matching
from lake.linking.engine import Linked, link
from lake.settings import REPOSITORY

DATA = REPOSITORY.parent / "shared" / "data"
DECLARED = Path(__file__).parent


@dataclass(frozen=True)
class Score:
    """How well a set was linked."""

    title: str
    precision: float
    recall: float
    reach: float
    threshold: float
    pairs: int
    seconds: float
    bars: tuple[float, ...]
    linked: Linked

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def matching_of(declared: dict[str, Any]) -> Matching:
    """What a set declares, by the defaults of the declaration."""
    comparisons = tuple(
        Comparison(tuple(one.get("attributes", [one.get("attribute")])), ComparisonKind(one["as"]))
        for one in declared["compare"]
    )
    kinds = {one.name: one.kind for one in comparisons}
    return Matching(comparisons, tuple(tuple(_key(text, kinds) for text in keys) for keys in declared["block"]))


def _key(text: str, kinds: dict[str, ComparisonKind]) -> BlockKey:
    name, _, key = text.partition(".")
    return BlockKey(name, key or KEYS[kinds[name]][0])


def load(connection: duckdb.DuckDBPyConnection, declared: dict[str, Any], data: Path = DATA) -> None:
    """Tables `records` and `truth` of a set."""
    once = "true" if declared.get("once") else "false"
    columns = ", ".join(f"{sql} as {name}" for name, sql in declared["attributes"].items())
    union = " union all ".join(
        f"""select {declared["record"]}::varchar as _record, {declared["truth"]}::varchar as true_id,
                   false as _identified, 'file.f{number}' as _source, {once} as _once, {columns}
            from read_csv('{data / name}', all_varchar = true, header = true, normalize_names = false)"""
        for number, name in enumerate(declared["files"])
    )
    connection.execute(f"create table given as {union}")
    connection.execute("create table truth as select _record, true_id from given")
    connection.execute("create table records as select * exclude (true_id) from given")


def score(path: Path, data: Path = DATA) -> Score:
    """One set, linked and held against its truth."""
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    connection = duckdb.connect(config={"threads": 2})
    load(connection, declared, data)
    matching = matching_of(declared["matching"])
    started = time.perf_counter()
    linked = link(connection, matching)
    seconds = time.perf_counter() - started
    return _held(connection, declared, linked, seconds)


def _held(connection: duckdb.DuckDBPyConnection, declared: dict[str, Any], linked: Linked, seconds: float) -> Score:
    true, found, both = connection.execute("""
        select (select sum(n * (n - 1) // 2) from (select count(*) as n from truth group by true_id)),
               (select sum(n * (n - 1) // 2) from (select count(*) as n from clusters group by _cluster)),
               (select sum(n * (n - 1) // 2) from (
                   select count(*) as n from clusters join truth using (_record) group by _cluster, true_id))
    """).fetchall()[0]
    reached = connection.execute("""
        select count(*) from _levels join prepared as a on a.unique_id = l
        join prepared as b on b.unique_id = r join truth as x on x._record = a._record
        join truth as y on y._record = b._record where x.true_id = y.true_id
    """).fetchall()[0][0]
    return Score(
        title=declared["title"], precision=both / max(found, 1), recall=both / true, reach=reached / true,
        threshold=linked.automatic, pairs=linked.told["pairs"], seconds=seconds, bars=tuple(declared["bars"]),
        linked=linked,
    )  # fmt: skip
