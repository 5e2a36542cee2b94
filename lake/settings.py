"""Where state lives and what the environment says: the only module that reads environment variables.

No default here may reach outside the workspace, and no secret is held: keys lie in files below `state`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.clock import Clock, FixedClock, SystemClock

REPOSITORY = Path(__file__).resolve().parent.parent

# Nothing phones home: set before any of these libraries is imported, and handed to every child process.
SILENCE = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
}
# Dagster stores the events that announce a run together, and not each in a transaction.
_TOGETHER = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}


@dataclass(frozen=True)
class Settings:
    """One workspace and where its state lies; every path is absolute.

    `threads` and `memory_limit` bound DuckDB; `clock` is the only source of time.
    """

    workspace: Path
    state: Path
    deliveries: Path | None
    threads: int
    memory_limit: str
    clock: Clock

    @property
    def catalog(self) -> Path:
        """The SQLite catalog of the lake; it holds the lake's encryption keys."""
        return self.state / "lake" / "catalog.sqlite"

    @property
    def lake_data(self) -> Path:
        """The lake's encrypted Parquet files."""
        return self.state / "lake" / "data"

    @property
    def landing(self) -> Path:
        """Delivered bytes, untouched, by batch."""
        return self.state / "landing"

    @property
    def ledger(self) -> Path:
        """The ledger's SQLite file."""
        return self.state / "ledger.sqlite"

    @property
    def releases(self) -> Path:
        """Release folders, by agreement."""
        return self.state / "releases"

    @property
    def keys(self) -> Path:
        """Signing and pseudonym keys."""
        return self.state / "keys"

    @property
    def scratch(self) -> Path:
        """Files that one run makes and removes."""
        return self.state / "scratch"

    @property
    def extensions(self) -> Path:
        """DuckDB's extension directory, filled from the installed wheels."""
        return self.state / "extensions"

    @property
    def dbt_project(self) -> Path:
        """The workspace's dbt project."""
        return self.workspace / "dbt_project"

    @property
    def dbt_target(self) -> Path:
        """Where dbt writes its manifest, compiled SQL and logs."""
        return self.state / "dbt"

    @property
    def manifest(self) -> Path:
        """The manifest that dbt wrote of the project as it last was."""
        return self.dbt_target / "target" / "manifest.json"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.state / "dagster"


def _clock(environment: Mapping[str, str]) -> Clock:
    fixed = environment.get("ZHONGTAI_NOW")
    if not fixed:
        return SystemClock()
    moment = datetime.fromisoformat(fixed)
    return FixedClock(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def load_settings(workspace: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of a workspace (default: `ZHONGTAI_WORKSPACE`, else the repository's own city).

    `ZHONGTAI_STATE` and `ZHONGTAI_DELIVERIES` move state and deliveries, `ZHONGTAI_THREADS` and `ZHONGTAI_MEMORY` bound
    DuckDB, `ZHONGTAI_NOW` (ISO 8601) fixes the clock.
    """
    env = os.environ if environment is None else environment
    root = Path(workspace or env.get("ZHONGTAI_WORKSPACE") or REPOSITORY).resolve()
    deliveries = env.get("ZHONGTAI_DELIVERIES")
    return Settings(
        workspace=root,
        state=Path(env.get("ZHONGTAI_STATE") or root / ".zhongtai").resolve(),
        deliveries=Path(deliveries).resolve() if deliveries else None,
        threads=int(env.get("ZHONGTAI_THREADS") or os.cpu_count() or 2),
        memory_limit=env.get("ZHONGTAI_MEMORY") or "3GB",
        clock=_clock(env),
    )


def silence_libraries() -> None:
    """Turn every library's telemetry off for this process and its children, and have Dagster write less often."""
    os.environ.update(SILENCE | _TOGETHER)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for a child process (dbt, the Dagster server) on this workspace."""
    return {
        **os.environ,
        **SILENCE,
        **_TOGETHER,
        "ZHONGTAI_WORKSPACE": str(settings.workspace),
        "ZHONGTAI_STATE": str(settings.state),
        "DAGSTER_HOME": str(settings.dagster_home),
        **({"ZHONGTAI_DELIVERIES": str(settings.deliveries)} if settings.deliveries else {}),
    }
