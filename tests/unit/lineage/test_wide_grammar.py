"""The whole grammar against data: by the plan alone, and statements that write; a slice of what `make attack` runs."""

from __future__ import annotations

import pytest

from lineage.from_sql import lineage_of
from lineage.sql.catalog import Catalog
from tests.lineage_corpus import writing
from tests.lineage_corpus.generator import SCHEMA
from tests.lineage_corpus.prove import run_wide, stage


@pytest.mark.parametrize("counted", ["count(*)", "count(*) filter (where a > 1)"])
def test_a_count_beside_first_is_no_scalar_subquery_of_the_engines(counted: str) -> None:
    found = lineage_of(f"select first(x) as x, {counted} as n from w", Catalog(SCHEMA), "query", second_opinion=False)
    assert {str(edge.source) for edge in found.edges["x"]} == {"main.w.x"}
    assert "main.w.*" in {str(edge.source) for edge in found.edges["n"]}


def test_the_plan_alone_explains_every_change_of_the_whole_grammar() -> None:
    tally = run_wide(120, seed=31, telling_only=True, second_opinion=False)
    assert [(sql, proof.unexplained) for sql, proof in tally.findings if proof.unexplained] == []
    assert tally.open <= 3
    assert tally.not_built < 12 and tally.changes > 0


def test_statements_that_write_explain_every_change_of_what_they_wrote() -> None:
    found = writing.run(12, 31, stage(), second_opinion=False)
    assert found.findings == []
    assert found.open == 0 and found.changes > 20


def test_a_statement_without_its_edges_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(sql: str, catalog: Catalog, target: str, **_: bool):  # type: ignore[no-untyped-def]
        return lineage_of("select 1 as a, 2 as b, 'x' as c", catalog, target)

    monkeypatch.setattr(writing, "lineage_of", blind)
    assert writing.run(6, 31, stage()).findings
