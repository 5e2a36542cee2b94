"""Theme domains and their entities, and the agreements by which products leave: files resolved into records.

Both write rules in the same way, so they are read side by side. Datasets are read in `odcs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from contracts.acts import person_key
from contracts.category import Category
from contracts.declarations import (
    AgreementDeclaration,
    AttributeDeclaration,
    DomainDeclaration,
    EntityDeclaration,
    RuleDeclaration,
)
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.matching import MATCHED_COLUMNS
from contracts.model import (
    Agreement,
    Attribute,
    Dataset,
    Domain,
    Element,
    Entity,
    LDiversity,
    Level,
    Licence,
    LogicalType,
    LoweringApproval,
    OpenAttribute,
    ProductColumn,
    Rule,
    SharingAttribute,
)
from contracts.names import group_fault, wanted_name
from contracts.promises import Place, Written, distinct, rule, written
from contracts.reading_matching import read_matching
from contracts.recipient_policy import check_telling, read_rows

PUBLIC = "public"


def read_domain(document: Document, known: Known) -> Domain | None:
    """The domain that a file declares; None after noting that its shape is wrong."""
    declared = document.shaped(DomainDeclaration)
    if declared is None:
        return None
    if document.path.stem != declared.domain:
        document.fault(("domain",), f"{declared.domain!r} is not the file's name", document.path.stem)
    if fault := group_fault(document.path.stem):
        document.fault(("domain",), f"{fault} for a domain", wanted_name(document.path.stem))
    entities = (_entity(document, known, declared.domain, n, one) for n, one in enumerate(declared.entities))
    return Domain(
        name=declared.domain,
        title_zh=declared.title.zh,
        title_en=declared.title.en,
        description=declared.description,
        owner=declared.owner,
        entities=tuple(entity for entity in entities if entity is not None),
        rules={
            table: _rules(Place(document, known, None), ("tables", table, "rules"), checks.rules)
            for table, checks in declared.tables.items()
        },
    )


def raised(domain: Domain, datasets: Iterable[Dataset]) -> Domain:
    """The domain with every attribute at least as sensitive as the most sensitive column that provides it."""
    levels: dict[tuple[str, str], Level] = {}
    for dataset in datasets:
        for provision in dataset.provides:
            for attribute, columns in provision.columns.items():
                place = (provision.entity, attribute)
                level = max(dataset.column(column).level for column in columns)
                levels[place] = max(levels.get(place, Level.L1), level)
    return replace(domain, entities=tuple(_raised(entity, levels) for entity in domain.entities))


def _raised(entity: Entity, levels: Mapping[tuple[str, str], Level]) -> Entity:
    return replace(
        entity,
        attributes=tuple(
            replace(one, level=max(one.level, levels.get((entity.name, one.name), one.level)))
            for one in entity.attributes
        ),
    )


def read_agreement(document: Document, known: Known) -> Agreement | None:
    """The agreement that a file declares; None after noting that its shape is wrong."""
    declared = document.shaped(AgreementDeclaration)
    if declared is None:
        return None
    _check_agreement(document, declared, known)
    titles = {column.name: (column.title.zh, column.title.en) for column in declared.columns}
    types = {column.name: column.type for column in declared.columns}
    place = Place(document, known, titles if document.names_all(("columns",)) else None, types)
    own = _rules(place, ("rules",), declared.rules)
    _check_anonymity(document, declared)
    _check_approvals(document, declared)
    check_telling(document, declared)
    promised = [
        rule(f"required:{column.name}", "required", (column.name,), titles[column.name])
        for column in declared.columns
        if column.required
    ]
    return Agreement(
        name=declared.agreement,
        agency=declared.agency,
        product=declared.product,
        title_zh=declared.title.zh,
        title_en=declared.title.en,
        purpose=declared.purpose.text,
        purpose_code=declared.purpose.code,
        legal_basis=declared.purpose.legal_basis,
        level_ceiling=declared.level_ceiling,
        sharing_attribute=declared.sharing_attribute,
        scope=declared.scope.text,
        valid_from=declared.valid.from_,
        valid_until=declared.valid.until,
        columns=tuple(
            ProductColumn(
                one.name, one.type, one.title.zh, one.title.en, one.purpose, one.required, one.level, one.mask
            )
            for one in declared.columns
        ),
        allowed_purposes=declared.allowed_purposes,
        rules=(*promised, *own),
        freshness_working_days=declared.freshness_working_days,
        minimum_score=declared.minimum_score,
        minimum_group=declared.minimum_group,
        quasi_identifiers=declared.quasi_identifiers,
        l_diversity=LDiversity(declared.l_diversity.columns, declared.l_diversity.at_least)
        if declared.l_diversity
        else None,
        rounded_to=declared.rounded_to,
        impact_assessment=declared.impact_assessment,
        approvals=declared.approvals,
        author=declared.author,
        declassifiers=_approved(declared),
        category_ceiling=declared.category_ceiling,
        path=document.path,
        version=declared.version,
        open_attribute=OpenAttribute(declared.open_attribute),
        licence=Licence(declared.licence.title, declared.licence.url) if declared.licence else None,
        request=declared.request,
        rows=read_rows(document, declared),
        untold_basis=declared.untold_basis,
    )


def _check_approvals(document: Document, declared: AgreementDeclaration) -> None:
    seen: dict[str, str] = {}
    for number, name in enumerate(declared.approvals):
        if person_key(name) in seen:
            text = f"{name} is {seen[person_key(name)]}, who is there already"
            document.fault(("approvals", number), text, "each person once")
        seen.setdefault(person_key(name), name)


def _approved(declared: AgreementDeclaration) -> tuple[LoweringApproval, ...] | None:
    if declared.declassifiers is None:
        return None
    return tuple(
        LoweringApproval(one.name, one.columns, one.approved_by, one.approved_on) for one in declared.declassifiers
    )


def _rules(place: Place, at: YamlPath, declared: tuple[RuleDeclaration, ...]) -> tuple[Rule, ...]:
    read = (
        written(place, (*at, number), Written(one.name, one, one.severity, one.dimension))
        for number, one in enumerate(declared)
    )
    distinct(place.document, ((one.name, (*at, number, "name")) for number, one in enumerate(declared)))
    return tuple(one for one in read if one is not None)


def _entity(document: Document, known: Known, domain: str, number: int, one: EntityDeclaration) -> Entity | None:
    at: YamlPath = ("entities", number)
    identifier = known.element(one.identifier, document, (*at, "identifier"))
    attributes = [
        _attribute(document, known, (*at, "attributes", n), attribute) for n, attribute in enumerate(one.attributes)
    ]
    _check_names(document, at, one)
    found = tuple(attribute for attribute in attributes if attribute is not None)
    place = _place(document, known, one, found, identifier)
    titles = place.columns or {}
    if not document.names_all((*at, "attributes")):
        place = replace(place, columns=None)
    own = _rules(place, (*at, "rules"), one.rules)
    if identifier is None:
        return None
    standing = [
        rule(f"{kind}:{name}", kind, (name,), titles[name])
        for name in ("city_id", one.identifier)
        # Not every thing has an identifier, where rows without one are matched.
        for kind in (("unique",) if one.matching and name == one.identifier else ("required", "unique"))
    ]
    return Entity(
        name=one.name,
        domain=domain,
        title_zh=one.title.zh,
        title_en=one.title.en,
        grain=one.grain,
        identifier=one.identifier,
        id_prefix=one.id_prefix,
        attributes=found,
        rules=(*standing, *own),
        matching=read_matching(document, (*at, "matching"), one, _types(found, identifier)),
    )


def _place(
    document: Document, known: Known, one: EntityDeclaration, found: Sequence[Attribute], identifier: Element | None
) -> Place:
    """What an entity's rules may speak of: all columns of its table, with titles, and the types of its attributes."""
    titles = {attribute.name: (attribute.name, attribute.name) for attribute in one.attributes}
    titles |= {attribute.name: (attribute.title_zh, attribute.title_en) for attribute in found}
    titles |= {f"{name}_source": (f"{zh}来源", f"Source of {en}") for name, (zh, en) in titles.items()}
    titles |= {"city_id": ("城市编号", "City id"), "provider_count": ("提供部门数", "Departments that know it")}
    if one.matching:
        titles |= {
            "matched_rows": ("匹配行数", "Matched rows"),
            "match_probability": ("匹配概率", "Match probability"),
            "conflict_count": ("部门冲突数", "Conflicts between departments"),
        }
    titles[one.identifier] = (identifier.title_zh, identifier.title_en) if identifier else ("", "")
    types = {attribute.name: attribute.element.type for attribute in found}
    types |= {f"{attribute.name}_source": LogicalType.STRING for attribute in one.attributes}
    types |= {"city_id": LogicalType.STRING, "provider_count": LogicalType.INTEGER}
    types |= {name: LogicalType(kind) for name, kind in MATCHED_COLUMNS.items()} if one.matching else {}
    types |= {one.identifier: identifier.type} if identifier else {}
    return Place(document, known, titles, types)


def _types(found: Sequence[Attribute], identifier: Element) -> dict[str, LogicalType]:
    """The logical types of an entity's identifier and attributes."""
    return {**{one.name: one.element.type for one in found}, identifier.name: identifier.type}


def _attribute(document: Document, known: Known, at: YamlPath, one: AttributeDeclaration) -> Attribute | None:
    known.check_departments(one.precedence, document, (*at, "precedence"))
    element = known.element(one.element, document, (*at, "element"))
    if element is None:
        return None
    level = one.level or element.level
    if level < element.level:
        text = f"{level} is below {element.level}, the level of the data element {element.name}"
        document.fault((*at, "level"), text, f"{element.level} or higher, or leave it out")
    zh, en = (one.title.zh, one.title.en) if one.title else (element.title_zh, element.title_en)
    return Attribute(one.name, element, zh, en, level, one.precedence, one.survivor)


def _check_names(document: Document, at: YamlPath, one: EntityDeclaration) -> None:
    # The generated table adds these columns itself, whichever attribute is written first.
    taken = {"city_id", "provider_count", one.identifier}
    taken |= {f"{attribute.name}_source" for attribute in one.attributes}
    taken |= MATCHED_COLUMNS.keys() if one.matching else set()
    for number, attribute in enumerate(one.attributes):
        if attribute.name in taken:
            text = f"{attribute.name!r} is a column of the entity already"
            document.fault((*at, "attributes", number, "name"), text, "a name of its own for each attribute")
        taken.add(attribute.name)


def _check_agreement(document: Document, declared: AgreementDeclaration, known: Known) -> None:
    if document.path.stem != declared.agreement:
        document.fault(("agreement",), f"{declared.agreement!r} is not the file's name", document.path.stem)
    named, _, purpose = declared.agreement.partition("__")
    known_agency = declared.agency == PUBLIC or declared.agency in known.departments
    if named != declared.agency and known_agency and document.well_formed(("agency",), ("agreement",)):
        text = f"{declared.agreement!r} does not begin with its agency"
        document.fault(("agreement",), text, f"{declared.agency}__{purpose}")
    if declared.agency != PUBLIC:
        known.check_department(declared.agency, document, ("agency",))
        for name in sorted({"licence", "open_attribute"} & declared.model_fields_set):
            document.fault((name,), f"{name} is of open products, and this one goes to {declared.agency}", "nothing")
    elif declared.sharing_attribute is not SharingAttribute.UNCONDITIONAL:
        document.fault(("sharing_attribute",), "an open product is shared on condition", "unconditional")
    elif declared.level_ceiling is not Level.L1:
        text = f"an open product may carry {declared.level_ceiling}"
        document.fault(("level_ceiling",), text, "L1: only what is not sensitive may be opened (DB33/T 2350-2021)")
    if declared.agency == PUBLIC and declared.category_ceiling is not Category.GENERAL:
        text = f"an open product may carry {declared.category_ceiling} data"
        document.fault(
            ("category_ceiling",), text, "general: 重要数据 and 核心数据 are not opened (数据安全法 art. 21)"
        )
    dates = ("valid",), ("valid", "from"), ("valid", "until")
    if document.well_formed(*dates) and declared.valid.from_ > declared.valid.until:
        document.fault(("valid",), "the agreement ends before it begins", "from <= until")
    names = [column.name for column in declared.columns]
    for number, name in enumerate(names):
        if name in names[:number]:
            document.fault(("columns", number, "name"), f"two columns are called {name!r}", "one name each")
    for number, code in enumerate(declared.allowed_purposes):
        if code in declared.allowed_purposes[:number]:
            document.fault(("allowed_purposes", number), f"{code!r} is named twice", "each purpose once")
    for number, one in enumerate(declared.declassifiers or ()):
        for name in (name for name in one.columns if name not in names):
            document.fault(
                ("declassifiers", number, "columns"), f"no column {name!r} is promised", nearest(name, names)
            )
        if declared.author is not None and one.approved_by == declared.author:
            text = f"{one.approved_by} wrote the product and approves what lowers its levels"
            document.fault(("declassifiers", number, "approved_by"), text, "another person than the author")
    if not names:
        document.fault(("columns",), "nothing is promised", "at least one column, with its purpose")


def _check_anonymity(document: Document, declared: AgreementDeclaration) -> None:
    """What speaks of columns speaks of promised ones."""
    promised = {column.name for column in declared.columns}
    if not document.names_all(("columns",)):
        return
    named: list[tuple[YamlPath, str]] = [
        (("quasi_identifiers", number), name) for number, name in enumerate(declared.quasi_identifiers or ())
    ]
    if declared.l_diversity:
        sensitive = enumerate(declared.l_diversity.columns)
        named += [(("l_diversity", "columns", number), name) for number, name in sensitive]
    for at, name in named:
        if name not in promised:
            document.fault(at, f"{name!r} is not a column of the agreement", "the name of one of its columns")
    if declared.l_diversity and set(declared.l_diversity.columns) & set(declared.quasi_identifiers or ()):
        document.fault(("l_diversity", "columns"), "a column is quasi-identifier and sensitive", "one of the two")
