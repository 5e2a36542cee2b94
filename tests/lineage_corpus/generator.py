"""Random queries from a grammar, with a fixed seed: valid DuckDB SQL over three small tables.

Every production is one way for an input to matter: values, conditions, joins of every kind, groups, windows, set
operations, subqueries, lists. Expressions are typed (``i`` integers, ``s`` text), so that nearly every query
builds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

TABLES = {
    "r": (("a", "i"), ("b", "i"), ("c", "s")),
    "q": (("a", "i"), ("d", "i"), ("e", "s")),
    "w": (("k", "i"), ("a", "i"), ("x", "i")),
}
SCHEMA = {
    f"main.{name}": {column: "INTEGER" if kind == "i" else "VARCHAR" for column, kind in columns}
    for name, columns in TABLES.items()
}
SAMPLES = {
    "main.r": "SELECT (i * 7 % 5)::INT a, (i * 3 % 7)::INT b, chr((120 + i % 3)::INT) c FROM range(13) t(i)",
    "main.q": "SELECT (i * 3 % 5)::INT a, (i * 2 % 9)::INT d, chr((120 + i % 4)::INT) e FROM range(11) t(i)",
    "main.w": "SELECT (i % 6)::INT k, (i * 2 % 5)::INT a, (i * 5 % 7)::INT x FROM range(9) t(i)",
}

Column = tuple[str, str]  # how it is written here, and its type


@dataclass(frozen=True)
class Query:
    """One generated query and its output columns."""

    sql: str
    columns: tuple[Column, ...]


def queries(count: int, seed: int = 20240801) -> Iterator[Query]:
    """`count` queries; the same seed gives the same ones."""
    for number in range(count):
        yield Grammar(random.Random(seed * 1_000_003 + number)).query(depth=2 if number % 5 == 0 else 1)


class Grammar:
    """The productions. `names` counts aliases, so that no two are equal; `ctes` are the common tables in sight."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names = 0
        self.ctes: dict[str, tuple[Column, ...]] = {}

    def query(self, depth: int) -> Query:
        """Any query: a block, a set operation, or either with common tables in front."""
        if depth > 1 and self.maybe(0.35):
            return self.with_cte(depth)
        if depth > 0 and self.maybe(0.2):
            return self.set_operation(depth)
        return self.block(depth)

    def with_cte(self, depth: int) -> Query:
        """`WITH name AS (…) …`, sometimes recursive."""
        name = self.name("t")
        if self.maybe(0.15):
            source, columns = self.table()
            start = next(written for written, kind in columns if kind == "i")
            body = f"SELECT {start} AS n FROM {source} UNION ALL SELECT n + 1 FROM {name} WHERE n < {self.number()}"
            self.ctes = {**self.ctes, name: (("n", "i"),)}
            inner = self.query(depth - 1)
            return Query(f"WITH RECURSIVE {name}(n) AS ({body}) {inner.sql}", inner.columns)
        common = self.query(depth - 1)
        outside = self.ctes
        self.ctes = {**self.ctes, name: common.columns}
        inner = self.query(depth - 1)
        self.ctes = outside
        return Query(f"WITH {name} AS ({common.sql}) {inner.sql}", inner.columns)

    def set_operation(self, depth: int) -> Query:
        """Two blocks of equal columns."""
        left, right = self.block(depth - 1), self.block(depth - 1)
        width = min(len(left.columns), len(right.columns), 2)
        sides = [self.narrowed(side, width) for side in (left, right)]
        word = self.pick(("UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL"))
        columns = tuple((f"u{i}", "s") for i in range(width))
        return Query(f"{sides[0]} {word} {sides[1]}", columns)

    def narrowed(self, query: Query, width: int) -> str:
        """The first columns of a query, as text, under common names."""
        shown = ", ".join(f"{name}::VARCHAR AS u{i}" for i, (name, _) in enumerate(query.columns[:width]))
        return f"SELECT {shown} FROM ({query.sql}) AS {self.name('n')}"

    def block(self, depth: int) -> Query:
        """One SELECT block."""
        source, columns = self.source(depth)
        where = f" WHERE {self.condition(columns, depth)}" if self.maybe(0.45) else ""
        kind = self.chance.random()
        if kind < 0.3:
            return self.grouped(source, columns, where)
        if kind < 0.38:
            return self.starred(source, columns, where)
        items, made = self.items(columns, depth)
        distinct = "DISTINCT " if self.maybe(0.1) else ""
        tail = ""
        if self.maybe(0.15):
            tail = f" QUALIFY {self.ranked(columns)} <= {self.number()}"
        elif not distinct and self.maybe(0.15):
            keys = ", ".join(written for written, _ in columns)
            tail = f" ORDER BY {self.pick(columns)[0]}, {keys} LIMIT {self.number() + 2}"
        return Query(f"SELECT {distinct}{', '.join(items)} FROM {source}{where}{tail}", made)

    def starred(self, source: str, columns: list[Column], where: str) -> Query:
        """`SELECT *` with a changed column, over a derived table so that names are plain."""
        shown = ", ".join(f"{written} AS v{i}" for i, (written, _) in enumerate(columns))
        made = [(f"v{i}", kind) for i, (_, kind) in enumerate(columns)]
        change = self.pick(made)
        replaced = self.value(made, change[1], 0)
        dropped = self.pick([name for name, _ in made if name != change[0]] or [""])
        clause = f" EXCLUDE ({dropped})" if dropped and self.maybe(0.5) else ""
        sql = f"SELECT *{clause} REPLACE ({replaced} AS {change[0]}) FROM (SELECT {shown} FROM {source}{where}) AS {self.name('n')}"  # noqa: E501
        return Query(sql, tuple(column for column in made if not clause or column[0] != dropped))

    def grouped(self, source: str, columns: list[Column], where: str) -> Query:
        """GROUP BY, or an aggregate over everything."""
        keys = self.chance.sample(columns, min(len(columns), self.chance.choice((0, 1, 1, 2))))
        items = [f"{written} AS g{i}" for i, (written, _) in enumerate(keys)]
        made: list[Column] = [(f"g{i}", kind) for i, (_, kind) in enumerate(keys)]
        for i in range(self.chance.choice((1, 1, 2))):
            items.append(f"{self.aggregate(columns)} AS m{i}")
            made.append((f"m{i}", "i"))
        group = f" GROUP BY {', '.join(written for written, _ in keys)}" if keys else ""
        having = f" HAVING {self.aggregate(columns)} > {self.number()}" if self.maybe(0.25) else ""
        return Query(f"SELECT {', '.join(items)} FROM {source}{where}{group}{having}", tuple(made))

    def aggregate(self, columns: list[Column]) -> str:
        """An aggregate that gives an integer and does not hang on the order of rows."""
        whole = [written for written, kind in columns if kind == "i"] or ["1"]
        any_column = self.pick(columns)[0]
        test = f" FILTER (WHERE {self.simple(columns)})" if self.maybe(0.2) else ""
        return self.pick(
            (
                f"sum({self.pick(whole)}){test}::INT", f"max({self.pick(whole)}){test}", f"count({any_column}){test}",
                f"count(*){test}", f"count(DISTINCT {any_column}){test}",
                f"sum(CASE WHEN {self.simple(columns)} THEN {self.pick(whole)} ELSE 0 END)::INT",
                f"len(list(DISTINCT {any_column}))",
            )
        )  # fmt: skip

    # -- sources -------------------------------------------------------------------------------------------------------

    def source(self, depth: int) -> tuple[str, list[Column]]:
        """What stands behind FROM, and the columns that it shows."""
        text, columns = self.table(depth)
        for _ in range(self.chance.choice((0, 0, 1, 1, 2) if depth else (0, 0, 1))):
            text, columns = self.joined(text, columns, depth)
        return text, columns

    def table(self, depth: int = 0) -> tuple[str, list[Column]]:
        """A stored table, a common table, or a derived one, under a fresh alias."""
        alias = self.name("a")
        if depth > 0 and self.maybe(0.3):
            inner = self.query(depth - 1)
            return f"({inner.sql}) AS {alias}", [(f"{alias}.{name}", kind) for name, kind in inner.columns]
        known = {**TABLES, **self.ctes}
        name = self.pick(list(self.ctes)) if self.ctes and self.maybe(0.5) else self.pick(list(known))
        return f"{name} AS {alias}", [(f"{alias}.{column}", kind) for column, kind in known[name]]

    def joined(self, text: str, columns: list[Column], depth: int) -> tuple[str, list[Column]]:
        """One more source, joined in one of the ways there are."""
        if self.maybe(0.12):
            return self.lateral(text, columns)
        other, more = self.table(depth)
        pairs = [(a, b) for a, kind in columns for b, kind_b in more if kind == kind_b]
        if " LATERAL " in text or " unnest(" in text:  # DuckDB has no outer joins behind a lateral source
            return f"{text} JOIN {other} ON true", columns + more
        word = self.pick(
            ("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "CROSS JOIN")
        )
        if word == "CROSS JOIN" or not pairs:
            return f"{text} CROSS JOIN {other}", columns + more
        left, right = self.pick(pairs)
        condition = f"{left} = {right}"
        if self.maybe(0.2) and word not in ("FULL JOIN", "RIGHT JOIN"):
            condition += f" AND {self.simple(columns + more)}"
        shown = columns if word in ("SEMI JOIN", "ANTI JOIN") else columns + more
        return f"{text} {word} {other} ON {condition}", shown

    def lateral(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """A source that reads the sources before it."""
        alias = self.name("a")
        inner, its = self.table()
        if self.maybe(0.4):
            whole = self.integer(columns)
            return f"{text}, unnest([{whole}, {self.number()}]) AS {alias}(z)", [*columns, (f"{alias}.z", "i")]
        own = self.pick([written for written, kind in its if kind == "i"] or ["1"])
        value = f"{own} + {self.pick([written for written, kind in columns if kind == 'i'] or ['1'])}"
        sub = f"SELECT max({value}) AS z FROM {inner} WHERE {self.pick(its)[0]}::VARCHAR = {self.pick(columns)[0]}::VARCHAR"  # noqa: E501
        return f"{text}, LATERAL ({sub}) AS {alias}", [*columns, (f"{alias}.z", "i")]

    # -- values --------------------------------------------------------------------------------------------------------

    def items(self, columns: list[Column], depth: int) -> tuple[list[str], tuple[Column, ...]]:
        """A select list."""
        items, made = [], []
        for i in range(self.chance.choice((1, 2, 2, 3))):
            kind = self.pick("iis")
            items.append(f"{self.value(columns, kind, depth)} AS x{i}")
            made.append((f"x{i}", kind))
        return items, tuple(made)

    def value(self, columns: list[Column], kind: str, depth: int) -> str:
        """An expression of the type asked for."""
        return self.integer(columns, depth) if kind == "i" else self.text(columns, depth)

    def integer(self, columns: list[Column], depth: int = 0) -> str:
        """An integer expression."""
        whole = [written for written, kind in columns if kind == "i"] or [str(self.number())]
        one, other, any_column = self.pick(whole), self.pick(whole), self.pick(columns)[0]
        choices = [
            one, one, f"({one} + {other})", f"coalesce({one}, {other})", f"({one} % 3)", str(self.number()),
            f"CASE WHEN {self.simple(columns)} THEN {one} ELSE {other} END", f"length({any_column}::VARCHAR)",
            f"list_sum([v + {one} for v in [{other}, 1] if v > {self.number()}])::INT",
            f"len(list_filter([{one}, 2], lambda v: v > {other}))", f"{{'p': {one}, 'q': {other}}}.p",
            f"greatest({one}, {other})",
        ]  # fmt: skip
        if depth > 0:
            choices += [self.ranked(columns), f"sum({one}) OVER (PARTITION BY {any_column})::INT", self.scalar(columns)]
            choices += [
                f"lag({one}) OVER (ORDER BY {', '.join(written for written, _ in columns)})",
                self.scalar(columns),
            ]
        return self.pick(choices)

    def text(self, columns: list[Column], depth: int = 0) -> str:
        """A text expression."""
        any_column, other = self.pick(columns)[0], self.pick(columns)[0]
        choices = [
            f"{any_column}::VARCHAR", f"concat({any_column}, '-', {other})", f"upper({any_column}::VARCHAR)",
            f"CASE WHEN {self.simple(columns)} THEN {any_column}::VARCHAR ELSE 'n' END", f"nullif({any_column}::VARCHAR, {other}::VARCHAR)",  # noqa: E501
        ]  # fmt: skip
        return self.pick(choices)

    def ranked(self, columns: list[Column]) -> str:
        """A rank over a window."""
        word = self.pick(("rank", "dense_rank"))
        return f"{word}() OVER (PARTITION BY {self.pick(columns)[0]} ORDER BY {self.pick(columns)[0]})::INT"

    def scalar(self, columns: list[Column]) -> str:
        """A scalar subquery, correlated or not."""
        inner, its = self.table()
        outer = f" WHERE {self.pick(its)[0]}::VARCHAR = {self.pick(columns)[0]}::VARCHAR" if self.maybe(0.6) else ""
        return f"(SELECT {self.aggregate(its)} FROM {inner}{outer})::INT"

    def condition(self, columns: list[Column], depth: int) -> str:
        """A condition for WHERE, sometimes with a subquery."""
        if depth == 0 or self.maybe(0.6):
            return self.simple(columns)
        inner, its = self.table()
        one, own = self.pick(its)[0], self.pick(columns)[0]
        return self.pick(
            (
                f"{own}::VARCHAR IN (SELECT {one}::VARCHAR FROM {inner} WHERE {self.simple(its)})",
                f"EXISTS (SELECT 1 FROM {inner} WHERE {one}::VARCHAR = {own}::VARCHAR)",
                f"NOT EXISTS (SELECT 1 FROM {inner} WHERE {one}::VARCHAR = {own}::VARCHAR AND {self.simple(its)})",
                f"{self.integer(columns)} > {self.scalar(columns)}",
                f"({self.simple(columns)} OR {self.simple(columns)})",
            )
        )

    def simple(self, columns: list[Column]) -> str:
        """A condition on one or two columns."""
        one, other = self.pick(columns), self.pick(columns)
        if one[1] == "s":
            return self.pick(
                (f"{one[0]} > 'x'", f"{one[0]} = 'y'", f"{one[0]} IS NOT NULL", f"{one[0]} <> {other[0]}::VARCHAR")
            )
        return self.pick(
            (
                f"{one[0]} > {self.number()}",
                f"{one[0]} % 2 = 0",
                f"{one[0]} BETWEEN 1 AND {self.number()}",
                f"{one[0]} IS NULL",
            )
        )

    # -- chance --------------------------------------------------------------------------------------------------------

    def name(self, stem: str) -> str:
        """A fresh name."""
        self.names += 1
        return f"{stem}{self.names}"

    def number(self) -> int:
        """A small constant."""
        return self.chance.randrange(1, 5)

    def pick(self, options):
        """One of the options."""
        return options[self.chance.randrange(len(options))]

    def maybe(self, probability: float) -> bool:
        """True so often."""
        return self.chance.random() < probability
