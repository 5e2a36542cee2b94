"""The report on service items at the moment of asking, and its line over time in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from contracts.clock import today
from contracts.model import Catalogue, Dataset
from contracts.sql_text import identifier
from lake.attach import open_lake
from lake.city import City, declarations, expect_run
from lake.column_lineage import load_lineage
from lake.order import newest_days
from lake.queries import NotThere, city_lineage
from lake.services.judging import judged
from lake.services.serving import Present, readers_of, served
from lake.settings import Settings
from lake.store import stored_batches, stored_deliveries
from lineage.graph import Graph
from sharing.ledger import Ledger
from sharing.release import current_release

KIND = "exemption"
_COUNTS = ("items", "exempt", "without_visit")


def exemptions(settings: Settings, agency: str | None = None, item: str | None = None) -> dict[str, Any]:
    """Every list of service items, judged now: `items`, `agencies`, `shares`, `totals`, and `history` of the runs.

    `agency` (as the list calls it, or its department) and `item` choose; `NotThere` where there is no such thing.
    """
    catalogue = declarations(settings)
    expect_run(settings)
    graph = city_lineage(settings, catalogue).graph
    with Ledger.read(settings.ledger) as ledger, open_lake(settings, read_only=True) as connection:
        found = _judged(settings, catalogue, ledger, connection, graph)
        history = _history(ledger)
    _expect("agency", agency, {one[key] for one in found["agencies"] for key in ("agency", "department")})
    _expect("service item", item, {one["item"] for one in found["items"]})
    return {**_chosen(found, agency, item), "history": history}


def note_exemptions(city: City, graph: Graph | None = None) -> None:
    """Write down how many items need nothing now, where that is another number or another day than was noted last."""
    catalogue = city.catalogue
    if not catalogue.services:
        return
    known = graph or getattr(load_lineage(city.settings, catalogue), "graph", None)
    staged = {f"stg_{catalogue.datasets[name].table}" for name in _lists(catalogue)}
    if known is None or not staged <= _staging(city.connection):
        return
    found = _judged(city.settings, catalogue, city.ledger, city.connection, known)
    newest = city.ledger.current(KIND)
    for name, counts in found["totals"].items():
        body = {"services": name, "day": city.today().isoformat(), **counts, "agencies": found["counted"][name]}
        last = newest.get(name)
        if last is None or {key: last.body.get(key) for key in body} != body:
            city.ledger.append(KIND, {**body, "run_id": city.run_id}, city.now())


def _lists(catalogue: Catalogue) -> set[str]:
    return {name for one in catalogue.services.values() for name in (one.items.of, one.materials.of)}


def _staging(connection: duckdb.DuckDBPyConnection) -> set[str]:
    sql = "select table_name from information_schema.tables where table_catalog = 'lake' and table_schema = 'staging'"
    return {str(name) for (name,) in connection.execute(sql).fetchall()}


def _judged(
    settings: Settings, catalogue: Catalogue, ledger: Ledger, connection: duckdb.DuckDBPyConnection, graph: Graph
) -> dict[str, Any]:
    found: dict[str, Any] = {"items": [], "agencies": [], "shares": [], "totals": {}, "counted": {}}
    present = _present(settings, catalogue, ledger, connection, graph)
    for name, services in catalogue.services.items():
        one = judged(connection, catalogue, services, served(catalogue, services, present))
        for key in ("items", "agencies", "shares"):
            found[key] += one[key]
        found["totals"][name] = {key: _total(one["agencies"], key) for key in _COUNTS}
        found["counted"][name] = {
            str(row["agency"]): [row["items"], row["exempt"], row["without_visit"]] for row in one["agencies"]
        }
    return found


def _total(rows: list[dict[str, Any]], key: str) -> int:
    return sum(int(row[key]) for row in rows)


def _present(
    settings: Settings, catalogue: Catalogue, ledger: Ledger, connection: duckdb.DuckDBPyConnection, graph: Graph
) -> Present:
    day: date = today(settings.clock)
    wanted = readers_of(catalogue, catalogue.services.values())
    return Present(
        today=day,
        releases={name: current_release(settings.releases, name, day) for name in sorted(wanted)},
        verdicts={name: entry.body for name, entry in ledger.current("verdict").items() if name in wanted},
        newest=newest_days(stored_deliveries(connection), stored_batches(connection)),
        graph=graph,
        current=_counted(connection, {name: f"staging.stg_{one.table}" for name, one in _proofs(catalogue).items()}),
        held=_counted(connection, {name: f"product.{catalogue.agreements[name].product}" for name in wanted}),
    )


def _proofs(catalogue: Catalogue) -> dict[str, Dataset]:
    """The datasets that could say what materials say."""
    named = {proof.dataset for one in catalogue.services.values() for kind in one.kinds for proof in kind.proves}
    return {name: catalogue.datasets[name] for name in sorted(named)}


def _counted(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]) -> dict[str, int]:
    """How many rows each of some tables has, of those that are there."""
    there = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = 'lake'"
        ).fetchall()
    }
    found = {}
    for key, table in tables.items():
        if table in there:
            schema, name = table.split(".", 1)
            row = connection.execute(f"select count(*) from lake.{schema}.{identifier(name)}").fetchone()
            found[key] = int(row[0]) if row else 0
    return found


def _history(ledger: Ledger) -> list[dict[str, Any]]:
    told = ("services", "day", *_COUNTS, "agencies")
    return [{key: entry.body[key] for key in told} for entry in ledger.entries(KIND)]


def _expect(what: str, asked: str | None, known: set[Any]) -> None:
    if asked is not None and asked not in known:
        raise NotThere(what, asked, sorted(str(one) for one in known if one))


def _chosen(found: dict[str, Any], agency: str | None, item: str | None) -> dict[str, Any]:
    def wanted(row: dict[str, Any]) -> bool:
        return agency is None or agency in (row.get("agency"), row["department"])

    items = [row for row in found["items"] if wanted(row) and item in (None, row["item"])]
    agencies = [row for row in found["agencies"] if wanted(row)]
    shares = [row for row in found["shares"] if agency is None or row["department"] in _departments(agencies)]
    return {"totals": found["totals"], "items": items, "agencies": agencies, "shares": shares}


def _departments(rows: list[dict[str, Any]]) -> set[Any]:
    return {row["department"] for row in rows}
