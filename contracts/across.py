"""What no single file can be blamed for: names and places that two declarations claim, references to what others hold.

Each fault is noted on the later of the two. What one file says for itself is judged where its kind is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Dataset, Entity

# Models that are written beside the entities (`zhongtai sync`).
_GENERATED = ("identity_registry", "identity_decisions")
Claim = tuple[Document, YamlPath, str, str]
"""(document, where in it, name of the model, what the model is)."""


def check_models(documents: Mapping[str, list[Document]]) -> None:
    """Every model of the city has a name of its own: dbt knows no folders, and rules of one table would be joined."""
    holders = dict.fromkeys(_GENERATED, "a model that is generated")
    for document, at, name, what in (*_themes(documents["domains"]), *_products(documents["agreements"])):
        if name in holders:
            document.fault(at, f"{name!r} is the name of {holders[name]} already", "a name of its own for each table")
        else:
            holders[name] = f"{what} ({document.file})"


def _themes(documents: list[Document]) -> Iterator[Claim]:
    for document in documents:
        for number, one in enumerate(listed(document.data, "entities")):
            if isinstance(name := one.get("name"), str):
                yield document, ("entities", number, "name"), name, "a theme entity"
        for name in mapped(document.data, "tables"):
            yield document, ("tables", name), str(name), "a theme table"


def _products(documents: list[Document]) -> Iterator[Claim]:
    for document in documents:
        if isinstance(name := document.data.get("product"), str):
            yield document, ("product",), name, "a product"


def check_deliveries(datasets: Mapping[str, Dataset], opened: Mapping[Path, Document]) -> None:
    """No file is two datasets, unless each reads another member of it."""
    holders: dict[tuple[str, str | None], str] = {}
    for dataset in datasets.values():
        place = (dataset.source.path, dataset.source.member)
        if place in holders:
            text = f"{dataset.source.path!r} is where the deliveries of {holders[place]} lie already"
            instead = "a path of its own for each dataset, or another member of the same file"
            _document(dataset, opened).fault(("servers", 0, "path"), text, instead)
        holders.setdefault(place, dataset.id)


def check_references(known: Known, datasets: Mapping[str, Dataset]) -> None:
    """A rule of kind reference names a column that the other table has; hand-written tables are not known here."""
    for reference in known.references:
        columns = _columns(reference.table, known, datasets)
        if columns and reference.column not in columns:
            text = f"{reference.table} has no column {reference.column!r}"
            reference.document.fault(reference.at, text, nearest(reference.column, columns))


def _columns(table: str, known: Known, datasets: Mapping[str, Dataset]) -> list[str]:
    if dataset := datasets.get(table):
        return [column.name for column in dataset.columns]
    entity = known.entities.get(table.removeprefix("theme."))
    return _made(entity) if entity and table.startswith("theme.") else []


def _made(entity: Entity) -> list[str]:
    named = [name for one in entity.attributes for name in (one.name, f"{one.name}_source")]
    return ["city_id", entity.identifier, *named, "provider_count"]


def check_authority(known: Known, datasets: Mapping[str, Dataset], opened: Mapping[Path, Document]) -> None:
    """A data element has at most one authoritative source."""
    holders: dict[str, str] = {}
    for dataset in datasets.values():
        document = _document(dataset, opened)
        at = _property(document, "authoritative_for")
        for number, name in enumerate(dataset.authoritative_for):
            known.element(name, document, (*at, number))
            if name in holders:
                text = f"{holders[name]} is the authoritative source of {name!r} already"
                document.fault((*at, number), text, "one authoritative source for each data element")
            holders[name] = dataset.id


def _property(document: Document, name: str) -> YamlPath:
    for number, one in enumerate(listed(document.data, "customProperties")):
        if one.get("property") == name:
            return ("customProperties", number, "value")
    return ("customProperties",)


def _document(dataset: Dataset, opened: Mapping[Path, Document]) -> Document:
    return opened[dataset.path or Path()]


def listed(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """The mappings of a list below a key; others keep their place as empty ones."""
    value = data.get(key)
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []


def mapped(data: Mapping[str, object], key: str) -> dict[str, object]:
    """The mapping below a key, empty where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
