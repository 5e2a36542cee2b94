"""A rule across departments, looked into: its query, what it last came to, and the keys of the rows that break it.

Keys are values: showing them is recorded as a look, before any is read. What a rule withholds is the gate's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.cross_rules import CrossRule
from contracts.model import Catalogue
from lake import facts
from lake.city import City, declarations, expect_run, open_city
from lake.login import login_name
from lake.queries import NotThere
from lake.settings import Settings
from quality.across import compiled, keys_of
from sharing.ledger import Ledger


def rule_told(settings: Settings, name: str) -> dict[str, Any]:
    """What a rule is, on each table on which it stands: its words, its query, its newest result."""
    catalogue = declarations(settings)
    rules = _find(catalogue, name)
    expect_run(settings)
    with Ledger.read(settings.ledger) as ledger:
        results = {(row["table"], row["rule"]): row for row in facts.checks(ledger)}
    return {"rule": name, "tables": [_told(one, results.get((one.blamed.table, name))) for one in rules]}


def broken_keys(settings: Settings, name: str, limit: int) -> dict[str, Any]:
    """The same with the keys of at most so many rows (groups, persons) that break it; the ledger has who looked."""
    catalogue = declarations(settings)
    rules = _find(catalogue, name)
    expect_run(settings)
    with open_city(settings, catalogue=catalogue) as city:
        results = {(row["table"], row["rule"]): row for row in facts.checks(city.ledger)}
        body = {"subject": f"rule.{name}", "rows": limit, "by": login_name()}
        city.ledger.append("access", body, city.now())
        told = [{**_told(one, results.get((one.blamed.table, name))), "rows": _keys(city, one, limit)} for one in rules]
    return {"rule": name, "tables": told}


def _find(catalogue: Catalogue, name: str) -> Sequence[CrossRule]:
    if name not in catalogue.cross_rules:
        raise NotThere("rule across departments", name, list(catalogue.cross_rules))
    return catalogue.cross_rules[name]


def _told(one: CrossRule, result: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "table": one.blamed.table,
        "kind": str(one.kind),
        "title": f"{one.title_zh} {one.title_en}",
        "owner": one.owner,
        "blames": one.blamed.of,
        "compared_with": one.other.of,
        "severity": str(one.severity),
        "fix": one.fix,
        "query": query_of(one),
        "result": result,
    }


def query_of(rule: CrossRule) -> str:
    """The SELECT of what breaks a rule, over the lake."""
    return compiled(rule).failing.format(batch=f"lake.{rule.blamed.table}")


def _keys(city: City, rule: CrossRule, limit: int) -> list[dict[str, Any]]:
    dataset = city.catalogue.datasets.get(rule.blamed.of)
    named = keys_of(rule, tuple(column.name for column in dataset.key) if dataset else ("city_id",))
    listed = ", ".join(f'"{name}"' for name in named)
    sql = f"select {listed or '*'} from ({query_of(rule)}) as broken order by all limit {int(limit)}"
    columns = [*named]
    cursor = city.connection.execute(sql)
    columns = columns or [str(one[0]) for one in cursor.description or ()]
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
