"""The fluent data source: ``context.data_sources.add_duckdb``, its assets and its batches.

    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("residents", table_name="lake.raw.residents").add_batch_definition_whole_table("all")

A data source holds an open connection that somebody gave it, and the Arrow tables that were; neither is saved, and a
context loaded from files must be given both again (``connect``, ``give_arrow_table``). What is saved is that cells may
be seen, where the caller said so by leaving redaction out: a source loaded from files that does not say it shows none.
With redaction on, aggregates that would print a cell are refused here, because a checkpoint prints what it compared;
``run_suite`` masks them instead.
"""

import builtins
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_spec import BatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.core.partitioners import (
    ColumnPartitioner,
    ColumnPartitionerDaily,
    ColumnPartitionerMonthly,
    ColumnPartitionerYearly,
    PartitionerColumnValue,
    PartitionerDatetimePart,
    PartitionerDividedInteger,
    PartitionerModInteger,
    PartitionerMultiColumnValue,
)
from great_expectations.datasource.fluent import BatchRequest
from great_expectations.datasource.fluent.constants import _DATA_CONNECTOR_NAME
from great_expectations.datasource.fluent.interfaces import (
    Batch,
    DataAsset,
    Datasource,
    TestConnectionError,
)
from great_expectations.datasource.fluent.sql_datasource import (
    _compose_no_available_batches_message,
    _NoMatchDiagnostics,
    _SQLAsset,
)
from great_expectations.exceptions.exceptions import NoAvailableBatchesError, SqlAddBatchDefinitionError

from quality.engine import registration  # noqa: F401 - declares the metrics that batches are asked for
from quality.engine.errors import EngineError, RelationError, WithheldValueError
from quality.engine.execution_engine import DuckDBExecutionEngine
from quality.engine.partitions import (
    ByDateParts,
    ByDay,
    ByMonth,
    ByQuotient,
    ByRemainder,
    ByValue,
    ByValues,
    ByYear,
    fits,
    keys_of,
    part_of,
)
from quality.engine.redaction import Redaction
from quality.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb
    from great_expectations.data_context import AbstractDataContext

_PARTITIONERS: dict[Any, Any] = {
    ColumnPartitionerYearly: ByYear,
    ColumnPartitionerMonthly: ByMonth,
    ColumnPartitionerDaily: ByDay,
    PartitionerDatetimePart: ByDateParts,
    PartitionerDividedInteger: ByQuotient,
    PartitionerModInteger: ByRemainder,
    PartitionerColumnValue: ByValue,
    PartitionerMultiColumnValue: ByValues,
}
_BY_DATE = (ColumnPartitionerYearly, ColumnPartitionerMonthly, ColumnPartitionerDaily)


class _DuckDBAsset(_SQLAsset["DuckDBDatasource"]):
    """What the assets share: batches of the whole relation or of a part of it."""

    _partitioner_implementation_map: dict[Any, Any] = pydantic.PrivateAttr(_PARTITIONERS)

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The relation behind the asset."""
        raise NotImplementedError

    def whole(self) -> Relation:
        """The relation behind the asset, over the source's connection. Raises ``RelationError``."""
        return self.relation(self.datasource.connection)

    def test_connection(self) -> None:
        """Raise ``TestConnectionError`` unless the relation can be described."""
        try:
            _ = self.whole().types
        except EngineError as error:
            raise TestConnectionError(str(error)) from error

    def get_partitioner_implementation(self, abstract_partitioner: ColumnPartitioner) -> Any:
        """How the engine parts by ``abstract_partitioner``. Raises ``WithheldValueError`` if that would show cells."""
        for name in _columns_of(abstract_partitioner):
            if not self.datasource.redaction.plain(name):
                raise WithheldValueError("a partition", name)
        return super().get_partitioner_implementation(abstract_partitioner)

    def validate_batch_definition(self, partitioner: ColumnPartitioner) -> None:
        """Raise ``SqlAddBatchDefinitionError`` unless ``partitioner`` fits the columns it names."""
        relation = self.whole()
        try:
            terms = self.get_partitioner_implementation(partitioner).terms(relation)
        except EngineError as error:
            raise SqlAddBatchDefinitionError(msg=str(error)) from error
        first = _columns_of(partitioner)[0]
        if isinstance(partitioner, _BY_DATE) and not relation.types[first].startswith(("DATE", "TIMESTAMP")):
            why = f"'{first}' column from '{self.name}' is not a date or datetime type."
            raise SqlAddBatchDefinitionError(msg=why)
        assert terms

    def get_batch(self, batch_request: BatchRequest[Any]) -> Batch:
        """The last batch that fits the request, its relation described anew, since it may have changed."""
        self._validate_batch_request(batch_request)
        requests, diagnostics = self._fully_specified_batch_requests(batch_request)
        if not requests:
            raise NoAvailableBatchesError(_compose_no_available_batches_message(diagnostics, batch_request.options))
        request, metadata, relation = self._last(batch_request, requests)
        engine = self.datasource.get_execution_engine()
        data, markers = engine.get_batch_data_and_markers(BatchSpec(relation=relation))
        definition = LegacyBatchDefinition(
            datasource_name=self.datasource.name,
            data_connector_name=_DATA_CONNECTOR_NAME,
            data_asset_name=self.name,
            batch_identifiers=IDDict(request.options),
            batch_spec_passthrough=None,
        )
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=request,
            data=data,
            metadata=metadata,
            batch_markers=markers,
            batch_spec=BatchSpec(relation=relation.name),
            batch_definition=definition,
        )

    def _fully_specified_batch_requests(self, batch_request: BatchRequest[Any]) -> tuple[list[Any], Any]:
        """One request for each batch that was asked for; of values of columns, however a value is written."""
        asked, options = batch_request.partitioner, dict(batch_request.options or {})
        if not isinstance(asked, (PartitionerColumnValue, PartitionerMultiColumnValue)):
            return super()._fully_specified_batch_requests(batch_request)
        relation, partitioner = self.whole(), self.get_partitioner_implementation(asked)
        terms = partitioner.terms(relation)
        candidates = keys_of(relation, terms)
        names = {"datasource_name": batch_request.datasource_name, "data_asset_name": batch_request.data_asset_name}
        made: Any = BatchRequest
        requests = [
            made(**names, options={**options, **keys}, partitioner=asked)
            for keys in candidates
            if fits(terms, keys, options)
        ]
        return requests, _NoMatchDiagnostics(candidate_count=len(candidates), offending_param=None)

    def _last(self, asked: BatchRequest[Any], requests: list[Any]) -> tuple[Any, Any, Relation]:
        """The request, the metadata and the rows of the last batch in the order of the partitioner."""
        metadata = [self._get_batch_metadata_from_batch_request(request) for request in requests]
        if asked.partitioner is None:
            return requests[0], metadata[0], self.whole()
        partitioner = self.get_partitioner_implementation(asked.partitioner)
        chosen = self.sort_batch_identifiers_list(list(metadata), partitioner)[asked.batch_slice][-1]
        request = requests[metadata.index(chosen)]
        relation = self.whole()
        return request, chosen, part_of(relation, partitioner.terms(relation), request.options)


def _columns_of(partitioner: Any) -> list[str]:
    return list(getattr(partitioner, "column_names", None) or [partitioner.column_name])


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


class DuckDBArrowAsset(_DuckDBAsset):
    """An Arrow table, which lives in the memory of one process: saved by its name only, and never found again by it."""

    type: Literal["arrow"] = "arrow"

    def relation(self, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The table that was given in this process. Raises ``RelationError`` if none was."""
        return self.datasource.arrow_relation(self.name, connection)


class DuckDBDatasource(Datasource):
    """Relations seen through one open DuckDB connection."""

    asset_types: ClassVar[list[type[DataAsset]]] = [
        DuckDBTableAsset,
        DuckDBQueryAsset,
        DuckDBParquetAsset,
        DuckDBCSVAsset,
        DuckDBArrowAsset,
    ]
    type: Literal["duckdb"] = "duckdb"
    shows_cells: bool = False
    """Whether whoever added the source let cells be seen; saved, so that redaction does not end with a reload."""
    assets: list[DuckDBTableAsset | DuckDBQueryAsset | DuckDBParquetAsset | DuckDBCSVAsset | DuckDBArrowAsset] = []  # noqa: RUF012 - pydantic copies it

    _connection: Any = pydantic.PrivateAttr(None)
    _redaction: Any = pydantic.PrivateAttr(None)
    _arrow: dict[str, Any] = pydantic.PrivateAttr(default_factory=dict)

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """The open connection. Raises ``RelationError`` if nobody has given one."""
        if self._connection is None:
            raise RelationError(self.name, "the data source has no open connection (call connect)")
        return self._connection

    @property
    def redaction(self) -> Redaction:
        """What was said of cells, in this process or when the source was saved; else nothing of them is shown."""
        if self._redaction is not None:
            return self._redaction
        return Redaction.nothing() if self.shows_cells else Redaction.everything()

    def connect(
        self, connection: "duckdb.DuckDBPyConnection", redaction: Redaction | None = None
    ) -> "DuckDBDatasource":
        """Use ``connection`` from now on, showing cells as far as ``redaction`` allows (default: as was saved)."""
        self._connection, self._redaction = connection, redaction
        if redaction is not None and self.shows_cells is redaction.on:
            self.shows_cells = not redaction.on
            self._save_context_project_config()
        return self

    @property
    def execution_engine_type(self) -> builtins.type[DuckDBExecutionEngine]:
        """The engine of this package."""
        return DuckDBExecutionEngine

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The engine, with this source's redaction."""
        engine: DuckDBExecutionEngine = super().get_execution_engine()
        engine.redaction, engine.connection = self.redaction, self._connection
        return engine

    def test_connection(self, test_assets: bool = True) -> None:
        """Describe every asset, once there is a connection."""
        if self._connection is not None and test_assets:
            for asset in self.assets:
                asset._datasource = self
                asset.test_connection()

    def add_arrow_asset(self, name: str, table: Any) -> DuckDBArrowAsset:
        """An Arrow table, which is not saved: see ``give_arrow_table``. Raises ``RelationError``."""
        self.give_arrow_table(name, table)
        asset: DuckDBArrowAsset = self._add_asset(DuckDBArrowAsset(name=name))
        return asset

    def give_arrow_table(self, name: str, table: Any) -> None:
        """The table of the Arrow asset ``name``, for this process. Raises ``RelationError``."""
        self._arrow[name] = Relation.arrow(self.connection, table, name), table

    def arrow_relation(self, name: str, connection: "duckdb.DuckDBPyConnection") -> Relation:
        """The table of an Arrow asset over ``connection``. Raises ``RelationError`` if none was given."""
        if name not in self._arrow:
            raise RelationError(name, "its Arrow table was not given in this process (call give_arrow_table)")
        relation, table = self._arrow[name]
        if relation.connection is not connection:
            self._arrow[name] = Relation.arrow(connection, table, name), table
        return Relation(connection, name, self._arrow[name][0].source)


def add_duckdb(
    context: "AbstractDataContext",
    name: str,
    connection: "duckdb.DuckDBPyConnection",
    redaction: Redaction | None = None,
) -> DuckDBDatasource:
    """Add a data source over an open ``connection`` to ``context``. Without ``redaction`` cells are shown."""
    given = redaction or Redaction.nothing()
    source: DuckDBDatasource = context.data_sources.add_duckdb(name, shows_cells=not given.on)
    return source.connect(connection, given)
