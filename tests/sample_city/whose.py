"""Who is who against the truth: precision and recall of a city's registry by pairs, and what was planted in misses.

    python -m tests.sample_city.whose --state DIR --deliveries DIR [--now MOMENT]

Two rows are one where the truth says so, and were found to be where the registry gives them one entity. Rows that a
valid identifier names are one record, and such records are in the truth as what their identifier says.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from lake.attach import open_lake
from lake.settings import load_settings

IDENTIFIERS = {"natural_person": "resident_id", "legal_entity": "credit_code"}


@dataclass(frozen=True)
class Score:
    """Pairs that are one and were found, that were found and are not, that are and were not; the latter by plants."""

    found: int
    wrong: int
    missed: int
    wrongly: tuple[tuple[str, str, int], ...]
    missing: tuple[tuple[str, str, int], ...]

    @property
    def precision(self) -> float:
        """Of the pairs that were found, those that are."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Of the pairs that are, those that were found."""
        return self.found / max(1, self.found + self.missed)


def score(connection: duckdb.DuckDBPyConnection, truth: Path, entity: str) -> Score:
    """One entity's score, of the lake that is attached and `who.parquet` in the folder `truth`."""
    connection.execute(f"create or replace temp table whose as {_records(truth, entity)}")
    connection.execute(
        "create or replace temp table whose_pairs as select least(a.plant, b.plant) as one, "
        "greatest(a.plant, b.plant) as other, a.entity = b.entity as found, a.who = b.who as so from whose as a "
        "join whose as b on a._key < b._key and (a.entity = b.entity or a.who = b.who)"
    )
    counted = "select count(*) filter (found and so), count(*) filter (not so), count(*) filter (not found)"
    row = connection.execute(f"{counted} from whose_pairs").fetchone()
    assert row
    kinds = "select one, other, count(*)::int from whose_pairs where not {} group by all order by 3 desc, 1, 2"
    wrongly, missing = (tuple(connection.execute(kinds.format(one)).fetchall()) for one in ("so", "found"))
    return Score(*map(int, row), wrongly, missing)


def _records(truth: Path, entity: str) -> str:
    """Rows (_key, entity, who, plant): each row that is matched, and each thing that an identifier names."""
    identifier, file = IDENTIFIERS[entity], literal(str(truth / "who.parquet"))
    keyed = f"select *, '~' || dataset || '|' || length(\"key\") || ':' || \"key\" as _key from {file}"
    return f"""
        select told._key, coalesce(links.entity_key, told._key) as entity, told.who, told.plant from (
            select loose._key, who.who, who.plant from lake.staging.{entity}__loose as loose
            join ({keyed}) as who using (_key)
            union all
            select distinct cast({identifier} as varchar), cast({identifier} as varchar), 'identified'
            from lake.staging.{entity}__provided
        ) as told left join lake.registry.{entity} as links using (_key)
    """


def main() -> int:
    """Print the scores of a city that was run on a sample city's deliveries."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--state", type=Path, required=True, help="where the city's state lies")
    parser.add_argument("--deliveries", type=Path, required=True, help="where the deliveries and their truth lie")
    parser.add_argument("--now", default="2026-11-21T10:00:00+08:00")
    asked = parser.parse_args()
    around = {
        "ZHONGTAI_STATE": str(asked.state.resolve()),
        "ZHONGTAI_DELIVERIES": str(asked.deliveries.resolve()),
        "ZHONGTAI_NOW": asked.now,
    }
    with open_lake(load_settings(environment=around), read_only=True) as connection:
        for entity in IDENTIFIERS:
            one = score(connection, asked.deliveries / "truth", entity)
            print(f"{entity}: precision {one.precision:.4f}, recall {one.recall:.4f} of {one.found + one.missed} pairs")
            for kind, rows in (("wrong", one.wrongly), ("missed", one.missing)):
                for first, second, count in rows:
                    print(f"  {kind:6} {count:5}  {first} - {second}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
