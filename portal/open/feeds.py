"""Open data in the vocabularies that harvesters read. Which datasets there are is not decided here.

Source: Project Open Data Metadata Schema v1.1 (`data.json`); W3C DCAT 3, with DCMI terms and PROV-O, as JSON-LD.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.city import City
from portal.open.datasets import OpenDataset

_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
}


def data_json(datasets: Sequence[OpenDataset], city: City, base: str) -> dict[str, Any]:
    """The catalogue for CKAN-like harvesters."""
    publisher = {"@type": "org:Organization", "name": city.catalogue.title_en}
    return {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "dataset": [
            {
                "@type": "dcat:Dataset",
                "identifier": f"{base}/open/{one.id}",
                "title": f"{one.title_zh} {one.title_en}",
                "description": one.description,
                "keyword": [column.title_zh for column in one.columns],
                "modified": one.released.isoformat(),
                "publisher": publisher,
                "accessLevel": "public",
                "landingPage": f"{base}/open/{one.id}",
                "distribution": [
                    {"@type": "dcat:Distribution", "downloadURL": f"{base}/open/{one.id}.{name}", "mediaType": kind}
                    for name, kind in _MEDIA.items()
                ],
            }
            for one in datasets
        ],
    }


_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def dcat(datasets: Sequence[OpenDataset], city: City, base: str) -> dict[str, Any]:
    """The catalogue as DCAT 3."""
    publisher = {
        "@id": f"{base}/#publisher",
        "@type": "foaf:Agent",
        "foaf:name": _both(city.catalogue.title_zh, city.catalogue.title_en),
    }
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/open",
        "@type": "dcat:Catalog",
        "dct:title": _both(f"{city.catalogue.title_zh}公共数据", f"Open data of {city.catalogue.title_en}"),
        "dct:publisher": publisher,
        "dcat:dataset": [_dataset(one, base) for one in datasets],
    }


def _dataset(one: OpenDataset, base: str) -> dict[str, Any]:
    files = dict(_digests(one))
    return {
        "@id": f"{base}/open/{one.id}",
        "@type": "dcat:Dataset",
        "dct:identifier": one.table.agreement,
        "dct:title": _both(one.title_zh, one.title_en),
        "dct:description": {"@value": one.description, "@language": "en"},
        "dct:issued": _moment(one.released.isoformat()),
        "dcat:version": str(one.version.number),
        "dcat:landingPage": {"@id": f"{base}/open/{one.id}"},
        "dcat:distribution": [
            {
                "@id": f"{base}/open/{one.id}.{name}",
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": f"{base}/open/{one.id}.{name}"},
                "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{kind}"},
                **(_checksum(next(iter(files.values()))) if name == "parquet" and len(files) == 1 else {}),
            }
            for name, kind in _MEDIA.items()
        ],
    }


def _digests(one: OpenDataset) -> list[tuple[str, str]]:
    return [(file.name, file.digest.get("sha256", "")) for file in one.version.statement.subject]


def _checksum(digest: str) -> dict[str, Any]:
    algorithm = {"@id": "spdx:checksumAlgorithm_sha256"}
    return {"spdx:checksum": {"@type": "spdx:Checksum", "spdx:algorithm": algorithm, "spdx:checksumValue": digest}}


def _both(chinese: str, english: str) -> list[dict[str, str]]:
    return [{"@value": chinese, "@language": "zh"}, {"@value": english, "@language": "en"}]


def _moment(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:dateTime"}
