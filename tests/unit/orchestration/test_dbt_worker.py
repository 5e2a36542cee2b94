"""The dbt process: what it cannot do is an error that says so, and a process that died is replaced, not waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import load_settings
from orchestration.transform import run
from orchestration.transform.run import TransformFailed, parse


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
    run.begin(settings, "parse")
    dying = run._worker.start()
    dying.kill()
    monkeypatch.setattr(run._worker, "_put", lambda arguments: None)
    with pytest.raises(TransformFailed, match="ended before it answered"):
        parse(settings)
