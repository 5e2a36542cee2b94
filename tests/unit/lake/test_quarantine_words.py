"""Which reasons say of a cell that it may belong into another column."""

from __future__ import annotations

from dataclasses import replace

from contracts.model import Rule, Severity
from lake.quarantine.words import breaking, harmless
from tests.unit.lake.desk import people


def expression(name: str, sql: str) -> Rule:
    return Rule(name, "expression", (), "consistency", Severity.ERROR, {"sql": sql}, name, name)


def test_a_rule_of_its_own_column_says_so_and_one_across_columns_does_not() -> None:
    one = replace(people(), rules=(expression("grown", "age > 17"), expression("named", "name <> id or age > 1")))
    assert harmless(one) == ("named",)
    told = {column.name: breaking(one, column) for column in one.columns}
    assert {"grown", "type:age"} <= set(told["age"]) and "required:id" in told["id"]
    assert all("named" not in names for names in told.values()) and "grown" not in told["name"]
