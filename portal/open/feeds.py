"""Open data in the vocabulary that CKAN-like harvesters read. Which datasets there are is not decided here.

Source: Project Open Data Metadata Schema v1.1 (`data.json`). What is not declared is left out, and never made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.model import Catalogue
from portal.open.datasets import OpenDataset

MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
}


def data_json(datasets: Sequence[OpenDataset], catalogue: Catalogue, base: str) -> dict[str, Any]:
    """The catalogue for CKAN-like harvesters."""
    return {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "dataset": [_dataset(one, catalogue, base) for one in datasets],
    }


@dataclass(frozen=True)
class Offered:
    """One way to have a dataset's rows: its address below that of the dataset, its media type, the digest if known."""

    name: str
    ending: str
    media: str
    sha256: str = ""


def formats(one: OpenDataset) -> list[str]:
    """The formats in which a dataset is one file for everybody."""
    if one.conditional:
        return []
    return [name for name in MEDIA if name != "parquet" or len(one.version.files) == 1]


def offered(one: OpenDataset) -> list[Offered]:
    """All ways to have a dataset's rows: its formats, and its Parquet files where these are several.

    Of what is made as it is read no digest is known before.
    """
    digests = {file.name: file.digest.get("sha256", "") for file in one.version.statement.subject}
    whole = next(iter(digests.values())) if len(digests) == 1 else ""
    found = [Offered(name, f".{name}", MEDIA[name], whole if name == "parquet" else "") for name in formats(one)]
    if one.conditional or len(digests) == 1:
        return found
    parts = (Offered(name, f"/files/{name}", MEDIA["parquet"], digest) for name, digest in sorted(digests.items()))
    return [*found, *parts]


def _dataset(one: OpenDataset, catalogue: Catalogue, base: str) -> dict[str, Any]:
    page, own = f"{base}/open/{one.id}", catalogue.open_data
    contact = {"@type": "vcard:Contact", "fn": own.contact_name, "hasEmail": f"mailto:{own.contact_email}"}
    return {
        "@type": "dcat:Dataset",
        "identifier": page,
        "title": f"{one.title_zh} {one.title_en}",
        "description": one.description,
        "keyword": [column.title_zh for column in one.columns],
        "modified": one.released.isoformat(),
        "publisher": {"@type": "org:Organization", "name": catalogue.title_en},
        **({"contactPoint": contact} if own.contact_email else {}),
        **({"license": one.licence.url} if one.licence else {}),
        "accessLevel": "restricted public" if one.conditional else "public",
        **({"rights": "whoever wants its rows registers first"} if one.conditional else {}),
        "landingPage": page,
        "distribution": [
            {"@type": "dcat:Distribution", "downloadURL": f"{page}{each.ending}", "mediaType": each.media}
            for each in offered(one)
        ],
    }
