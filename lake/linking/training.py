"""Learning from the records alone what a level is worth.

Lives here: the samples, Splink's sessions, how they are joined. Must not live here: the model's form
(`splink_model.py`, `parameters.py`). Nothing here depends on the order of rows: samples go by hashes of `_record`,
and everything is rounded before it is used.

Where there is little to learn from, what is declared of a kind holds the more the less there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2

import duckdb

from contracts.matching import Matching
from lake.linking import scoring
from lake.linking.blocking import NOT_BOTH, Block, blocks
from lake.linking.parameters import Chances, rounded
from lake.linking.splink_model import MOST_ROUNDS, comparison, linker

_RANDOM_RECORDS = (150, 550)
_PAIRS_OF_A_SESSION = 50_000
# How many pairs the declared chances are worth beside those seen.
_DECLARED_M, _DECLARED_U = 20.0, 500.0
_PURGES = 4
_FEWEST_MATCHES = 5.0
_MOST_MATCHES = 5_000.0
# Of fewer pairs than this in all blocks together, two sessions tell as much of a comparison as all of them.
_FEW_PAIRS, _ENOUGH_SESSIONS = 2_000, 2


@dataclass
class Session:
    """What one block taught: over which pairs, how many of them are of one thing, and whether it came to rest."""

    block: str
    pairs: int
    matches: float = 0.0
    converged: bool = False
    used: bool = False
    m: dict[int, tuple[float, ...]] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """Ready for JSON."""
        return {"block": self.block, "pairs": self.pairs, "matches": self.matches, "converged": self.converged,
                "used": self.used}  # fmt: skip


def learn_u(
    connection: duckdb.DuckDBPyConnection, matching: Matching, chances: tuple[Chances | None, ...]
) -> tuple[Chances | None, ...]:
    """How often each level is between two things taken at random (`_entities`); beside what was assumed."""
    places = tuple(place for place, one in enumerate(chances) if one is not None)
    connection.execute(f"""
        create or replace table _random as
        select unique_id from prepared where unique_id in (select min(unique_id) from _entities group by entity)
        order by md5(_record), _record limit (select {_RANDOM_RECORDS[0]} + least(count(*), {_RANDOM_RECORDS[1]})
                                                 from prepared where not identified);
        create or replace table _random_pairs as
        select a.unique_id as l, b.unique_id as r from _random as a join _random as b on a.unique_id < b.unique_id
    """)
    scoring.compare(connection, matching, places, "_random_pairs", "_compared")
    levels = ", ".join(f"g{place}" for place in range(len(chances)))
    connection.execute(f"""
        create or replace table _random_levels as select {levels}, count(*) as pairs from _compared group by all
    """)
    return _seen(connection, chances, chances, "0")


def purge_u(
    connection: duckdb.DuckDBPyConnection, declared: tuple[Chances | None, ...], chances: tuple[Chances | None, ...]
) -> tuple[Chances | None, ...]:
    """How often each level is between two things, without those of the random pairs that likely are of one.

    Where things have many rows each, a value that names its thing is equal at random mostly within one.
    """
    pairs = float(connection.execute("select coalesce(sum(pairs), 0) from _random_levels").fetchall()[0][0])
    prior = 1 / max(pairs, 2.0) ** 0.5
    for _ in range(_PURGES):
        weight = " + ".join(
            [f"{log2(prior / (1 - prior))!r}",
             *(scoring.weight_of(place, one) for place, one in enumerate(chances) if one is not None)]
        )  # fmt: skip
        one_thing = f"1 / (1 + pow(2, -({weight})))"
        matches = connection.execute(f"select coalesce(sum(pairs * {one_thing}), 0) from _random_levels").fetchall()
        prior = rounded(min(max(matches[0][0] / max(pairs, 1.0), 1e-9), 0.5))
        chances = _seen(connection, declared, chances, one_thing)
    return chances


def _seen(
    connection: duckdb.DuckDBPyConnection,
    declared: tuple[Chances | None, ...],
    chances: tuple[Chances | None, ...],
    one_thing: str,
) -> tuple[Chances | None, ...]:
    """What the random pairs say of `u`, each as far as it is not of one thing, beside what is declared."""
    places = [place for place, one in enumerate(chances) if one is not None]
    if not places:
        return chances
    columns = ", ".join(f"g{place}" for place in places)
    seen: dict[int, dict[int, float]] = {place: {} for place in places}
    for *levels, pairs in connection.execute(f"""
        select {columns}, sum(pairs * (1 - {one_thing})) from _random_levels
        group by grouping sets ({", ".join(f"(g{place})" for place in places)})
    """).fetchall():
        for place, level in zip(places, levels, strict=True):
            if level is not None:
                seen[place][level] = float(pairs)
    return tuple(
        None if one is None or meant is None else Chances(one.m, _counted(seen[place], meant.u))
        for place, (one, meant) in enumerate(zip(chances, declared, strict=True))
    )


def _counted(seen: dict[int, float], declared: tuple[float, ...]) -> tuple[float, ...]:
    total = sum(seen.values())
    shares = tuple(seen.get(level, 0.0) / max(total, 1.0) for level in range(len(declared)))
    return _beside(shares, total, declared, _DECLARED_U)


def _beside(seen: tuple[float, ...], weight: float, declared: tuple[float, ...], most: float) -> tuple[float, ...]:
    mixed = [(a * weight + b * most) / (weight + most) for a, b in zip(seen, declared, strict=True)]
    total = sum(mixed)
    return tuple(rounded(value / total) for value in mixed)


def learn_m(
    connection: duckdb.DuckDBPyConnection, matching: Matching, chances: tuple[Chances | None, ...]
) -> tuple[tuple[Chances | None, ...], tuple[Session, ...]]:
    """How often each level is in pairs of one thing: one session for each block, of what it is not made of."""
    sessions = _sessions(connection, matching, chances)
    return tuple(None if one is None else _joined(one, place, sessions) for place, one in enumerate(chances)), sessions


def _joined(chances: Chances, place: int, sessions: tuple[Session, ...]) -> Chances:
    told = [(min(one.matches, _MOST_MATCHES), one.m[place]) for one in sessions if one.used and place in one.m]
    weight = sum(matches for matches, _ in told)
    if not weight:
        return chances
    mean = tuple(sum(matches * m[level] for matches, m in told) / weight for level in range(len(chances.m)))
    return Chances(_beside(mean, weight, chances.m, _DECLARED_M), chances.u)


def _sessions(
    connection: duckdb.DuckDBPyConnection, matching: Matching, chances: tuple[Chances | None, ...]
) -> tuple[Session, ...]:
    """A session for each block, those of many pairs first; of few pairs, only those that a comparison still needs."""
    sampled = {block: _sampled(connection, block, _table(block)) for block in blocks(matching)}
    few, told, sessions = sum(sampled.values()) < _FEW_PAIRS, dict.fromkeys(range(len(chances)), 0), {}
    for block in sorted(sampled, key=lambda one: (-sampled[one], one.place)):
        session = sessions[block.place] = Session(block.name, sampled[block])
        learnt = {
            place: one
            for place, one in enumerate(chances)
            if one is not None and matching.comparisons[place].name not in block.attributes
        }
        if session.pairs <= _FEWEST_MATCHES or not learnt:
            continue
        if few and all(told[place] >= _ENOUGH_SESSIONS for place in learnt):
            continue
        _teach(connection, matching, block, session, learnt)
        for place in learnt:
            told[place] += session.used
    return tuple(sessions[place] for place in sorted(sessions))


def _table(block: Block) -> str:
    return f"_training{block.place}"


def _teach(
    connection: duckdb.DuckDBPyConnection,
    matching: Matching,
    block: Block,
    session: Session,
    learnt: dict[int, Chances],
) -> None:
    """Have Splink learn from a block's sample, if it can."""
    model = linker(connection, _table(block), (comparison(matching, place, one) for place, one in learnt.items()), 0.2)
    # Not before: the linker silences what Splink's own imports say.
    from splink.internals.exceptions import EMTrainingException

    try:
        taught = model.training.estimate_parameters_using_expectation_maximisation(
            f"l.block_key = r.block_key and {NOT_BOTH}",
            estimate_without_term_frequencies=True,
            fix_u_probabilities=True,
        )
    except (
        ValueError,
        EMTrainingException,
    ):  # a level sank to nothing, or no pair is left of the block: the session says nothing
        return
    history = taught._core_model_settings_history
    settings = taught.core_model_settings
    session.matches = rounded(float(settings.probability_two_random_records_match) * session.pairs)
    session.converged = len(history) <= MOST_ROUNDS
    session.m = {
        place: tuple(
            float(level.m_probability) if isinstance(level.m_probability, float) else 0.0
            for level in one.comparison_levels
            if not level.is_null_level
        )
        for place, one in zip(learnt, settings.comparisons, strict=True)
    }
    session.used = session.converged and session.matches >= _FEWEST_MATCHES


def _sampled(connection: duckdb.DuckDBPyConnection, block: Block, table: str) -> int:
    """Make a table of the records of some of a block's groups, whole groups by their keys; its pairs."""
    pairs = connection.execute(f"""
        select coalesce(sum(n * (n - 1) // 2 - i * (i - 1) // 2), 0)
        from (select count(*) as n, count(*) filter (identified) as i
              from keys where block = {block.place} group by key)
    """).fetchall()[0][0]
    share = min(1_000_000, int(2_000_000 * _PAIRS_OF_A_SESSION / max(pairs, 1)) + 1)
    connection.execute(f"""
        create or replace table {table} as
        with keyed as (select * from keys where block = {block.place} and key % 1000000 < {share}),
        groups as (
            select key, count(*) as n, count(*) filter (identified) as i from keyed group by key
            having n > 1 and i < n),
        chosen as (
            select key, sum(n * (n - 1) // 2 - i * (i - 1) // 2) over (order by key) as pairs
            from groups where n * (n - 1) // 2 <= {_PAIRS_OF_A_SESSION // 4})
        select prepared.* exclude (unique_id),
               prepared.unique_id * 16 + row_number() over (partition by prepared.unique_id order by key) as unique_id,
               key as block_key
        from chosen join keyed using (key) join prepared on prepared.unique_id = keyed.unique_id
        where pairs <= {_PAIRS_OF_A_SESSION}
    """)
    return int(
        connection.execute(f"""
            select coalesce(sum(n * (n - 1) // 2 - i * (i - 1) // 2), 0)
            from (select count(*) as n, count(*) filter (identified) as i from {table} group by block_key)
        """).fetchall()[0][0]
    )
