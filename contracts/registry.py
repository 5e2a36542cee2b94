"""The registry of standards: data elements and code sets, the platform's own and a city's additions to them.

A city's file may add codes to a code set that exists, and elements of new names; it cannot redefine what the platform
ships, so that no level can be lowered by declaring it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts.declarations import CodeSetDeclaration, ElementDeclaration, ElementsDeclaration
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.model import CodeSet, Element, LogicalType
from contracts.promises import pattern_fault

PLATFORM = Path(__file__).parent / "standards"

_DATED = (LogicalType.DATE, LogicalType.TIMESTAMP, LogicalType.TIME)
_NUMERIC = (LogicalType.INTEGER, LogicalType.DECIMAL, LogicalType.NUMBER)
# Spellings that strptime has no word for, by the types that may have them. Dates take strptime spellings besides.
_NAMED_SPELLINGS = {
    LogicalType.INTEGER: ("float_integer", "thousands", "percent"),
    LogicalType.DECIMAL: ("thousands", "percent"),
    LogicalType.NUMBER: ("thousands", "percent"),
    LogicalType.DATE: ("excel_serial",),
    LogicalType.TIMESTAMP: ("excel_serial",),
}


def folders(workspace: Path) -> tuple[Path, ...]:
    """The standards folders that hold for a workspace, the platform's first, each once."""
    own = workspace / "contracts" / "standards"
    return (PLATFORM,) if own.resolve() == PLATFORM.resolve() or not own.is_dir() else (PLATFORM, own)


def read_code_sets(documents: Iterable[Document]) -> dict[str, CodeSet]:
    """Code sets by name; files of one `code_set` are joined, later ones adding to earlier ones."""
    sets: dict[str, CodeSet] = {}
    for document in documents:
        declared = document.shaped(CodeSetDeclaration) if document.usable else None
        if declared is not None:
            sets[declared.code_set] = _joined(document, declared, sets.get(declared.code_set))
    return sets


def read_elements(documents: Iterable[Document], code_sets: dict[str, CodeSet]) -> dict[str, Element]:
    """Elements by name, each judged against the code sets."""
    elements: dict[str, Element] = {}
    for document in documents:
        declared = document.shaped(ElementsDeclaration) if document.usable else None
        for name, one in declared.elements.items() if declared else ():
            at = ("elements", name)
            if name in elements:
                document.fault(at, f"the data element {name!r} exists already", "an element of another name")
                continue
            _check_element(document, at, one, code_sets)
            elements[name] = _element(name, one)
    return elements


def _joined(document: Document, declared: CodeSetDeclaration, earlier: CodeSet | None) -> CodeSet:
    codes = {code: (title.zh, title.en) for code, title in declared.codes.items()}
    known = {**(earlier.codes if earlier else {}), **codes}
    if earlier is not None:
        for code in codes.keys() & earlier.codes.keys():
            text = f"the code {code!r} of {declared.code_set} exists already"
            document.fault(("codes", code), text, "only codes that the code set lacks")
    for spelling, code in declared.aliases.items():
        if code not in known:
            document.fault(("aliases", spelling), f"{code!r} is no code of {declared.code_set}", nearest(code, known))
        if spelling in known:
            document.fault(("aliases", spelling), f"{spelling!r} is a code itself", "nothing: leave the alias out")
    return CodeSet(
        name=declared.code_set,
        title_zh=earlier.title_zh if earlier else declared.title.zh,
        title_en=earlier.title_en if earlier else declared.title.en,
        source=f"{earlier.source}; {declared.source}" if earlier else declared.source,
        codes=known,
        aliases={**(earlier.aliases if earlier else {}), **declared.aliases},
    )


def _element(name: str, one: ElementDeclaration) -> Element:
    facts = one.model_dump(exclude={"title"})
    return Element(name=name, title_zh=one.title.zh, title_en=one.title.en, **facts)


def _check_element(document: Document, at: YamlPath, one: ElementDeclaration, code_sets: dict[str, CodeSet]) -> None:
    if one.code_set is not None and one.code_set not in code_sets:
        text = f"there is no code set {one.code_set!r}"
        document.fault((*at, "code_set"), text, nearest(one.code_set, code_sets))
    if one.pattern and (fault := pattern_fault(one.pattern)):
        document.fault((*at, "pattern"), fault, "an RE2 expression that the whole text must match")
    if one.type in _DATED and not one.formats:
        document.fault(at, f"a {one.type} without spellings", 'formats: ["%Y-%m-%d", …]')
    for number, spelling in enumerate(one.formats):
        if not _spells(one.type, spelling):
            text = f"a {one.type} is not spelt {spelling!r}"
            document.fault((*at, "formats", number), text, nearest(spelling, _NAMED_SPELLINGS.get(one.type, ())))
    bounded = one.minimum is not None or one.maximum is not None
    if bounded and one.type not in _NUMERIC:
        document.fault(at, f"a {one.type} takes no minimum or maximum", "a pattern or max_length")
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        document.fault((*at, "minimum"), "the minimum is above the maximum", "minimum <= maximum")
    if one.scale > one.precision:
        document.fault((*at, "scale"), "more decimals than digits", "scale <= precision")


def _spells(kind: LogicalType, spelling: str) -> bool:
    return spelling in _NAMED_SPELLINGS.get(kind, ()) or (kind in _DATED and "%" in spelling)
