"""What provenance is told by in a city: the SQL that ran, the tables of deliveries, and the platform's twins.

Lives here: gathering it from declarations, lineage and ledger. Must not live here: the asking (`provenance.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from contracts.model import Catalogue
from lake.city import City
from lake.column_lineage import CityLineage
from lake.executed import executed
from lineage.graph import split_parts
from orchestration.share.provenance import Door, Provenance
from orchestration.twins.staging import model_name

_KEPT = {"raw", "quarantine", "store", "landing", "meta"}


def provenance_of(city: City, lineage: CityLineage, models: Mapping[str, str]) -> Provenance:
    """What says which batches are in the products of a city. `models` is the SQL that makes each relation; of one that
    is recorded as made by a single text, that."""
    graph = lineage.graph
    raw = frozenset(f"lake.raw.{dataset.table}" for dataset in city.catalogue.datasets.values())
    ran = {name: texts[0].text for name, texts in executed(city).items() if len(texts) == 1 and name in models}
    # What the platform keeps of deliveries beside the raw tables is somebody's, too.
    plain = frozenset(name for name in graph.columns if _KEPT.isdisjoint(split_parts(name)[1:2])) - graph.built
    return Provenance(city.connection, {**models, **ran}, raw, plain, dict(_doors(city.catalogue, graph.twins)))


def _doors(catalogue: Catalogue, twins: Collection[str]) -> Iterator[tuple[str, Door]]:
    """The twins that choose among deliveries: the newest version of each key, the newest row of each provider, and
    which identifiers there are. Of a twin's name alone nothing follows: its text must be the platform's."""
    for dataset in catalogue.datasets.values():
        staged = f"lake.staging.{model_name(dataset)}"
        if staged in twins:
            yield staged, Door(staged)
    for name, entity in catalogue.entities.items():
        provided, registered = f"lake.staging.{name}__provided", f"lake.theme.{name}__registered"
        if provided in twins:
            yield provided, Door(provided)
        if {provided, registered} <= set(twins):
            yield registered, Door(provided, alone=entity.identifier)
