"""A view is another where what it names is, and no other where something else was delivered."""

from __future__ import annotations

from lake.versions import Versions, relations
from tests.unit.lake.desk import Desk, people

ROWS = "id,name,age\n1,a,2\n"


def test_a_view_over_some_sources_does_not_change_with_others(desk: Desk) -> None:
    one, two, other = people(), people(), people()
    for dataset in (one, two, other):
        desk.take(dataset, ROWS)
    desk.connection.execute("create schema if not exists lake.staging")
    named = " union all ".join(f'select id from lake.raw."{dataset.table}"' for dataset in (one, two))
    desk.connection.execute(
        f"create or replace view lake.staging.given as with all_of as ({named}) select * from all_of"
    )
    desk.connection.execute("create or replace view lake.staging.above as select id from lake.staging.given")
    wanted = ["staging.given", "staging.above"]
    before = Versions(desk.connection).of(wanted)
    desk.deliver(other, ROWS.replace("1,a", "2,b"), day="2026-11-03")
    desk.ingest(other)
    assert Versions(desk.connection).of(wanted) == before
    desk.deliver(two, ROWS.replace("1,a", "2,b"), day="2026-11-03")
    desk.ingest(two)
    after = Versions(desk.connection).of(wanted)
    assert all(after[name] != before[name] for name in wanted)


def test_what_a_view_names_is_the_parsers_to_say(desk: Desk) -> None:
    asked = {
        "select * from lake.raw.a join lake.theme.b using (id)": {"raw.a", "theme.b"},
        "with c as (select * from lake.raw.a) select * from c where x in (select y from lake.raw.d)": {
            "raw.a",
            "raw.d",
        },
        "select ' from lake.raw.e' from lake.raw.a": {"raw.a"},
        "select * from elsewhere": None,
        "select * from range(3)": None,
        "no select at all": None,
    }
    for sql, wanted in asked.items():
        found = relations(desk.connection, f"CREATE VIEW v AS {sql};")
        assert found == (None if wanted is None else frozenset(wanted)), sql
