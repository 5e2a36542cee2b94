"""Questions about what lies in the workspace: lineage of a column, quarantine, conservation, what-if.

Nothing is changed, but that looking at rejected rows is recorded.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contracts.conversions import conversions
from contracts.faults import DeclarationsRefused
from contracts.model import Catalogue, Dataset
from lake import facts
from lake.attach import quarantine_table
from lake.city import City, NothingRunYet, declarations, expect_run, open_city
from lake.column_lineage import CityLineage, load_lineage
from lake.corrected import corrected_rows
from lake.settings import Settings
from lake.store import stored_batches, stored_deliveries
from lineage.calls import COLUMN, Argument
from lineage.declared import compared
from lineage.from_contracts import delivered_relation, is_conformance, raw_relation
from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Edge
from lineage.marks import PERSONAL, SENSITIVE, category_of
from quality.rules import BUILT, declared_rules
from sharing.ledger import Ledger


class NotThere(LookupError):
    """What was asked for does not exist; the message says what is near."""

    def __init__(self, what: str, asked: str, known: list[str]) -> None:
        self.asked = asked
        near = difflib.get_close_matches(asked, known, 3, 0.4)
        super().__init__(f"there is no {what} {asked!r}" + (f". Did you mean {', '.join(near)}?" if near else ""))


def city_lineage(settings: Settings, catalogue: Catalogue) -> CityLineage:
    """The stored lineage. Raises `NothingRunYet` before the first run."""
    found = load_lineage(settings, catalogue)
    if found is None:
        raise NothingRunYet(settings)
    return found


def _find(lineage: CityLineage, text: str) -> ColumnRef:
    asked = text if text.startswith(("lake.", "contract.")) else f"lake.{text}"
    try:
        ref = ColumnRef.parse(asked)
    except ValueError:
        raise NotThere("column", text, []) from None
    if not lineage.graph.has(ref):
        known = [str(ColumnRef(r, c)).removeprefix("lake.") for r, cs in lineage.graph.columns.items() for c in cs]
        raise NotThere("column", text, known)
    return ref


def lineage_of_column(settings: Settings, column: str, *, downstream: bool = False) -> dict[str, Any]:
    """All edges above (or below) a column, its level, and the unknowns above it.

    `conformance` holds, apart, the edges from columns that can send a row to quarantine to all that the others keep.
    """
    catalogue = declarations(settings)
    lineage = city_lineage(settings, catalogue)
    graph, ref = lineage.graph, _find(lineage, column)
    kinds = (DIRECT, INDIRECT)
    if downstream:
        edges = [edge for node in {ref} | graph.downstream(ref, kinds) for edge in graph.edges_out_of(node)]
    else:
        edges = [edge for node in {ref} | graph.upstream(ref, kinds) for edge in graph.edges_into(node)]
    unknown = [
        f"{_plain(node)}: {why.reason} {why.subject}"
        for node, reasons in graph.unknown_upstream(ref).items()
        for why in reasons
    ]
    above = graph.upstream(ref, kinds) | {ref}
    marks = lineage.marks[ref]
    return {
        "column": _plain(ref),
        "category": str(category_of(marks)),
        "marks": [mark for mark in (PERSONAL, SENSITIVE) if mark in marks],
        "declared": lineage.claimed.get(ref),
        "calls": [
            {"column": _plain(node), "declassifier": call.name, "given": [_given(one) for one in call.arguments]}
            for node in sorted(above & graph.calls.keys())
            for call in graph.calls[node]
        ],
        "differences": [
            {"table": name.removeprefix("lake."), "only_plan": pair[0], "only_second": pair[1]}
            for name, pair in sorted(graph.differences.items())
            if name in {node.relation for node in above}
        ],
        "drift": _drift(settings, ref),
        "conversions": converted(catalogue, above if not downstream else {ref} | graph.downstream(ref, kinds)),
        "edges": [_edge(edge) for edge in sorted(edges) if not is_conformance(edge)],
        "conformance": [_edge(edge) for edge in sorted(edges) if is_conformance(edge)],
        "level": lineage.levels[ref].effective,
        "unknown": unknown,
    }


def converted(catalogue: Catalogue, columns: Iterable[ColumnRef]) -> list[dict[str, str]]:
    """What staging makes of delivered columns, of those among these that are staged: each conversion by its name."""
    staged = {f"lake.staging.stg_{one.table}": one for one in catalogue.datasets.values()}
    found = []
    for ref in sorted(columns):
        dataset = staged.get(ref.relation)
        column = next((one for one in dataset.columns if one.name.lower() == ref.column), None) if dataset else None
        if dataset and column:
            found += [{"column": _plain(ref), **vars(one)} for one in conversions(dataset, column, catalogue.code_sets)]
    return found


def _given(argument: Argument) -> str:
    """What a call was given, in words and never as a value."""
    if argument.kind == COLUMN and argument.copies:
        return " or ".join(_plain(ref) for ref in sorted(argument.copies))
    return argument.kind.replace("_", " ")


def _drift(settings: Settings, ref: ColumnRef) -> list[dict[str, Any]]:
    """What of a product's column has changed since the product was last released."""
    if not settings.ledger.exists():
        return []
    with Ledger.read(settings.ledger) as ledger:
        return [
            change
            for change in facts.drift(ledger)
            if (f"lake.{change['table']}", change["column"].lower()) == (ref.relation, ref.column)
        ]


def declared_levels(settings: Settings) -> list[dict[str, Any]]:
    """Every column that is made and whose declared level is not the inferred one, those too low first."""
    lineage = city_lineage(settings, declarations(settings))
    return [
        {**vars(one), "column": _plain(one.column), "verdict": one.verdict}
        for one in compared(lineage.levels, lineage.claimed)
        if one.declared != one.inferred
    ]


def _edge(edge: Edge) -> dict[str, str]:
    found = {"from": _plain(edge.source), "to": _plain(edge.target), "kind": edge.kind, "transform": edge.transform}
    return {**found, "declassifier": edge.declassifier} if edge.declassifier else found


def _plain(ref: ColumnRef) -> str:
    return str(ref).removeprefix("lake.")


def lineage_picture(settings: Settings, column: str, path: str) -> None:
    """Write the ancestry of a column's table as one self-contained HTML file.

    What conforming lets through is left out: a line from every judged column to every other would hide the rest.
    """
    from lineage.picture import render_html  # only people need it

    catalogue = declarations(settings)
    lineage = city_lineage(settings, catalogue)
    relation = _find(lineage, column).relation
    part = lineage.graph.ancestry(relation)
    drawn = part.without([edge for edge in part.edges if is_conformance(edge)])
    page = render_html(drawn, relation, lineage.levels, labels=_titles(catalogue))
    Path(path).write_text(page, encoding="utf-8")


def _titles(catalogue: Catalogue) -> dict[str, str]:
    """Relation -> its title in Chinese."""
    entities = [entity for domain in catalogue.domains.values() for entity in domain.entities]
    return {
        **{delivered_relation(one): one.title_zh for one in catalogue.datasets.values()},
        **{raw_relation(one): one.title_zh for one in catalogue.datasets.values()},
        **{f"lake.theme.{one.name}": one.title_zh for one in entities},
        **{f"lake.product.{one.product}": one.title_zh for one in catalogue.agreements.values()},
    }


def standing_rules(settings: Settings) -> dict[str, set[str]] | None:
    """Table -> the names of the rules that stand on it now; None where the declarations cannot be read."""
    try:
        return rules_on_tables(declarations(settings))
    except DeclarationsRefused:
        return None


def rules_on_tables(catalogue: Catalogue) -> dict[str, set[str]]:
    """Table -> the names of the rules that stand on it; every dataset's tables are there."""
    own = [f"{layer}{one.table}" for one in catalogue.datasets.values() for layer in ("raw.", "staging.stg_")]
    found = {table: {BUILT.name} for table in own}
    for table, rules in declared_rules(catalogue).items():
        found[table] = {BUILT.name, *(rule.name for rule in rules)}
    return found


def _dataset(catalogue: Catalogue, name: str) -> Dataset:
    if name not in catalogue.delivered:
        raise NotThere("dataset", name, list(catalogue.delivered))
    return catalogue.delivered[name]


def quarantined(settings: Settings, name: str, batch: str | None, rows: int) -> dict[str, Any]:
    """Reasons and counts of a dataset's rejected rows; with `rows` also so many of them, which the ledger records."""
    catalogue = declarations(settings)
    dataset = _dataset(catalogue, name)
    expect_run(settings)
    with open_city(settings, catalogue=catalogue) as city:
        deliveries = [r for r in facts.datasets(city.ledger) if r["dataset"] == name and batch in (None, r["batch"])]
        if batch and not deliveries:
            raise NotThere("batch", batch, [r["batch"] for r in facts.datasets(city.ledger) if r["dataset"] == name])
        reasons: dict[str, int] = {}
        # Bytes that were delivered twice are stored once.
        once = list({row["batch"]: row for row in deliveries}.values())
        for row in once:
            for reason, count in row["reasons"].items():
                reasons[reason] = reasons.get(reason, 0) + count
        found: dict[str, Any] = {
            "dataset": name,
            "batch": batch,
            "read": sum(row["read"] for row in once),
            "quarantined": sum(row["quarantined"] for row in once),
            "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
            "corrected": [
                {"batch": wrong, "by": by, "rows": count}
                for wrong, told in facts.corrections(city.ledger, name).items()
                if batch in (None, wrong)
                for by, count in told.items()
            ],
        }
        return {**found, "rows": _rows(city, dataset, batch, rows)} if rows else found


def _rows(city: City, dataset: Dataset, batch: str | None, limit: int) -> list[dict[str, Any]]:
    body = {"subject": f"quarantine.{dataset.table}", "batch": batch, "rows": limit, "by": "command line"}
    city.ledger.append("access", body, city.now())
    batches = stored_batches(city.connection, dataset.id).get(dataset.id, [])
    right = corrected_rows(dataset, stored_deliveries(city.connection, dataset.id).get(dataset.id, []), batches)
    none = "select null::integer as number, null::bigint as _row, null::integer as righted where false"
    rows = city.connection.execute(
        f"select _batch, q._row, _faults, _original, c.righted from {quarantine_table(dataset)} as q "
        f"left join ({right or none}) as c on c.number = q._delivery and c._row = q._row "
        "where ? is null or _batch = ? order by _delivery, q._row limit ?",
        [batch, batch, limit],
    ).fetchall()
    ids = {one.delivery: one.batch for one in batches}
    return [
        {"batch": b, "row": r, "reasons": why, "original": json.loads(text), "corrected_by": ids.get(by)}
        for b, r, why, text, by in rows
    ]


def what_if(settings: Settings, column: str, level: str) -> dict[str, Any]:
    """Which products would be withheld, and which could still be released, were a column of another level."""
    catalogue = declarations(settings)
    lineage = city_lineage(settings, catalogue)
    above = columns_above(lineage.with_level(_find(lineage, column), level), catalogue)
    withheld = [
        {"agreement": name, "columns_above": [] if over is None else list(over)}
        for name, over in above.items()
        if over != ()
    ]
    released = [{"agreement": name, "columns_above": []} for name, over in above.items() if over == ()]
    return {"column": column, "level": level, "withheld": withheld, "released": released}


def columns_above(lineage: CityLineage, catalogue: Catalogue) -> dict[str, tuple[str, ...] | None]:
    """The columns of each agreement's product above its ceiling; None where the product has no known column at all."""
    found: dict[str, tuple[str, ...] | None] = {}
    for agreement in catalogue.agreements.values():
        relation = f"lake.product.{agreement.product}"
        columns = [c for c in lineage.graph.columns.get(relation, ()) if not c.startswith("_") and c != ROWS]
        levels = lineage.levels
        over = tuple(c for c in columns if levels.effective(ColumnRef(relation, c)) > agreement.level_ceiling)
        found[agreement.name] = over if columns else None
    return found
