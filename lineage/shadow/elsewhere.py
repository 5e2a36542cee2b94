"""The same query over other tables: each name that is given another is read there, under the name it had.

A text is parsed once, and then told as often as there are other places.

Lives here: the renaming. Must not live here: what lies elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lineage.facts import join_parts
from lineage.shadow.leaves import CATALOG
from lineage.shadow.rewrite import NotShadowed
from lineage.sql.parsing import parse_statements

_DIALECT = "duckdb"


@dataclass(frozen=True)
class Template:
    """A query whose tables may be read elsewhere: `reads` are the relations that it names."""

    reads: tuple[str, ...]
    _text: str

    def at(self, places: Mapping[str, str]) -> str:
        """The query with every relation read from where `places` says: what FROM may name, each in brackets or not."""
        text = self._text
        for number, relation in enumerate(self.reads):
            text = text.replace(_mark(number), places[relation])
        return text


def template(sql: str) -> Template:
    """A query to be read elsewhere. Raises `NotShadowed` where it cannot be read."""
    return _template(_tree(sql))


def united(sql: str) -> tuple[Template, ...]:
    """The queries that a query puts one under the other by UNION ALL and nothing else; none where it does not."""
    parts = list(_sides(_tree(sql)))
    return tuple(map(_template, parts)) if len(parts) > 1 else ()


def one_under_the_other(relations: Sequence[str]) -> Template:
    """The rows of several relations of the same columns, as `united` found them."""
    text = " UNION ALL ".join(f"SELECT * FROM {_mark(number)} AS _zt_part" for number in range(len(relations)))
    return Template(tuple(relations), text)


def _sides(node: exp.Expr) -> Iterator[exp.Expr]:
    plain = isinstance(node, exp.Union) and not node.args.get("distinct") and not node.args.get("by_name")
    if plain and not any(node.args.get(part) for part in ("with_", "order", "limit", "offset")):
        yield from _sides(node.args["this"])
        yield from _sides(node.args["expression"])
    else:
        yield node


def _template(tree: exp.Expr) -> Template:
    tables = [table for table in tree.find_all(exp.Table) if table.db]
    reads = tuple(dict.fromkeys(map(_relation, tables)))
    for table in tables:
        kept = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        table.set("this", exp.to_identifier(_name(reads.index(_relation(table))), quoted=True))
        table.set("db", None)
        table.set("catalog", None)
        table.set("alias", kept)
    return Template(reads, tree.sql(_DIALECT))


def _name(number: int) -> str:
    return f"_zt_elsewhere_{number}_"


def _mark(number: int) -> str:
    return f'"{_name(number)}"'


def _tree(sql: str) -> exp.Expr:
    statements, fault = parse_statements(sql, _DIALECT)
    if fault or len(statements) != 1:
        raise NotShadowed("its SQL is not one query that can be read")
    return statements[0]


def _relation(table: exp.Table) -> str:
    return join_parts((table.catalog or CATALOG, table.db, table.name))
