"""The same query over other tables: each name that is given another is read there, under the name it had.

Lives here: the renaming. Must not live here: what lies elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lineage.facts import join_parts
from lineage.shadow.leaves import CATALOG
from lineage.shadow.rewrite import NotShadowed
from lineage.sql.parsing import parse_statements

_DIALECT = "duckdb"


def tables_in(sql: str) -> frozenset[str]:
    """The relations that a query names. Raises `NotShadowed` where it cannot be read."""
    return frozenset(_relation(table) for table in _tree(sql).find_all(exp.Table) if table.db)


def elsewhere(sql: str, places: Mapping[str, str]) -> str:
    """The query with each relation in `places` read from there. Raises `NotShadowed` where it cannot be read."""
    tree = _tree(sql)
    for table in list(tree.find_all(exp.Table)):
        other = places.get(_relation(table)) if table.db else None
        if other is not None:
            moved = exp.to_table(other, dialect=_DIALECT)
            kept = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
            for name in ("this", "db", "catalog"):
                table.set(name, moved.args.get(name))
            table.set("alias", kept)
    return tree.sql(_DIALECT)


def _tree(sql: str) -> exp.Expr:
    statements, fault = parse_statements(sql, _DIALECT)
    if fault or len(statements) != 1:
        raise NotShadowed("its SQL is not one query that can be read")
    return statements[0]


def _relation(table: exp.Table) -> str:
    return join_parts((table.catalog or CATALOG, table.db, table.name))
