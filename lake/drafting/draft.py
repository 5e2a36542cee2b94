"""Drafting a contract from an extract: the steps, in order. How each is done is the other modules' of this package."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from contracts.model import Catalogue, Level, LogicalType, Source
from contracts.names import LONGEST, group_fault, place_fault
from lake.drafting.choosing import Choice, Known, beside_strict, choose, promising
from lake.drafting.contract import Draft, DraftColumn
from lake.drafting.keys import Key, find_key
from lake.drafting.probing import NOTHING, Facts, Probe, Standards
from lake.drafting.written import Bench, Extract, look

_DATED = re.compile(r"[-_. ]?(19|20)\d\d([-_.年]?\d{1,2}([-_.月]?\d{1,2}日?)?)?|[-_ ]?\d{6,}")


class DraftRefused(ValueError):
    """A contract cannot be drafted under the name that was asked for."""


def draft_contract(
    connection: duckdb.DuckDBPyConnection, scratch: Path, catalogue: Catalogue, file: Path, named: str | None
) -> Draft:
    """The draft of a file, as a dataset of this city. Raises `DeliveryRefused`, `DraftRefused`."""
    department, name = _names(catalogue, file, named)
    bench = Bench(connection, scratch, f"{department}.{name}")
    extract = look(bench, file)
    standards = Standards(catalogue.elements, catalogue.code_sets)
    known = _known(catalogue, f"{department}.{name}")
    probe = Probe(connection, extract, standards)
    facts = probe.facts()
    choices = _choices(probe, facts, known, standards)
    key, keys = find_key(probe, facts, choices, name)
    columns = _columns(facts, choices, key, known)
    return Draft(
        department=department,
        dataset=name,
        domain=_domain(catalogue, choices),
        source=_source(extract.source, catalogue, file, department, name),
        columns=columns,
        records=extract.records,
        mode="snapshot" if key else "append",
        keys=keys,
        introduces=department not in catalogue.departments,
        notes=tuple(_notes(extract, probe, key, columns)),
        nulls=_nulls(facts, choices),
    )


def _names(catalogue: Catalogue, file: Path, named: str | None) -> tuple[str, str]:
    department, _, name = named.partition(".") if named else (_snake(file.parent.name), ".", _bare(file))
    for fault in (group_fault(department), place_fault(name)):
        if fault:
            text = f"{department}.{name} is no name of a dataset: {fault}; say one with --dataset DEPARTMENT.NAME"
            raise DraftRefused(text)
    return department, name


def _bare(file: Path) -> str:
    return _snake(_DATED.sub("", file.name.split(".")[0])) or _snake(file.stem)


def _snake(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", spaced.lower())).strip("_")[:LONGEST].strip("_")


def _known(catalogue: Catalogue, but: str) -> Known:
    """What the city's other contracts call things, and have them follow."""
    headers: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for dataset in catalogue.datasets.values():
        for column in dataset.columns if dataset.id != but else ():
            for header in column.headers:
                headers[header.casefold()].append(column.element.name)
                names.setdefault(header.casefold(), column.name)
    return Known(headers, names)


def _choices(probe: Probe, facts: Sequence[Facts], known: Known, standards: Standards) -> list[Choice]:
    sampled = probe.fits()
    seen = {place: [probe.with_codes(place, fit) for fit in fits] for place, fits in sampled.items()}
    wanted = {place: promising(facts[place], fits, known) for place, fits in seen.items()}
    whole = probe.fits({place: names for place, names in wanted.items() if names})
    judged = {place: [probe.with_codes(place, fit) for fit in fits] for place, fits in whole.items()}
    found = [choose(one, judged.get(place, []), known, standards.elements) for place, one in enumerate(facts)]
    meant = [choice.fit.element for choice in found if choice.classification is None]
    strict = any(element.personal or element.level >= Level.L3 for element in meant)
    return [beside_strict(choice) for choice in found] if strict else found


def _columns(
    facts: Sequence[Facts], choices: Sequence[Choice], key: Key | None, known: Known
) -> tuple[DraftColumn, ...]:
    found: list[DraftColumn] = []
    for place, (one, choice) in enumerate(zip(facts, choices, strict=True)):
        there = one.there - sum(one.nothing.values())
        in_key = bool(key and place in key.places)
        filled = "every row has a value" if there == one.rows else f"{there:,} of {one.rows:,} rows have a value"
        evidence = [*choice.evidence, f"{filled}, {one.distinct:,} differ"]
        if in_key and key:
            evidence.append(f"key: {key.distinct:,} of {key.rows:,} differing rows are told apart by it")
        if choice.level_note:
            evidence.append(choice.level_note)
        name = _column_name(one.header, choice, known, place, {column.name for column in found})
        required = there == one.rows and one.rows > 0
        found.append(DraftColumn(name, one.header, choice, required, in_key, tuple(evidence)))
    return tuple(found)


def _column_name(header: str, choice: Choice, known: Known, place: int, taken: set[str]) -> str:
    """As the city calls it elsewhere, else the header's own words, else its element, else its place."""
    wanted = known.names.get(header.casefold()) or (_snake(header) if header.isascii() else "")
    if not wanted or not wanted[0].isalpha():
        generic = choice.fit.element.name in {"text", "integer", "measurement", "date", "timestamp", "boolean_flag"}
        wanted = f"column_{place + 1}" if generic else choice.fit.element.name
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted[: LONGEST - 4]}_{number}", number + 1
    return name


def _domain(catalogue: Catalogue, choices: Sequence[Choice]) -> str:
    """The theme whose entity the columns identify; else the first there is."""
    elements = {choice.fit.element.name for choice in choices}
    for domain in catalogue.domains.values():
        if any(entity.identifier in elements for entity in domain.entities):
            return domain.name
    if not catalogue.domains:
        text = "the city has no domain, and a contract is of one: declare contracts/domains/<domain>.yml first"
        raise DraftRefused(text)
    return next(iter(catalogue.domains))


def _source(source: Source, catalogue: Catalogue, file: Path, department: str, name: str) -> Source:
    """With the path below the deliveries where files of this name lie."""
    where = file.resolve()
    root = catalogue.deliveries.resolve()
    path = f"*/{department}/{_DATED.sub('*', file.name)}"
    if where.is_relative_to(root):
        path = "/".join(_DATED.sub("*", part) for part in where.relative_to(root).parts)
    return replace(source, path=re.sub(r"[\[\]{}\\]", "?", path))


def _nulls(facts: Sequence[Facts], choices: Sequence[Choice]) -> tuple[str, ...]:
    """Words for nothing that stand where typed or formed values are."""
    found: dict[str, None] = {}
    for one, choice in zip(facts, choices, strict=True):
        element = choice.fit.element
        formed = element.type is not LogicalType.STRING or element.pattern or element.code_set or element.check
        if formed:
            found |= dict.fromkeys(word for word in one.nothing if word not in element.nulls)
    return tuple(word for word in NOTHING if word in found)


def _notes(extract: Extract, probe: Probe, key: Key | None, columns: Sequence[DraftColumn]) -> list[str]:
    notes = [f"{extract.records:,} records in {extract.source.format}, {len(columns)} columns"]
    if broken := probe.broken():
        notes.append(f"{broken:,} of them are not whole, or are none (headers again, totals): they go to quarantine")
    if extract.left_out:
        notes.append(f"{len(extract.left_out)} columns without a name of their own are left out (ignored_headers)")
    if extract.nested:
        named = ", ".join(extract.nested)
        notes.append(f"{named} hold objects or lists, and are left out (ignored_headers): ask for them flat, or apart")
    if not extract.source.header:
        notes.append("the first record is data: columns come by their place, and have no names yet")
    if key is None:
        notes.append("no column, and no two, tell the rows apart: it is taken for rows that are added (append)")
    notes.append("delivery_mode, frequency, freshness and sharing_attribute are nobody's word yet")
    return notes
