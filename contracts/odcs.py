"""One ODCS v3 contract, read through the standard's own classes and resolved into a `Dataset`.

Whatever ODCS can say and this platform would not act on is refused, so that no file holds a promise nobody keeps.
Finding the files is `load.py`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from contracts.columns import Shared, read_column
from contracts.converted import Converted, in_time_rules, read_coordinates
from contracts.databases import check_mark
from contracts.declarations import Promise
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import (
    Column,
    Dataset,
    Element,
    Entity,
    LogicalType,
    OpenAttribute,
    Provision,
    Rule,
    SharingAttribute,
    Source,
)
from contracts.names import name_fault, place_fault, wanted_name
from contracts.odcs_extras import ContractExtras, Places, ProvidesExtra, ServiceLevels, extras
from contracts.promises import CONTRACT, Place, Written, distinct, rule, written
from contracts.rules import KINDS
from contracts.servers import read_source
from contracts.streams import Written as WrittenContract
from contracts.streams import read_stream
from contracts.upkeep import read_owner, read_service_levels
from contracts.violation import Severity

_VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_CARRIED = ("active", "deprecated")
# What a rule of this platform's own may say beside its implementation; all else would be a promise of ODCS's own kind.
_HEARD = {"type", "engine", "implementation", "name", "severity", "dimension", "description", "businessImpact"} | {
    *("id", "tags", "authoritativeDefinitions", "method"),
}
_UNREAD_TOP = ("slaDefaultElement", "roles", "support", "price", "context")


@dataclass(frozen=True)
class _Contract:
    """The sound outer parts of one contract, before its columns are joined with their rules."""

    document: Document
    known: Known
    odcs: OpenDataContractStandard
    extra: ContractExtras
    places: Places
    schema: SchemaObject

    @property
    def names(self) -> list[str]:
        """The names of all columns as written, sound or not."""
        return [written_.name or "" for written_ in self.schema.properties or []]

    @property
    def names_all(self) -> bool:
        """Whether each column has a name: only then is a name that none has an unknown one."""
        return self.document.names_all(("schema", 0, "properties")) and all(self.names)


def read_dataset(document: Document, department: str, known: Known) -> Dataset | None:
    """The dataset of a department that a contract declares; None after noting every fault on the document."""
    name = document.path.stem
    if fault := place_fault(name):
        document.fault((), f"{fault} for a dataset, which the file is called after", wanted_name(name))
    odcs = document.shaped(OpenDataContractStandard, strict=True)
    if odcs is None:
        return None
    _check_head(document, odcs, f"{department}.{name}", known)
    schema = _schema(document, odcs)
    extra, places = extras(document, (), odcs.customProperties, ContractExtras)
    source = read_source(document, odcs.servers or [])
    levels = read_service_levels(document, odcs.slaProperties or [])
    owner = read_owner(document, odcs.team)
    if schema is None or extra is None:
        return None
    contract = _Contract(document, known, odcs, extra, places, schema)
    columns = _columns(contract)
    _check_ignored(contract, source)
    _check_widths(contract, source)
    if source:
        check_mark(document, source, extra.delivery_mode, any(one.primaryKey for one in schema.properties or []))
    own = _own_rules(contract, columns)
    table = (
        *(one for one in own if _of_one(one) is None),
        *_derived(contract, columns, levels),
        *in_time_rules(Converted(document, known, columns), _at),
    )
    names = contract.names if contract.names_all else None
    coordinates = read_coordinates(Converted(document, known, columns), (extra, places), names)
    stream = read_stream(WrittenContract(document, extra, places, names, source), columns, own)
    columns = tuple(_with_row_rules(column, own) for column in columns)
    distinct(document, _rule_names(schema))
    if source is None or levels is None or document.faults:
        return None
    return Dataset(
        department=department,
        name=name,
        version=odcs.version or "",
        title_zh=odcs.name or name,
        title_en=schema.businessName or name.replace("_", " "),
        description=(odcs.description.purpose if odcs.description else None) or "",
        owner=owner or _of_department(department, known),
        source=source,
        mode=extra.delivery_mode,
        columns=columns,
        sharing_attribute=extra.sharing_attribute,
        legal_basis=extra.legal_basis,
        frequency=levels.frequency,
        freshness_working_days=levels.freshness_working_days,
        rules=table,
        provides=tuple(
            Provision(each.entity, each.attributes, each.where, each.matched, each.once, each.dated, each.joined)
            for each in extra.provides
        ),
        domain=odcs.domain or "",
        authoritative_for=extra.authoritative_for,
        path=document.path,
        parts=extra.parts,
        largest_rejected_share=extra.largest_rejected_share,
        may_be_empty=extra.may_be_empty,
        # Of a stream what else its file holds decides nothing about a record: doubles are told apart in windows.
        key_twice="last" if stream else extra.key_twice,
        category=extra.category,
        drift=extra.drift.model_dump(exclude_unset=True),
        formerly=_formerly(document, places, extra, f"{department}.{name}"),
        open_attribute=extra.open_attribute,
        coordinates=coordinates,
        stream=stream,
    )


def _formerly(document: Document, places: Places, extra: ContractExtras, identity: str) -> tuple[str, ...]:
    """The names that the dataset had, oldest first."""
    names = (extra.formerly,) if isinstance(extra.formerly, str) else extra.formerly
    for name in names:
        department, _, dataset = name.partition(".")
        if name == identity or name_fault(department) or name_fault(dataset):
            text = f"{name!r} is no name that {identity} can have had"
            document.fault(places["formerly"], text, "<department>.<dataset>, as it was called before")
    return names


def _check_head(document: Document, odcs: OpenDataContractStandard, identity: str, known: Known) -> None:
    wanted = {
        "kind": (odcs.kind == "DataContract", "DataContract"),
        "apiVersion": (bool(re.fullmatch(r"v3\.\d+\.\d+", odcs.apiVersion or "")), "v3.1.0"),
        "id": (odcs.id == identity, identity),
        "version": (bool(_VERSION.fullmatch(odcs.version or "")), "1.0.0 (three numbers)"),
        "status": (odcs.status in _CARRIED, f"{' or '.join(_CARRIED)}; keep drafts out of contracts/departments"),
        "name": (bool(odcs.name), "the dataset's Chinese title"),
        "domain": (odcs.domain in known.domains, nearest(odcs.domain, known.domains)),
    }
    for key, (sound, instead) in wanted.items():
        if not sound:
            value = getattr(odcs, key)
            document.fault((key,), f"{key!r} is missing" if value is None else f"{key} is {value!r}", instead)
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
        document.fault(("schema", 0, "properties"), "no column is declared", "properties: with at least one column")
        return None
    if schema.customProperties or schema.relationships:
        text = "customProperties and relationships of the schema object are not acted on"
        document.fault(("schema", 0), text, "customProperties at the contract's top level; a rule of kind reference")
    return schema


def _columns(contract: _Contract) -> tuple[Column, ...]:
    """Every column that is sound, with the rules it inherits."""
    shared = Shared(contract.document, contract.known, contract.extra.sharing_attribute, contract.extra.category)
    properties = contract.schema.properties or []
    read = [
        column
        for number, written_ in enumerate(properties)
        if (column := read_column(shared, _at(number), written_)) is not None
    ]
    _check_columns(contract, properties)
    _check_sharing(contract, read)
    _check_openness(contract)
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
            if header != header.strip() or not header:
                text = f"the header {header!r} begins or ends in a space, or is empty: none is matched so"
                contract.document.fault(at, text, "the header without spaces around it")
            headers[header] = name


def _check_widths(contract: _Contract, source: Source | None) -> None:
    """Fixed columns that no header names come by position: there are as many widths as columns."""
    count = len(contract.names)
    if source and source.widths and not source.header and contract.names_all and len(source.widths) != count:
        text = f"widths are those of {len(source.widths)} columns, and the contract has {count}"
        contract.document.fault(("servers", 0), text, "a width for each column, in their order")


def _check_ignored(contract: _Contract, source: Source | None) -> None:
    wanted = {header for written_ in contract.schema.properties or [] for header in _headers(written_)}
    for header in source.ignored_headers if source else ():
        if header in wanted:
            text = f"the header {header!r} is ignored, and is that of a column"
            contract.document.fault(("servers", 0), text, "ignored_headers without it")


def _headers(written_: SchemaProperty) -> list[str]:
    extra = next((item.value for item in written_.customProperties or [] if item.property == "headers"), None)
    more = [one for one in extra if isinstance(one, str)] if isinstance(extra, list) else []
    return [written_.physicalName or written_.name or "?", *(one.strip() for one in more)]


def _check_sharing(contract: _Contract, columns: Sequence[Column]) -> None:
    kept = SharingAttribute.NOT_SHARED
    secret = [column.name for column in columns if column.sharing_attribute is kept]
    if (contract.extra.sharing_attribute is kept or secret) and not contract.extra.legal_basis:
        what = f"not_shared ({', '.join(secret) or 'the dataset'}) has no legal basis"
        contract.document.fault(
            contract.places["sharing_attribute"], what, "{property: legal_basis, value: <law and clause>}"
        )


def _check_openness(contract: _Contract) -> None:
    closed = contract.extra.open_attribute is OpenAttribute.NOT_OPEN
    if contract.extra.sharing_attribute is SharingAttribute.NOT_SHARED and not closed:
        what = f"what may not be shared is {contract.extra.open_attribute} for the public"
        contract.document.fault(contract.places["open_attribute"], what, "not_open, or leave it out")


def _check_provisions(contract: _Contract, columns: dict[str, Column]) -> None:
    for index, given in enumerate(contract.extra.provides):
        at = (*contract.places["provides"], index)
        _check_provision(contract, at, given, columns)


def _check_provision(contract: _Contract, at: YamlPath, given: ProvidesExtra, columns: dict[str, Column]) -> None:
    document = contract.document
    entity = contract.known.entity(given.entity, document, (*at, "entity"))
    types = {name: column.element.type for name, column in columns.items()}
    whole = types if types.keys() >= set(contract.names) and contract.names_all else None
    if given.where and (fault := contract.known.condition_fault(given.where, whole)):
        document.fault((*at, "where"), fault, "one boolean SQL expression over the columns")
    elements = {attribute.name: attribute.element for attribute in entity.attributes} if entity else {}
    if entity:
        elements[entity.identifier] = contract.known.elements[entity.identifier]
        if given.matched:
            _check_matched(contract, at, entity)
        elif entity.identifier not in given.attributes:
            text = f"the identifier {entity.identifier!r} is not provided"
            document.fault((*at, "attributes"), text, f"{entity.identifier}: <column>")
    if given.dated and contract.names_all and types.get(given.dated) is not LogicalType.DATE:
        text = f"{given.dated!r} is no column of dates"
        document.fault((*at, "dated"), text, "a column of type date, or leave it out")
    _check_joined(contract, (*at, "joined"), given, {name: one.type for name, one in elements.items()})
    for name, column_name in given.attributes.items():
        place = (*at, "attributes", name)
        if entity and name not in elements:
            document.fault(place, f"{entity.name} has no attribute {name!r}", nearest(name, elements))
        if column_name not in contract.names and contract.names_all:
            document.fault(place, f"there is no column {column_name!r}", nearest(column_name, contract.names))
        elif name in elements and entity and (column := columns.get(column_name)):
            _check_fit(document, place, column, elements[name], name == entity.identifier)


def _check_joined(contract: _Contract, at: YamlPath, given: ProvidesExtra, types: Mapping[str, LogicalType]) -> None:
    """Several columns of text that are one attribute of text."""
    for name, columns in given.joined.items():
        place, document = (*at, name), contract.document
        if (types and types.get(name) is not LogicalType.STRING) or name in given.attributes:
            document.fault(
                place, f"{name!r} is no attribute of text of its own", "an attribute that `attributes` has not"
            )
        if len(columns) < 2:
            document.fault(place, f"{len(columns)} column is not joined to anything", "two columns or more, in order")
        for column in columns:
            if column not in contract.names and contract.names_all:
                document.fault(place, f"there is no column {column!r}", nearest(column, contract.names))


def _check_matched(contract: _Contract, at: YamlPath, entity: Entity) -> None:
    """The entity of rows that may have no identifier must say how they are matched."""
    given = contract.extra.provides[int(str(at[-1]))]
    compared = {name for one in entity.matching.comparisons for name in one.attributes} if entity.matching else set()
    if compared and compared.isdisjoint({*given.attributes, *given.joined}):
        text = f"nothing of it is compared: {entity.name} compares {', '.join(sorted(compared))}"
        contract.document.fault((*at, "matched"), text, "provide at least one of these, or leave `matched` out")
    if entity.matching is None:
        text = f"{entity.name} has no `matching`, so that a row without {entity.identifier} is nobody's"
        contract.document.fault(
            (*at, "matched"), text, "matching: {compare: …, block: …} in its domain, or leave it out"
        )


def _check_fit(document: Document, at: YamlPath, column: Column, element: Element, identifies: bool) -> None:
    instead = f"a column whose element is {element.name}"
    if column.element.type is not element.type:
        text = f"{column.name} is {column.element.type}, the attribute is {element.type}"
        document.fault(at, text, instead)
    elif identifies and column.element.name != element.name:
        text = f"{column.name} follows {column.element.name}, and the entity is identified by {element.name}"
        document.fault(at, text, instead)


def _own_rules(contract: _Contract, columns: tuple[Column, ...]) -> tuple[Rule, ...]:
    """Every rule that the contract writes out, on columns and on the table."""
    titles = {name: (name, name) for name in contract.names} | {
        column.name: (column.title_zh, column.title_en) for column in columns
    }
    known = titles if contract.names_all else None
    types = {column.name: column.element.type for column in columns}
    place = Place(contract.document, contract.known, known, types, CONTRACT)
    own = list(_quality(place, ("schema", 0), contract.schema.quality, ""))
    for number, written_ in enumerate(contract.schema.properties or []):
        own += _quality(place, _at(number), written_.quality, written_.name or "")
    return tuple(own)


def _rule_names(schema: SchemaObject) -> Iterator[tuple[str, YamlPath]]:
    """The name of every rule that is written out, on the table and on its columns, and where it stands."""
    places: list[tuple[YamlPath, list[DataQuality] | None]] = [(("schema", 0), schema.quality)]
    places += [(_at(number), written_.quality) for number, written_ in enumerate(schema.properties or [])]
    for at, quality in places:
        for number, item in enumerate(quality or []):
            if item.type != "text":
                yield item.name or "", (*at, "quality", number, "name")


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
    elif contract.extra.delivery_mode == "upsert" and not _has_key(contract):
        text = "upsert needs a primary key to update by"
        contract.document.fault(("schema", 0), text, "primaryKey: true on the columns that identify a row")
    if levels:
        # A warning here, because age is no fault of the rows: the freshness gate withholds by itself.
        age = {"working_days": levels.freshness_working_days}
        yield rule("freshness", "freshness", (), ("", ""), severity=Severity.WARNING, arguments=age)


def _has_key(contract: _Contract) -> bool:
    """Whether a column is of the primary key, or is written so that nobody can tell."""
    columns = contract.schema.properties or []
    written_ = [(*_at(number), "primaryKey") for number in range(len(columns))]
    return any(one.primaryKey for one in columns) or not contract.document.well_formed(*written_)


def _quality(place: Place, at: YamlPath, quality: list[DataQuality] | None, column: str) -> Iterator[Rule]:
    for number, item in enumerate(quality or []):
        here = (*at, "quality", number)
        if item.type == "text":
            continue
        spoken = _spoken(place.document, here, item)
        if spoken is None:
            continue
        _check_own_column(place.document, here, spoken, column)
        made = written(place, (*here, "implementation"), spoken, (column,) if column else ())
        if made is not None:
            yield made


def _check_own_column(document: Document, at: YamlPath, spoken: Written, column: str) -> None:
    if column and spoken.promise.columns:
        text = f"a rule below {column} is about {column}"
        document.fault((*at, "implementation", "columns"), text, "no columns here, or the rule below the schema object")


def _spoken(document: Document, at: YamlPath, item: DataQuality) -> Written | None:
    if item.type != "custom" or item.engine != "zhongtai" or not isinstance(item.implementation, dict):
        text = "only rules of this platform's own engine are evaluated"
        if not document.well_formed(*((*at, key) for key in ("type", "engine", "implementation"))):
            return None
        document.fault(at, text, "type: custom, engine: zhongtai, implementation: {kind: …} (or type: text for prose)")
        return None
    for key in sorted(item.model_fields_set - _HEARD):
        document.fault((*at, key), f"{key} is not evaluated", "the promise as arguments of the implementation")
    if fault := name_fault(item.name or ""):
        document.fault((*at, "name"), f"{fault} for a rule", wanted_name(item.name or ""))
    severity = "error" if item.severity is None else item.severity
    if severity not in set(Severity):
        document.fault((*at, "severity"), f"there is no severity {severity!r}", "error or warning")
        severity = "error"
    promise = document.shaped(Promise, data=item.implementation, at=(*at, "implementation"))
    return None if promise is None else Written(item.name or "", promise, Severity(severity), item.dimension)


def _of_department(name: str, known: Known) -> str:
    return known.departments[name].owner if name in known.departments else ""
