"""A resource as an OpenLineage DatasetEvent: what it is, its columns, who owns it. No value, and nothing is sent.

Source: OpenLineage 2-0-2, DatasetEvent, with its facets of schema, documentation, ownership and version.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lineage.openlineage import PRODUCER
from portal.catalogue.records import Resource


def dataset_event(one: Resource, namespace: str, at: datetime) -> dict[str, Any]:
    """The event that tells of a resource at a moment."""
    from openlineage.client.event_v2 import DatasetEvent, StaticDataset
    from openlineage.client.facet_v2 import (
        dataset_version_dataset,
        documentation_dataset,
        ownership_dataset,
        schema_dataset,
    )
    from openlineage.client.serde import Serde

    columns = [
        schema_dataset.SchemaDatasetFacetFields(
            name=field.name, type=field.type, description=f"{field.title_zh} {field.title_en}"
        )
        for field in one.fields
    ]
    described = one.description or f"{one.title_zh} {one.title_en}"
    facets: dict[str, Any] = {
        "schema": schema_dataset.SchemaDatasetFacet(fields=columns, producer=PRODUCER),
        "documentation": documentation_dataset.DocumentationDatasetFacet(description=described, producer=PRODUCER),
    }
    if one.owner:
        owner = ownership_dataset.Owner(name=one.owner, type="OWNER")
        facets["ownership"] = ownership_dataset.OwnershipDatasetFacet(owners=[owner], producer=PRODUCER)
    if one.version:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=one.version, producer=PRODUCER
        )
    dataset = StaticDataset(namespace=namespace, name=one.id, facets=facets)
    event: dict[str, Any] = json.loads(
        Serde.to_json(DatasetEvent(eventTime=at.isoformat(), producer=PRODUCER, dataset=dataset))
    )
    return event
