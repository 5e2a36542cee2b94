"""What holds of clusters, whatever the pairs are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.linking.clustering import cluster
from lake.linking.refusals import DecisionsContradict

Pair = tuple[int, int]
RECORDS = 9


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as made:
        yield made


def clustered(
    connection: duckdb.DuckDBPyConnection,
    scored: dict[Pair, float],
    identified: frozenset[int] = frozenset(),
    sources: dict[int, str] | None = None,
    together: frozenset[Pair] = frozenset(),
    apart: frozenset[Pair] = frozenset(),
) -> dict[int, int]:
    """The cluster of each of nine records."""

    def pairs(name: str, rows: list[Pair], **more: pa.Array) -> None:
        left, right = (pa.array([pair[side] for pair in rows], pa.int32()) for side in (0, 1))
        connection.register("given", pa.table({"l": left, "r": right, **more}))
        connection.execute(f"create or replace table {name} as from given")

    numbers = range(1, RECORDS + 1)
    table = {
        "unique_id": pa.array(numbers, pa.int32()),
        "identified": [one in identified for one in numbers],
        "source": pa.array([(sources or {}).get(one) for one in numbers], pa.string()),
    }
    connection.register("given", pa.table(table))
    connection.execute("create or replace table prepared as from given")
    pairs("_together", sorted(together))
    pairs("_apart", sorted(apart))
    pairs("_scored", list(scored), weight=pa.array(scored.values(), pa.float64()))
    cluster(connection, 0.99)
    return dict(connection.execute("select unique_id, cluster from _members").fetchall())


PAIR = st.tuples(st.integers(1, RECORDS), st.integers(1, RECORDS)).filter(lambda pair: pair[0] < pair[1])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scored=st.dictionaries(PAIR, st.sampled_from([-4.0, 0.0, 3.0, 8.0, 12.0, 12.5]), max_size=20),
    identified=st.frozensets(st.integers(1, RECORDS), max_size=4),
    once=st.dictionaries(st.integers(1, RECORDS), st.sampled_from("ab"), max_size=5),
    together=st.frozensets(PAIR, max_size=2),
    apart=st.frozensets(PAIR, max_size=3),
    random=st.randoms(use_true_random=False),
)
def test_no_cluster_has_what_must_not_be_one(
    connection: duckdb.DuckDBPyConnection, scored, identified, once, together, apart, random
) -> None:
    sources = {record: source for record, source in once.items() if record not in identified}
    arguments = (identified, sources, together, apart)
    try:
        found = clustered(connection, scored, *arguments)
    except DecisionsContradict:
        alone = clustered(connection, {}, identified, sources, together)
        assert any(alone[left] == alone[right] for left, right in apart)
        return
    rows = list(scored.items())
    random.shuffle(rows)
    assert clustered(connection, dict(rows), *arguments) == found
    forced = clustered(connection, {}, identified, sources, together)
    members = defaultdict(set)
    for record, one in found.items():
        members[one].add(record)
        assert found[one] == one == min(member for member in found if found[member] == one)
    assert all(found[left] == found[right] for left, right in together)
    assert all(found[left] != found[right] for left, right in apart)
    for records in members.values():
        assert len({forced[record] for record in records & identified}) <= 1
        by_source = defaultdict(set)
        for record in records & sources.keys():
            by_source[sources[record]].add(forced[record])
        assert all(len(groups) == 1 for groups in by_source.values())


def test_a_chain_of_sure_pairs_does_not_become_one_cluster(connection: duckdb.DuckDBPyConnection) -> None:
    chain = {(one, one + 1): 9.0 for one in range(1, RECORDS)}
    sizes = defaultdict(int)
    for one in clustered(connection, chain).values():
        sizes[one] += 1
    assert max(sizes.values()) <= 3


def test_all_that_agree_become_one_cluster(connection: duckdb.DuckDBPyConnection) -> None:
    every = {(one, two): 9.0 for one in range(1, RECORDS + 1) for two in range(one + 1, RECORDS + 1)}
    assert set(clustered(connection, every).values()) == {1}


def test_the_better_of_two_rows_of_one_register_is_taken(connection: duckdb.DuckDBPyConnection) -> None:
    found = clustered(connection, {(1, 2): 9.0, (1, 3): 11.0}, sources={1: "a", 2: "b", 3: "b"})
    assert found[1] == found[3] != found[2]
