"""With an engine at hand the loader also tells what only the engine can: here DuckDB, which is what a run asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from quality.declared import DuckDBEngine

ROOT = Path(__file__).parents[3]
RESIDENTS = "contracts/departments/police/residents.yml"
PEOPLE = "contracts/domains/people.yml"


@pytest.mark.parametrize("city", [ROOT, *sorted(path for path in (ROOT / "tests/cities").iterdir() if path.is_dir())])
def test_what_our_cities_declare_an_engine_takes(city: Path) -> None:
    assert load_catalogue(city, engine=DuckDBEngine()).datasets


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
        load_catalogue(workspace, engine=DuckDBEngine())
    (fault,) = refused.value.faults
    assert (fault.where, what in fault.what) == (where, True), fault


def test_what_is_there_may_be_spoken_of(workspace: Path) -> None:
    path = workspace / PEOPLE
    sql = "provider_count > 0 and born_source is not null and city_id <> resident_id"
    path.write_text(path.read_text("utf-8").replace("rules: []", f"rules: [{{name: r, kind: expression, sql: {sql}}}]"))
    assert load_catalogue(workspace, engine=DuckDBEngine()).entities["person"].rules[-1].arguments == {"sql": sql}
