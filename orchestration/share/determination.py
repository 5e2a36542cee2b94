"""How much a declassifier's outputs tell of its inputs, on the rows that there are.

Lives here: the two shares, and their comparison with the declared limits. Must not live here: finding the calls
(`lineage/shadow/pairs.py`), the form of a single value (`postconditions.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import duckdb

from lineage.anonymity import Determination
from lineage.shadow.pairs import Pairs, pairs_of

# Of the distinct pairs, each counted once: entropies in bits. I(X;Y) = H(X) + H(Y) - H(X,Y).
_SHARES = """
with pairs as materialized ({pairs}),
known as (from pairs where i is not null and o is not null),
by_output as (select count(*) as n, min(hash(i)) as only_one from known group by o),
by_input as (select count(*) as n from known group by i),
told as (select count(distinct only_one) as n from by_output where n = 1),
total as (select count(*)::double as n from known),
entropies as (select
  (select -sum(b.n / t.n * log2(b.n / t.n)) from by_output b, total t) as of_output,
  (select -sum(b.n / t.n * log2(b.n / t.n)) from by_input b, total t) as of_input,
  (select log2(n) from total where n > 0) as of_both)
select (select count(*) from by_input), (select n from told), of_output, of_input, of_both from entropies
"""


class Told(NamedTuple):
    """What outputs tell: distinct inputs, the share of them that is determined, the share of their entropy."""

    inputs: int
    determined: float
    information: float


def told(connection: duckdb.DuckDBPyConnection, pairs: str) -> Told:
    """The shares of one query of pairs; nothing is told where there is no input, or only one."""
    row = connection.execute(_SHARES.format(pairs=pairs)).fetchone()
    inputs, determined, of_output, of_input, of_both = row or (0, 0, None, None, None)
    if not inputs:
        return Told(0, 0.0, 0.0)
    information = (of_input + of_output - of_both) / of_input if of_input else 0.0
    return Told(int(inputs), int(determined) / int(inputs), min(max(information, 0.0), 1.0))


def within_limits(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    declassifier: str,
    limits: Determination,
    pseudonyms: Collection[str],
) -> Iterator[tuple[bool, str]]:
    """For each call in one model: whether it tells no more than its limit allows, and what was seen."""
    limit = limits.limits.get(declassifier)
    if limit is None:
        return
    for pairs in pairs_of(sql, declassifier, pseudonyms):
        found = told(connection, pairs.sql)
        if found.inputs < limits.from_inputs:
            continue
        broken = found.determined > limit.determined or found.information > limit.information
        yield not broken, _seen(pairs, found, limit.determined, limit.information)


def _seen(pairs: Pairs, found: Told, determined: float, information: float) -> str:
    return (
        f"{' and '.join(pairs.outputs)}{' together' if pairs.together else ''}: {found.determined:.3f} of "
        f"{found.inputs} inputs are determined ({determined} allowed), and {found.information:.3f} of their entropy "
        f"is carried ({information} allowed)"
    )
