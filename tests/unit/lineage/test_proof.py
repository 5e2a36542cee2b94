"""Data against lineage: nothing generated changes without an edge, and a missing edge does not go unseen."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from lineage.from_sql import column_lineage
from lineage.graph import ROWS, ColumnRef
from lineage.proof import VARIANTS, MemoryStage, every_source, prove
from tests.lineage_corpus.prove import run

SCHEMA = {
    "lake.raw.person": {"id": "INTEGER", "name": "VARCHAR", "area": "INTEGER", "born": "INTEGER"},
    "lake.raw.area": {"code": "INTEGER", "title": "VARCHAR"},
}
SAMPLES = {
    "lake.raw.person": pa.table(
        {
            "id": list(range(24)),
            "name": [f"n{i % 7}" for i in range(24)],
            "area": [i % 4 for i in range(24)],
            "born": [1950 + (i * 13) % 50 for i in range(24)],
        }
    ),
    "lake.raw.area": pa.table({"code": [0, 1, 2, 3], "title": ["east", "west", "north", "south"]}),
}
MODELS = {
    "filtered": "select id, upper(name) as shout from lake.raw.person where born > 1970",
    "grouped": "select area, count(*) as n, min(born) as oldest from lake.raw.person group by area having count(*) > 1",
    "joined": "select p.id, a.title from lake.raw.person p left join lake.raw.area a on a.code = p.area",
    "ranked": "select id, rank() over (partition by area order by born) as place from lake.raw.person",
    "latest": "select * from lake.raw.person qualify row_number() over (partition by name order by born desc, id) = 1",
    "existing": "select title from lake.raw.area where exists (select 1 from lake.raw.person where area = code and born > 1990)",  # noqa: E501
    "cased": "select case when area = 2 then name else 'other' end as x from lake.raw.person",
    "listed": "select code, list(p.id order by p.born, p.id) as ids from lake.raw.area join lake.raw.person p on p.area = code group by 1",  # noqa: E501
}


@pytest.fixture(scope="module")
def stage():
    made = MemoryStage(SAMPLES)
    yield made
    made.close()


def prove_model(name, stage, dropped=None, variants=VARIANTS):
    sql = MODELS[name]
    found = column_lineage(sql, SCHEMA, target=f"lake.main.{name}")
    if dropped:
        source, target = dropped
        kept = {c: tuple(e for e in edges if (e.source, c) != (source, target)) for c, edges in found.edges.items()}
        found = replace(found, edges=kept)
    sources = [dropped[0]] if dropped else every_source(stage, SAMPLES)
    return prove(sql, found, stage, sources, variants, telling_only=bool(dropped))


@pytest.mark.parametrize("name", MODELS)
def test_every_change_has_an_edge(name, stage):
    proof = prove_model(name, stage)
    assert (proof.not_built, proof.unexplained) == ("", [])
    assert proof.changes > 0


@pytest.mark.parametrize("name", MODELS)
def test_every_edge_that_data_witnessed_is_missed_when_it_is_taken_out(name, stage):
    witnessed = sorted(pair for pair in prove_model(name, stage).witnessed if pair[0].column != ROWS)
    assert witnessed
    for source, target in witnessed:
        proof = prove_model(name, stage, dropped=(source, target))
        assert (source, ColumnRef(f"lake.main.{name}", target)) in {(f.source, f.target) for f in proof.unexplained}


def test_a_changed_number_of_rows_needs_an_edge_of_the_table(stage):
    sql = "select title from lake.raw.area, (select 1 from lake.raw.person)"
    found = column_lineage(sql, SCHEMA, target="m.x")
    assert prove(sql, found, stage, every_source(stage, ["lake.raw.person"]), ("shift",)).unexplained == []
    blind = replace(found, edges={"title": tuple(e for e in found.edges["title"] if "person" not in e.source.relation)})
    findings = prove(sql, blind, stage, every_source(stage, ["lake.raw.person"]), ("shift",)).unexplained
    assert [str(finding.source) for finding in findings] == ["lake.raw.person.*"]


def test_a_column_that_hangs_on_chance_is_not_blamed(stage):
    sql = "select id, hash(random() + born) as noise from lake.raw.person"
    blind = replace(column_lineage(sql, SCHEMA, target="m.x"), edges={})
    proof = prove(sql, blind, stage, every_source(stage, ["lake.raw.person"]), ("shift",))
    assert proof.unstable == {"noise"}
    assert {finding.target.column for finding in proof.unexplained} == {"id"}


@pytest.mark.parametrize("offset", range(2))
def test_generated_queries_show_no_change_without_an_edge(offset):
    tally = run(2000, variants_each=1, every=8, offset=offset, telling_only=True)
    assert tally.queries == 250
    assert [(sql, proof.unexplained) for sql, proof in tally.findings if proof.unexplained] == []
    assert tally.not_built < 10
    assert tally.builds > 250 and tally.changes > 25
