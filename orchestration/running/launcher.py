"""Dagster's launcher, which can also tell whether a run still lives; configured in the workspace's dagster.yaml.

A run whose process was killed stays "started" in Dagster's books, and in a queue of one it would hold up all others for
ever. Which runs are launched when is Dagster's queue's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterRun, DefaultRunLauncher, Field
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import ConfigurableClassData, deserialize_value

from lake.one_writer import is_held


class WatchedRunLauncher(DefaultRunLauncher):
    """Launches runs in the code server, and says of each whether it lives."""

    def __init__(self, state: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._state = Path(state)

    @classmethod
    def config_type(cls) -> Any:
        """The city's state, where the writer's lock lies."""
        return {"state": Field(str)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> WatchedRunLauncher:
        """As dagster.yaml has it."""
        return cls(state=config_value["state"], inst_data=inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """It does."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """A run lives while somebody writes to the lake, which may be it, or while the code server executes it.

        One of the command line holds the writer's lock as long as it lives; one that waits for the lock waits for
        somebody who has it.
        """
        if is_held(self._state) or self._is_executed(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its process has ended without a word")

    def _is_executed(self, run: DagsterRun) -> bool:
        client = self._get_grpc_client_for_termination(run.run_id)
        if client is None:
            return False
        try:
            said = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=5)
        except DagsterUserCodeUnreachableError:
            return False
        return deserialize_value(said, CanCancelExecutionResult).can_cancel
