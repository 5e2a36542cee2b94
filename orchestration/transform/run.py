"""Invoking dbt in process: parse, build models, run tests. What is built is the project's business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult

from orchestration.settings import Settings
from orchestration.transform.project import dbt_arguments

_WORDS = 400


class TransformFailed(Exception):
    """dbt could not parse the project or could not run at all."""

    def __init__(self, command: str, message: str) -> None:
        self.command = command
        super().__init__(
            f"dbt {command} failed: {message[:_WORDS]}. "
            "Correct the model or declaration it names, then run `zhongtai sync`."
        )


@dataclass(frozen=True)
class ModelResult:
    """What became of one dbt node: status is success, error, skipped, pass, fail or warn; seconds of wall time."""

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it did what it should."""
        return self.status in {"success", "pass"}


def parse(settings: Settings) -> None:
    """Parse the project and write its manifest. Raises `TransformFailed`."""
    _invoke(settings, "parse")


def run_models(
    settings: Settings, select: Sequence[str] = (), on_model: Callable[[str, str], None] | None = None
) -> list[ModelResult]:
    """Build seeds and models in dependency order. A failed model skips what depends on it and nothing else.

    `on_model(name, status)` is called as each model ends.
    """
    chosen = ["--select", *select] if select else []
    selected = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *chosen]
    result = _invoke(settings, "build", selected, _progress(on_model))
    return _results(result)


def compile_models(settings: Settings) -> None:
    """Compile every model without running it, so that the manifest holds its SQL. Raises `TransformFailed`."""
    _invoke(settings, "compile")


def run_tests(settings: Settings, select: Sequence[str] = ()) -> list[ModelResult]:
    """Run the project's data tests and unit tests."""
    return _results(_invoke(settings, "test", ["--select", *select] if select else []))


def _results(result: dbtRunnerResult) -> list[ModelResult]:
    return [
        ModelResult(row.node.unique_id, str(row.status), (row.message or "")[:_WORDS], row.execution_time, row.failures)
        for row in getattr(result.result, "results", [])
    ]


def _invoke(
    settings: Settings,
    command: str,
    arguments: Sequence[str] = (),
    callbacks: list[Callable[[Any], None]] | None = None,
) -> dbtRunnerResult:
    result = dbtRunner(callbacks=callbacks or []).invoke([command, *dbt_arguments(settings), *arguments])
    if result.exception is not None:
        raise TransformFailed(command, str(result.exception))
    return result


def _progress(on_model: Callable[[str, str], None] | None) -> list[Callable[[Any], None]]:
    if on_model is None:
        return []

    def heard(event: Any) -> None:
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            on_model(event.data.node_info.node_name, event.data.status)

    return [heard]
