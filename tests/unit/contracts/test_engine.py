"""With an engine at hand the loader also tells what only the engine can: here DuckDB, which is what a run asks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import LogicalType
from contracts.sql_text import identifier

ROOT = Path(__file__).parents[3]
RESIDENTS = "contracts/departments/police/residents.yml"
PEOPLE = "contracts/domains/people.yml"
TYPES = {
    LogicalType.STRING: "varchar",
    LogicalType.INTEGER: "bigint",
    LogicalType.DECIMAL: "decimal(18, 2)",
    LogicalType.NUMBER: "double",
    LogicalType.BOOLEAN: "boolean",
    LogicalType.DATE: "date",
    LogicalType.TIME: "time",
    LogicalType.TIMESTAMP: "timestamp",
}


class DuckDB:
    """Asks an empty database to bind what is declared; nothing is run."""

    def __init__(self) -> None:
        self._database = duckdb.connect()

    def pattern_fault(self, pattern: str) -> str | None:
        """RE2's own complaint."""
        return self._fault("select regexp_full_match('', ?)", [pattern])

    def condition_fault(self, sql: str, columns: Mapping[str, LogicalType] | None) -> str | None:
        """What the parser says, or the binder where the columns are known."""
        if columns is None:
            return self._fault("select json_serialize_sql(?)", [f"select ({sql})"])
        made = ", ".join(f"null::{TYPES[kind]} as {identifier(name)}" for name, kind in columns.items())
        return self._fault(f"describe select ({sql})::boolean from (select {made})")

    def _fault(self, query: str, values: list[str] | None = None) -> str | None:
        try:
            answer = self._database.execute(query, values or []).fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        return "a syntax error" if answer and '"error":true' in str(answer[0]) else None


@pytest.mark.parametrize("city", [ROOT, *sorted(path for path in (ROOT / "tests/cities").iterdir() if path.is_dir())])
def test_what_our_cities_declare_an_engine_takes(city: Path) -> None:
    assert load_catalogue(city, engine=DuckDB()).datasets


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "what"),
    [
        (
            RESIDENTS,
            "born is null or",
            "bron is null or",
            "schema[0].quality[0].implementation.sql",
            '"bron" not found',
        ),
        (RESIDENTS, "born is null or", "born is is or", "schema[0].quality[0].implementation.sql", "syntax error"),
        (RESIDENTS, "born > date", "born + 'x' > date", "schema[0].quality[0].implementation.sql", "Error"),
        (RESIDENTS, "born: born}", "born: born}, where: incme > 3", "customProperties[4].value[0].where", '"incme"'),
        (
            PEOPLE,
            "rules: []",
            "rules: [{name: r, kind: expression, sql: agee > 3}]",
            "entities[0].rules[0].sql",
            '"agee"',
        ),
        (
            PEOPLE,
            "kind: unique, columns: [visit_id]",
            "kind: expression, sql: a >>> 3 x",
            "tables.visit.rules[0].sql",
            "syntax",
        ),
    ],
)
def test_what_an_engine_refuses(workspace: Path, file: str, old: str, new: str, where: str, what: str) -> None:
    path = workspace / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    load_catalogue(workspace)  # as text it is sound
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace, engine=DuckDB())
    (fault,) = refused.value.faults
    assert (fault.where, what in fault.what) == (where, True), fault


def test_what_is_there_may_be_spoken_of(workspace: Path) -> None:
    path = workspace / PEOPLE
    sql = "provider_count > 0 and born_source is not null and city_id <> resident_id"
    path.write_text(path.read_text("utf-8").replace("rules: []", f"rules: [{{name: r, kind: expression, sql: {sql}}}]"))
    assert load_catalogue(workspace, engine=DuckDB()).entities["person"].rules[-1].arguments == {"sql": sql}
