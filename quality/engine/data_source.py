"""The fluent data source: ``context.data_sources.add_duckdb``, its assets and its batches.

    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("residents", table_name="lake.raw.residents").add_batch_definition("all")

A data source holds an open connection that somebody gave it; a context loaded from files must be given one again
(``connect``). With redaction on, aggregates that would print a cell are refused here, because a checkpoint prints
what it compared; ``run_suite`` masks them instead.
"""

import builtins
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_spec import BatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.datasource.fluent import BatchRequest
from great_expectations.datasource.fluent.constants import _DATA_CONNECTOR_NAME
from great_expectations.datasource.fluent.interfaces import (
    Batch,
    DataAsset,
    Datasource,
    TestConnectionError,
)

from quality.engine import registration  # noqa: F401 - declares the metrics that batches are asked for
from quality.engine.errors import RelationError
from quality.engine.execution_engine import DuckDBExecutionEngine
from quality.engine.redaction import Redaction
from quality.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext


class _DuckDBAsset(DataAsset):
    """What the assets share: one batch, the whole relation."""

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The relation behind the asset."""
        raise NotImplementedError

    def test_connection(self) -> None:
        """Raise ``TestConnectionError`` unless the relation can be described."""
        try:
            _ = self.relation(self.datasource.connection).types
        except RelationError as error:
            raise TestConnectionError(str(error)) from error

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:
        """None: a relation is one batch."""
        return ()

    def build_batch_request(
        self, options: Any = None, batch_slice: Any = None, partitioner: Any = None
    ) -> BatchRequest[Any]:
        """The request for the whole relation; raises ``ValueError`` for a part of it (use a query asset)."""
        if options or batch_slice or partitioner:
            raise ValueError(f"asset {self.name!r} is one batch; select rows with a query asset or a row condition")
        return BatchRequest(datasource_name=self.datasource.name, data_asset_name=self.name, options={})

    def add_batch_definition_whole_table(self, name: str) -> "BatchDefinition[Any]":
        """As SQL assets of Great Expectations call it."""
        return self.add_batch_definition(name)

    def get_batch_identifiers_list(self, batch_request: BatchRequest[Any]) -> list[dict[str, Any]]:
        """One batch without identifiers."""
        return [IDDict(batch_request.options)]

    def _validate_batch_request(self, batch_request: BatchRequest[Any]) -> None:
        if (batch_request.datasource_name, batch_request.data_asset_name) != (self.datasource.name, self.name):
            raise ValueError(f"the batch request is not one for asset {self.name!r}")

    def get_batch(self, batch_request: BatchRequest[Any]) -> Batch:
        """The batch: the relation itself, described anew, since it may have changed."""
        self._validate_batch_request(batch_request)
        relation = self.relation(self.datasource.connection)
        engine = self.datasource.get_execution_engine()
        data, markers = engine.get_batch_data_and_markers(BatchSpec(relation=relation))
        definition = LegacyBatchDefinition(
            datasource_name=self.datasource.name,
            data_connector_name=_DATA_CONNECTOR_NAME,
            data_asset_name=self.name,
            batch_identifiers=IDDict(batch_request.options),
            batch_spec_passthrough=None,
        )
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            metadata=self._get_batch_metadata_from_batch_request(batch_request=batch_request),
            batch_markers=markers,
            batch_spec=BatchSpec(relation=relation.name),
            batch_definition=definition,
        )


class DuckDBTableAsset(_DuckDBAsset):
    """A table or view of any attached database, DuckLake included."""

    type: Literal["table"] = "table"
    table_name: str

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The table by its dotted name."""
        return Relation.table(connection, self.table_name)


class DuckDBQueryAsset(_DuckDBAsset):
    """The rows of one SELECT."""

    type: Literal["query"] = "query"
    query: str

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The query under the asset's name."""
        return Relation.query(connection, self.query, self.name)


class DuckDBParquetAsset(_DuckDBAsset):
    """Parquet files by path or glob."""

    type: Literal["parquet"] = "parquet"
    path: str

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The files."""
        return Relation.parquet(connection, self.path)


class DuckDBCSVAsset(_DuckDBAsset):
    """CSV files by path or glob; ``options`` are those of DuckDB's ``read_csv``."""

    type: Literal["csv"] = "csv"
    path: str
    options: dict[str, Any] = pydantic.Field(default_factory=dict)

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The files."""
        return Relation.csv(connection, self.path, **self.options)


class DuckDBDatasource(Datasource):
    """Relations seen through one open DuckDB connection."""

    asset_types: ClassVar[list[type[DataAsset]]] = [
        DuckDBTableAsset,
        DuckDBQueryAsset,
        DuckDBParquetAsset,
        DuckDBCSVAsset,
    ]
    type: Literal["duckdb"] = "duckdb"
    assets: list[DuckDBTableAsset | DuckDBQueryAsset | DuckDBParquetAsset | DuckDBCSVAsset] = []  # noqa: RUF012 - pydantic copies it

    _connection: Any = pydantic.PrivateAttr(None)
    _redaction: Redaction = pydantic.PrivateAttr(Redaction.nothing())

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The open connection. Raises ``RelationError`` if nobody has given one."""
        if self._connection is None:
            raise RelationError(self.name, "the data source has no open connection (call connect)")
        return self._connection

    def connect(
        self, connection: "duckdb.DuckDBPyConnection", redaction: Redaction | None = None
    ) -> "DuckDBDatasource":
        """Use ``connection`` from now on, showing cells as far as ``redaction`` allows (default: as GX does)."""
        self._connection, self._redaction = connection, redaction or Redaction.nothing()
        return self

    @property
    def execution_engine_type(self) -> builtins.type[DuckDBExecutionEngine]:
        """The engine of this package."""
        return DuckDBExecutionEngine

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The engine, with this source's redaction."""
        engine: DuckDBExecutionEngine = super().get_execution_engine()
        engine.redaction = self._redaction
        return engine

    def test_connection(self, test_assets: bool = True) -> None:
        """Describe every asset, once there is a connection."""
        if self._connection is not None and test_assets:
            for asset in self.assets:
                asset._datasource = self
                asset.test_connection()

    def add_arrow_asset(self, name: str, table: Any) -> DuckDBTableAsset:
        """An Arrow table, registered on the connection under a private name."""
        private = Relation.arrow(self.connection, table, name)
        asset: DuckDBTableAsset = self.add_table_asset(  # type: ignore[attr-defined]  # made by the metaclass
            name, table_name=private.source
        )
        return asset


def add_duckdb(
    context: "AbstractDataContext",
    name: str,
    connection: "duckdb.DuckDBPyConnection",
    redaction: Redaction | None = None,
) -> DuckDBDatasource:
    """Add a data source over an open ``connection`` to ``context``."""
    source: DuckDBDatasource = context.data_sources.add_duckdb(name)
    return source.connect(connection, redaction)
