"""One ODCS property as a `Column`: what it inherits from its data element, and what it may say for itself.

Rules that a property writes out are read in `odcs.py`, with those of the whole table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from open_data_contract_standard.model import SchemaProperty

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Column, Element, Level, LogicalType, SharingAttribute
from contracts.odcs_extras import ColumnExtras, extras
from contracts.promises import inherited

_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
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


def read_column(shared: Shared, at: YamlPath, written: SchemaProperty) -> Column | None:
    """The column; None after noting on the document what is wrong with it."""
    document = shared.document
    before = len(document.faults)
    extra, places = extras(document, at, written.customProperties, ColumnExtras)
    if not _NAME.match(written.name or ""):
        document.fault((*at, "name"), f"the column name is {written.name!r}", "a snake_case English name")
    for key, instead in _UNREAD.items():
        if getattr(written, key) is not None:
            document.fault((*at, key), f"{key} is not evaluated by this platform", instead)
    element = shared.known.element(extra.element, document, places["element"]) if extra else None
    if extra is None or element is None:
        return None
    level = _level(document, at, written, element)
    _check_type(document, at, written, element)
    _check_codes(shared, places, extra, element)
    attribute = _attribute(shared, places, extra)
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
        rules=inherited(name, titles, element, required=required, check=extra.check),
    )


def _level(document: Document, at: YamlPath, written: SchemaProperty, element: Element) -> Level:
    if written.classification is None:
        return element.level
    if written.classification not in set(Level):
        text = f"there is no level {written.classification!r}"
        document.fault((*at, "classification"), text, nearest(written.classification, Level))
        return element.level
    level = Level(written.classification)
    if level < element.level:
        text = f"{level} is below {element.level}, the level of the data element {element.name}"
        document.fault((*at, "classification"), text, f"{element.level} or higher, or leave it out")
    return level


def _check_type(document: Document, at: YamlPath, written: SchemaProperty, element: Element) -> None:
    right = _ODCS_TYPES.get(element.type, str(element.type))
    if written.logicalType is not None and written.logicalType != right:
        text = f"{written.logicalType!r} disagrees with the data element {element.name}"
        document.fault((*at, "logicalType"), text, f"{right}, or leave it out")


def _check_codes(shared: Shared, places: dict[str, YamlPath], extra: ColumnExtras, element: Element) -> None:
    if not extra.code_map:
        return
    at = places["code_map"]
    if element.code_set is None:
        shared.document.fault(at, f"{element.name} has no code set to map to", "an element with a code set")
        return
    codes = shared.known.code_sets[element.code_set].codes
    for spelling, code in extra.code_map.items():
        if code not in codes:
            text = f"{code!r} is no code of {element.code_set}"
            shared.document.fault((*at, spelling), text, nearest(code, codes))


def _attribute(shared: Shared, places: dict[str, YamlPath], extra: ColumnExtras) -> SharingAttribute:
    own = extra.sharing_attribute
    if own is None:
        return shared.sharing_attribute
    if shared.sharing_attribute is SharingAttribute.NOT_SHARED and _ORDER[own] < _ORDER[shared.sharing_attribute]:
        text = f"{own} is looser than the dataset, which is not shared"
        shared.document.fault(places["sharing_attribute"], text, "not_shared, or leave it out")
    return own
