"""What is set aside: what a failure names, what would lose its contract, and what reads any of these; nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lake.settings import Settings, load_settings
from orchestration.transform.aside import forget, left_out, project_dir, seek, set_aside
from orchestration.transform.failed import TransformFailed
from orchestration.transform.refused import refuse_cycles, refuse_names, refuse_unreadable

PROJECT = """
name: city
models:
  city:
    staging: {+schema: staging}
    domains: {+schema: theme}
    products: {+schema: product}
"""
FILES = {
    "dbt_project.yml": PROJECT,
    "macros/m.sql": "{% macro m() %}{% endmacro %}",
    "models/staging/stg_a.sql": "select 1 as id",
    "models/staging/stg_b.sql": "select 1 as id",
    "models/domains/d/thing.sql": "select * from {{ ref('stg_a') }}",
    "models/domains/d/thing.yml": "models:\n  - name: thing\n",
    "models/domains/d/other.sql": "select * from {{ ref('stg_b') }}",
    "models/products/x/far.sql": "select * from {{ ref( 'city', \"thing\" ) }}",
    "models/products/x/near.sql": "select * from {{ ref('other') }}",
    "seeds/s.csv": "a\n1\n",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(tmp_path, {})
    found.dbt_target.mkdir(parents=True)
    for name, text in FILES.items():
        path = found.dbt_project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return found


def _fail(settings: Settings, *files: str) -> bool:
    return set_aside(settings, TransformFailed("parse", "a brace is missing", files))


def _given(settings: Settings) -> set[str]:
    place = project_dir(settings)
    # Folders that are whole are one link.
    found = (Path(folder) / name for folder, _, names in os.walk(place, followlinks=True) for name in names)
    return {path.relative_to(place).as_posix() for path in found}


def test_nothing_is_left_out_at_first(settings: Settings) -> None:
    assert project_dir(settings) == settings.dbt_project
    assert left_out(settings) == {}


def test_a_model_and_what_reads_it_directly_and_through_others(settings: Settings) -> None:
    assert _fail(settings, "models/staging/stg_a.sql")
    assert left_out(settings) == {
        "staging.stg_a": "a brace is missing",
        "theme.thing": "it reads a model that was set aside: a brace is missing",
        "product.far": "it reads a model that was set aside: a brace is missing",
    }
    kept = set(FILES) - {"models/staging/stg_a.sql", "models/domains/d/thing.sql", "models/products/x/far.sql"}
    assert _given(settings) == kept


def test_models_of_a_properties_file_that_cannot_be_read_would_lose_their_contract(settings: Settings) -> None:
    assert _fail(settings, "domains/d/thing.yml")
    assert set(left_out(settings)) == {"theme.thing", "product.far"}


def test_one_failure_after_another_adds_up_and_the_same_twice_ends_it(settings: Settings) -> None:
    assert _fail(settings, "models/domains/d/other.sql")
    assert _fail(settings, "models/products/x/far.sql")
    assert set(left_out(settings)) == {"theme.other", "product.near", "product.far"}
    assert not _fail(settings, "models/products/x/far.sql")


@pytest.mark.parametrize(
    "file", ["macros/m.sql", "dbt_project.yml", "models/none.sql", "../outside.sql", "/etc/hostname"]
)
def test_what_is_everybodys_or_not_there_cannot_be_set_aside(settings: Settings, file: str) -> None:
    assert not _fail(settings, file)
    assert project_dir(settings) == settings.dbt_project


def test_it_is_forgotten_as_a_whole(settings: Settings) -> None:
    _fail(settings, "models/domains/d/other.sql")
    forget(settings)
    assert project_dir(settings) == settings.dbt_project
    assert left_out(settings) == {}
    assert (settings.dbt_project / "models/domains/d/other.sql").exists()


def test_files_that_cannot_be_read_are_named(settings: Settings) -> None:
    (settings.dbt_project / "models/domains/d/latin.sql").write_bytes(b"select '\xe9'")
    (settings.dbt_project / "models/domains/d/loop.yml").symlink_to("loop.yml")
    with pytest.raises(TransformFailed, match="not UTF-8 at byte 8") as failed:
        refuse_unreadable(settings.dbt_project)
    assert failed.value.files == ("models/domains/d/latin.sql", "models/domains/d/loop.yml")


def _manifest(**reads: list[str]) -> dict[str, object]:
    return {
        "nodes": {
            name: {
                "name": name,
                "resource_type": "model",
                "depends_on": {"nodes": found},
                "original_file_path": f"models/{name}.sql",
            }
            for name, found in reads.items()
        }
    }


def test_models_that_feed_one_another_are_named(settings: Settings) -> None:
    refuse_cycles(_manifest(a=["b"], b=[], c=["a", "b"]))
    with pytest.raises(TransformFailed, match="feed one another") as failed:
        refuse_cycles(_manifest(a=["b"], b=["c"], c=["a"], d=["a"]))
    assert set(failed.value.files) == {"models/a.sql", "models/b.sql", "models/c.sql"}


def test_names_that_lake_and_dagster_do_not_have_are_named() -> None:
    refuse_names(_manifest(a=[], A_1=[]))
    with pytest.raises(TransformFailed, match="交通"):
        refuse_names(_manifest(**{"a": [], "交通": []}))


@pytest.mark.parametrize("guilty", [*(name for name in FILES if name.startswith(("models/", "seeds/")))])
def test_a_file_that_dbt_does_not_name_is_found_by_halves(settings: Settings, guilty: str) -> None:
    tried = []

    def parse() -> str:
        tried.append(1)
        return "something is wrong" if (project_dir(settings) / guilty).exists() else ""

    found = seek(settings, TransformFailed("parse", "something is wrong"), parse)
    assert found is not None
    # What reads it is left out with it: a model that is guilty may be found through one that it needs.
    assert set_aside(settings, found)
    assert not (project_dir(settings) / guilty).exists()
    assert len(tried) <= 6


def test_what_no_file_is_guilty_of_is_nobodys(settings: Settings) -> None:
    assert seek(settings, TransformFailed("parse", "something is wrong"), lambda: "something is wrong") is None
    assert project_dir(settings) == settings.dbt_project
