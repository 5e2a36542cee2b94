"""The catalogue in DCAT 3, a page at a time: as JSON-LD, and the same graph as Turtle.

Sources: W3C DCAT 3 with DCMI terms, vCard and SPDX; Hydra for the pages of a collection; the vocabularies of the EU's
Publications Office for frequencies and access rights. Which resources there are is not decided here, and what is not
declared is left out: no licence and no contact is made up. `shapes.ttl` beside this says what each description has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph

from contracts.model import Catalogue, OpenAttribute
from portal.catalogue.records import PRODUCT, Resource
from portal.catalogue.states import Days
from portal.open.datasets import OpenDataset
from portal.open.feeds import offered

_EU = "http://publications.europa.eu/resource/authority"
_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FREQUENCIES = {
    "1h": "HOURLY",
    "1d": "DAILY",
    "1w": "WEEKLY",
    "2w": "BIWEEKLY",
    "1m": "MONTHLY",
    "1q": "QUARTERLY",
    "1y": "ANNUAL",
    "irregular": "IRREG",
}


@dataclass(frozen=True)
class Entry:
    """One resource as a harvester is told of it."""

    one: Resource
    days: Days
    sources: Sequence[str]
    opened: Sequence[OpenDataset]


@dataclass(frozen=True)
class Leaf:
    """One page of the catalogue: its entries, which page of how many, of how many resources; `path` is its address."""

    entries: Sequence[Entry]
    page: int
    pages: int
    total: int
    path: str

    def address(self, page: int) -> str:
        """The address of another page."""
        return f"{self.path}?page={page}"


def json_ld(leaf: Leaf, catalogue: Catalogue, base: str) -> dict[str, Any]:
    """A page of the catalogue."""
    return {
        "@context": _PREFIXES,
        "@id": f"{base}/catalogue",
        "@type": ["dcat:Catalog", "hydra:Collection"],
        "dct:title": _both(f"{catalogue.title_zh}政务信息资源目录", f"Resource catalogue of {catalogue.title_en}"),
        "dct:description": _both("本市公共数据资源的目录", "The data resources of the city"),
        "dct:publisher": _agent(f"{base}/#publisher", catalogue.title_zh, catalogue.title_en),
        "hydra:totalItems": leaf.total,
        "hydra:view": _view(leaf),
        "dcat:dataset": [_dataset(entry, catalogue, base) for entry in leaf.entries],
    }


def turtle(document: Mapping[str, Any]) -> bytes:
    """The same graph as Turtle."""
    read = pyoxigraph.parse(json.dumps(document).encode(), format=pyoxigraph.RdfFormat.JSON_LD)
    made = pyoxigraph.serialize((quad.triple for quad in read), format=pyoxigraph.RdfFormat.TURTLE, prefixes=_PREFIXES)
    assert made is not None
    return made


def _view(leaf: Leaf) -> dict[str, Any]:
    near = {"previous": leaf.page - 1, "next": leaf.page + 1}
    return {
        "@id": leaf.address(leaf.page),
        "@type": "hydra:PartialCollectionView",
        "hydra:first": {"@id": leaf.address(1)},
        "hydra:last": {"@id": leaf.address(leaf.pages)},
        **{f"hydra:{name}": {"@id": leaf.address(n)} for name, n in near.items() if 1 <= n <= leaf.pages},
    }


def _dataset(entry: Entry, catalogue: Catalogue, base: str) -> dict[str, Any]:
    one, days = entry.one, entry.days
    page = f"{base}/catalogue/{one.id}"
    told: dict[str, Any] = {
        "@id": page,
        "@type": "dcat:Dataset",
        "dct:identifier": one.id,
        "dct:title": _both(one.title_zh, one.title_en),
        "dct:description": _english(one.description or one.title_en),
        "dct:publisher": _publisher(one, catalogue, base),
        "dcat:landingPage": {"@id": page},
        "dcat:keyword": [_chinese(field.title_zh) for field in one.fields],
        "dct:accessRights": {"@id": f"{_EU}/access-right/{_rights(one)}"},
        "adms:status": {"@id": f"{base}/catalogue?state={days.state}"},
    }
    if one.domain:
        told["dcat:theme"] = {"@id": f"{base}/catalogue?domain={one.domain}"}
    if one.version:
        told["dcat:version"] = one.version
    if days.published:
        told["dct:issued"] = _day(days.published.isoformat())
    if days.newest:
        told["dct:modified"] = _day(days.newest.isoformat())
    if one.frequency in _FREQUENCIES:
        told["dct:accrualPeriodicity"] = {"@id": f"{_EU}/frequency/{_FREQUENCIES[one.frequency]}"}
    if entry.sources:
        told["dct:source"] = [{"@id": f"{base}/catalogue/{each}"} for each in entry.sources]
    return {**told, **_contact(catalogue), **_opened(entry, base)}


def _rights(one: Resource) -> str:
    if one.open == OpenAttribute.UNCONDITIONAL and one.kind == PRODUCT:
        return "PUBLIC"
    return "NON_PUBLIC" if one.sharing == "not_shared" else "RESTRICTED"


def _publisher(one: Resource, catalogue: Catalogue, base: str) -> dict[str, Any]:
    known = catalogue.departments.get(one.provider)
    if known is None:
        return _agent(f"{base}/#publisher", catalogue.title_zh, catalogue.title_en)
    return _agent(f"{base}/#department-{known.name}", known.title_zh, known.title_en)


def _contact(catalogue: Catalogue) -> dict[str, Any]:
    own = catalogue.open_data
    if not own.contact_email:
        return {}
    mail = {"@id": f"mailto:{own.contact_email}"}
    return {"dcat:contactPoint": {"@type": "vcard:Organization", "vcard:fn": own.contact_name, "vcard:hasEmail": mail}}


def _opened(entry: Entry, base: str) -> dict[str, Any]:
    """What of it is open: its distributions, and the certificates that say where they come from."""
    if not entry.opened:
        return {}
    return {
        "dcat:distribution": [told for each in entry.opened for told in _distributions(each, base)],
        "dct:provenance": [_provenance(each, base) for each in entry.opened],
    }


def _provenance(each: OpenDataset, base: str) -> dict[str, Any]:
    return {
        "@id": f"{base}/open/{each.id}.certificate.json",
        "@type": "dct:ProvenanceStatement",
        "rdfs:label": _both(f"发布凭证 {each.version.release_id}", f"Certificate of release {each.version.release_id}"),
        "rdfs:seeAlso": {"@id": f"{base}/open/{each.id}/diligence"},
    }


def _distributions(each: OpenDataset, base: str) -> list[dict[str, Any]]:
    page = f"{base}/open/{each.id}"
    licence = {"dct:license": {"@id": each.licence.url}} if each.licence else {}
    common = {"@type": "dcat:Distribution", "dcat:accessURL": {"@id": page}, **licence}
    ways = offered(each)
    if not ways:
        return [{"@id": f"{page}#on-condition", **common, "dct:title": _both(each.title_zh, each.title_en)}]
    return [
        {
            "@id": f"{page}{way.ending}",
            **common,
            "dct:title": _both(f"{each.title_zh} {way.name}", f"{each.title_en} {way.name}"),
            "dcat:downloadURL": {"@id": f"{page}{way.ending}"},
            "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{way.media}"},
            "dct:issued": {"@value": each.released.isoformat(), "@type": "xsd:dateTime"},
            **(_checksum(way.sha256) if way.sha256 else {}),
        }
        for way in ways
    ]


def _checksum(digest: str) -> dict[str, Any]:
    algorithm = {"@id": "spdx:checksumAlgorithm_sha256"}
    value = {"@value": digest, "@type": "xsd:hexBinary"}
    return {"spdx:checksum": {"@type": "spdx:Checksum", "spdx:algorithm": algorithm, "spdx:checksumValue": value}}


def _agent(identity: str, chinese: str, english: str) -> dict[str, Any]:
    return {"@id": identity, "@type": "foaf:Agent", "foaf:name": _both(chinese, english)}


def _both(chinese: str, english: str) -> list[dict[str, str]]:
    return [_chinese(chinese), _english(english)]


def _chinese(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "zh"}


def _english(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "en"}


def _day(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:date"}
