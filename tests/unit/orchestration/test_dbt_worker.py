"""The dbt process: what it cannot do is an error that says so, and a process that died is replaced, not waited for."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lake.settings import load_settings
from orchestration.transform import project, run
from orchestration.transform.failed import TransformFailed
from orchestration.transform.run import parse


def test_a_project_that_is_none_is_refused_by_a_worker_that_died_before_and_was_replaced(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    run.begin(settings, "parse")
    first = run._worker.start()
    first.kill()
    first.wait()
    with pytest.raises(TransformFailed, match=r"dbt parse failed.*dbt_project") as failed:
        parse(settings)
    assert failed.value.command == "parse"
    assert run._worker.start().pid != first.pid


def test_a_worker_that_dies_over_a_question_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(tmp_path, {})
    dying = run._worker.start()
    dying.kill()
    dying.wait()
    monkeypatch.setattr(run._worker, "_put", lambda arguments, expected=None: None)
    with pytest.raises(TransformFailed, match="ended before it answered"):
        parse(settings)


class Compiling(run._Worker):
    """A worker that is still writing the manifest when its answer is asked for."""

    def __init__(self, manifest: Path) -> None:
        super().__init__()
        self._manifest = manifest

    def _put(self, arguments: list[str], expected: object = None) -> None:
        self._pending = arguments
        self._manifest.write_text('{"nodes": {"model.city.a": {"resource_type": "model", "compi')

    def _answer(self) -> Generator[list[str], None, dict[str, Any]]:
        self._pending = None
        node = {"resource_type": "model", "compiled_code": "select 1"}
        self._manifest.write_text(json.dumps({"nodes": {"model.city.a": node}}))
        yield from ()
        return {"results": []}


def test_a_manifest_is_not_read_while_dbt_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(tmp_path, {})
    settings.dbt_project.mkdir()
    project.prepare(settings)
    manifest = settings.manifest
    manifest.parent.mkdir(parents=True)
    project._mark(settings).write_text(project.fingerprint(settings))
    worker = Compiling(manifest)
    monkeypatch.setattr(run, "_worker", worker)
    worker.send(run._begun(settings, "compile"))
    assert project.compiled_manifest(settings)["nodes"]["model.city.a"]["compiled_code"] == "select 1"
