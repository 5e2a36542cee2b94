"""A project is judged before anything of it runs: what reaches for more is set aside, each for its own reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.attach import open_lake
from lake.executed import text_digest
from lake.settings import Settings, load_settings
from orchestration.steps.build import judged_digests
from orchestration.transform import aside
from orchestration.transform.failed import TransformFailed
from orchestration.transform.project import compiled_manifest
from orchestration.transform.refused import refuse_strays
from orchestration.transform.run import ModelResult, begin_models, run_models
from tests.unit.orchestration import hostile


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Path, dict]]:
    folder = tmp_path_factory.mktemp("sandbox")
    settings = load_settings(folder / "city", {"ZHONGTAI_STATE": str(folder / "state"), "ZHONGTAI_THREADS": "1"})
    (out := folder / "out").mkdir()
    hostile.write_project(settings, out)
    with open_lake(settings):
        pass  # its tables' schemas stand before dbt comes
    yield settings, out, compiled_manifest(settings)


def reasons(settings: Settings) -> dict[str, str]:
    return {table.split(".", 1)[1]: why for table, why in aside.left_out(settings).items()}


@pytest.mark.parametrize("one", hostile.MODELS, ids=lambda one: one.name)
def test_a_model_that_reaches_for_more_is_set_aside(city: tuple[Settings, Path, dict], one: hostile.Hostile) -> None:
    settings, _, manifest = city
    why = reasons(settings)
    assert one.word in why[one.name]
    assert f"model.city.{one.name}" not in manifest["nodes"]


def test_a_model_in_python_is_set_aside(city: tuple[Settings, Path, dict]) -> None:
    assert "written in python" in reasons(city[0])["python"]


def test_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    (project := tmp_path / "project" / "seeds").mkdir(parents=True)
    (tmp_path / "key.csv").write_text("secret\n")
    (project / "own.csv").write_text("a\n1\n")
    refuse_strays(project.parent, project.parent)
    (project / "key.csv").symlink_to(tmp_path / "key.csv")
    with pytest.raises(TransformFailed, match="outside the project") as refused:
        refuse_strays(project.parent, project.parent)
    assert refused.value.files == ("seeds/key.csv",)
    (project / "folder").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(TransformFailed, match=r"seeds/folder, seeds/key\.csv"):
        refuse_strays(project.parent, project.parent)


@pytest.mark.parametrize("file", hostile.MACROS)
def test_a_macro_that_reaches_for_more_is_left_out(city: tuple[Settings, Path, dict], file: str) -> None:
    settings, _, manifest = city
    left = json.loads((settings.dbt_target / "aside.json").read_text())
    word = hostile.MACROS[file][1]
    if word:
        assert word in left[f"macros/{file}"]
        assert not [m for m in manifest["macros"].values() if m["original_file_path"].endswith(file)]


@pytest.mark.parametrize("name", hostile.CONTROLS)
def test_what_a_model_may_be_goes_on(city: tuple[Settings, Path, dict], name: str) -> None:
    settings, _, manifest = city
    assert name not in reasons(settings)
    assert f"model.city.{name}" in manifest["nodes"]


def built(settings: Settings, expected: dict[str, str]) -> dict[str, ModelResult]:
    begin_models(settings, expected)
    building = run_models(settings, expected)
    while True:
        try:
            next(building)
        except StopIteration as end:
            return {one.unique_id.rsplit(".", 1)[-1]: one for one in end.value}


def test_what_is_left_is_built_twice_and_nothing_was_written(city: tuple[Settings, Path, dict]) -> None:
    settings, out, manifest = city
    expected = judged_digests(manifest)
    for times, added in enumerate((set(), {"grows", "keyed"})):
        found = built(settings, expected)
        well = dict.fromkeys(hostile.CONTROLS.keys() - {"fleeting"}, ("success", ""))
        assert {name: (one.status, one.message) for name, one in found.items()} == well
        assert {name for name, one in found.items() if not one.whole} == added
        # The second time it asks its own table, and says so.
        assert ("where id >" in found["grows"].executed) == bool(times)
        assert text_digest(found["looped"].executed) == expected["model.city.looped"]
    assert list(out.iterdir()) == []


def test_a_model_of_another_text_than_was_judged_is_not_run(city: tuple[Settings, Path, dict]) -> None:
    settings, _, manifest = city
    expected = {**judged_digests(manifest), "model.city.looped": text_digest("select 1")}
    found = built(settings, expected)
    assert found["looped"].status == "error"
    assert "compiled otherwise" in found["looped"].message
    assert found["looped"].executed is None
    assert found["by_macro"].status == "success"
