"""Delimited and fixed text as strangers write it: no record vanishes, shifts, or is taken for another's."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.model import Dataset
from tests.unit.lake.desk import Desk, column, dataset


def pairs(**source: Any) -> Dataset:
    """k (the key) and v, both texts."""
    return dataset(column("k", required=True, key=True), column("v"), **source)


def test_widths_are_as_many_as_the_columns(desk: Desk) -> None:
    for widths in ((3, 4, 5), (7,)):
        message = desk.take(pairs(format="fixed", widths=widths, header=False), "001abcd12345\n002efgh67890\n").message
        assert f"widths are those of {len(widths)} columns, and the contract has 2" in message
    named = pairs(format="fixed", widths=(3, 4, 5))
    assert "widths are those of 3 columns" in desk.take(named, "k  v   x    \n001abcd12345\n").message


def test_a_line_that_is_cut_in_fixed_columns_keeps_all_its_text(desk: Desk) -> None:
    one = pairs(format="fixed", widths=(3, 3), header=False)
    batch = desk.take(one, "001张三x\n004赵六x\n005孙七x\n002李四\n003王五xy\n")
    assert dict(batch.reasons) == {"structure:too_short": 1, "structure:too_long": 1}
    assert [kept["_text"] for _, _, kept in desk.rejected(one)] == ["002李四", "003王五xy"]
