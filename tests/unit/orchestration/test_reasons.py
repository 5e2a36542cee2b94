"""Why dbt failed, told by kind, place and named objects: never by what a cell holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from orchestration.transform.reasons import files_of, reason

SQL = "select nope, id, cast(id as bigint) as amount from {{ ref('stg') }}"
SECRET = "11010119900307123X"
IN = "in model p (models/products/a/p.sql)"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            f'Runtime Error {IN}\n  Binder Error: Referenced column "nope" not found in FROM clause!\n \n  LINE 4: x',
            'Binder Error: Referenced column "nope" not found in FROM clause! (models/products/a/p.sql, line 4)',
        ),
        (
            f"Runtime Error {IN}\n  Conversion Error: Could not convert string '{SECRET}' to INT64 "
            "when casting from source column id",
            "Conversion Error: in column id (models/products/a/p.sql)",
        ),
        (
            f"Runtime Error {IN}\n  Out of Memory Error: failed to pin {SECRET} (381.5 MiB/381.4 MiB used)\n\nPossible",
            "Out of Memory Error: it needs more memory than the 381.4 MiB that ZHONGTAI_MEMORY allows: give more, or "
            "fewer ZHONGTAI_THREADS (models/products/a/p.sql)",
        ),
        (f"Runtime Error {IN}\n  Invalid Input Error: {SECRET}", "Invalid Input Error (models/products/a/p.sql)"),
        (f"Runtime Error {IN}\n  {SECRET}", "Runtime Error (models/products/a/p.sql)"),
        (f"Database Error {IN}\n  {SECRET} Error: x", "Database Error (models/products/a/p.sql)"),
        (
            f"Compilation Error {IN}\n  This model has an enforced contract that failed.\n  "
            "| column_name | definition_type | contract_type | mismatch_reason |\n  "
            "| amount | VARCHAR | BIGINT | data type mismatch |\n",
            "Compilation Error: This model has an enforced contract that failed.; column amount: data type mismatch "
            "(VARCHAR, its YAML says BIGINT) (models/products/a/p.sql)",
        ),
        (
            f"Runtime Error {IN}\n  Parser Error: Table must have at least one column!",
            "Parser Error: its YAML names no columns, which an enforced contract asks for (models/products/a/p.sql)",
        ),
    ],
)
def test_what_is_told_of_a_failed_build(message: str, told: str) -> None:
    assert reason(message, SQL) == told


def test_a_name_that_the_author_did_not_write_is_not_told() -> None:
    """A PIVOT makes values into names, and the engine lists names."""
    message = f'Runtime Error {IN}\n  Binder Error: Referenced column "{SECRET}" not found in FROM clause!'
    assert SECRET not in reason(message, SQL)


def test_of_a_project_that_could_not_be_parsed_all_is_told() -> None:
    message = (
        f"Compilation Error\n  Model 'model.city.p' {IN[9:]} depends on a node named 'nowhere' which was not found"
    )
    assert "named 'nowhere' which was not found" in reason(message, message)
    bare = "Runtime Error\n  Resource names cannot contain spaces"
    assert reason(bare, bare) == "Runtime Error: Resource names cannot contain spaces"


@given(
    some.sampled_from(["Conversion", "Out of Range", "Constraint", "Invalid Input", "Unheard Of", "Runtime"]),
    some.text(),
)
def test_kinds_that_are_not_known_to_speak_of_the_text_alone_say_nothing_else(kind: str, value: str) -> None:
    told = reason(f"Runtime Error {IN}\n  {kind} Error: {SECRET}{value}", SQL)
    assert SECRET not in told


def test_the_files_that_a_message_names() -> None:
    message = (
        "Compilation Error\n  - model.c.p (models/a/p.sql)\n  - model.c.p (models/b/p.sql)\n"
        "Error reading city: products/x.yml - Runtime Error\n"
        "Invalid models config given in models/y.yml @ models: {}"
    )
    assert files_of(message) == ["models/a/p.sql", "models/b/p.sql", "models/y.yml", "products/x.yml"]
