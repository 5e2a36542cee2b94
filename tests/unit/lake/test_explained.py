"""What a steward is told of a verdict: every gate by its titles with its numbers, and the classes of every column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.anonymity import GroupEvidence
from contracts.category import Category
from contracts.evidence import GATE_NAMES, Drift, Evidence, Rise
from contracts.model import Level
from lake.cli.ancestry import show_declared, show_lineage
from lake.cli.explained import gate_titles, show_evidence, show_gates
from lineage.gates.registry import GATES
from tests.unit.gates import cases as g

RISE = Rise(
    "many", "大规模", "Many persons", "art. 1", ("age",), None, Category.IMPORTANT, "5 persons, more than 4", {}
)


def told(capsys: pytest.CaptureFixture[str], evidence: Evidence) -> str:
    body = {"evidence": evidence.as_dict(), "violations": []}
    show_gates(body, dict(gate_titles()))
    show_evidence(body["evidence"])
    return " ".join(capsys.readouterr().out.split())


def test_every_gate_is_named_in_both_languages_and_says_what_it_judged_by(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, g.approved())
    assert [name for name, _ in gate_titles()] == list(GATE_NAMES)
    for gate in GATES:
        assert f"{gate.title_zh} {gate.title_en} {gate.name}" in text
    for said in (
        "100 rows, 2 columns",
        "highest level of 2 columns: L3",
        "highest category: 一般 general",
        "the SQL that ran is the SQL that was judged for 1 of 1 table",
        "smallest group 12, least 10; too small: 0 rows, 0 numbers, 0 classes",
        "releases compared: 1; small differences: 0",
        "personal information in person_id, age",
        "declassify_year data-office@city.example",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "100 rows, 2 columns; 0 outside the scope of 1 condition; 0 cells without the mask of 1 column"),
        ({"outside": 3}, "2 columns; 3 outside the scope"),
        ({"outside": None}, "; an unknown number outside the scope"),
        ({"masks": (g.masked(unmasked=None),)}, "; an unknown number of cells without the mask"),
        ({"conditions": ()}, "2 columns; 0 cells without the mask"),
        ({"masks": ()}, "; 0 outside the scope of 1 condition"),
    ],
)
def test_rows_and_masks_are_told_in_numbers(
    capsys: pytest.CaptureFixture[str], changes: dict[str, Any], said: str
) -> None:
    assert said in told(capsys, g.counted(**changes))


def test_a_refusal_stands_at_its_gate(capsys: pytest.CaptureFixture[str]) -> None:
    show_gates({"evidence": g.evidence().as_dict(), "violations": [{"gate": "category"}] * 2}, dict(gate_titles()))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:5] for line in lines if line[:1] == ["✗"]] == [["✗", "分类", "Category", "category", "2"]]
    assert sum(line[:1] == ["✓"] for line in lines) == len(GATE_NAMES) - 1


def test_what_was_not_known_is_told_as_that(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = g.evidence(
        lineage=g.lineage(columns=(replace(g.lineage_column(), category=None, marks=None),), objections=None),
        quality=g.quality(groups=GroupEvidence(10, None, why_unknown="a PIVOT")),
    )
    text = told(capsys, unknown)
    for said in (
        "a category is not known",
        "to what they were given: nobody looked",
        "persons cannot be counted: a PIVOT",
    ):
        assert said in text, said
    assert "personal information in person_id" in text


def test_declared_levels_rises_and_changes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (g.lineage_column(declared=Level.L2), g.lineage_column("age", declared=Level.L4))
    changes = (Drift("age", "category", "general", "important", "x.y"), Drift("old", "level", "L2", None))
    text = told(capsys, g.evidence(lineage=g.lineage(columns=columns, rises=(RISE,), drift=changes)))
    for said in (
        "L2, too low",
        "L4, higher than found",
        "Raised to 重要 important: age 大规模 Many persons (art. 1) 5 persons, more than 4",
        "age 分类 category general important x.y",
        "old 分级 level L2 no such column",
    ):
        assert said in text, said


def test_a_verdict_without_evidence_claims_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_gates({"violations": [{"gate": "contract"}]}, dict(gate_titles()))
    show_evidence({})
    text = capsys.readouterr().out
    assert text.count("✗") == 1
    assert "✓" not in text


def test_a_columns_calls_and_the_readers_differences_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        "column": "product.p.x", "level": "L2", "category": "general", "marks": ["personal"], "declared": "L3",
        "edges": [], "conversions": [], "conformance": [], "unknown": [], "drift": [],
        "calls": [{"column": "product.p.x", "declassifier": "declassify_year", "given": ["raw.t.born", "constant"]}],
        "differences": [{"table": "theme.t", "only_plan": 3, "only_second": 1}],
    }  # fmt: skip
    show_lineage(found)
    text = " ".join(capsys.readouterr().out.split())
    assert "product.p.x 分级 level L2, declared L3 分类 category 一般 general, personal" in text
    assert "product.p.x declassify_year raw.t.born, constant" in text
    assert "theme.t: 3 edges are seen by the engine's plan alone, 1 by the second reader alone" in text


def test_declared_levels_that_are_wrong_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    show_declared([])
    one = {"column": "theme.t.x", "declared": "L1", "inferred": "L3", "verdict": "too low", "because": "raw.t.x"}
    show_declared([one])
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("every declared level is what flows in")
    assert "theme.t.x L1 L3 too low raw.t.x" in text
