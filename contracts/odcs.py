"""One ODCS v3 contract, read through the standard's own classes and resolved into a `Dataset`.

Whatever ODCS can say and this platform would not act on is refused, so that no file holds a promise nobody keeps.
Finding the files is `load.py`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Server,
    Team,
)

from contracts.columns import Shared, read_column
from contracts.declarations import Promise
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Column, Dataset, Provision, Rule, SharingAttribute, Source
from contracts.odcs_extras import ContractExtras, ProvidesExtra, ServerExtras, ServiceLevels, extras
from contracts.promises import Place, Written, distinct, rule, sql_fault, written
from contracts.rules import KINDS
from contracts.violation import Severity

_VERSION = re.compile(r"^\d+\.\d+\.\d+$")
_UNITS = {"min": "min", "h": "h", "d": "d", "w": "w", "m": "m", "q": "q", "y": "y"}
_CARRIED = ("active", "deprecated")
_UNREAD_TOP = ("slaDefaultElement", "roles", "support", "price", "context")


@dataclass(frozen=True)
class _Contract:
    """The sound outer parts of one contract, before its columns are joined with their rules."""

    document: Document
    known: Known
    odcs: OpenDataContractStandard
    extra: ContractExtras
    schema: SchemaObject


def read_dataset(document: Document, department: str, known: Known) -> Dataset | None:
    """The dataset of a department that a contract declares; None after noting every fault on the document."""
    name = document.path.stem
    odcs = document.shaped(OpenDataContractStandard)
    if odcs is None:
        return None
    _check_head(document, odcs, f"{department}.{name}", known)
    schema = _schema(document, odcs)
    extra, _ = extras(document, (), odcs.customProperties, ContractExtras)
    source = _source(document, odcs.servers or [])
    levels = _service_levels(document, odcs)
    if schema is None or extra is None:
        return None
    contract = _Contract(document, known, odcs, extra, schema)
    columns = _columns(contract)
    own = _own_rules(contract, columns)
    table = (*(one for one in own if _of_one(one) is None), *_derived(contract, columns, levels))
    columns = tuple(_with_row_rules(column, own) for column in columns)
    distinct([*table, *(one for column in columns for one in column.rules)], document, ("schema", 0))
    if source is None or levels is None or document.faults:
        return None
    return Dataset(
        department=department,
        name=name,
        version=odcs.version or "",
        title_zh=odcs.name or name,
        title_en=schema.businessName or name.replace("_", " "),
        description=(odcs.description.purpose if odcs.description else None) or "",
        owner=_owner(odcs) or known.departments[department].owner,
        source=source,
        mode=extra.delivery_mode,
        columns=columns,
        sharing_attribute=extra.sharing_attribute,
        legal_basis=extra.legal_basis,
        frequency=levels.frequency,
        freshness_working_days=levels.freshness_working_days,
        rules=table,
        provides=tuple(Provision(each.entity, each.attributes, each.where) for each in extra.provides),
        domain=odcs.domain or "",
        authoritative_for=extra.authoritative_for,
        path=document.path,
    )


def _check_head(document: Document, odcs: OpenDataContractStandard, identity: str, known: Known) -> None:
    wanted = {
        "kind": (odcs.kind == "DataContract", "DataContract"),
        "apiVersion": (bool(re.match(r"^v3\.\d+\.\d+$", odcs.apiVersion or "")), "v3.1.0"),
        "id": (odcs.id == identity, identity),
        "version": (bool(_VERSION.match(odcs.version or "")), "1.0.0 (three numbers)"),
        "status": (odcs.status in _CARRIED, f"{' or '.join(_CARRIED)}; keep drafts out of contracts/departments"),
        "name": (bool(odcs.name), "the dataset's Chinese title"),
        "domain": (odcs.domain in known.domains, nearest(odcs.domain, known.domains)),
    }
    for key, (sound, instead) in wanted.items():
        if not sound:
            document.fault((key,), f"{key} is {getattr(odcs, key)!r}", instead)
    for key in _UNREAD_TOP:
        if getattr(odcs, key) is not None:
            document.fault((key,), f"{key} is not acted on by this platform", f"nothing: leave {key} out")


def _schema(document: Document, odcs: OpenDataContractStandard) -> SchemaObject | None:
    if len(odcs.schema_ or []) != 1:
        count = len(odcs.schema_ or [])
        document.fault(("schema",), f"there are {count} schema objects", "exactly one: a contract is one dataset")
        return None
    schema = (odcs.schema_ or [])[0]
    if not schema.properties:
        document.fault(("schema", 0), "no column is declared", "properties: with at least one column")
        return None
    if schema.customProperties or schema.relationships:
        text = "customProperties and relationships of the schema object are not acted on"
        document.fault(("schema", 0), text, "customProperties at the contract's top level; a rule of kind reference")
    return schema


def _source(document: Document, servers: list[Server]) -> Source | None:
    if len(servers) != 1 or servers[0].server != "delivery":
        text = "where deliveries lie is not said once"
        document.fault(("servers",), text, "one server: delivery, with path and format")
        return None
    at: YamlPath = ("servers", 0)
    server = servers[0]
    path = PurePosixPath(server.path or "")
    if not server.path or path.is_absolute() or ".." in path.parts:
        document.fault((*at, "path"), f"path is {server.path!r}", "a glob below the deliveries root, such as */a/b.csv")
    own = {"format": server.format, "encoding": server.encoding, "delimiter": server.delimiter}
    read, _ = extras(document, at, server.customProperties, ServerExtras, own)
    if read is None:
        return None
    return Source(path=server.path or "", **dict(read))


def _service_levels(document: Document, odcs: OpenDataContractStandard) -> ServiceLevels | None:
    given: dict[str, Any] = {}
    places: dict[str, YamlPath] = {}
    for number, item in enumerate(odcs.slaProperties or []):
        place = ("slaProperties", number)
        if item.property in given:
            document.fault(place, f"{item.property!r} is given twice", "it once")
        places[str(item.property)] = (*place, "value")
        given[str(item.property)] = item.value
        if item.property == "frequency":
            given["frequency"] = _frequency(document, place, item.value, item.unit)
    return document.shaped(ServiceLevels, data=given, at=("slaProperties",), places=places)


def _frequency(document: Document, at: YamlPath, value: Any, unit: str | None) -> str:
    if value == "irregular" and unit is None:
        return "irregular"
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or int(value) != value:
        document.fault((*at, "value"), f"frequency is {value!r}", "a whole number of units, or irregular")
        return "irregular"
    if unit not in _UNITS:
        document.fault((*at, "unit"), f"there is no unit {unit!r}", nearest(unit, _UNITS))
    return f"{int(value)}{unit}"


def _columns(contract: _Contract) -> tuple[Column, ...]:
    """Every column with the rules it inherits; none at all where one of them is unsound."""
    shared = Shared(contract.document, contract.known, contract.extra.sharing_attribute)
    properties = contract.schema.properties or []
    read = [
        column
        for number, written_ in enumerate(properties)
        if (column := read_column(shared, _at(number), written_)) is not None
    ]
    _check_columns(contract, properties)
    _check_sharing(contract, read)
    if len(read) < len(properties):
        return ()
    _check_provisions(contract, {column.name: column for column in read})
    return tuple(read)


def _at(number: int) -> YamlPath:
    return ("schema", 0, "properties", number)


def _check_columns(contract: _Contract, properties: list[SchemaProperty]) -> None:
    names: dict[str, int] = {}
    headers: dict[str, str] = {}
    for number, written_ in enumerate(properties):
        at = _at(number)
        name = written_.name or ""
        if name in names:
            contract.document.fault((*at, "name"), f"two columns are called {name!r}", "a name of its own for each")
        names[name] = number
        for header in _headers(written_):
            if header in headers and headers[header] != name:
                text = f"the header {header!r} belongs to {headers[header]!r} already"
                contract.document.fault(at, text, "each header under one column")
            headers[header] = name


def _headers(written_: SchemaProperty) -> list[str]:
    extra = next((item.value for item in written_.customProperties or [] if item.property == "headers"), None)
    return [written_.physicalName or written_.name or "", *(extra if isinstance(extra, list) else [])]


def _check_sharing(contract: _Contract, columns: Sequence[Column]) -> None:
    kept = SharingAttribute.NOT_SHARED
    secret = [column.name for column in columns if column.sharing_attribute is kept]
    if (contract.extra.sharing_attribute is kept or secret) and not contract.extra.legal_basis:
        what = f"not_shared ({', '.join(secret) or 'the dataset'}) has no legal basis"
        contract.document.fault(("customProperties",), what, "{property: legal_basis, value: <law and clause>}")


def _check_provisions(contract: _Contract, columns: dict[str, Column]) -> None:
    properties = contract.odcs.customProperties or []
    number = next((i for i, item in enumerate(properties) if item.property == "provides"), 0)
    for index, given in enumerate(contract.extra.provides):
        _check_provision(contract, ("customProperties", number, "value", index), given, columns)


def _check_provision(contract: _Contract, at: YamlPath, given: ProvidesExtra, columns: dict[str, Column]) -> None:
    document = contract.document
    entity = contract.known.entity(given.entity, document, (*at, "entity"))
    if given.where and (fault := sql_fault(given.where)):
        document.fault((*at, "where"), fault, "one boolean SQL expression over the columns")
    if entity is None:
        return
    elements = {attribute.name: attribute.element for attribute in entity.attributes}
    elements[entity.identifier] = contract.known.elements[entity.identifier]
    if entity.identifier not in given.attributes:
        text = f"the identifier {entity.identifier!r} is not provided"
        document.fault((*at, "attributes"), text, f"{entity.identifier}: <column>")
    for name, column_name in given.attributes.items():
        place = (*at, "attributes", name)
        column = columns.get(column_name)
        if name not in elements:
            document.fault(place, f"{entity.name} has no attribute {name!r}", nearest(name, elements))
        elif column is None:
            document.fault(place, f"there is no column {column_name!r}", nearest(column_name, columns))
        elif column.element.type is not elements[name].type:
            text = f"{column_name} is {column.element.type}, the attribute {name} is {elements[name].type}"
            document.fault(place, text, f"a column whose element is {elements[name].name}")
        elif name == entity.identifier and column.element.name != name:
            text = f"{column_name} follows {column.element.name}, and {entity.name} is identified by {name}"
            document.fault(place, text, f"a column whose element is {name}")


def _own_rules(contract: _Contract, columns: tuple[Column, ...]) -> tuple[Rule, ...]:
    """Every rule that the contract writes out, on columns and on the table."""
    titles = {column.name: (column.title_zh, column.title_en) for column in columns}
    own = list(_quality(contract, ("schema", 0), contract.schema.quality, titles if columns else None, ""))
    for number, written_ in enumerate(contract.schema.properties or []):
        own += _quality(contract, _at(number), written_.quality, titles if columns else None, written_.name or "")
    return tuple(own)


def _with_row_rules(column: Column, own: tuple[Rule, ...]) -> Column:
    """The column with those of its written rules that one row alone decides."""
    return replace(column, rules=(*column.rules, *(one for one in own if _of_one(one) == column.name)))


def _of_one(one: Rule) -> str | None:
    """The column a rule belongs to: row rules on one column do, all others belong to the table."""
    return one.columns[0] if KINDS[one.kind].per_row and len(one.columns) == 1 else None


def _derived(contract: _Contract, columns: tuple[Column, ...], levels: ServiceLevels | None) -> Iterator[Rule]:
    key = [column for column in columns if column.key]
    if key:
        titles = ("、".join(c.title_zh for c in key), ", ".join(c.title_en for c in key))
        names = tuple(column.name for column in key)
        yield rule(f"unique:{'+'.join(names)}", "unique", names, titles)
    elif columns and contract.extra.delivery_mode == "upsert":
        text = "upsert needs a primary key to update by"
        contract.document.fault(("schema", 0), text, "primaryKey: true on the columns that identify a row")
    if levels:
        # A warning here, because age is no fault of the rows: the freshness gate withholds by itself.
        age = {"working_days": levels.freshness_working_days}
        yield rule("freshness", "freshness", (), ("", ""), severity=Severity.WARNING, arguments=age)


def _quality(
    contract: _Contract,
    at: YamlPath,
    quality: list[DataQuality] | None,
    titles: dict[str, tuple[str, str]] | None,
    column: str,
) -> Iterator[Rule]:
    place = Place(contract.document, contract.known, titles)
    for number, item in enumerate(quality or []):
        here = (*at, "quality", number)
        if item.type == "text":
            continue
        spoken = _spoken(contract.document, here, item)
        if spoken is None:
            continue
        made = written(place, (*here, "implementation"), spoken, (column,) if column else ())
        if made is not None:
            yield made


def _spoken(document: Document, at: YamlPath, item: DataQuality) -> Written | None:
    if item.type != "custom" or item.engine != "zhongtai" or not isinstance(item.implementation, dict):
        text = "only rules of this platform's own engine are evaluated"
        document.fault(at, text, "type: custom, engine: zhongtai, implementation: {kind: …} (or type: text for prose)")
        return None
    if not item.name:
        document.fault(at, "the rule has no name", "name: <snake_case>")
    severity = item.severity or "error"
    if severity not in set(Severity):
        document.fault((*at, "severity"), f"there is no severity {severity!r}", "error or warning")
        severity = "error"
    promise = document.shaped(Promise, data=item.implementation, at=(*at, "implementation"))
    if promise is None or not item.name:
        return None
    return Written(item.name, promise, Severity(severity), item.dimension)


def _owner(odcs: OpenDataContractStandard) -> str | None:
    members = odcs.team.members if isinstance(odcs.team, Team) else odcs.team
    owners = [member.username for member in members or [] if member.role == "owner"]
    return owners[0] if owners else None
