"""Learning from the records alone what a level is worth. Lives here: the samples, Splink's sessions, how they are joined.

Must not live here: the model's form (`splink_model.py`, `parameters.py`). Nothing here depends on the order of rows:
samples go by hashes of `_record`, and everything is rounded before it is used.

Where there is little to learn from, what is declared of a kind holds the more the less there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from contracts.matching import Matching
from lake.linking.blocking import NOT_BOTH, Block, rows_of
from lake.linking.kinds import column
from lake.linking.parameters import Chances, rounded
from lake.linking.preparing import kind_at
from lake.linking.splink_model import comparison, linker

_RANDOM_RECORDS = 900
_PAIRS_OF_A_SESSION = 100_000
_ITERATIONS = 25
# How many pairs the declared chances are worth beside those seen.
_DECLARED_M, _DECLARED_U = 20.0, 500.0
_FEWEST_MATCHES = 5.0
_MOST_MATCHES = 5_000.0


@dataclass
class Session:
    """What one block taught: over which pairs, how many of them are of one thing, and whether it came to rest."""

    block: str
    pairs: int
    matches: float = 0.0
    converged: bool = False
    used: bool = False
    m: dict[int, tuple[float, ...]] = field(default_factory=dict)


def learn_u(
    connection: duckdb.DuckDBPyConnection, matching: Matching, chances: tuple[Chances | None, ...], of: str
) -> tuple[Chances | None, ...]:
    """How often each level is between two records of table `of`, taken at random; beside what was assumed."""
    places = [place for place, one in enumerate(chances) if one is not None]
    connection.execute(f"""
        create or replace table _random as select * from {of} order by hash(_record), _record limit {_RANDOM_RECORDS}
    """)
    rows = connection.execute("select count(*) from _random").fetchall()[0][0]
    if rows < 2 or not places:
        return chances
    model = linker(connection, "_random", (comparison(matching, p, chances[p], False) for p in places), 0.01)
    model.training.estimate_u_using_random_sampling(
        max_pairs=float(rows) ** 2, seed=1, min_count_per_level=None, num_chunks=1
    )
    trained = model._settings_obj.core_model_settings.comparisons
    learned = dict(zip(places, (_trained(one, "u") for one in trained), strict=True))
    filled = connection.execute(
        "select " + ", ".join(f"count({column(p, kind_at(matching, p).first)})" for p in places) + " from _random"
    ).fetchall()[0]
    seen = {place: n * (n - 1) / 2 for place, n in zip(places, filled, strict=True)}
    return tuple(
        None if one is None else Chances(one.m, _beside(learned[place], seen[place], one.u, _DECLARED_U))
        for place, one in enumerate(chances)
    )


def _trained(splink_comparison: object, which: str) -> tuple[float, ...]:
    """What Splink learned of a comparison's levels; nought where it saw none."""
    values = []
    for level in splink_comparison.comparison_levels:  # type: ignore[attr-defined]
        if level.is_null_level:
            continue
        found = [
            one["probability"]
            for one in getattr(level, f"_trained_{which}_probabilities")
            if isinstance(one["probability"], float)
        ]
        values.append(float(found[-1]) if found else 0.0)
    return tuple(values)


def _beside(seen: tuple[float, ...], weight: float, declared: tuple[float, ...], most: float) -> tuple[float, ...]:
    mixed = [(a * weight + b * most) / (weight + most) for a, b in zip(seen, declared, strict=True)]
    total = sum(mixed)
    return tuple(rounded(value / total) for value in mixed)


def learn_m(
    connection: duckdb.DuckDBPyConnection, matching: Matching, chances: tuple[Chances | None, ...]
) -> tuple[tuple[Chances | None, ...], tuple[Session, ...]]:
    """How often each level is in pairs of one thing: one session for each block, of what it is not made of."""
    sessions = tuple(_session(connection, matching, chances, block, table) for block, table in rows_of(matching))
    return tuple(
        None if one is None else _joined(one, place, sessions) for place, one in enumerate(chances)
    ), sessions


def _joined(chances: Chances, place: int, sessions: tuple[Session, ...]) -> Chances:
    told = [(min(one.matches, _MOST_MATCHES), one.m[place]) for one in sessions if one.used and place in one.m]
    weight = sum(matches for matches, _ in told)
    if not weight:
        return chances
    mean = tuple(sum(matches * m[level] for matches, m in told) / weight for level in range(len(chances.m)))
    return Chances(_beside(mean, weight, chances.m, _DECLARED_M), chances.u)


def _session(
    connection: duckdb.DuckDBPyConnection,
    matching: Matching,
    chances: tuple[Chances | None, ...],
    block: Block,
    table: str,
) -> Session:
    pairs = _sampled(connection, block, table)
    session = Session(block.name, pairs)
    places = [
        place
        for place, one in enumerate(chances)
        if one is not None and matching.comparisons[place].name not in block.attributes
    ]
    if not pairs or not places:
        return session
    model = linker(connection, table, (comparison(matching, p, chances[p], False) for p in places), 0.2)
    taught = model.training.estimate_parameters_using_expectation_maximisation(
        f"l.block_key = r.block_key and {NOT_BOTH}",
        estimate_without_term_frequencies=True,
        fix_u_probabilities=True,
    )
    history = taught._core_model_settings_history
    settings = taught.core_model_settings
    session.matches = rounded(float(settings.probability_two_random_records_match) * pairs)
    session.converged = len(history) <= _ITERATIONS
    session.m = {
        place: tuple(
            float(level.m_probability) if isinstance(level.m_probability, float) else 0.0
            for level in one.comparison_levels
            if not level.is_null_level
        )
        for place, one in zip(places, settings.comparisons, strict=True)
    }
    session.used = session.converged and session.matches >= _FEWEST_MATCHES
    return session


def _sampled(connection: duckdb.DuckDBPyConnection, block: Block, table: str) -> int:
    """Make a table of the records of some of a block's groups, whole groups by the hash of their key; its pairs."""
    connection.execute(f"""
        create or replace table {table} as
        with keyed as ({block.rows}),
        groups as (
            select key, count(*) as n, count(*) filter (identified) as i from keyed group by key
            having n > 1 and i < n),
        chosen as (
            select key, sum(n * (n - 1) // 2 - i * (i - 1) // 2) over (order by hash(key), key) as pairs
            from groups where n * (n - 1) // 2 <= {_PAIRS_OF_A_SESSION // 4})
        select prepared.* exclude (unique_id), unique_id * 16 + row_number() over (partition by unique_id order by key)
               as unique_id, key as block_key
        from chosen join keyed using (key) join prepared using (unique_id) where pairs <= {_PAIRS_OF_A_SESSION}
    """)
    return int(
        connection.execute(f"""
            select coalesce(sum(n * (n - 1) // 2 - i * (i - 1) // 2), 0)
            from (select count(*) as n, count(*) filter (identified) as i from {table} group by block_key)
        """).fetchall()[0][0]
    )
