"""The found deliveries, tried in this process: the tool that lies with them lays a case out and judges it, and reading,
judging and staging are done without a run of dbt or the gates. What needs a release is the deep suite's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from contracts.clock import FixedClock
from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import Catalogue, Dataset
from lake.attach import quarantine_table, raw_table
from lake.batch import Ingestion
from lake.ingest import ingest
from lake.settings import Settings
from lake.store import ensure_tables, stored_batches, stored_deliveries
from orchestration.twins.staging import staging_sql
from quality.declared import DuckDBEngine
from quality.rules import raw_rules
from quality.suites import Subject, check_table

FOUND = Path(__file__).parents[3] / "shared" / "found"
# What only a run shows: verdicts, and what the command line does with a state that was moved.
_OF_A_RUN = ("release", "newest_delivery", "release_reason")
_MACRO = re.compile(r"\{\{ zhongtai\.normalise_\w+\('(.*?)'\) \}\}")


def tool() -> ModuleType:
    """The tool that lies with the cases, as a module."""
    loader = SourceFileLoader("try_found", str(FOUND / "tools" / "try-found"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def cases(module: ModuleType) -> list[Any]:
    """Every case that can be told without a run."""
    if not (FOUND / "deliveries").is_dir():
        return []
    found = [module.Case(path.parent) for path in sorted((FOUND / "deliveries").rglob("case.yml"))]
    return [case for case in found if not case.body.get("release") and "move_state" not in str(case.steps)]


class Town:
    """The workspace of one case, and what becomes of it in a lake."""

    def __init__(self, module: ModuleType, case: Any, root: Path, lake: tuple[duckdb.DuckDBPyConnection, Settings]):
        self.case, self.connection = case, lake[0]
        self.space = module.Workspace(root, [case], _model(module))
        self.settings = replace(lake[1], clock=FixedClock(datetime.fromisoformat(module.NOW)))
        self.space.cli = self._cli
        self.told: dict[str, dict[str, Any]] = {}
        self.catalogue: Catalogue | None = None

    def seen(self) -> dict[str, Any]:
        """What the tool's own observation would hold, after every step."""
        for number in range(len(self.case.steps)):
            if not self.space.step(number) and self.space.sync[0]:
                break
        return {"datasets": self._datasets(), "sync": self.space.sync, "run": (0, "", False)}

    def _cli(self, command: str, *_: Any, now: str = "", prefix: Any = None) -> Any:
        from subprocess import CompletedProcess

        if command == "sync":
            try:
                self.catalogue = load_catalogue(self.space.root, engine=DuckDBEngine())
            except DeclarationsRefused as refused:
                return CompletedProcess([], 2, "", str(refused))
            return CompletedProcess([], 0, "", "")
        self._ingest()
        return CompletedProcess([], 0, "{}", "")

    def _ingest(self) -> None:
        assert self.catalogue
        catalogue = replace(self.catalogue, deliveries=self.space.root / "deliveries")
        refused = ensure_tables(self.connection, catalogue.datasets.values())
        batches, deliveries = stored_batches(self.connection), stored_deliveries(self.connection)
        context = Ingestion(self.connection, catalogue, self.settings, batches, deliveries, refused)
        for dataset in catalogue.datasets.values():
            found = {one.path: one.as_dict() for one in ingest(context, dataset)}
            self.told[dataset.id] = found

    def _datasets(self) -> dict[str, Any]:
        known = self.catalogue.datasets if self.catalogue else {}
        return {name: self._observed(known[name]) for name in self.case.datasets() if name in known}

    def _observed(self, dataset: Dataset) -> dict[str, Any]:
        quarantine = self.connection.execute(f"select _faults, _original from {quarantine_table(dataset)}").fetchall()
        return {
            "deliveries": list(self.told.get(dataset.id, {}).values()),
            "warned": list(self._warned(dataset)),
            "rows": self._rows(dataset, raw_table(dataset)),
            "current": self._current(dataset),
            "quarantine": [{"reasons": list(why or []), "original": _plain(text)} for why, text in quarantine],
        }

    def _warned(self, dataset: Dataset) -> Iterator[dict[str, Any]]:
        if "warned" not in str(self.case.body["expect"]):
            return
        assert self.catalogue
        rules = [rule for rule in raw_rules(dataset) if rule.kind != "freshness"]
        subject = Subject(f"raw.{dataset.table}", rules, "0", self.catalogue.code_sets, dataset)
        for result in check_table(self.connection, subject):
            if not result.passed:
                yield {"rule": result.rule}

    def _current(self, dataset: Dataset) -> list[dict[str, Any]] | None:
        if "current" not in str(self.case.body["expect"]):
            return None
        assert self.catalogue
        sql = staging_sql(dataset, self.catalogue.code_sets)
        sql = sql.replace(f"{{{{ source('raw', '{dataset.table}') }}}}", raw_table(dataset))
        body = "\n".join(line for line in _MACRO.sub(r"\1", sql).splitlines() if not line.startswith(("--", "{{")))
        return self._rows(dataset, f"({body})")

    def _rows(self, dataset: Dataset, source: str) -> list[dict[str, Any]]:
        names = [column.name for column in dataset.columns]
        listed = ", ".join(f'"{name}"::varchar' for name in names)
        rows = self.connection.execute(f"select {listed} from {source}").fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]


def _model(module: ModuleType) -> Path:
    return Path(__file__).parents[1] / "cities" / "beijing" / "dbt_project"


def _plain(text: str | None) -> str:
    try:
        return json.dumps(json.loads(text or ""), ensure_ascii=False)
    except ValueError:
        return text or ""
