"""The registry of standards: data elements and code sets, the platform's own and a city's additions to them.

A city's file may add codes to a code set that exists, and elements of new names; it cannot redefine what the platform
ships, so that no level can be lowered by declaring it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from contracts.declarations import CodeSetDeclaration, ElementDeclaration, ElementsDeclaration
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import CODE_SET, ELEMENT, Known
from contracts.model import CodeSet, Element, LogicalType, Period
from contracts.spellings import DATED, NAMED, NUMERIC, rival_spellings, spelling_fault, spellings_fault
from contracts.units import UNITS, unit_fault

PLATFORM = Path(__file__).parent / "standards"

# Judged on the text of a value, which only a string keeps.
_OF_TEXT = ("pattern", "check", "code_set", "max_length", "normalise", "invisible")
# Rounding needs places to round from: 38 digits are all that a decimal has.
_ROUNDED = 30

_FULLER = {
    LogicalType.TIMESTAMP: 'type: date, or formats such as "%Y-%m-%d %H:%M:%S" (shorter ones may stand beside it)',
    LogicalType.TIME: 'formats such as "%H:%M:%S" (shorter ones may stand beside it)',
}


def folders(workspace: Path) -> tuple[Path, ...]:
    """The standards folders that hold for a workspace, the platform's first, each once."""
    own = workspace / "contracts" / "standards"
    return (PLATFORM,) if own.resolve() == PLATFORM.resolve() or not own.is_dir() else (PLATFORM, own)


def read_code_sets(documents: Iterable[Document], known: Known) -> dict[str, CodeSet]:
    """Code sets by name; files of one `code_set` are joined, later ones adding to earlier ones."""
    sets: dict[str, CodeSet] = {}
    for document in documents:
        declared = document.shaped(CodeSetDeclaration) if document.usable else None
        if declared is not None:
            sets[declared.code_set] = _joined(document, declared, sets.get(declared.code_set))
        if document.faults:
            known.unsound.add((CODE_SET, declared.code_set if declared else ""))
    return sets


def read_elements(documents: Iterable[Document], known: Known) -> dict[str, Element]:
    """Elements by name, each judged against the code sets."""
    elements: dict[str, Element] = {}
    for document in documents:
        declared = document.shaped(ElementsDeclaration) if document.usable else None
        if declared is None or not document.names_all(("elements",)):
            known.unsound.add((ELEMENT, ""))
        for name, one in declared.elements.items() if declared else ():
            at = ("elements", name)
            if name in elements:
                document.fault(at, f"the data element {name!r} exists already", "an element of another name")
                continue
            _check_element(document, at, one, known)
            elements[name] = _element(name, one)
            if document.faulty(at):
                known.unsound.add((ELEMENT, name))
    return elements


def _joined(document: Document, declared: CodeSetDeclaration, earlier: CodeSet | None) -> CodeSet:
    codes = {code: (title.zh, title.en) for code, title in declared.codes.items()}
    periods = {**(earlier.periods if earlier else {}), **_periods(document, declared)}
    known = {**(earlier.codes if earlier else {}), **codes}
    if earlier is not None:
        for code in codes.keys() & earlier.codes.keys():
            text = f"the code {code!r} of {declared.code_set} exists already"
            document.fault(("codes", code), text, "only codes that the code set lacks")
    for spelling, code in declared.aliases.items():
        if code not in known and document.names_all(("codes",)):
            document.fault(("aliases", spelling), f"{code!r} is no code of {declared.code_set}", nearest(code, known))
        if spelling in known:
            document.fault(("aliases", spelling), f"{spelling!r} is a code itself", "nothing: leave the alias out")
        if earlier and earlier.aliases.get(spelling, code) != code:
            text = f"{spelling!r} is another spelling of {earlier.aliases[spelling]!r} already"
            document.fault(("aliases", spelling), text, "one code for each spelling")
    for alias in sorted((earlier.aliases if earlier else {}).keys() & codes.keys()):
        document.fault(("codes", alias), f"{alias!r} is another spelling of a code already", "another code")
    return CodeSet(
        name=declared.code_set,
        title_zh=earlier.title_zh if earlier else declared.title.zh,
        title_en=earlier.title_en if earlier else declared.title.en,
        source=f"{earlier.source}; {declared.source}" if earlier else declared.source,
        codes=known,
        aliases={**(earlier.aliases if earlier else {}), **declared.aliases},
        periods=_followed(document, declared, known, periods),
    )


def _periods(document: Document, declared: CodeSetDeclaration) -> dict[str, Period]:
    """When each code was one, of those that were not always."""
    found = {}
    for code, one in declared.codes.items():
        if one.from_ and one.until and one.from_ > one.until:
            document.fault(("codes", code), f"it ended ({one.until}) before it began", "from <= until")
        if one.became and not one.until:
            text = f"{code!r} became {one.became!r}, and it is not said when it ended"
            document.fault(("codes", code, "became"), text, "until: its last day")
        if one.from_ or one.until:
            found[code] = Period(one.from_, one.until, one.became)
    return found


def _followed(
    document: Document, declared: CodeSetDeclaration, known: Mapping[str, object], periods: dict[str, Period]
) -> dict[str, Period]:
    """The same, after noting what took the place of a code and is none."""
    for code, one in declared.codes.items():
        if one.became is not None and (one.became not in known or one.became == code):
            document.fault(("codes", code, "became"), f"{one.became!r} is no other code", nearest(one.became, known))
    return periods


def _element(name: str, one: ElementDeclaration) -> Element:
    facts = one.model_dump(exclude={"title"})
    return Element(name=name, title_zh=one.title.zh, title_en=one.title.en, **facts)


def _check_element(document: Document, at: YamlPath, one: ElementDeclaration, known: Known) -> None:
    if one.code_set is not None:
        known.check_code_set(one.code_set, document, (*at, "code_set"))
    if one.pattern and (fault := known.pattern_fault(one.pattern)):
        document.fault((*at, "pattern"), fault, "an RE2 expression that the whole text must match")
    if document.well_formed((*at, "type")):
        _check_type(document, at, one)
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        document.fault((*at, "minimum"), "the minimum is above the maximum", "minimum <= maximum")
    if one.scale > one.precision:
        document.fault((*at, "scale"), "more decimals than digits", "scale <= precision")


def _check_type(document: Document, at: YamlPath, one: ElementDeclaration) -> None:
    """Facts that an element's type has no use for would be kept by nobody, or fail on every value."""
    if one.type in DATED and not one.formats:
        document.fault(at, f"{_a(one.type)} without spellings", 'formats: ["%Y-%m-%d", …]')
    for number, spelling in enumerate(one.formats):
        if fault := spelling_fault(one.type, spelling, one.pivot):
            document.fault((*at, "formats", number), fault, _spelt(one.type, spelling))
    if not document.faulty((*at, "formats")) and (fault := rival_spellings(one.type, one.formats)):
        document.fault((*at, "formats"), fault, "the spelling that the department writes, alone")
    if not document.faulty((*at, "formats")) and (fault := spellings_fault(one.type, one.formats)):
        document.fault((*at, "formats"), fault, _FULLER[one.type])
    for key in ("minimum", "maximum"):
        bound = getattr(one, key)
        if one.type is LogicalType.INTEGER and bound is not None and bound % 1:
            document.fault((*at, key), f"{bound} is no bound of an integer", "a whole number")
    if one.type not in NUMERIC and (one.minimum is not None or one.maximum is not None):
        document.fault(at, f"{_a(one.type)} takes no minimum or maximum", "a pattern or max_length")
    for key in _OF_TEXT:
        if one.type is not LogicalType.STRING and getattr(one, key) is not None:
            document.fault((*at, key), f"{_a(one.type)} takes no {key}", f"type: string, or leave {key} out")
    _check_reading(document, at, one)
    if one.unit is not None and (fault := unit_fault(one.unit)):
        document.fault((*at, "unit"), fault, nearest(one.unit, UNITS))
    if one.unit is not None and one.type not in (LogicalType.DECIMAL, LogicalType.NUMBER):
        document.fault((*at, "unit"), f"{_a(one.type)} takes no unit", "type: decimal or number, or leave unit out")
    for key in ("precision", "scale", "rounding"):
        if one.type is not LogicalType.DECIMAL and key in one.model_fields_set:
            document.fault((*at, key), f"{_a(one.type)} takes no {key}", f"type: decimal, or leave {key} out")


def _check_reading(document: Document, at: YamlPath, one: ElementDeclaration) -> None:
    """Keys that say how a text is read, where there is nothing of the kind to read."""
    if one.pivot is not None and not any("%y" in spelling for spelling in one.formats):
        document.fault((*at, "pivot"), "no spelling has years of two digits", "leave pivot out, or %y in formats")
    for key in ("characters", "identifies"):
        if one.type is not LogicalType.STRING and key in one.model_fields_set:
            document.fault((*at, key), f"{_a(one.type)} takes no {key}", f"type: string, or leave {key} out")
    if one.rounding is not None and one.type is LogicalType.DECIMAL and one.precision > _ROUNDED:
        text = f"{one.precision} digits leave no places to round from"
        document.fault((*at, "precision"), text, f"precision: {_ROUNDED} or less, or leave rounding out")


def _spelt(kind: LogicalType, spelling: str) -> str:
    strptime = "strptime words such as %H:%M:%S" if kind is LogicalType.TIME else "strptime words such as %Y-%m-%d"
    named = nearest(spelling, NAMED[kind]) if kind in NAMED else "nothing: leave formats out"
    return f"{strptime}, or {named}" if kind in DATED and kind in NAMED else strptime if kind in DATED else named


def _a(kind: LogicalType) -> str:
    return f"{'an' if kind is LogicalType.INTEGER else 'a'} {kind}"
