"""What was planted, as tables that say exactly what the platform must find, in `truth/` beside the deliveries.

- `planted.parquet`: every planted fault, duplicate and newer version: dataset, delivery, kind, row (1-based record
  number in the file, broken records counted; in a zip through its members in the order of their names), key as
  delivered without its fault, columns, quarantined.
- `reasons.csv`: rows per dataset, delivery and rule (`<kind>:<column>`, `structure:…`, or the contract's own name); a
  row with two faults counts under both.
- `deliveries.csv`: rows read, accepted and quarantined per file. A file that repeats an earlier one byte for byte names
  that delivery in `repeats` and has no rows of its own.
- `merged.csv`: per dataset the accepted rows over all deliveries, the keys that survive, and `merged`, the difference.
  For append and upsert every key survives once (ids of 15 digits are the same key as their 18-digit form); for snapshot
  only the keys of the newest delivery do, so that all rows of older deliveries are merged too.
- `people.parquet`, `enterprises.parquet`: who there really is, and the name under which each department knows a person.
- `who.parquet`: whose each accepted row is in the registers that know by name: dataset, key, entity, who (an id or a
  credit code of the two files above, or a number of a stranger's own) and plant, what makes it hard (`strangers.py`).
- `across.csv`: per rule across departments the keys that break it (of the blamed row; of a person collected twice).
- `exempt.csv`: the service items that must come out as needing no material (`exempt.py`).
- `passing.csv`: plates with more than twelve passings in a year, and how many.
- `checks.csv`: table rules that must fail whatever the seed, with the date on which freshness is judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from tests.sample_city.across import broken
from tests.sample_city.city import City
from tests.sample_city.departments.civil_affairs import death_date, deaths_by_block
from tests.sample_city.exempt import exempt
from tests.sample_city.extract import Extract
from tests.sample_city.people import known_name
from tests.sample_city.places import district

KNOWING_DEPARTMENTS = ("civil_affairs", "social_security", "housing", "government_services")
AS_OF = "2026-11-21"
# dataset that knows by name -> the entity its rows are of
KNOWING_BY_NAME = {
    "civil_affairs.grid_residents": "natural_person",
    "health.walk_ins": "natural_person",
    "market_regulation.food_premises": "legal_entity",
}
# dataset, rule, severity, why
_FAILING = (
    ("culture_tourism.hotels", "fire_certificate_present", "error", "one hotel in five has no fire safety certificate"),
    ("culture_tourism.scenic_visits", "freshness", "warning", "promised daily and not delivered since 2026-11-09"),
)


class Truth:
    """Gathers, extract by extract, what was planted."""

    def __init__(self, connection: DuckDBPyConnection, city: City, folder: Path) -> None:
        self._connection = connection
        self._city = city
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for statement in _TABLES.split(";"):
            connection.execute(statement)

    def note(self, extract: Extract, path: Path) -> None:
        """Note the faults of one extract, and how many rows its file must yield."""
        table, date = extract.table.dataset, extract.date
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE marked AS {extract.marked()}")
        planted = extract.planted("marked")
        self._connection.execute(f"INSERT INTO planted SELECT '{table}', DATE '{date}', * FROM ({planted})")
        count = f"""
            WITH mine AS (SELECT * FROM planted WHERE dataset = '{table}' AND delivery = DATE '{date}')
            INSERT INTO deliveries SELECT '{table}', DATE '{date}', '{path}', total, total - bad, bad, NULL FROM (
                SELECT {extract.base.rows} + count(*) FILTER (kind = 'duplicate') AS total,
                    count(*) FILTER (quarantined) AS bad FROM mine)"""
        self._connection.execute(count)

    def note_repeat(self, dataset: str, date: str, path: str, repeated: str) -> None:
        """Note a file that repeats an earlier delivery."""
        values = f"('{dataset}', DATE '{date}', '{path}', 0, 0, 0, DATE '{repeated}')"
        self._connection.execute(f"INSERT INTO deliveries VALUES {values}")

    def write(self, extracts: Sequence[Extract]) -> None:
        """Write every truth file."""
        rules = {
            f"('{e.table.dataset}', '{fault.kind}', '{rule}', '{' '.join(fault.changes)}')": None
            for e in extracts
            for fault in e.table.faults
            for rule in fault.rules
        }
        self._connection.execute(f"INSERT INTO rules VALUES {', '.join(rules)}")
        self._write_merged(extracts)
        self._write_people()
        self._write_who(extracts)
        self._csv(f"SELECT * FROM (VALUES {_values()}) AS t(dataset, rule, severity, as_of, why)", "checks")
        self._csv(f"SELECT * FROM ({broken(extracts)}) ORDER BY ALL", "across")
        self._csv(f"SELECT * FROM ({exempt(extracts)}) ORDER BY ALL", "exempt")
        self._csv(f"SELECT * FROM ({_passing(extracts)}) ORDER BY ALL", "passing")
        self._csv("SELECT * FROM deliveries ORDER BY dataset, delivery", "deliveries")
        self._csv(_REASONS, "reasons")
        self._parquet('SELECT * FROM planted ORDER BY dataset, delivery, "row", kind', "planted")

    def _write_merged(self, extracts: Sequence[Extract]) -> None:
        by_dataset: dict[str, list[Extract]] = defaultdict(list)
        for extract in extracts:
            by_dataset[extract.table.dataset].append(extract)
        for dataset, mine in by_dataset.items():
            mode = mine[0].table.layout.mode
            accepted = f"SELECT sum(accepted) FROM deliveries WHERE dataset = '{dataset}'"
            surviving = (
                _distinct_keys(mine) if mode == "upsert" else _undoubled(mine if mode == "append" else mine[-1:])
            )
            self._connection.execute(f"INSERT INTO merged SELECT '{dataset}', '{mode}', ({accepted}), ({surviving})")
        self._csv("SELECT *, accepted - surviving AS merged FROM merged ORDER BY dataset", "merged")

    def _write_people(self) -> None:
        city = self._city
        names = ", ".join(f"{known_name(city, name)} AS name_{name}" for name in KNOWING_DEPARTMENTS)
        died = f"CASE WHEN d IS NOT NULL AND i < {city.people} THEN {death_date(city)} END"
        self._parquet(
            f"""SELECT id AS id18, name AS name_public_security, {names}, CASE WHEN male THEN '1' ELSE '2' END AS sex,
                birth AS birth_date, {district("building")} AS district, phone, address, {died} AS death_date
            FROM (SELECT *, {deaths_by_block()} AS d FROM people)""",
            "people",
        )
        last = f"e % 3 = 0 AND (e >= {city.enterprises(0)} OR e % 40 IN (5, 6))"
        self._parquet(
            f"""SELECT code AS credit_code, name, representative AS legal_representative, representative_id,
                section AS industry, {last} AS closed FROM enterprises""",
            "enterprises",
        )

    def _write_who(self, extracts: Sequence[Extract]) -> None:
        entities = "".join(f"WHEN '{dataset}' THEN '{entity}' " for dataset, entity in KNOWING_BY_NAME.items())
        rows = " UNION ".join(one.accepted_whom() for one in extracts if one.table.dataset in KNOWING_BY_NAME)
        order = 'SELECT dataset, "key", CASE dataset {}END AS entity, who, plant FROM ({}) ORDER BY ALL'
        self._parquet(order.format(entities, rows), "who")

    def _csv(self, select: str, name: str) -> None:
        self._connection.execute(f"COPY ({select}) TO '{self._folder / name}.csv' (FORMAT csv, HEADER true)")

    def _parquet(self, select: str, name: str) -> None:
        self._connection.execute(f"COPY ({select}) TO '{self._folder / name}.parquet' (FORMAT parquet)")


_TABLES = """
CREATE TABLE planted (
    dataset VARCHAR, delivery DATE, kind VARCHAR, "row" BIGINT, "key" VARCHAR, columns VARCHAR, quarantined BOOLEAN);
CREATE TABLE rules (dataset VARCHAR, kind VARCHAR, rule VARCHAR, columns VARCHAR);
CREATE TABLE deliveries (
    dataset VARCHAR, delivery DATE, file VARCHAR, rows_read BIGINT, accepted BIGINT, quarantined BIGINT, repeats DATE);
CREATE TABLE merged (dataset VARCHAR, mode VARCHAR, accepted BIGINT, surviving BIGINT)
"""

_REASONS = """
SELECT dataset, delivery, rule, count(*) AS "rows"
FROM planted JOIN rules USING (dataset, kind, columns)
GROUP BY ALL ORDER BY ALL
"""


def _passing(extracts: Sequence[Extract]) -> str:
    """Who passes a thirteenth time in a year, and how often."""
    gates = (one for one in extracts if one.table.dataset == "transport.gate_passings")
    passed = " UNION ALL ".join(one.accepted("plate_number", "passed_at") for one in gates)
    return f"""SELECT plate_number, year(passed_at) AS "year", count(*) AS passings FROM ({passed})
        GROUP BY ALL HAVING count(*) > 12"""


def _distinct_keys(extracts: Sequence[Extract]) -> str:
    keys = " UNION ALL ".join(extract.accepted_keys() for extract in extracts)
    return f"SELECT count(DISTINCT k) FROM ({keys})"


def _undoubled(extracts: Sequence[Extract]) -> str:
    """Where no delivery updates another, keys differ by construction, and only planted duplicates share one."""
    dataset, dates = extracts[0].table.dataset, ", ".join(f"DATE '{extract.date}'" for extract in extracts)
    mine = f"WHERE dataset = '{dataset}' AND delivery IN ({dates})"
    return f"""SELECT (SELECT sum(accepted) FROM deliveries {mine})
        - (SELECT count(*) FROM planted {mine} AND kind = 'duplicate')"""


def _values() -> str:
    return ", ".join(
        f"('{dataset}', '{rule}', '{severity}', DATE '{AS_OF}', '{why}')" for dataset, rule, severity, why in _FAILING
    )
