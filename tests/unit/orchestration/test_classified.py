"""Products are classified by lineage and declared rules; what changed since a release is told, with the way it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.category import Category
from contracts.evidence import Drift, Levels
from contracts.load import load_catalogue
from contracts.model import Level
from lake import facts
from lake.column_lineage import CityLineage
from lake.settings import REPOSITORY
from lineage.from_contracts import contract_levels, contract_marks
from lineage.from_sql import column_lineage
from lineage.graph import ColumnRef, Graph, merge_graphs
from lineage.policy import load_policy
from orchestration.share.classified import Classifier, drift, record
from sharing.ledger import Ledger
from tests.unit.gates import cases as g

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
POLICY = load_policy(REPOSITORY / "contracts" / "standards" / "lineage_policy.yml")
CATALOGUE = load_catalogue(REPOSITORY)
RESIDENTS, VISITS = "lake.raw.public_security__residents", "lake.raw.health__visits"
PRODUCT = "lake.product.elderly_subsidy_candidates"
DATASETS = {f"lake.raw.{one.table}": one for one in CATALOGUE.datasets.values()}
SCHEMA = {
    name: dict.fromkeys((column.name for column in DATASETS[name].columns), "varchar") for name in (RESIDENTS, VISITS)
}
CANDIDATE = g.candidate(columns={"x": "VARCHAR", "y": "VARCHAR"})


def lineage_of(sql: str, **claimed: str) -> CityLineage:
    made = column_lineage(sql, SCHEMA, target=PRODUCT, declassifiers=POLICY.registry.lowerings())
    graph = merge_graphs([Graph({name: tuple(columns) for name, columns in SCHEMA.items()}, {}), made.graph()])
    levels = {ColumnRef(PRODUCT, name): level for name, level in claimed.items()}
    return CityLineage(graph, contract_levels(CATALOGUE), POLICY, None, contract_marks(CATALOGUE), levels)


def classified(sql: str, persons: int | None = 5, **claimed: str) -> tuple[dict[str, Any], list[Any]]:
    lineage = lineage_of(sql, **claimed)
    judge = Classifier(lineage, DATASETS)
    found = []
    for name in CANDIDATE.columns:
        ref = ColumnRef(PRODUCT, name)
        level = lineage.levels[ref]
        levels = Levels(Level(level.direct), Level(level.indirect), Level(level.effective))
        found.append(judge.marked(ref, g.lineage_column(name, levels=levels)))
    columns, rises = judge.raised(g.agreement(), CANDIDATE, found, persons)
    return {column.name: column for column in columns}, list(rises)


def test_a_column_bears_the_marks_of_its_contract_and_the_level_its_author_declares():
    columns, _ = classified(f"select district as x, resident_id as y from {RESIDENTS}", x="L2")
    assert (columns["x"].marks, columns["x"].category, columns["x"].declared) == (("personal",), "general", Level.L2)
    assert columns["y"].marks == ("personal", "sensitive_personal")
    assert columns["y"].declared is None


def test_sensitive_columns_of_two_datasets_count_for_more_than_each():
    sql = f"select r.resident_id as x, v.diagnosis as y from {RESIDENTS} r join {VISITS} v using (resident_id)"
    columns, rises = classified(sql)
    assert [(one.rule, one.columns, one.numbers["datasets"]) for one in rises] == [("sensitive_joined", ("x", "y"), 2)]
    assert {name: column.levels.effective for name, column in columns.items()} == {"x": Level.L4, "y": Level.L4}


def test_a_raised_level_is_what_counts_and_says_why():
    rises = (POLICY.rises[0].model_copy(update={"when": POLICY.rises[1].when.model_copy(update={"over": 3})}),)
    lineage = lineage_of(f"select zt.declassify_mask_id(resident_id) as x, 1 as y from {RESIDENTS}")
    judge = Classifier(replace(lineage, policy=POLICY.model_copy(update={"rises": rises})), DATASETS)
    low = Levels(Level.L2, None, Level.L2)
    found = [judge.marked(ColumnRef(PRODUCT, name), g.lineage_column(name, levels=low)) for name in ("x", "y")]
    columns, _ = judge.raised(g.agreement(), CANDIDATE, found, 4)
    assert columns[0].levels.effective is Level.L4
    assert columns[0].because.startswith("sensitive_joined: sensitive personal information on 4 persons, more than 3")
    assert columns[1].levels.effective is Level.L2
    same, none = judge.raised(g.agreement(), CANDIDATE, found, 3)
    assert (same, none) == (tuple(found), ())


@pytest.mark.parametrize(("persons", "rows", "category"), [(100_001, 1, "important"), (5, 100_001, "general")])
def test_persons_count_where_they_are_known(persons: int, rows: int, category: str):
    columns, _ = classified(f"select resident_id as x, 1 as y from {RESIDENTS}", persons)
    assert columns["x"].category == category
    assert columns["y"].category == "general"


def test_rows_count_where_persons_are_not_known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{__name__}.CANDIDATE", replace(CANDIDATE, rows=100_001))
    columns, rises = classified(f"select resident_id as x, 1 as y from {RESIDENTS}", None)
    assert columns["x"].category is Category.IMPORTANT
    assert "100,001 rows" in rises[0].why


# What has changed


def run(ledger: Ledger, columns: tuple[Any, ...], *, released: bool) -> tuple[Drift, ...]:
    marks = lineage_of(f"select district as x, resident_id as y from {RESIDENTS}").marks
    changed = drift(ledger, g.agreement(), columns, marks)
    city = SimpleNamespace(ledger=ledger, run_id="r", now=lambda: AT)
    record(city, g.agreement(), g.lineage(columns=columns, drift=changed), released=released)  # type: ignore[arg-type]
    return changed


def with_level(level: Level, **changes: Any) -> tuple[Any, ...]:
    return (g.lineage_column("x", levels=Levels(level, None, level), because=f"of {level}", **changes),)


def test_a_change_since_the_last_release_is_told_until_the_product_leaves_again(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert run(ledger, with_level(Level.L2), released=False) == ()
        assert run(ledger, with_level(Level.L1), released=True) == ()
        told = (Drift("x", "level", "L1", "L3", "of L3"),)
        assert run(ledger, with_level(Level.L3), released=False) == told
        assert facts.drift(ledger) == [
            {"agreement": g.agreement().name, "table": "product.elderly_subsidy_candidates", **vars(told[0])}
        ]
        assert run(ledger, with_level(Level.L3), released=True) == told
        assert run(ledger, with_level(Level.L3), released=True) == ()
        assert facts.drift(ledger) == []


def test_categories_marks_and_columns_that_come_and_go_are_told_each(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        run(ledger, with_level(Level.L1, marks=()), released=True)
        raised = with_level(Level.L1, marks=("personal",), category=Category.IMPORTANT)
        found = run(ledger, (*raised, g.lineage_column("y")), released=True)
        told = {(one.column, one.axis): (one.before, one.after) for one in found}
        assert told[("x", "category")] == ("general", "important")
        assert told[("x", "marks")] == ("", "personal")
        assert told[("y", "level")] == (None, "L3")
        gone = run(ledger, raised, released=True)
        assert {(one.column, one.axis, one.after) for one in gone} == {
            ("y", axis, None) for axis in ("level", "category", "marks")
        }
