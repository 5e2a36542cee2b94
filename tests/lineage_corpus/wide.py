"""The rest of the grammar that DuckDB accepts, beside what `generator.py` has: a production for each way.

Method calls, lambdas, comprehensions, arrows into JSON, structs, maps, lists and unions; `COLUMNS`, `EXCLUDE`,
`RENAME`; frames and named windows; joins by position, name, `ASOF` and lateral; pivots; grouping sets; subqueries
wherever one may stand. Sampling and chance are left out: no perturbation could prove anything about them.
"""

from __future__ import annotations

from tests.lineage_corpus.generator import Column, Grammar, Query

_WORDS = ("INNER JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN")


class WideGrammar(Grammar):
    """Every production of the plain grammar, and these in between."""

    # -- queries -------------------------------------------------------------------------------------------------------

    def with_cte(self, depth: int) -> Query:
        """Common tables: said to be materialized or not, or recursive over a join or a set."""
        if self.maybe(0.6):
            return super().with_cte(depth)
        name = self.name("t")
        if self.maybe(0.3):
            return self.recursive(name)
        common = self.query(depth - 1)
        outside, self.ctes = self.ctes, {**self.ctes, name: common.columns}
        inner = self.query(depth - 1)
        self.ctes = outside
        word = self.pick(("MATERIALIZED", "NOT MATERIALIZED"))
        listed = f"({', '.join(column for column, _ in common.columns)})"
        return Query(f"WITH {name}{listed} AS {word} ({common.sql}) {inner.sql}", inner.columns)

    def recursive(self, name: str) -> Query:
        """A recursive table that carries a value along, joined with a stored one or made distinct."""
        source, columns = self.table()
        start, value = self.pick_kind(columns, "i"), self.pick(columns)[0]
        word = self.pick(("UNION ALL", "UNION"))
        step = f"SELECT n + 1, v || '-' FROM {name} WHERE n < {self.number() + 3}"
        if self.maybe(0.5):
            other, its = self.table()
            step = (
                f"SELECT n + 1, {self.pick(its)[0]}::VARCHAR FROM {name} JOIN {other}"
                f" ON n = {self.pick_kind(its, 'i')} WHERE n < {self.number() + 2}"
            )
        body = f"SELECT {start}, {value}::VARCHAR FROM {source} {word} {step}"
        return Query(f"WITH RECURSIVE {name}(n, v) AS ({body}) SELECT n, v FROM {name}", (("n", "i"), ("v", "s")))

    def set_operation(self, depth: int) -> Query:
        """A set operation by name, or by place, sometimes of three."""
        if self.maybe(0.6):
            return super().set_operation(depth)
        left, right = self.block(depth - 1), self.block(depth - 1)
        sides = [f"SELECT {self.renamed(side, turned)}" for side, turned in ((left, False), (right, self.maybe(0.5)))]
        word = self.pick(("UNION ALL BY NAME", "UNION BY NAME"))
        return Query(f"{sides[0]} {word} {sides[1]}", (("u0", "s"), ("u1", "s")))

    def renamed(self, query: Query, turned: bool) -> str:
        """Two columns of a query under the names u0 and u1, in this order or the other."""
        first, last = query.columns[0][0], query.columns[-1][0]
        items = [f"{first}::VARCHAR AS u0", f"{last}::VARCHAR AS u1"]
        return f"{', '.join(reversed(items) if turned else items)} FROM ({query.sql}) AS {self.name('n')}"

    def block(self, depth: int) -> Query:
        """A block of one of the kinds that the plain grammar has not."""
        if self.maybe(0.5):
            return super().block(depth)
        source, columns = self.source(depth)
        where = f" WHERE {self.condition(columns, depth)}" if self.maybe(0.4) else ""
        made = self.pick(
            (self.sets, self.distinct_on, self.named_window, self.first_from, self.chosen, self.limited, self.unnested)
        )
        query: Query = made(source, columns, where)
        return query

    def sets(self, source: str, columns: list[Column], where: str) -> Query:
        """ROLLUP, CUBE, GROUPING SETS, or GROUP BY ALL."""
        one, other = self.pick(columns), self.pick(columns)
        measure = f"{self.aggregate(columns)} AS m"
        word = self.pick(("ROLLUP (A, B)", "CUBE (A, B)", "GROUPING SETS ((A), (A, B), ())", "ALL"))
        groups = word.replace("A,", f"{one[0]},").replace("(A)", f"({one[0]})").replace("B)", f"{other[0]})")
        extra = f", GROUPING({one[0]})::INT AS h" if word != "ALL" and self.maybe(0.4) else ""
        sql = f"SELECT {one[0]} AS g0, {other[0]} AS g1, {measure}{extra} FROM {source}{where} GROUP BY {groups}"
        made = (("g0", one[1]), ("g1", other[1]), ("m", "i"))
        return Query(sql, (*made, ("h", "i")) if extra else made)

    def distinct_on(self, source: str, columns: list[Column], where: str) -> Query:
        """DISTINCT ON, in an order that leaves no tie."""
        items, made = self.items(columns, 0)
        key = self.pick(columns)[0]
        order = ", ".join([key, *(written for written, _ in columns)])
        return Query(f"SELECT DISTINCT ON ({key}) {', '.join(items)} FROM {source}{where} ORDER BY {order}", made)

    def named_window(self, source: str, columns: list[Column], where: str) -> Query:
        """A window that has a name, used twice."""
        whole = self.pick_kind(columns, "i")
        over = f"PARTITION BY {self.pick(columns)[0]} ORDER BY {', '.join(written for written, _ in columns)}"
        items = f"(sum({whole}) OVER w)::INT AS x0, last_value({whole}) OVER (w {self.frame(columns)}) AS x1"
        return Query(f"SELECT {items} FROM {source}{where} WINDOW w AS ({over})", (("x0", "i"), ("x1", "i")))

    def first_from(self, source: str, columns: list[Column], where: str) -> Query:
        """FROM first; what is selected uses an alias of the same list."""
        value = self.value(columns, "i", 0)
        sql = f"FROM {source} SELECT {value} AS x0, x0 + {self.number()} AS x1{where}"
        return Query(sql, (("x0", "i"), ("x1", "i")))

    def chosen(self, source: str, columns: list[Column], where: str) -> Query:
        """COLUMNS by pattern, by lambda or by star, and stars with columns left out and renamed."""
        shown = ", ".join(f"{written} AS v{i}" for i, (written, _) in enumerate(columns))
        inner = f"(SELECT {shown} FROM {source}{where}) AS {self.name('n')}"
        last = len(columns) - 1
        if last == 0:
            return Query(f"SELECT * RENAME (v0 AS z) FROM {inner}", (("z", columns[0][1]),))
        return self.pick(
            (
                Query(f"SELECT COLUMNS('^v[0{last}]$') FROM {inner}", (("v0", columns[0][1]),)),
                Query(f"SELECT COLUMNS(* EXCLUDE (v0))::VARCHAR FROM {inner}", (("v1", "s"),)),
                Query(f"SELECT COLUMNS(c -> c <> 'v0')::VARCHAR FROM {inner}", (("v1", "s"),)),
                Query(f"SELECT concat(*COLUMNS(*)) AS x FROM {inner}", (("x", "s"),)),
                Query(f"SELECT * EXCLUDE (v1) RENAME (v0 AS z) FROM {inner}", (("z", columns[0][1]),)),
                Query(f"SELECT concat_ws('-', *COLUMNS('v[01]')) AS x FROM {inner}", (("x", "s"),)),
            )
        )

    def limited(self, source: str, columns: list[Column], where: str) -> Query:
        """LIMIT and OFFSET of a subquery, in an order that leaves no tie."""
        items, made = self.items(columns, 0)
        order = ", ".join(f"{written} {self.pick(('DESC', 'ASC NULLS FIRST', ''))}" for written, _ in columns)
        inner, its = self.table()
        count = f"(SELECT abs(coalesce({self.aggregate(its)}, 1)) % 6 FROM {inner})"
        word = self.pick((f"LIMIT {count}", f"LIMIT 5 OFFSET {count}", f"OFFSET {self.number()}", "LIMIT 40 %"))
        return Query(f"SELECT {', '.join(items)} FROM {source}{where} ORDER BY {order} {word}", made)

    def unnested(self, source: str, columns: list[Column], where: str) -> Query:
        """UNNEST in the select list, of a list or of a struct."""
        whole, other = self.pick_kind(columns, "i"), self.pick(columns)[0]
        if self.maybe(0.4):
            sql = f"SELECT unnest({{'p': {whole}, 'q': {other}::VARCHAR}}) FROM {source}{where}"
            return Query(sql, (("p", "i"), ("q", "s")))
        listed = self.pick((f"[{whole}, {self.number()}]", f"range(abs({whole}) % 4)::INT[]", f"[{whole}, NULL]"))
        sql = f"SELECT unnest({listed}) AS x0, {other}::VARCHAR AS x1 FROM {source}{where}"
        return Query(sql, (("x0", "i"), ("x1", "s")))

    # -- sources -------------------------------------------------------------------------------------------------------

    def table(self, depth: int = 0) -> tuple[str, list[Column]]:
        """A list of values, a pivot or an unpivot, beside tables."""
        if self.maybe(0.9):
            return super().table(depth)
        alias = self.name("a")
        return self.pick((self.values, self.pivot, self.unpivot))(alias)

    def values(self, alias: str) -> tuple[str, list[Column]]:
        """VALUES, whose columns get their names from outside."""
        rows = ", ".join(f"({self.number()}, '{self.pick('xyz')}')" for _ in range(3))
        return f"(VALUES {rows}) AS {alias}(k, s)", [(f"{alias}.k", "i"), (f"{alias}.s", "s")]

    def pivot(self, alias: str) -> tuple[str, list[Column]]:
        """A pivot over values that are listed."""
        word = self.pick(("sum(b)::INT", "max(b)", "count(*)::INT"))
        sql = f"(SELECT a, \"x\" AS p, \"y\" AS q FROM (PIVOT (SELECT * FROM r AS {self.name('a')}) ON c IN ('x', 'y') USING {word} GROUP BY a)) AS {alias}"  # noqa: E501
        return sql, [(f"{alias}.{name}", "i") for name in "apq"]

    def unpivot(self, alias: str) -> tuple[str, list[Column]]:
        """Columns as rows."""
        nulls = self.pick(("", " INCLUDE NULLS"))
        sql = f"(SELECT a, k, v FROM (SELECT * FROM w AS {self.name('a')}) UNPIVOT{nulls} (v FOR n IN (k AS 'one', x AS 'two')) AS u, (SELECT 1 AS k)) AS {alias}"  # noqa: E501
        return sql, [(f"{alias}.{name}", "i") for name in "akv"]

    def joined(self, text: str, columns: list[Column], depth: int) -> tuple[str, list[Column]]:
        """Joins by name, by position, ASOF, and lateral ones."""
        if "LATERAL" in text or "unnest(" in text or "range(" in text:
            # DuckDB has no outer joins behind a source that reads those before it.
            other, more = self.table(depth)
            return f"{text} JOIN {other} ON true", columns + more
        if self.maybe(0.55):
            return super().joined(text, columns, depth)
        return self.pick((self.using, self.natural, self.asof, self.positional, self.counted, self.unequal))(
            text, columns
        )

    def side(self, names: str) -> tuple[str, str]:
        """A derived table with an integer column j and one other, and its alias."""
        alias, (inner, its) = self.name("a"), super().table()
        key, value = self.pick_kind(its, "i"), self.pick(its)[0]
        return f"(SELECT {key} AS j, {value}::VARCHAR AS {names} FROM {inner}) AS {alias}", alias

    def keyed(self, text: str, columns: list[Column]) -> tuple[str, str]:
        """What stands so far, as a derived table with the columns j and l."""
        key, value, alias = self.pick_kind(columns, "i"), self.pick(columns)[0], self.name("a")
        return f"(SELECT {key} AS j, {value}::VARCHAR AS l FROM {text}) AS {alias}", alias

    def using(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """A join by the name of a column that both have."""
        (left, one), (right, other) = self.keyed(text, columns), self.side("o")
        word = self.pick(_WORDS)
        own = [("j", "i"), (f"{one}.l", "s")]
        return f"{left} {word} {right} USING (j)", own if word[:4] in ("SEMI", "ANTI") else [*own, (f"{other}.o", "s")]

    def natural(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """A natural join."""
        (left, one), (right, other) = self.keyed(text, columns), self.side("o")
        word = self.pick(("", "LEFT ", "FULL "))
        return f"{left} NATURAL {word}JOIN {right}", [("j", "i"), (f"{one}.l", "s"), (f"{other}.o", "s")]

    def asof(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """An ASOF join."""
        (left, one), (right, other) = self.keyed(text, columns), self.side("o")
        word, sign = self.pick(("", "LEFT ")), self.pick((">=", ">", "<="))
        columns = [(f"{one}.l", "s"), (f"{other}.o", "s"), (f"{one}.j", "i")]
        return f"{left} ASOF {word}JOIN {right} ON {one}.j {sign} {other}.j", columns

    def positional(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """Side by side, row by row; both in an order of their own."""
        key, value, one = self.pick_kind(columns, "i"), self.pick(columns)[0], self.name("a")
        left = f"(SELECT {key} AS j, {value}::VARCHAR AS l FROM {text} ORDER BY ALL) AS {one}"
        right, other = self.side("o")
        ordered = right.replace(f") AS {other}", f" ORDER BY ALL) AS {other}")
        return f"{left} POSITIONAL JOIN {ordered}", [(f"{one}.j", "i"), (f"{one}.l", "s"), (f"{other}.o", "s")]

    def counted(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """As many rows as a column says."""
        alias, whole = self.name("a"), self.pick_kind(columns, "i")
        return f"{text}, range(abs({whole}) % 3 + 1) AS {alias}(z)", [*columns, (f"{alias}.z", "i")]

    def unequal(self, text: str, columns: list[Column]) -> tuple[str, list[Column]]:
        """A join by anything but equality, with a subquery of its own."""
        other, more = super().table()
        inner, its = super().table()
        bound = f"(SELECT max({self.pick_kind(its, 'i')}) FROM {inner})"
        condition = (
            f"{self.pick_kind(columns, 'i')} < {self.pick_kind(more, 'i')} AND {self.pick_kind(more, 'i')} < {bound}"
        )
        return f"{text} JOIN {other} ON {condition}", columns + more

    # -- values --------------------------------------------------------------------------------------------------------

    def integer(self, columns: list[Column], depth: int = 0) -> str:
        """An integer, in any of the ways that hide where it comes from."""
        if self.maybe(0.35):
            return super().integer(columns, depth)
        one, other = self.pick_kind(columns, "i"), self.pick_kind(columns, "i")
        any_column, n = self.pick(columns)[0], self.number()
        choices = [
            f"({one}).abs().greatest({other})", f"({any_column}::VARCHAR).upper().length()::INT",
            f"list_reduce([{one}, {other}, {n}], lambda acc, v: acc + v)", f"[{one}, {other}][{n % 2 + 1}]",
            f"len([{one}, {other}, 3][1:abs({one}) % 3])::INT", f"map(['p', 'q'], [{one}, {other}])['q']",
            f"map_values(map([coalesce({one}, 0)], [{other}]))[1]", f"({{'p': {one}, 'q': {other}}})['q']",
            f"struct_pack(p := {one}, q := {other}).p", f"struct_insert({{'p': {one}}}, q := {other}).q",
            f"row({one}, {other})[{n % 2 + 1}]", f"(to_json({{'p': {one}, 'q': {other}}}) -> '$.q')::INT",
            f"(json_object('p', {one}) ->> 'p')::INT", f"json_extract_string([{one}, {other}]::JSON, '$[1]')::INT",
            f"union_extract(union_value(p := {one}), 'p')", f"len([v for v in [{one}, {other}] if v > {n}])::INT",
            f"list_transform([1, 2], lambda v, i: v + i * {one})[{n % 2 + 1}]::INT", f"list_max([{one}, {other}])",
            f"list_aggregate([{one}, {other}], 'sum')::INT", f"CASE {one} WHEN {other} THEN {n} ELSE {one} + 1 END",
            f"if({self.simple(columns)}, {one}, {other})", f"({one} IS DISTINCT FROM {other})::INT",
            f"try_cast({any_column}::VARCHAR AS INT)", f"ifnull(nullif({one}, {other}), {n})", f"({one} & {other})",
            f"date_diff('day', DATE '2020-01-01', DATE '2020-01-01' + {one})::INT", f"(SELECT {one} + {n})",
            f"coalesce(list_position([{n}, {other}], {one}), 0)::INT", f"array_value({one}, {other})[1]",
            f"ascii({any_column}::VARCHAR)", f"({one} IN ({other}, {n}))::INT", f"({one} BETWEEN {n} AND {other})::INT",
            f"len(list_zip([{one}], range(abs({other}) % 3)))::INT", f"try({one} // {other})::INT",
            f"list_filter([{one}, {other}], lambda v: v < {n})[1]", f"(-{one})", f"list_sort([{one}, {other}])[1]",
            f"list_transform([{{'p': {one}}}], lambda elem: elem.p + {other})[1]", f"flatten([[{one}], [{other}]])[-1]",
        ]  # fmt: skip
        if depth > 0:
            choices += [self.window(columns) for _ in range(6)] + [self.subquery(columns) for _ in range(4)]
        return self.pick(choices)

    def text(self, columns: list[Column], depth: int = 0) -> str:
        """A text."""
        if self.maybe(0.35):
            return super().text(columns, depth)
        any_column, other = self.pick(columns)[0], self.pick(columns)[0]
        whole, n = self.pick_kind(columns, "i"), self.number()
        alias = any_column.split(".")[0] if "." in any_column else ""
        choices = [
            f"format('{{}}-{{}}', {any_column}, {other})", f"printf('%s', {any_column}::VARCHAR)",
            f"array_to_string([{any_column}::VARCHAR, {other}::VARCHAR], ',')", f"({any_column}::VARCHAR)[1:{n}]",
            f"string_split({any_column}::VARCHAR || '-' || {other}::VARCHAR, '-')[{n % 2 + 1}]",
            f"regexp_replace('{n}a', 'a', {any_column}::VARCHAR)", f"replace({any_column}::VARCHAR, {other}::VARCHAR, 'k')",  # noqa: E501
            f"md5({any_column}::VARCHAR)", f"({any_column}::VARCHAR COLLATE nocase)", f"repeat('a', abs({whole}) % 5)",
            f"({any_column}::VARCHAR).concat({other}::VARCHAR).lower()", f"to_json([{any_column}::VARCHAR])::VARCHAR",
            f"list_reduce(['', {any_column}::VARCHAR], lambda p, q: p || q)", f"substr('abcdefg', abs({whole}) % 5, 2)",
            f"array_to_string(list_transform(range(2), lambda i: {any_column}::VARCHAR), '')",
            f"({any_column}::VARCHAR LIKE '%' || {other}::VARCHAR)::VARCHAR", f"lpad({any_column}::VARCHAR, abs({whole}) % 4, 'q')",  # noqa: E501
            f"chr(97 + abs({whole}) % 20)", f"concat_ws('/', {any_column}, {other})", f"({any_column}, {other})::VARCHAR",  # noqa: E501
            f"map([coalesce({any_column}::VARCHAR, '')], [1])::VARCHAR", f"typeof({any_column}) || {other}::VARCHAR",
        ]  # fmt: skip
        if alias.startswith("a"):
            choices += [f"{alias}::VARCHAR", f"to_json({alias})::VARCHAR"]
        return self.pick(choices)

    def aggregate(self, columns: list[Column]) -> str:
        """An aggregate: chosen by another column, ordered, filtered, or over a list."""
        if self.maybe(0.5):
            return super().aggregate(columns)
        whole, any_column, other = self.pick_kind(columns, "i"), self.pick(columns)[0], self.pick(columns)[0]
        order = ", ".join(written for written, _ in columns)
        test = f" FILTER (WHERE {self.simple(columns)})" if self.maybe(0.3) else ""
        return self.pick(
            (
                f"arg_max({whole}, {any_column}){test}", f"min_by({whole}, ({any_column}, {other})){test}",
                f"list({whole} ORDER BY {order})[1]", f"first({whole} ORDER BY {order}){test}",
                f"length(string_agg({any_column}::VARCHAR, '-' ORDER BY {order}){test})",
                f"sum(DISTINCT {whole})::INT", f"bool_or({self.simple(columns)})::INT",
                f"count_if({self.simple(columns)})::INT", f"quantile_disc({whole}, 0.5){test}",
                f"max({whole}, 2)[1]", f"cardinality(histogram({any_column}))::INT", f"bit_xor({whole}){test}",
                f"list_sum(list({whole}){test})::INT", f"cardinality(map_from_entries(list(DISTINCT (coalesce({any_column}::VARCHAR, ''), 1))))::INT",  # noqa: E501
                f"regr_count({whole}, {self.pick_kind(columns, 'i')})::INT", f"(sum({whole}) + count({other}))::INT",
                f"list_reduce(list({whole} ORDER BY {order}), lambda p, q: p * 2 + q)", f"any_value({whole} ORDER BY {order})",  # noqa: E501
                f"array_agg({whole} ORDER BY {any_column} DESC, {order})[2]", f"last({whole} ORDER BY {order})",
            )
        )  # fmt: skip

    def frame(self, columns: list[Column]) -> str:
        """A frame by rows, by groups, or as far as a column says."""
        whole, n = self.pick_kind(columns, "i"), self.number()
        return self.pick(
            (
                f"ROWS BETWEEN {n} PRECEDING AND CURRENT ROW", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                f"ROWS BETWEEN coalesce(abs({whole}), 0) PRECEDING AND {n} FOLLOWING",
                f"GROUPS BETWEEN {n} PRECEDING AND CURRENT ROW",
                f"ROWS BETWEEN {n} PRECEDING AND {n} FOLLOWING EXCLUDE CURRENT ROW",
            )
        )  # fmt: skip

    def window(self, columns: list[Column]) -> str:
        """A window function, with a frame, an offset, a filter or an order of its own."""
        whole, other, any_column = self.pick_kind(columns, "i"), self.pick_kind(columns, "i"), self.pick(columns)[0]
        order = ", ".join(written for written, _ in columns)
        over = f"(PARTITION BY {any_column} ORDER BY {order} {self.frame(columns)})"
        plain = f"(PARTITION BY {any_column} ORDER BY {order})"
        return self.pick(
            (
                f"(sum({whole}) OVER {over})::INT", f"(count(DISTINCT {whole}) OVER (PARTITION BY {any_column}))::INT",
                f"nth_value({whole}, 2) OVER {over}", f"lead({whole}, {self.number()}, {other}) OVER {plain}",
                f"lag({whole}, abs({other}) % 3) OVER {plain}", f"(ntile(3) OVER {plain})::INT",
                f"(10 * cume_dist() OVER {plain})::INT", f"first_value({whole} IGNORE NULLS) OVER {over}",
                f"(count(*) FILTER (WHERE {self.simple(columns)}) OVER {over})::INT",
                f"(row_number() OVER {plain})::INT", f"max({whole} ORDER BY {any_column}) OVER {plain}",
                f"arg_max({whole}, {other}) OVER (PARTITION BY {any_column})",
                f"(sum({whole}) OVER (ORDER BY {other} RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING))::INT",
            )
        )  # fmt: skip

    def subquery(self, columns: list[Column]) -> str:
        """A subquery that gives a value, correlated in one way or another."""
        inner, its = self.table()
        own, one, key = self.pick(columns)[0], self.pick(its)[0], self.pick_kind(its, "i")
        same = f"{one}::VARCHAR = {own}::VARCHAR"
        return self.pick(
            (
                f"(SELECT {key} FROM {inner} WHERE {same} ORDER BY ALL LIMIT 1)",
                f"(SELECT count(*) FROM {inner} WHERE {same})::INT", f"len((SELECT list({one}) FROM {inner}))::INT",
                f"(EXISTS (SELECT 1 FROM {inner} WHERE {same}))::INT", f"({own}::VARCHAR IN (SELECT {one}::VARCHAR FROM {inner}))::INT",  # noqa: E501
                f"(SELECT max({key} + {self.pick_kind(columns, 'i')}) FROM {inner})",
                f"({self.pick_kind(columns, 'i')} > ALL (SELECT {key} FROM {inner}))::INT",
            )
        )  # fmt: skip

    def condition(self, columns: list[Column], depth: int) -> str:
        """A condition with quantifiers, rows and set membership."""
        if depth == 0 or self.maybe(0.5):
            return super().condition(columns, depth)
        inner, its = self.table()
        whole, key = self.pick_kind(columns, "i"), self.pick_kind(its, "i")
        own, one = self.pick(columns)[0], self.pick(its)[0]
        return self.pick(
            (
                f"{whole} = ANY (SELECT {key} FROM {inner})", f"{whole} <= ALL (SELECT {key} FROM {inner})",
                f"({whole}, {own}::VARCHAR) IN (SELECT {key}, {one}::VARCHAR FROM {inner})",
                f"{own}::VARCHAR NOT IN (SELECT {one}::VARCHAR FROM {inner} WHERE {one} IS NOT NULL)",
                f"{whole} < (SELECT avg({key}) FROM {inner})", f"{self.integer(columns, 0)} <> {self.number()}",
                f"NOT ({self.simple(columns)} AND {self.simple(columns)})", f"{own} IS NOT DISTINCT FROM {own}",
                f"list_contains([{whole}, 3], {self.number()})", f"{own}::VARCHAR SIMILAR TO '[x-z0-3]'",
                f"EXISTS (SELECT 1 FROM {inner} WHERE {key} > {whole} AND {self.simple(its)})",
            )
        )  # fmt: skip

    def pick_kind(self, columns: list[Column], kind: str) -> str:
        """A column of a type, or a constant of it."""
        return self.pick([written for written, its in columns if its == kind] or ["1" if kind == "i" else "'x'"])
