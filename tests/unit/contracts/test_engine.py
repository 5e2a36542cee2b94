"""With an engine at hand the loader also tells what only the engine can: here DuckDB, which is what a run asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import LogicalType
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


COLUMNS = {f"{kind}_": kind for kind in LogicalType}
# By the words of the fault: what is no scalar boolean on one row of one table.
NO_CONDITIONS = {
    "neither true nor false": ["string_", "1", "true, true", "null", "integer_", "[true]", "date_ - date_"],
    "a SELECT stands in it": [
        *("select 1", "exists (select 1)", "string_ in (select 'x')", "(select count(*) from read_text('x')) > 0"),
        *("exists (from read_csv('/etc/passwd'))", "not boolean_ and (select true)"),
    ],
    "looks at other rows": ["row_number() over () > 0", "count(*) over (partition by string_) = 1"],
    "looks at many rows": [
        *(
            "count(*) > 1",
            "sum(length(string_)) > 0",
            "median(number_) > 1",
            "any_value(boolean_)",
            "geomean(number_) > 1",
        ),
    ],
    "several rows of one": ["unnest([true,false])", "boolean_ or unnest([true])"],
    "several columns": ["columns(*)", "columns('x.*') is not null", "*", "t.*"],
    "# and a number": ["#1", "#1 is null"],
    "a parameter": ["$1", "? > 1", "$x = 1"],
    "answers otherwise": [
        *("random() > 0.5", "uuid() is null", "now() > timestamp_", "current_date > date_", "today() > date_"),
        *("CURRENT_TIMESTAMP > timestamp_", "localtime > time_", "nextval('x') > 0", "error(string_) is null"),
        *(
            "current_user = string_",
            "user = string_",
            "current_setting('threads') = '1'",
            "len([x for x in [random()]]) > 0",
        ),
    ],
    "Error": [
        *("date_ > 'soon'", "date_ > '2020-13-45'", "string_ is not null and date_ > 'soon'", "nowhere > 1"),
        *("case when boolean_ then date_ > 'soon' end", "t.string_ = 'x'", "regexp_matches(string_, '(')"),
        *("string_ > 5", "lambda x: x", "date_ > integer_"),
    ],
    "use try_cast": [
        *("cast(string_ as int) > 0", "string_::date > date_", "number_::int > 1", "integer_::int > 1"),
        *("string_ = 'x' or string_::double > 1", "case when boolean_ then string_::int > 1 end"),
        *("len(list_filter([string_], lambda s: s::int > 1)) > 0",),
    ],
    "fails on some rows": [
        "string_ and true",
        "not string_",
        "string_ = number_",
        "sqrt(number_) > 1",
        "ln(number_) > 1",
    ],
    "a syntax error": ["true else", "true union select false", "true from (values (1)) t", "case when true then true"],
    "there is no function": ["nowhere(string_)", "strlength(string_) > 1"],
}
SOUND = [
    *(
        "boolean_",
        "not boolean_",
        "integer_ > 3 and number_ is null",
        "date_ >= date '2024-01-01'",
        "coalesce(boolean_, true)",
    ),
    *("string_ in ('a', 'b')", "string_ not like '%0'", "try_cast(string_ as int) > 0", "try(string_::int) > 0"),
    *(
        "timestamp_::date <= date_",
        "integer_::varchar = 'x'",
        "integer_::double > 1",
        "decimal_ * 2 > 3",
        "integer_ % 2 = 0",
    ),
    *("len(list_filter([integer_], lambda x: x > 1)) > 0", "date_ + interval 3 day > timestamp_", "true"),
    *("extract(year from date_) > 2000", "date_diff('day', date_, timestamp_) > 3", "nullif(integer_, 1) = 2"),
    *(
        "regexp_full_match(string_, '\\d+')",
        "round(decimal_, 1) > 1",
        "upper(trim(string_)) = string_",
        "STRING_ <> ''",
    ),
]


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine()


@pytest.mark.parametrize(("what", "sql"), [(what, sql) for what, many in NO_CONDITIONS.items() for sql in many])
def test_a_condition_is_one_boolean_about_one_row(engine: DuckDBEngine, what: str, sql: str) -> None:
    assert what in str(engine.condition_fault(sql, COLUMNS)), engine.condition_fault(sql, COLUMNS)


@pytest.mark.parametrize("sql", SOUND)
def test_and_what_is_one_is_taken(engine: DuckDBEngine, sql: str) -> None:
    assert engine.condition_fault(sql, COLUMNS) is None
    assert engine.condition_fault(sql, None) is None


def test_words_without_brackets_may_be_columns(engine: DuckDBEngine) -> None:
    assert engine.condition_fault("\"user\" = 'x'", {"user": LogicalType.STRING}) is None
    assert engine.condition_fault('"current_date" is null', None) is None  # whose columns nobody knows
    assert engine.condition_fault("current_date > x", None)


@pytest.mark.parametrize("key", ["sql", "where"])
@pytest.mark.parametrize("sql", ["count(*) > 1", "name", "true, true", "born > 'soon'", "cast(name as int) > 0"])
def test_rules_and_provisions_alike(workspace: Path, key: str, sql: str) -> None:
    spoilt = {
        "sql": ("born is null or born > date '1900-01-01'", sql),
        "where": ("born: born}", f'born: born}}, where: "{sql}"'),
    }
    path = workspace / RESIDENTS
    text = path.read_text("utf-8")
    assert spoilt[key][0] in text
    path.write_text(text.replace(*spoilt[key], 1), "utf-8")
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace, engine=DuckDBEngine())
    assert [fault.where.rpartition(".")[2] for fault in refused.value.faults] == [key]
