"""The registry of who is who and its pages: a step of many records, and a page of two of them.

    python -m tests.bench.identity [--records 1500000] [--pairs 200000] [--asks 40]

The first step finds every record, half of them identified, two to an entity; the next has nothing new, the last one
in a hundred. The baseline is to read what is compared and group it once. The page is of a lake with so many pairs of
loose rows; it opens the lake, reads both records, writes down the look, and is rendered. Its baseline is an entry of
the ledger.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from contracts.acts import Role
from lake.attach import EXACT, open_lake
from lake.identity.advancing import Made, advance
from lake.identity.files import Registry
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.bench.measure import Took, heading, line, timed
from tests.unit.lake import matched_lake as made
from tests.unit.portal.catalogued import role
from tests.unit.portal.conftest import Portal, portal_at

STELLA = "stella@city.example"


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_500_000)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--asks", type=int, default=40)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        steps(Path(folder), asked.records)
    with TemporaryDirectory() as folder, portal_at(Path(folder)) as portal:
        pages(portal, asked.pairs, asked.asks)


def steps(folder: Path, records: int) -> None:
    """Steps of a registry."""
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        registry = Registry(folder, ledger, "person")
        connection = duckdb.connect(config={"threads": os.cpu_count() or 2, "memory_limit": "3GB", **EXACT})
        heading(f"registry of {records:,} records in {records // 2:,} entities")
        for name, many in (("first step", records), ("nothing new", records), ("1 % new", records + records // 100)):
            _match(connection, many)
            base = timed(lambda: connection.execute(_GROUPED).fetchall())
            took = timed(lambda: advance(registry, connection, Made(b"{}", made.AT)))
            line(name, took, base)


_GROUPED = """
select count(*) from (
  select _cluster, count(*), bool_or(_identified) from records join clusters using (_record) group by _cluster)
"""


def _match(connection: duckdb.DuckDBPyConnection, many: int) -> None:
    record = "md5(i::varchar)[:20] as _record"
    connection.execute(
        f"create or replace table records as select {record}, i % 2 = 0 as _identified from range({many}) t(i)"
    )
    connection.execute(
        f"create or replace table clusters as select {record}, i // 2 as _cluster, 0.99 as probability "
        f"from range({many}) t(i)"
    )


def pages(portal: Portal, pairs: int, asks: int) -> None:
    """The queue and pages of pairs drawn from it."""
    city, entity = portal.city, made.person()
    city.catalogue = replace(
        city.catalogue, departments=made.DEPARTMENTS, elements=made.ELEMENTS, domains={"people": made.domain(entity)}
    )
    make_keys(city.settings.key_place)
    made.lay(city.settings, city.ledger, entity)
    _more(portal, pairs)
    steward = portal.sign_in(STELLA, role(Role.STEWARD))
    drawn = random.Random(7)
    names = [_pair(drawn.randrange(pairs)) for _ in range(asks)]
    base = timed(lambda: city.ledger.append("access", {"subject": "none"}, portal.clock.now()))
    heading(f"pages over {pairs:,} pairs, of {asks} requests each")
    for name, addresses in (
        ("the queue", ["/identity"] * asks),
        ("a pair", [f"/identity/person/{one}" for one in names]),
    ):
        took = sorted(timed(lambda one=one: _ask(portal, one, steward)) for one in addresses)
        line(f"{name}, median", took[len(took) // 2], base)
        worst = Took(*(statistics.quantiles(each, n=20)[-1] for each in zip(*took, strict=True)))
        line(f"{name}, 95 of 100", worst, base, "<= 0.30 s")
        print(f"{'':4}of processor time {took[len(took) // 2].processor:.2f} s each, the median")


def _ask(portal: Portal, address: str, steward: dict[str, str]) -> None:
    answer = portal.ask("GET", address, headers=steward)
    assert answer.status_code == 200, answer.status_code


def _pair(number: int) -> str:
    left, right = duckdb.sql(f"select md5('l{number}')[:20], md5('r{number}')[:20]").fetchone() or ("", "")
    return "-".join(sorted((left, right)))


def _more(portal: Portal, pairs: int) -> None:
    """As many pairs of loose rows again, each of two rows of its own."""
    sides = f"""
      (select i, side, md5(side || i)[:20] as record, '~health.walk_ins|1:' || side || i as key
       from range({pairs}) t(i), (values ('l'), ('r')) s(side))
    """
    with open_lake(portal.city.settings) as connection:
        connection.execute("begin transaction")
        connection.execute(
            f"insert into lake.registry.person select key, record, '~' || record, null, 'NP-' || record, 1.0, 'alone', "
            f"'health.walk_ins', repeat('b', 32) from {sides} order by record"
        )
        connection.execute(
            "insert into lake.staging.person__loose select 'health', 'health.walk_ins', key, null, '欧阳小明', "
            f"'13800138000', repeat('b', 32) from {sides}"
        )
        connection.execute(
            "insert into lake.registry.person__pairs "
            "select least(l.record, r.record), greatest(l.record, r.record), "
            "case when l.record < r.record then l.key else r.key end, "
            "case when l.record < r.record then r.key else l.key end, 0.5 + (l.i % 49) / 100, 0.3, [0, 0, 1] "
            f"from {sides} as l join {sides} as r on r.i = l.i and l.side = 'l' and r.side = 'r' order by 1, 2"
        )
        connection.execute("commit")


if __name__ == "__main__":
    main()
