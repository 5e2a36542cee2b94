"""Which SQL made a table's rows: by version, whole or added to, and not known where anything else changed the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.model import Catalogue
from lake.city import City, open_city
from lake.executed import Ran, executed, record_executed, standing_versions, text_digest
from lake.settings import load_settings

TABLE, RELATION = "product.mine", "lake.product.mine"
FIRST, SECOND = "select 1 as x", "select 2 as x"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    settings = load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state"), "ZHONGTAI_THREADS": "1"})
    nobody = Catalogue("test", "测试", "Test", tmp_path, tmp_path, {}, {}, {}, {}, {}, {})
    with open_city(settings, catalogue=nobody, run_id="r") as opened:
        yield opened


def made(city: City, text: str, *, whole: bool = True) -> None:
    """A model that ran, and was written down."""
    before = standing_versions(city, [TABLE]).get(TABLE)
    how = f"create or replace table lake.{TABLE} as" if whole else f"insert into lake.{TABLE}"
    city.connection.execute(f"{how} {text}")
    record_executed(city, [Ran(TABLE, text, whole, before)])


def texts(city: City) -> list[str]:
    return [one.text for one in executed(city).get(RELATION, ())]


def test_a_table_made_whole_has_the_text_that_made_it_last(city: City) -> None:
    made(city, f"\n{FIRST}\n")
    found = executed(city)[RELATION]
    assert [(one.text, one.digest) for one in found] == [(FIRST, text_digest(FIRST))]
    made(city, SECOND)
    assert texts(city) == [SECOND]


def test_a_table_that_was_added_to_has_every_text_since_it_was_made(city: City) -> None:
    made(city, "select 0 as x")
    made(city, FIRST)
    made(city, SECOND, whole=False)
    made(city, "select x from (values (1)) as t(x) where false", whole=False)
    assert texts(city) == [FIRST, SECOND, "select x from (values (1)) as t(x) where false"]
    made(city, FIRST, whole=False)
    assert len(texts(city)) == 3
    made(city, SECOND)
    assert texts(city) == [SECOND]


def test_a_table_that_something_else_changed_is_not_known(city: City) -> None:
    made(city, FIRST)
    city.connection.execute(f"insert into lake.{TABLE} values (9)")
    assert executed(city) == {}
    made(city, SECOND, whole=False)  # its history has a gap, and that stays
    assert executed(city) == {}
    made(city, SECOND)
    assert texts(city) == [SECOND]


def test_a_table_that_no_record_speaks_of_is_not_known(city: City) -> None:
    city.connection.execute(f"create table lake.{TABLE} as {FIRST}")
    assert executed(city) == {}
    made(city, SECOND, whole=False)
    assert executed(city) == {}


def test_a_view_is_known_by_its_definition(city: City) -> None:
    city.connection.execute("create view lake.staging.seen as select 1 as x")
    record_executed(city, [Ran("staging.seen", FIRST, True)])
    assert [one.text for one in executed(city, ["staging.seen"])["lake.staging.seen"]] == [FIRST]
    city.connection.execute("create or replace view lake.staging.seen as select 2 as x")
    assert executed(city, ["staging.seen"]) == {}


def test_what_is_known_is_not_written_again(city: City) -> None:
    made(city, FIRST)
    before = city.ledger.head().seq
    made(city, FIRST)
    assert city.ledger.head().seq == before
    assert executed(city, []) == {}
