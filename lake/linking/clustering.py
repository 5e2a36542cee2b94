"""Which records are one thing, by their pairs and by what must not be. Lives here: clustering under constraints.

Must not live here: scores (`scoring.py`). In: `_scored` (`l`, `r`, `weight`), `_together` and `_apart` (`l`, `r`),
`prepared`. Out: `_members` (`unique_id`, `cluster`: the least number of its records).

Two clusters become one where one pair between them is sure, and the mean over all pairs between them does not speak
against it; a pair that no score has counts against it. So a chain of sure pairs ends where its ends have nothing in
common. In each round those clusters join that are each other's best by that mean: the order of rows does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from lake.linking.refusals import DecisionsContradict
from lake.linking.scoring import bits

# What a pair is worth that no block made and no score has, and the most that one pair may be worth, in bits.
_UNSEEN = -8.0
_MOST = 14.0
_LEAST = -14.0
# What the mean may fall to: a sure pair joins two clusters whose other pairs do not speak against it together.
_MEAN = -2.0
# Of two identified things of which either may be it, one has to be surer by so many bits; else somebody is asked.
_AHEAD = 1.0
_ROUNDS = 400


@dataclass(frozen=True)
class Joined:
    """What clustering took: in how many rounds, and how many pairs sure enough stay apart for a constraint."""

    rounds: int
    barred: int


def cluster(connection: duckdb.DuckDBPyConnection, sure: float, against: str | None = None) -> Joined:
    """Make table `_members`; `sure` is the probability that the best pair between two clusters needs to have.

    `against` is what a pair counts in the mean that is asked about, in SQL over its levels (`doubts.py`).
    """
    _start(connection, against)
    barred = 0
    for number in range(_ROUNDS):
        barred += _bar(connection)
        if not _merge(connection, bits(sure)):
            return Joined(number, barred)
    return Joined(_ROUNDS, barred)


def _start(connection: duckdb.DuckDBPyConnection, against: str | None) -> None:
    """Each record alone, but those decided to be together; and how clusters hang together."""
    connection.execute("""
        create or replace table _members as select unique_id, unique_id as cluster from prepared
    """)
    while connection.execute("""
        update _members set cluster = near.cluster from (
            select one.unique_id, min(other.cluster) as cluster
            from (select l, r from _together union select r, l from _together) as pair
            join _members as one on pair.l = one.unique_id join _members as other on pair.r = other.unique_id
            where other.cluster < one.cluster group by one.unique_id) as near
        where _members.unique_id = near.unique_id
    """).fetchall()[0][0]:
        pass
    contrary = connection.execute("""
        select count(*) from _apart join _members as a on a.unique_id = l join _members as b on b.unique_id = r
        where a.cluster = b.cluster
    """).fetchall()[0][0]
    if contrary:
        raise DecisionsContradict(int(contrary))
    # By itself: joined to the members in one statement, the pairs of a key would multiply.
    connection.execute(f"""
        create or replace table _weighed as
        select l, r, weight, against,
               case when against is not null then round(least(against, weight) * 10000)::bigint end as heavy,
               round(least(greatest(weight, {_LEAST}), {_MOST}) * 10000)::bigint as plain
        from (select l, r, weight, {against or "null::double"} as against
              from _scored {"left join _levels using (l, r)" if against else ""})
    """)
    # Who is known by two names goes with what has one of them, though the other speaks against it.
    connection.execute("""
        create or replace table _links as
        select least(a.cluster, b.cluster) as a, greatest(a.cluster, b.cluster) as b,
               (case when max(weight) filter (where against is null) = max(weight) then sum(plain)
                     else sum(coalesce(heavy, plain)) end)::bigint as total,
               max(weight) as best, count(*) as n
        from _weighed join _members as a on a.unique_id = l join _members as b on b.unique_id = r
        where a.cluster <> b.cluster group by all;
        create or replace table _clusters as
        select cluster, count(*) as size, bool_or(identified) as identified,
               list_sort(list_distinct(list(source) filter (source is not null))) as sources
        from _members join prepared using (unique_id)
        where cluster in (select a from _links union select b from _links) group by cluster;
        create or replace table _barred as
        select distinct least(a.cluster, b.cluster) as a, greatest(a.cluster, b.cluster) as b
        from _apart join _members as a on a.unique_id = l join _members as b on b.unique_id = r
    """)


def _bar(connection: duckdb.DuckDBPyConnection) -> int:
    """Drop the links between clusters that must not be one; how many of them were enough to join."""
    return len(
        connection.execute("""
        delete from _links using _clusters as one, _clusters as other
        where a = one.cluster and b = other.cluster and (
            (one.identified and other.identified) or list_has_any(one.sources, other.sources)
            or exists (from _barred where _barred.a = _links.a and _barred.b = _links.b))
        returning total
    """).fetchall()
    )


def _merge(connection: duckdb.DuckDBPyConnection, enough: float) -> bool:
    """Join the pairs of clusters that are each other's best; False where none is good enough."""
    connection.execute(f"""
        create or replace table _contested as
        select loose from (
            select case when one.identified then b else a end as loose, best,
                   row_number() over (
                       partition by case when one.identified then b else a end order by best desc) as place
            from _links join _clusters as one on a = one.cluster join _clusters as other on b = other.cluster
            where one.identified <> other.identified and best >= {enough})
        where place <= 2 group by loose having count(*) = 2 and max(best) - min(best) < {_AHEAD};
        create or replace table _good as
        select a, b, {{'cost': -mean, 'less': -best, 'a': a, 'b': b}} as rank from (
            select a, b, best, one.size * other.size as every,
                   (total / 10000 + (every - n) * {_UNSEEN}) / every as mean
            from _links join _clusters as one on a = one.cluster join _clusters as other on b = other.cluster
            where one.identified = other.identified
               or (case when one.identified then b else a end) not in (select loose from _contested))
        where mean >= {_MEAN} and best >= {enough};
        create or replace table _joins as
        with best as (
            select cluster, min(rank) as rank
            from (select a as cluster, rank from _good union all select b, rank from _good) group by cluster)
        select a, b from _good join best as x on x.cluster = a join best as y on y.cluster = b
        where x.rank = _good.rank and y.rank = _good.rank
    """)
    if not connection.execute("select count(*) from _joins").fetchall()[0][0]:
        return False
    connection.execute("""
        update _members set cluster = a from _joins where cluster = b;
        create or replace table _links as
        select least(x, y) as a, greatest(x, y) as b, sum(total)::bigint as total, max(best) as best,
               sum(n)::bigint as n
        from (
            select coalesce(one.a, _links.a) as x, coalesce(other.a, _links.b) as y, total, best, n
            from _links left join _joins as one on one.b = _links.a left join _joins as other on other.b = _links.b)
        where x <> y group by all;
        create or replace table _barred as
        select distinct least(x, y) as a, greatest(x, y) as b from (
            select coalesce(one.a, _barred.a) as x, coalesce(other.a, _barred.b) as y
            from _barred left join _joins as one on one.b = _barred.a left join _joins as other on other.b = _barred.b);
        create or replace table _clusters as
        select coalesce(a, cluster) as cluster, sum(size)::bigint as size, bool_or(identified) as identified,
               list_sort(flatten(list(sources))) as sources
        from _clusters left join _joins on b = cluster group by all
    """)
    return True
