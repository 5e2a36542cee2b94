"""What no single file can be blamed for: names and places that two declarations claim, references to what others hold.

Each fault is noted on the later of the two. What one file says for itself is judged where its kind is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.globs import folders_key, keys_fit, paths_meet
from contracts.known import Known
from contracts.matching import MATCHED_COLUMNS
from contracts.model import Dataset, Entity
from contracts.servers import path_fault

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


def check_former_names(datasets: Mapping[str, Dataset], documents: Mapping[str, Document]) -> None:
    """A name that a dataset had is no other's, now or then: both would be one history."""
    holders: dict[str, str] = {}
    for name, dataset in datasets.items():
        for old in dataset.formerly:
            other = old if old in datasets else holders.setdefault(old, name)
            if other != name and name in documents:
                text = f"{old!r} is said to be what {name} was called, and is {other}"
                documents[name].fault(("customProperties",), text, "formerly: a name that no other dataset has or had")


def check_prefixes(domains: Iterable[Document]) -> None:
    """Each entity's ids begin with letters of its own, whether or not it is sound otherwise."""
    holders: dict[str, str] = {}
    for document in domains:
        for number, one in enumerate(listed(document.data, "entities")):
            prefix, name = one.get("id_prefix"), str(one.get("name"))
            if isinstance(prefix, str) and holders.setdefault(prefix, name) != name:
                text = f"the prefix {prefix!r} is that of {holders[prefix]}"
                document.fault(("entities", number, "id_prefix"), text, "a prefix of its own for each entity")


def _products(documents: list[Document]) -> Iterator[Claim]:
    for document in documents:
        if isinstance(name := document.data.get("product"), str):
            yield document, ("product",), name, "a product"


@dataclass(frozen=True)
class _Deliveries:
    """Where a contract says that its deliveries lie, sound otherwise or not: below which place, and by which path."""

    document: Document
    place: str
    path: str
    format: str
    member: str | None

    @property
    def whole(self) -> str:
        """Place and path together: a place may lie within another, since a path of a store begins with it."""
        return f"{self.place}/{self.path}".removeprefix("/")


def check_deliveries(contracts: Iterable[Document]) -> None:
    """No file is two datasets, unless each reads another member of it."""
    earlier: dict[tuple[str | None, ...] | None, list[tuple[int, _Deliveries]]] = {}
    for number, own in enumerate(filter(None, map(_deliveries, contracts))):
        key = folders_key(own.whole)
        near = (one for folders, found in earlier.items() if keys_fit(folders, key) for one in found)
        also_there = (one for one in near if paths_meet(one[1].whole, own.whole) and _same_member(one[1], own))
        _, other = min(also_there, key=lambda one: one[0], default=(0, None))
        if other is not None:
            also = "" if other.path == own.path else f" ({other.path!r} matches the same files)"
            text = f"{own.path!r} is where the deliveries of {_id(other.document)} lie already{also}"
            instead = "a path of its own for each dataset, or another member of the same file"
            own.document.fault(("servers", 0, "path"), text, instead)
        earlier.setdefault(key, []).append((number, own))


def _deliveries(document: Document) -> _Deliveries | None:
    server = next(iter(listed(document.data, "servers")), {})
    path, format_ = server.get("path"), server.get("format")
    if not isinstance(path, str) or path_fault(path) or not isinstance(format_, str):
        return None
    named = (one.get("value") for one in listed(server, "customProperties") if one.get("property") == "member")
    usual = {"zip": "*.csv", "sqlite": document.path.stem}.get(format_)
    member = next(named, usual)
    place = "".join(f"{server.get(key) or ''}/" for key in ("endpointUrl", "location")).rstrip("/").lstrip("/")
    return _Deliveries(document, place, path, format_, member if isinstance(member, str) else usual)


def _same_member(one: _Deliveries, other: _Deliveries) -> bool:
    """Whether two readers of one file would read the same of it; members of a zip are matched from their ends."""
    if "zip" == one.format == other.format:
        return paths_meet(f"**/{one.member}", f"**/{other.member}")
    return one.format != other.format or one.member == other.member


def check_references(known: Known, datasets: Mapping[str, Dataset]) -> None:
    """A rule of kind reference names a column that the other table has; hand-written tables are not known here."""
    for reference in known.references:
        columns = _columns(reference.table, known, datasets)
        if columns and reference.column not in columns:
            text = f"{reference.table} has no column {reference.column!r}"
            reference.document.fault(reference.at, text, nearest(reference.column, columns))


def check_unstreamed(known: Known, streams: Mapping[str, Dataset]) -> None:
    """No rule looks a value up in a stream, of which no table is kept for that."""
    for reference in known.references:
        if reference.table in streams:
            text = f"{reference.table} is a stream, in which nothing is looked up"
            reference.document.fault(reference.at, text, "a dataset that comes whole, or leave the rule out")


def _columns(table: str, known: Known, datasets: Mapping[str, Dataset]) -> list[str]:
    if dataset := datasets.get(table):
        return [column.name for column in dataset.columns]
    entity = known.entities.get(table.removeprefix("theme."))
    return _made(entity) if entity and table.startswith("theme.") else []


def _made(entity: Entity) -> list[str]:
    named = [name for one in entity.attributes for name in (one.name, f"{one.name}_source")]
    matched = list(MATCHED_COLUMNS) if entity.matching else []
    return ["city_id", entity.identifier, *named, "provider_count", *matched]


def check_authority(known: Known, contracts: Iterable[Document]) -> None:
    """A data element has at most one authoritative source."""
    holders: dict[str, str] = {}
    for document in contracts:
        for at, name in _authoritative(document):
            known.element(name, document, at)
            if name in holders:
                text = f"{holders[name]} is the authoritative source of {name!r} already"
                document.fault(at, text, "one authoritative source for each data element")
            holders[name] = _id(document)


def _authoritative(document: Document) -> Iterator[tuple[YamlPath, str]]:
    for number, one in enumerate(listed(document.data, "customProperties")):
        names = one.get("value") if one.get("property") == "authoritative_for" else None
        for place, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                yield ("customProperties", number, "value", place), name


def _id(contract: Document) -> str:
    return f"{contract.path.parent.name}.{contract.path.stem}"


def listed(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """The mappings of a list below a key; others keep their place as empty ones."""
    value = data.get(key)
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []


def mapped(data: Mapping[str, object], key: str) -> dict[str, object]:
    """The mapping below a key, empty where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
