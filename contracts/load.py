"""A workspace's declarations, read whole: `load_catalogue` gives the `Catalogue` or refuses with every fault at once.

Finding files and putting records together happens here; each kind of file is judged in its own module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts.declarations import CityDeclaration, DepartmentDeclaration, DepartmentsDeclaration
from contracts.documents import Document, YamlPath
from contracts.faults import DeclarationsRefused, Fault, nearest
from contracts.known import Known
from contracts.model import Agreement, Calendar, Catalogue, Dataset, Department, Domain
from contracts.odcs import read_dataset
from contracts.registry import folders, read_code_sets, read_elements
from contracts.themes import raised, read_agreement, read_domain

CITY_FILE = "zhongtai.yml"
_RESERVED = ("public", "theme")
_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


def load_catalogue(workspace: Path, *, deliveries: Path | None = None) -> Catalogue:
    """The catalogue of the workspace at a folder.

    `deliveries` overrides where deliveries lie; otherwise `zhongtai.yml` says it, relative to the workspace. Raises
    `DeclarationsRefused` with all faults of all files. Nothing but declaration files is read.
    """
    reading = _Reading(workspace.absolute())
    catalogue = reading.catalogue(deliveries)
    faults = reading.faults()
    if faults or catalogue is None:
        raise DeclarationsRefused(faults)
    return catalogue


@dataclass
class _Reading:
    """One pass over a workspace: the documents opened so far and the names they made known."""

    root: Path
    known: Known = field(default_factory=Known)
    opened: dict[Path, Document] = field(default_factory=dict)
    misplaced: list[Fault] = field(default_factory=list)

    def catalogue(self, deliveries: Path | None) -> Catalogue | None:
        """Everything, in the order in which names are needed; None where the city itself is unreadable."""
        city = self._city()
        self._standards()
        self.known.departments = self._departments()
        domains = self._domains()
        datasets = self._datasets()
        self._check_references(datasets)
        self._check_authority(datasets)
        agreements = self._agreements()
        if city is None or self.faults():
            return None
        return Catalogue(
            city=city.city,
            title_zh=city.title.zh,
            title_en=city.title.en,
            root=self.root,
            deliveries=deliveries if deliveries is not None else self.root / city.deliveries,
            departments=self.known.departments,
            datasets=datasets,
            domains={name: raised(domain, datasets.values()) for name, domain in domains.items()},
            agreements=agreements,
            elements=self.known.elements,
            code_sets=self.known.code_sets,
            calendar=_calendar(city),
        )

    def faults(self) -> list[Fault]:
        """Every fault noted so far."""
        return [*self.misplaced, *(fault for document in self.opened.values() for fault in document.faults)]

    def _open(self, path: Path) -> Document:
        if path not in self.opened:
            base = self.root if path.is_relative_to(self.root) else Path(__file__).parent.parent
            self.opened[path] = Document(path, base)
        return self.opened[path]

    def _files(self, folder: Path) -> list[Document]:
        for path in sorted(folder.glob("*.yaml")):
            self._misplace(path, "declarations end in .yml", path.stem + ".yml")
        return [self._open(path) for path in sorted(folder.glob("*.yml"))]

    def _misplace(self, path: Path, what: str, instead: str) -> None:
        self.misplaced.append(Fault(path.relative_to(self.root).as_posix(), "", what, instead))

    def _city(self) -> CityDeclaration | None:
        path = self.root / CITY_FILE
        if not path.is_file():
            self._misplace(path, "the file is missing, so this folder is no workspace", "city, title and deliveries")
            return None
        document = self._open(path)
        return document.shaped(CityDeclaration) if document.usable else None

    def _standards(self) -> None:
        roots = folders(self.root)
        code_sets = read_code_sets([one for root in roots for one in self._files(root / "codes")])
        elements = read_elements([one for root in roots for one in self._files(root / "elements")], code_sets)
        self.known.code_sets, self.known.elements = code_sets, elements

    def _departments(self) -> dict[str, Department]:
        path = self.root / "contracts" / "departments" / "departments.yml"
        if not path.is_file():
            self._misplace(path, "the file is missing", "departments: {<name>: {title, code, owner}}")
            return {}
        document = self._open(path)
        declared = document.shaped(DepartmentsDeclaration) if document.usable else None
        for name in declared.departments if declared else ():
            if name in _RESERVED:
                document.fault(("departments", name), f"{name!r} has a meaning of its own", "another name")
        found = {name: _department(name, one) for name, one in (declared.departments.items() if declared else ())}
        return {**found, **self._departments_of_contracts(set(found))}

    def _departments_of_contracts(self, listed: set[str]) -> dict[str, Department]:
        """Departments that a contract of theirs introduces, so that a new one needs one file."""
        found: dict[str, Department] = {}
        for path in sorted((self.root / "contracts" / "departments").glob("*/*.yml")):
            document, name = self._open(path), path.parent.name
            for number, one in enumerate(_listed(document.data, "customProperties")):
                if one.get("property") != "department":
                    continue
                at: YamlPath = ("customProperties", number, "value")
                declared = document.shaped(DepartmentDeclaration, data=one.get("value"), at=at)
                if name in listed or name in found:
                    document.fault(at, f"the department {name!r} is introduced elsewhere already", "nothing here")
                elif not _NAME.match(name) or name in _RESERVED:
                    document.fault(at, f"{name!r} is no name for a department", "a folder in lower_snake_case")
                elif declared:
                    found[name] = _department(name, declared)
        return found

    def _domains(self) -> dict[str, Domain]:
        documents = self._files(self.root / "contracts" / "domains")
        # Names first, from the files' places: one domain's rules may refer to another's entities and to any dataset.
        self.known.domains = frozenset(document.path.stem for document in documents)
        entities = {str(one.get("name")) for document in documents for one in _listed(document.data, "entities")}
        tables = {str(name) for document in documents for name in _mapped(document.data, "tables")}
        self.known.tables = frozenset({f"theme.{name}" for name in entities | tables} | self._dataset_ids())
        domains: dict[str, Domain] = {}
        for document in documents:
            domain = read_domain(document, self.known) if document.usable else None
            if domain is not None:
                self._add_entities(document, domain)
                domains[domain.name] = domain
        return domains

    def _add_entities(self, document: Document, domain: Domain) -> None:
        entities = dict(self.known.entities)
        prefixes = {entity.id_prefix: entity.name for entity in entities.values()}
        for number, entity in enumerate(domain.entities):
            at = ("entities", number)
            if entity.name in entities:
                document.fault((*at, "name"), f"the theme entity {entity.name!r} exists already", "another name")
            if entity.id_prefix in prefixes:
                text = f"the prefix {entity.id_prefix!r} is that of {prefixes[entity.id_prefix]}"
                document.fault((*at, "id_prefix"), text, "a prefix of its own for each entity")
            entities[entity.name], prefixes[entity.id_prefix] = entity, entity.name
        self.known.entities = entities

    def _dataset_ids(self) -> set[str]:
        folder = self.root / "contracts" / "departments"
        return {f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*.yml")}

    def _datasets(self) -> dict[str, Dataset]:
        folder = self.root / "contracts" / "departments"
        for path in sorted(folder.glob("*.yml")):
            if path.name != "departments.yml":
                self._misplace(path, "a contract lies outside its department's folder", "<department>/<dataset>.yml")
        found: dict[str, Dataset] = {}
        for place in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
            known = place.name in self.known.departments
            if not known:
                text = f"there is no department {place.name!r}"
                self._misplace(place, text, nearest(place.name, self.known.departments))
            for document in self._files(place):
                if known and document.usable and (dataset := read_dataset(document, place.name, self.known)):
                    found[dataset.id] = dataset
        return found

    def _check_references(self, datasets: Mapping[str, Dataset]) -> None:
        for reference in self.known.references:
            dataset = datasets.get(reference.table)
            columns = [column.name for column in dataset.columns] if dataset else []
            if dataset and reference.column not in columns:
                text = f"{reference.table} has no column {reference.column!r}"
                reference.document.fault(reference.at, text, nearest(reference.column, columns))

    def _check_authority(self, datasets: Mapping[str, Dataset]) -> None:
        holders: dict[str, str] = {}
        documents = self.opened
        for dataset in datasets.values():
            for name in dataset.authoritative_for:
                document = documents[dataset.path or Path()]
                self.known.element(name, document, ("customProperties",))
                if name in holders:
                    text = f"{holders[name]} is the authoritative source of {name!r} already"
                    document.fault(("customProperties",), text, "one authoritative source for each data element")
                holders[name] = dataset.id

    def _agreements(self) -> dict[str, Agreement]:
        read = (
            read_agreement(document, self.known)
            for document in self._files(self.root / "contracts" / "agreements")
            if document.usable
        )
        return {agreement.name: agreement for agreement in read if agreement is not None}


def _department(name: str, declared: DepartmentDeclaration) -> Department:
    return Department(name, declared.title.zh, declared.title.en, declared.code, declared.owner)


def _calendar(city: CityDeclaration) -> Calendar:
    own = city.calendar
    if own is None:
        return Calendar()
    return Calendar(frozenset(own.holidays), frozenset(own.workdays), frozenset(own.years), own.source)


def _listed(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mapped(data: Mapping[str, object], key: str) -> dict[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}
