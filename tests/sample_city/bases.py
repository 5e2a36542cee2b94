"""Base relations: which residents, enterprises or things are in a delivery, numbered from 0 without a window.

A `Base` is SQL text with its number of rows; rows come in the order of `n`. All arithmetic, so that a stream of
millions of rows needs neither a sort nor a count.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.sample_city.city import BLOCK, City


@dataclass(frozen=True)
class Base:
    """A relation with `n` and `d`, the delivery it is made for, and how many rows it has."""

    sql: str
    rows: int


def things(count: int, delivery: int) -> Base:
    """Nothing but numbered rows."""
    return Base(f"SELECT n, {delivery} AS d FROM range({count}) AS t(n)", count)


def residents(city: City, delivery: int, places: tuple[int, int], known: int | None = None) -> Base:
    """The residents on a run of places [low, high) of every block, as known at a delivery."""
    low, high = places
    upto = city.residents(delivery if known is None else known)
    sql = f"""SELECT *, b * {high - low} + r - {low} AS n, {delivery} AS d
        FROM people WHERE r >= {low} AND r < {high} AND i < {upto}"""
    return Base(sql, upto // BLOCK * (high - low) + max(0, min(upto % BLOCK, high) - low))


def every(relation: str, key: str, step: tuple[int, int], below: int, delivery: int) -> Base:
    """The rows of a relation whose key, below a bound, leaves a remainder: `step` is (divisor, remainder)."""
    divisor, rest = step
    sql = f"""SELECT *, {key} // {divisor} AS n, {delivery} AS d
        FROM {relation} WHERE {key} % {divisor} = {rest} AND {key} < {below}"""
    return Base(sql, max(0, (below - rest + divisor - 1) // divisor))


def since(relation: str, key: str, start: int, end: int, delivery: int) -> Base:
    """The rows of a relation whose keys lie in [start, end): what is new since an earlier delivery."""
    sql = f"SELECT *, {key} - {start} AS n, {delivery} AS d FROM {relation} WHERE {key} >= {start} AND {key} < {end}"
    return Base(sql, end - start)


def then(first: Base, second: Base) -> Base:
    """One base after another; columns that one lacks are null in it."""
    sql = f"SELECT * FROM ({first.sql}) UNION ALL BY NAME SELECT * REPLACE (n + {first.rows} AS n) FROM ({second.sql})"
    return Base(sql, first.rows + second.rows)


def moment(city: City, key: str, name: str, days: int = 7) -> str:
    """SQL for a time in the days before delivery `d`, to the second."""
    seconds = city.below(key, name, days * 86400)
    return f"(TIMESTAMP '2026-11-02' + to_days((7 * d - {days})::INTEGER) + to_seconds({seconds}))"


def day(city: City, key: str, name: str, days: int = 7) -> str:
    """SQL for a date in the days before delivery `d`."""
    return f"(DATE '2026-11-02' + (7 * d - 1 - {city.below(key, name, days)})::INTEGER)"


def money(cents: str) -> str:
    """SQL for an amount in yuan of a whole number of cents."""
    return f"(({cents}) / 100)::DECIMAL(12, 2)"
