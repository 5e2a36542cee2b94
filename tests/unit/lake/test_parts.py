"""A large file is read in parts, at the same time: with the same rows, numbers and verdicts as in one."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lake import cores
from lake.attach import store_table
from lake.batch import Batch
from lake.carry import Carrier
from lake.readers import landing
from lake.side_by_side import side_by_side
from tests.unit.lake.desk import Desk, people

_FIELDS = some.sampled_from(["1", "张三", "", " x ", "9999", "2026-01-01"])
_RECORDS = some.lists(some.lists(_FIELDS, min_size=1, max_size=4).map(",".join).filter(bool), min_size=1, max_size=40)


def told(desk: Desk, text: str, parts: int, **source: Any) -> tuple[Batch, list[Any], list[Any], int]:
    """What became of a text, and into how many parts it was cut."""
    one = people(**source)
    cut: list[int] = []

    def seen(carrier: Carrier, selects: list[str]) -> int:
        cut.append(len(selects))
        return move_parts(carrier, selects)

    move_parts = Carrier._move_parts
    with (
        patch.object(cores, "_PORTION", max(len(text.encode()) // parts, 1) if parts > 1 else 1 << 30),
        patch.object(landing, "_BLOCK", 16),
        patch.object(Carrier, "_move_parts", seen),
    ):
        batch = desk.take(one, text)
    numbered = desk.connection.execute(f"select * from {store_table(one)} order by _row").fetchall()
    return batch, [row[:-2] for row in numbered], desk.rejected(one), max(cut, default=1)


def same(desk: Desk, text: str, parts: int, **source: Any) -> int:
    """Both ways give the same; the number of parts."""
    whole, cut = told(desk, text, 1, **source), told(desk, text, parts, **source)
    assert cut[0].state == whole[0].state, (whole[0].message, cut[0].message)
    assert (cut[0].rows_read, cut[0].accepted, cut[0].reasons) == (
        whole[0].rows_read,
        whole[0].accepted,
        whole[0].reasons,
    )
    assert cut[1:3] == whole[1:3]
    assert whole[3] == 1
    return cut[3]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_RECORDS, ending=some.sampled_from(["\n", "\r\n"]), last=some.booleans(), title=some.booleans())
def test_whatever_the_records_parts_tell_the_same(
    desk: Desk, records: list[str], ending: str, last: bool, title: bool
) -> None:
    lines = [*(["人口 2026"] if title else []), "id,name,age", *records]
    same(desk, ending.join(lines) + (ending if last else ""), 2, skip_rows=int(title))


def test_a_file_is_cut_and_its_numbers_go_on(desk: Desk) -> None:
    text = "id,name,age\n" + "".join(f"{n},赵{n},{n % 90}\n" for n in range(1, 2001))
    assert same(desk, text, 2) == 2
    one = people(header=False)
    assert one.source.header is False
    assert same(desk, text.split("\n", 1)[1], 2, header=False) == 2


def test_a_record_that_cannot_be_read_has_the_file_read_as_one(desk: Desk) -> None:
    records = [f"{n},赵{n},{n % 90}" for n in range(1, 2001)]
    records[100] += ",more,and,more"
    assert same(desk, "id,name,age\n" + "\n".join(records) + "\n", 2) == 2


def test_a_file_with_quotes_is_never_cut(desk: Desk) -> None:
    text = "id,name,age\n" + "".join(f'{n},"赵\n{n}",{n % 90}\n' for n in range(1, 500))
    assert same(desk, text, 2) == 1


def test_batches_come_in_turn_and_an_error_ends_the_stream(desk: Desk) -> None:
    cursors = [desk.connection.cursor() for _ in range(2)]
    with side_by_side(cursors, ["select 'a' as v from range(300000)", "select 'b' as v from range(5)"]) as stream:
        assert [batch.column("v")[0].as_py() for batch in stream] == ["a", "b", "a", "a"]
    failing = [
        "select 1 as v",
        "select (case when range > 200000 then error('broken') end)::int as v from range(300000)",
    ]
    with pytest.raises(Exception, match="broken"), side_by_side(cursors, failing) as stream:
        stream.read_all()
