"""How likely the pairs are one: tables `_levels` and `_scored`. Lives here: levels, frequencies of values, scores, the prior.

Must not live here: which pairs (`blocking.py`), and what the parameters are learned from (`training.py`).

`_levels` has `l`, `r` (numbers of `prepared`, l < r) and of the comparison at place i `g<i>`, the place of its level, null
where there is nothing to compare. It depends on no parameter: pairs are compared once, however often they are scored.
`_scored` has `l`, `r`, `weight` (bits, the prior in it). The scores are those of Splink's `predict`, which would carry
every compared value along to keep the levels.
"""

from __future__ import annotations

from math import log2

import duckdb

from contracts.matching import Matching
from lake.linking.kinds import column
from lake.linking.levels import levels_of, swapped_columns
from lake.linking.parameters import Chances, Parameters, rounded
from lake.linking.preparing import kind_at

FLOOR_BITS = -14.0
"""Pairs below are not kept: clusters count a pair that is not kept as this."""

_ROUNDS = 200


def compare(
    connection: duckdb.DuckDBPyConnection, matching: Matching, told: tuple[int, ...], pairs: str, into: str
) -> None:
    """Make a table of the levels of pairs (`l`, `r`), of those comparisons that tell anything."""
    levels = ", ".join(
        f"{_level(matching, place) if place in told else 'null::tinyint'} as g{place}"
        for place in range(len(matching.comparisons))
    )
    needed = sorted({name for place in told for name in _columns(matching, place)} | set(swapped_columns(matching)))
    left = ", ".join(f"{name} as {name}_l" for name in ("unique_id", *needed))
    right = ", ".join(f"{name} as {name}_r" for name in ("unique_id", *needed))
    connection.execute(f"""
        create or replace table {into} as
        select l, r, {levels} from {pairs}
        join (select {left} from prepared) on unique_id_l = l join (select {right} from prepared) on unique_id_r = r
    """)


def _columns(matching: Matching, place: int) -> list[str]:
    kind = kind_at(matching, place)
    return [column(place, name) for name in (*kind.columns, *(("sound",) if kind.sounded else ()))]


def _level(matching: Matching, place: int) -> str:
    conditions = levels_of(matching, place)
    whens = " ".join(f"when {when} then {number}" for number, when in enumerate(conditions[1:-1]))
    return f"(case when {conditions[0]} then null {whens} else {len(conditions) - 2} end)::tinyint"


def score(connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters) -> None:
    """Make table `_scored` of `_levels`; `_entities` (`unique_id`, `entity`) says what is known to be one thing."""
    places = [place for place, one in enumerate(parameters.chances) if one is not None]
    rare = [place for place in places if kind_at(matching, place).rarity]
    _rarity(connection, matching, parameters, rare)
    prior = log2(parameters.prior / (1 - parameters.prior))
    terms = [repr(prior)]
    for place in places:
        chances = parameters.chances[place]
        assert chances is not None
        terms.append(weight_of(place, chances, place in rare))
    connection.execute(f"""
        create or replace table _scored as
        select l, r, round(weight, 4) as weight from (
            select l, r, {" + ".join(terms)} as weight from _levels join _rarity on unique_id = l)
        where weight >= {FLOOR_BITS}
    """)


def weight_of(place: int, chances: Chances, rare: bool = False) -> str:
    """A comparison's weight; of equal values, what the value's own frequency says."""
    whens = " ".join(
        f"when {level} then {f'{log2(chances.m[0])!r} + coalesce(t{place}, {-log2(chances.u[0])!r})' if rare and not level else repr(weight)}"
        for level, weight in enumerate(chances.weights())
    )
    return f"(case g{place} {whens} else 0 end)"


def _rarity(
    connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters, rare: list[int]
) -> None:
    """How rare each record's values are among things, in bits: what one thing has ten times is no common value.

    A value that one thing alone has is as rare as all things are many, or as equal values are between two, if that is
    rarer: of few things, having a value alone says little.
    """
    joins, columns = [], []
    for place in rare:
        name = column(place, str(kind_at(matching, place).rarity))
        chances = parameters.chances[place]
        assert chances is not None
        connection.execute(f"""
            create or replace table _rare{place} as
            with often as (
                select {name}, count(distinct entity) as n, sum(count(distinct entity)) over () as everything
                from prepared join _entities using (unique_id) where {name} is not null group by {name})
            select {name}, -log2((n - 1) / everything + least(1 / everything, {chances.u[0]!r})) as t{place} from often
        """)
        joins.append(f"left join _rare{place} using ({name})")
        columns.append(f", t{place}")
    connection.execute(
        f"create or replace table _rarity as select unique_id{''.join(columns)} from prepared {' '.join(joins)}"
    )


def settle(connection: duckdb.DuckDBPyConnection, pairs: int, prior: float) -> float:
    """The prior under which as many pairs are one as the scores say, of all that could be; scores moved to it.

    Starts from the prior that the scores hold; what no block makes a pair of counts as not one.
    """
    histogram = connection.execute("select round(weight, 1) as w, count(*) from _scored group by w order by w").fetchall()
    odds, now = prior / (1 - prior), prior
    for _ in range(_ROUNDS):
        factor = (now / (1 - now)) / odds
        matches = sum(n * _chance(2.0 ** min(w, 900) * factor) for w, n in histogram)
        new = min(max(matches, 0.5) / max(pairs, 1), 0.5)
        if abs(new - now) <= 1e-4 * now:
            break
        now = new
    now = rounded(now)
    connection.execute("update _scored set weight = round(weight + ?, 4)", [log2((now / (1 - now)) / odds)])
    return now


def _chance(odds: float) -> float:
    return odds / (1 + odds)
