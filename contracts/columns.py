"""One ODCS property as a `Column`: what it inherits from its data element, and what it may say for itself.

Rules that a property writes out are read in `odcs.py`, with those of the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from open_data_contract_standard.model import SchemaProperty

from contracts.category import Category
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Column, Element, Level, LogicalType, Rule, SharingAttribute
from contracts.names import name_fault, wanted_name
from contracts.odcs_extras import ColumnExtras, extras
from contracts.promises import inherited, rule
from contracts.units import UNITS, factor, unit_fault

# ODCS has one fractional type; the element says whether it is exact.
_ODCS_TYPES = {LogicalType.DECIMAL: "number"}
# ODCS promises that no engine here would check: refused rather than ignored.
_UNREAD = {
    "unique": "primaryKey: true, or a rule of kind unique",
    "logicalTypeOptions": "a rule of kind range, length or pattern",
    "enum": "an element with a code_set",
    "relationships": "a rule of kind reference",
    "properties": "one column per value: nested data is not carried",
    "items": "one row per value: lists are not carried",
    "map": "one column per value: maps are not carried",
    "encryptedName": "mask: in customProperties",
}
_ORDER = {
    SharingAttribute.UNCONDITIONAL: 0,
    SharingAttribute.CONDITIONAL: 1,
    SharingAttribute.NOT_SHARED: 2,
}


@dataclass(frozen=True)
class Shared:
    """What every column of one contract is read against."""

    document: Document
    known: Known
    sharing_attribute: SharingAttribute
    category: Category = Category.GENERAL


def read_column(shared: Shared, at: YamlPath, written: SchemaProperty) -> Column | None:
    """The column; None after noting on the document what is wrong with it."""
    document = shared.document
    before = len(document.faults)
    extra, places = extras(document, at, written.customProperties, ColumnExtras)
    if fault := name_fault(written.name or ""):
        document.fault((*at, "name"), f"{fault} for a column", wanted_name(written.name or ""))
    for key, instead in _UNREAD.items():
        if getattr(written, key) is not None:
            document.fault((*at, key), f"{key} is not evaluated by this platform", instead)
    element = shared.known.element(extra.element, document, places["element"]) if extra else None
    level = _level(document, at, written, element)
    if extra is None or element is None:
        return None
    _check_type(document, at, written, element)
    _check_key(document, at, written, element)
    _check_codes(shared, places, extra, element)
    _check_unit(document, places, extra, element)
    attribute = _attribute(shared, places, extra)
    category = _category(shared, places, extra, element)
    if len(document.faults) > before:
        return None
    name = written.name or ""
    titles = (written.businessName or element.title_zh, written.description or element.title_en)
    required = bool(written.required or written.primaryKey)
    return Column(
        name=name,
        headers=tuple(dict.fromkeys((written.physicalName or name, *extra.headers))),
        title_zh=titles[0],
        title_en=titles[1],
        element=element,
        level=level,
        mask=extra.mask or element.mask,
        sharing_attribute=attribute,
        required=required,
        key=bool(written.primaryKey),
        code_map=extra.code_map,
        unit=extra.unit,
        codes_as_of=extra.codes_as_of,
        may_leave=extra.may_leave,
        category=category,
        personal=element.personal or extra.personal or extra.sensitive_personal,
        sensitive_personal=element.sensitive_personal or extra.sensitive_personal,
        rules=(
            *_delivered_in(
                extra.unit,
                element,
                inherited(name, titles, element, required=required, check=extra.check, key=bool(written.primaryKey)),
            ),
            *_fits(name, titles, extra.unit, element),
        ),
    )


def _check_unit(document: Document, places: Mapping[str, YamlPath], extra: ColumnExtras, element: Element) -> None:
    """A unit of the same quantity as the element's, of which it is a whole number."""
    if extra.unit is None:
        return
    at = places["unit"]
    if element.unit is None:
        document.fault(at, f"the data element {element.name} has no unit", "an element with a unit, or leave it out")
    elif fault := unit_fault(extra.unit):
        document.fault(at, fault, nearest(extra.unit, UNITS))
    elif factor(extra.unit, element.unit) is None:
        text = f"{extra.unit} is no whole number of {element.unit}, the unit of {element.name}"
        document.fault(at, text, f"{element.unit}, or a multiple of it")


def _delivered_in(unit: str | None, element: Element, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The element's own range, in the unit that is delivered: that is what it is judged in."""
    many = factor(unit, element.unit) if unit and element.unit else None
    if many is None or many == 1:
        return rules
    return tuple(
        replace(one, arguments={bound: _share(value, many) for bound, value in one.arguments.items()})
        if one.kind == "range"
        else one
        for one in rules
    )


def _share(value: object, many: int) -> int | float:
    exact = Decimal(repr(value)) / many
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _fits(name: str, titles: tuple[str, str], unit: str | None, element: Element) -> tuple[Rule, ...]:
    """What is delivered in a larger unit has to fit in the element's own: what does not is a fault, and no null."""
    many = factor(unit, element.unit) if unit and element.unit else None
    if many is None or many == 1 or element.type is not LogicalType.DECIMAL:
        return ()
    bound = (10 ** (element.precision - element.scale) - 1) // many
    arguments = {"minimum": -bound, "maximum": bound}
    return (rule(f"unit:{name}", "range", (name,), titles, arguments=arguments),)


def _level(document: Document, at: YamlPath, written: SchemaProperty, element: Element | None) -> Level:
    own = element.level if element else Level.L1
    if written.classification is None:
        return own
    if written.classification not in set(Level):
        text = f"there is no level {written.classification!r}"
        document.fault((*at, "classification"), text, nearest(written.classification, Level))
        return own
    level = Level(written.classification)
    if element and level < own:
        text = f"{level} is below {own}, the level of the data element {element.name}"
        document.fault((*at, "classification"), text, f"{own} or higher, or leave it out")
    return level


def _check_type(document: Document, at: YamlPath, written: SchemaProperty, element: Element) -> None:
    right = _ODCS_TYPES.get(element.type, str(element.type))
    if written.logicalType is not None and written.logicalType != right:
        text = f"{written.logicalType!r} disagrees with the data element {element.name}"
        document.fault((*at, "logicalType"), text, f"{right}, or leave it out")


def _check_key(document: Document, at: YamlPath, written: SchemaProperty, element: Element) -> None:
    """A key is told by its whole value: two that differ may not become one on the way."""
    if not written.primaryKey:
        return
    if element.type is LogicalType.NUMBER:
        text = f"{element.name} is a number, of which only some 16 digits are kept, so it is no key"
        document.fault((*at, "primaryKey"), text, "an element of type string, integer or decimal")
    if element.rounding:
        text = f"{element.name} is rounded, so that two keys may become one"
        document.fault((*at, "primaryKey"), text, "an element without rounding")


def _check_codes(shared: Shared, places: Mapping[str, YamlPath], extra: ColumnExtras, element: Element) -> None:
    if not extra.code_map:
        return
    at = places["code_map"]
    if element.code_set is None:
        shared.document.fault(at, f"{element.name} has no code set to map to", "an element with a code set")
        return
    codes = shared.known.codes(element.code_set)
    for spelling, code in extra.code_map.items():
        if codes is not None and code not in codes:
            text = f"{code!r} is no code of {element.code_set}"
            shared.document.fault((*at, spelling), text, nearest(code, codes))


def _attribute(shared: Shared, places: Mapping[str, YamlPath], extra: ColumnExtras) -> SharingAttribute:
    own = extra.sharing_attribute
    if own is None:
        return shared.sharing_attribute
    if shared.sharing_attribute is SharingAttribute.NOT_SHARED and _ORDER[own] < _ORDER[shared.sharing_attribute]:
        text = f"{own} is looser than the dataset, which is not shared"
        shared.document.fault(places["sharing_attribute"], text, "not_shared, or leave it out")
    return own


def _category(shared: Shared, places: Mapping[str, YamlPath], extra: ColumnExtras, element: Element) -> Category:
    """Its own, which may be stricter than its element's and its dataset's, never looser."""
    least = max((element.category, shared.category), key=lambda one: one.rank)
    own = extra.category
    if own is not None and own.rank < least.rank:
        text = f"{own} is below {least}, the category of the data element {element.name} or of the dataset"
        shared.document.fault(places["category"], text, f"{least} or stricter, or leave it out")
    return own if own is not None and own.rank > least.rank else least
