"""How likely the pairs are one: tables `_levels` and `_scored`.

Lives here: levels, frequencies of values, scores, the prior. Must not live here: which pairs (`blocking.py`), and
what the parameters are learned from (`training.py`).

`_levels` has `l`, `r` (numbers of `prepared`, l < r) and of the comparison at place i `g<i>`, the place of its level,
null where there is nothing to compare. It depends on no parameter: pairs are compared once, however often they are
scored. `_scored` has `l`, `r`, `weight` (bits, the prior in it). The scores are those of Splink's `predict`, which
would carry every compared value along to keep the levels.
"""

from __future__ import annotations

from math import log2

import duckdb

from contracts.matching import Matching
from lake.linking.doubts import doubtful
from lake.linking.kinds import column
from lake.linking.levels import levels_of, swapped_columns
from lake.linking.parameters import Chances, Parameters, rounded
from lake.linking.preparing import kind_at

_FLOOR_BITS, _BELOW_REVIEW, _BELOW_AUTOMATIC = -6.0, 2.0, 0.5

_ROUNDS = 200


def bits(probability: float) -> float:
    """The weight of a probability."""
    return log2(probability / (1 - probability))


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
    return [column(place, name) for name in kind.made]


def _level(matching: Matching, place: int) -> str:
    conditions = levels_of(matching, place)
    whens = " ".join(f"when {when} then {number}" for number, when in enumerate(conditions[1:-1]))
    return f"(case when {conditions[0]} then null {whens} else {len(conditions) - 2} end)::tinyint"


def score(
    connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters, levels: str, into: str
) -> None:
    """Make a table of the form of `_scored` of one of the form of `_levels`, by parameters and `frequencies`."""
    places = [place for place, one in enumerate(parameters.chances) if one is not None]
    rare = [place for place in places if kind_at(matching, place).rarity]
    terms = [repr(bits(parameters.prior))]
    for place in places:
        chances = parameters.chances[place]
        assert chances is not None
        terms.append(weight_of(place, chances, place in rare))
    weight, asked = " + ".join(terms), bits(matching.automatic) - _BELOW_AUTOMATIC
    connection.execute(f"""
        create or replace table {into} as
        select l, r, round(weight, 4) as weight from (
            select l, r,
                   (case when {doubtful(matching)} then least({weight}, {asked!r}) else {weight} end)::double as weight
            from {levels} join ({_rarity(matching, rare, levels)}) on unique_id = l
            -- Two rows of which nothing is compared say nothing, however likely any two are one.
            where {" or ".join(f"g{place} is not null" for place in places) or "false"})
        where weight >= {min(_FLOOR_BITS, bits(matching.review) - _BELOW_REVIEW)!r}
    """)


def weight_of(place: int, chances: Chances, rare: bool = False) -> str:
    """A comparison's weight in SQL; of equal values, what the value's own frequency says."""
    weights = {level: repr(weight) for level, weight in enumerate(chances.weights())}
    if rare and chances.rarest is not None:
        # However common a value is, being equal says no less than being alike.
        least = max(chances.weights()[1:-1], default=chances.weights()[-1])
        weights[0] = f"greatest({log2(chances.m[0])!r} + coalesce(t{place}, {chances.rarest!r}), {least!r})"
    whens = " ".join(f"when {level} then {weight}" for level, weight in weights.items())
    return f"(case g{place} {whens} else 0 end)"


def count_values(connection: duckdb.DuckDBPyConnection, matching: Matching, parameters: Parameters) -> Parameters:
    """Make table `frequencies`: what values are worth that several things have, in bits; parameters with the rarest.

    Counted among things (`_entities`), not among rows: what one thing has ten times is no common value. A value that
    one thing alone has is as rare as all things are many, or as equal values are between two, if that is rarer: of few
    things, having a value alone says little. Values are told by a part of their MD5.
    """
    unions, chances = [], list(parameters.chances)
    for place, one in enumerate(parameters.chances):
        rarity = kind_at(matching, place).rarity
        if one is None or rarity is None:
            continue
        name = column(place, rarity)
        everything = connection.execute(f"""
            select coalesce(sum(n), 0) from (
                select count(distinct entity) as n from prepared join _entities using (unique_id)
                where {name} is not null group by {name})
        """).fetchall()[0][0]
        least = min(1 / max(everything, 1), one.u[0])
        chances[place] = Chances(one.m, one.u, rounded(-log2(least)))
        unions.append(f"""
            select {place}::utinyint as comparison, md5_number_lower({name}) as value,
                   round(-log2((count(distinct entity) - 1) / {max(everything, 1)} + {least!r}), 4) as bits
            from prepared join _entities using (unique_id) where {name} is not null group by {name}
            having count(distinct entity) > 1
        """)
    nothing = "select null::utinyint as comparison, null::ubigint as value, null::double as bits where false"
    connection.execute(f"create or replace table frequencies as {' union all '.join(unions) or nothing}")
    return Parameters(tuple(chances), parameters.prior)


def _rarity(matching: Matching, rare: list[int], levels: str) -> str:
    """What each left record's values are worth that are not rare."""
    joins, columns = [], []
    for place in rare:
        name = column(place, str(kind_at(matching, place).rarity))
        joins.append(
            f"left join (from frequencies where comparison = {place}) as f{place} on f{place}.value = "
            f"md5_number_lower({name})"
        )
        columns.append(f", f{place}.bits as t{place}")
    lefts = f"(from prepared where unique_id in (select l from {levels}))"
    return f"select unique_id{''.join(columns)} from {lefts} {' '.join(joins)}"


def settle(connection: duckdb.DuckDBPyConnection, pairs: int, prior: float) -> float:
    """The prior under which as many pairs are one as the scores say, of all that could be.

    Starts from the prior that the scores hold; what no block makes a pair of counts as not one.
    """
    histogram = connection.execute(
        "select round(weight, 1) as w, count(*) from _scored group by w order by w"
    ).fetchall()
    odds, now = prior / (1 - prior), prior
    for _ in range(_ROUNDS):
        factor = (now / (1 - now)) / odds
        matches = sum(n * _chance(2.0 ** min(w, 900) * factor) for w, n in histogram)
        new = min(max(matches, 0.5) / max(pairs, 1), 0.5)
        if abs(new - now) <= 1e-4 * now:
            break
        now = new
    return rounded(now)


def _chance(odds: float) -> float:
    return odds / (1 + odds)
