"""Which batches count, and which tables were made since that changed: told from the lake's own records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.model import DeliveryMode
from lake.city import City
from lake.standing import Made, Standing, recalled_in, take_recalls
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.unit.lake.desk import Desk, people

GOOD, BAD = "id,name,age\n1,甲,1\n", "id,name,age\n1,乙,1\n2,丙,x\n"


def test_what_counts_and_what_was_made_since_it_changed(desk: Desk) -> None:
    one = replace(people(), mode=DeliveryMode.APPEND)
    for day, text in (("2026-11-02", GOOD), ("2026-11-03", BAD)):
        desk.deliver(one, text, day)
    _, bad = (batch.batch for batch in desk.ingest(one))
    raw, made = f"raw.{one.table}", {"theme.t", "theme.added", "product.p"}
    tables = {
        "staging.v": Made([raw], stored=False),
        "theme.t": Made(["staging.v"], stored=True),
        "theme.added": Made(["staging.v"], stored=True, added_to=True),
        "product.p": Made(["theme.t"], stored=True),
        "product.other": Made([], stored=True),
    }
    desk.connection.execute("create or replace table lake.theme.added (x int)")
    catalogue = replace(desk.context().catalogue, datasets={one.id: one})
    with Ledger.open(desk.settings.ledger, make_keys(desk.settings.key_place)) as ledger:
        city = City(desk.settings, catalogue, desk.connection, ledger, make_keys(desk.settings.key_place))
        Standing.begun(city, tables).record(dict.fromkeys((*made, "product.other"), True))
        assert (len(desk.accepted(one)), len(desk.rejected(one))) == (2, 1)
        ledger.append("recall", {"batch": bad, "reason": "wrong"}, city.now())
        assert bad in take_recalls(city)
        assert (desk.accepted(one), desk.rejected(one)) == ([("1", "甲", 1)], [])
        # Until they are made again; what is made of something else never had it.
        assert [recalled_in(desk.connection, name) for name in sorted(made)] == [(bad,)] * 3
        assert recalled_in(desk.connection, "product.other") == ()
        assert recalled_in(desk.connection, "product.unheard_of") == (bad,)
        build = Standing.begun(city, tables)
        assert build.forget_stale() == ["theme.added"]
        build.record({"product.p": True})
        # It is no younger than what it was made of.
        assert recalled_in(desk.connection, "product.p") == (bad,)
        build = Standing.begun(city, tables)
        build.record(dict.fromkeys(made, True))
        assert [recalled_in(desk.connection, name) for name in made] == [()] * 3
        desk.connection.execute("create or replace table lake.theme.added (x int)")
        assert Standing.begun(city, tables).forget_stale() == []
        # Of which nobody knows what made its rows, it is made whole, too.
        assert Standing.begun(city, tables).forget_stale(unvouched=["theme.added", "theme.t"]) == ["theme.added"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_table_that_is_added_to_stands_since_it_was_made_whole(desk: Desk, whole: bool) -> None:
    one = people()
    desk.deliver(one, GOOD)
    (batch,) = (batch.batch for batch in desk.ingest(one))
    tables = {"theme.grows": Made([f"raw.{one.table}"], stored=True, added_to=True)}
    catalogue = replace(desk.context().catalogue, datasets={one.id: one})
    with Ledger.open(desk.settings.ledger, make_keys(desk.settings.key_place)) as ledger:
        city = City(desk.settings, catalogue, desk.connection, ledger, make_keys(desk.settings.key_place))
        Standing.begun(city, tables).record({"theme.grows": True})
        ledger.append("recall", {"batch": batch, "reason": "wrong"}, city.now())
        take_recalls(city)
        Standing.begun(city, tables).record({"theme.grows": whole})
        assert recalled_in(desk.connection, "theme.grows") == (() if whole else (batch,))
