"""From a manifest of many models to a finished graph with levels: cold, with a few changed, and one question.

Beside it, on a sample of the same models, the naive way: `sqlglot.lineage` once for each column (which follows
values only).

    python -m tests.bench.lineage_scale [--models 2000] [--columns 30] [--changed 10] [--naive 5]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lineage.cache import ModelCache
from lineage.classification import levels
from lineage.from_dbt import graph_from_manifest
from lineage.graph import ColumnRef, Graph
from lineage.policy import Policy
from lineage.store import load_graph, save_graph

SOURCES = 40


def manifest(models: int, columns: int, changed: frozenset[int] = frozenset()) -> tuple[dict, dict]:
    """A project of chained and branching models, and the columns of its sources."""
    pick = random.Random(7)
    schema = {
        f"lake.raw.s{i}": {"id": "INTEGER", "grp": "VARCHAR", "ts": "TIMESTAMP"} | _measures(columns - 3)
        for i in range(SOURCES)
    }
    nodes: dict[str, dict] = {}
    names = [f"lake.raw.s{i}" for i in range(SOURCES)]
    for i in range(models):
        parents = [names[-1 - pick.randrange(min(60, len(names)))] for _ in range(pick.choice((1, 2, 2, 3)))]
        sql = _model(pick, parents, columns, note="-- changed\n" if i in changed else "")
        key = f"model.p.m{i}"
        nodes[key] = {
            "resource_type": "model", "name": f"m{i}", "relation_name": f'"lake"."main"."m{i}"', "language": "sql",
            "compiled_code": sql, "config": {"materialized": "table"}, "columns": {},
            "depends_on": {"nodes": [f"model.p.{p.rsplit('.', 1)[1]}" for p in parents if ".main." in p]},
        }  # fmt: skip
        names.append(f"lake.main.m{i}")
    return {"nodes": nodes, "sources": {}}, schema


def _measures(count: int) -> dict[str, str]:
    return {f"v{i}": "INTEGER" for i in range(count)}


def _model(pick: random.Random, parents: list[str], columns: int, note: str) -> str:
    measures = [f"v{i}" for i in range(columns - 3)]
    shown = ",\n    ".join(_measure(pick, name, measures) for name in measures)
    ctes = [f"p{i} as (select * from {_quoted(parent)})" for i, parent in enumerate(parents)]
    joins = "".join(f" left join p{i} on p0.id = p{i}.id and p{i}.grp = p0.grp" for i in range(1, len(parents)))
    return (
        f"{note}with {', '.join(ctes)},\njoined as (\n  select p0.id, p0.grp, p0.ts,\n    {shown}\n  from p0{joins}\n"
        f"  where p0.v{pick.randrange(columns - 3)} is not null\n),\n"
        "latest as (\n  select *, row_number() over (partition by id, grp order by ts desc) as rn from joined\n)\n"
        "select * exclude (rn) from latest where rn = 1"
    )


def _measure(pick: random.Random, name: str, measures: list[str]) -> str:
    other = pick.choice(measures)
    return pick.choice(
        (
            f"p0.{name}", f"p0.{name}", f"p0.{name} + p0.{other} as {name}", f"coalesce(p0.{name}, 0) as {name}",
            f"case when p0.{other} > 3 then p0.{name} else 0 end as {name}", f"sum(p0.{name}) over (partition by p0.grp) as {name}",  # noqa: E501
        )
    )  # fmt: skip


def _quoted(relation: str) -> str:
    return ".".join(f'"{part}"' for part in relation.split("."))


class Seconds(float):
    """Seconds on the clock, and in `cpu` those that this process really had (the machine may be shared)."""

    cpu: float

    def __format__(self, spec: str) -> str:
        return f"{float(self):{spec}} s (cpu {self.cpu:.2f} s)" if spec else super().__format__(spec)


def timed(work: Callable[[], object]) -> tuple[Seconds, object]:
    """How long `work` took, and its result."""
    start, own = time.perf_counter(), time.process_time()
    result = work()
    took = Seconds(time.perf_counter() - start)
    took.cpu = time.process_time() - own
    return took, result


def _graph_with_levels(project: dict, schema: dict, cache: ModelCache, *, second_opinion: bool = False) -> Graph:
    graph = graph_from_manifest(project, sources_schema=schema, cache=cache, second_opinion=second_opinion)
    base = {f"{relation}.{column}": "L2" for relation, columns in schema.items() for column in columns}
    levels(graph, base, Policy())
    return graph


def naive_seconds_a_column(project: dict, schema: dict, sample: int) -> float:
    """`sqlglot.lineage` for each column of a few models, as seconds a column."""
    from sqlglot.lineage import lineage

    known = {r: dict(c) for r, c in schema.items()}
    nested: dict = {}
    for i in range(len(project["nodes"])):
        known[f"lake.main.m{i}"] = dict(next(iter(schema.values())))
    for relation, columns in known.items():
        catalog, database, table = relation.split(".")
        nested.setdefault(catalog, {}).setdefault(database, {})[table] = columns
    names = list(next(iter(schema.values())))
    chosen = list(project["nodes"].values())[:: max(1, len(project["nodes"]) // sample)][:sample]
    columns = names[:6]  # a few of each model's columns, since all of them take minutes
    took, _ = timed(
        lambda: [lineage(c, n["compiled_code"], schema=nested, dialect="duckdb") for n in chosen for c in columns]
    )
    return took.cpu / (len(chosen) * len(columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("models", 2000), ("columns", 30), ("changed", 10), ("naive", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    project, schema = manifest(asked.models, asked.columns)
    cold_cache = ModelCache()
    cold, graph = timed(lambda: _graph_with_levels(project, schema, cold_cache))
    both, _ = timed(lambda: _graph_with_levels(project, schema, ModelCache(), second_opinion=True))
    assert isinstance(graph, Graph)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.json"
        cold_cache.save(path)
        step = max(1, asked.models // max(1, asked.changed))
        newer, _ = manifest(asked.models, asked.columns, frozenset(range(0, asked.models, step)))
        caches: list[ModelCache] = []

        def warm_run() -> Graph:
            caches.append(ModelCache(path))
            return _graph_with_levels(newer, schema, caches[0])

        warm, _ = timed(warm_run)
        save, _ = timed(lambda: save_graph(graph, Path(folder) / "graph.parquet"))
        load, stored = timed(lambda: load_graph(Path(folder) / "graph.parquet"))
    assert isinstance(stored, Graph)
    last = ColumnRef(f"lake.main.m{asked.models - 1}", "v3")
    first = ColumnRef(f"lake.main.m{asked.models // 10}", "v3")
    questions = {"upstream": lambda: stored.upstream(last), "downstream": lambda: stored.downstream(first)}
    asked_once = {name: timed(ask) for name, ask in questions.items()}
    asked_again = {name: timed(ask) for name, ask in questions.items()}
    naive = naive_seconds_a_column(project, schema, asked.naive)
    ours = cold.cpu / (asked.models * asked.columns)
    edges = sum(1 for _ in graph.edges)
    print(f"{asked.models} models of {asked.columns} columns, {edges:,} edges, {len(graph.unknown)} unknown")
    print(f"cold, with levels              {cold:8.2f}")
    print(f"cold, with a second opinion    {both:8.2f}")
    print(f"{caches[0].misses:4d} models changed, with levels {warm:6.2f}, {cold.cpu / warm.cpu:.0f} times faster")
    print(f"save the graph                 {save:8.2f}")
    print(f"open the stored graph          {load:8.2f}")
    for name, (once, found) in asked_once.items():
        again, _ = asked_again[name]
        print(
            f"{name:10} ({len(found):6,} columns)    {1000 * once:8.1f} ms (cpu {1000 * once.cpu:.1f} ms) as the first"  # type: ignore[arg-type]
            f" question, then {1000 * again:.1f} ms"
        )
    print(
        f"a column: ours {1000 * ours:.3f} ms, sqlglot.lineage {1000 * naive:.1f} ms  ({naive / ours:.0f} times slower)"
    )


if __name__ == "__main__":
    main()
