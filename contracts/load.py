"""A workspace's declarations, read whole: `load_catalogue` gives the `Catalogue` or refuses with every fault at once.

Finding files and putting records together happens here; each kind of file is judged in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts import across, folders
from contracts.across import listed, mapped
from contracts.acts import DeclaredPersons, Person
from contracts.alerting import check_alerts, read_alerts
from contracts.calendar import Calendar
from contracts.city_declarations import CityDeclaration
from contracts.cross_rules import CrossRule, Suite
from contracts.declarations import DepartmentDeclaration, DepartmentsDeclaration
from contracts.dimensions import DIMENSIONS
from contracts.districts import District, read_districts
from contracts.documents import Document, YamlPath
from contracts.engine import Engine
from contracts.faults import DeclarationsRefused, Fault, nearest
from contracts.folders import CITY_FILE
from contracts.indicators import Indicators
from contracts.json_text import JsonDocument
from contracts.jurisdiction import Jurisdiction
from contracts.jurisdictions import chosen, read_jurisdictions
from contracts.known import DEPARTMENT, ENTITY, TABLE, Known
from contracts.model import Agreement, Catalogue, Dataset, Department, Domain, Licence, OpenData
from contracts.names import group_fault, wanted_name
from contracts.odcs import read_dataset
from contracts.persons import read_persons
from contracts.reading_indicators import read_indicators
from contracts.reading_routing import read_routing
from contracts.reading_rules import Tables, read_rules
from contracts.reading_services import read_services
from contracts.reading_suites import read_suites, suite_tables
from contracts.reading_windows import Tables as WindowTables
from contracts.reading_windows import read_windows
from contracts.registry import folders as standards
from contracts.registry import read_code_sets, read_elements
from contracts.retention import Retention
from contracts.routing import Routing
from contracts.rule_names import Taken, check_cross_names, check_domain_names, check_suite_names, names_taken
from contracts.services import Services
from contracts.signing_in import Provider, SigningIn
from contracts.themes import raised, read_agreement, read_domain
from contracts.weights import Weights
from contracts.windows import WindowSet


def load_catalogue(workspace: Path, *, deliveries: Path | None = None, engine: Engine | None = None) -> Catalogue:
    """The catalogue of the workspace at a folder.

    `deliveries` overrides where deliveries lie; otherwise `zhongtai.yml` says it, relative to the workspace. `engine`
    judges SQL and patterns too, where the caller has one. Raises `DeclarationsRefused` with all faults of all files.
    Nothing but declaration files is read.
    """
    reading = _Reading(workspace.absolute(), Known(engine=engine))
    catalogue = reading.catalogue(deliveries)
    faults = reading.faults()
    if faults or catalogue is None:
        raise DeclarationsRefused(faults)
    return catalogue


def load_persons(workspace: Path) -> DeclaredPersons:
    """Who may act in the workspace at a folder, read from `zhongtai.yml` and `contracts/persons.yml` alone.

    What is wrong with any other declaration does not matter, nor with anything of the city's file that says nothing of
    persons (a weight, a holiday); a file that is not there declares nobody. Raises `DeclarationsRefused` where one of
    the two cannot be read, or the city's says wrongly whether it is a demonstration.
    """
    reading = _Reading(workspace.absolute(), Known())
    file = workspace.absolute() / CITY_FILE
    city = reading.city() if file.exists() else None
    persons = reading.persons()
    document = reading.opened.get(file)
    sound = document is None or (document.usable and not document.faulty(("demonstration",)))
    if faults := [one for one in reading.faults() if one.file != CITY_FILE or not sound]:
        raise DeclarationsRefused(faults)
    return DeclaredPersons(persons, city is not None and city.demonstration)


@dataclass
class _Reading:
    """One pass over a workspace: the documents opened so far and the names they made known."""

    root: Path
    known: Known = field(default_factory=Known)
    opened: dict[Path, Document] = field(default_factory=dict)
    misplaced: list[Fault] = field(default_factory=list)

    def catalogue(self, deliveries: Path | None) -> Catalogue | None:
        """Everything, in the order in which names are needed; None where the city itself is unreadable."""
        self.misplaced += folders.strays(self.root)
        city = self.city()
        self._standards()
        self.known.departments = self._departments()
        domains = self._domains()
        every = self._datasets()
        datasets = {name: one for name, one in every.items() if one.stream is None}
        streams = {name: one for name, one in every.items() if one.stream is not None}
        agreements = self._agreements()
        persons = self.persons()
        if city is not None:
            check_alerts(city, self._open(self.root / CITY_FILE), persons)
        jurisdiction = self._jurisdiction(city)
        self._check_across(every)
        across.check_unstreamed(self.known, streams)
        sound = not self.faults()
        rules = self._rules(Tables(datasets, self.known.entities) if sound else None)
        indicators, districts = self._indicators(), self._districts()
        suites = self._suites(suite_tables(datasets.values(), domains.values(), agreements.values()) if sound else None)
        services = self._services(datasets if sound else None)
        routing = self._routing()
        self._check_rule_names(names_taken(datasets.values(), domains.values(), agreements.values()), rules, suites)
        windows = self._windows(WindowTables(streams, datasets, self.known.entities) if sound else None)
        named = {one.path.stem: one for one in self._files(self.root / "contracts" / "domains")}
        check_domain_names(domains.values(), named)
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
            persons=persons,
            demonstration=city.demonstration,
            encrypt_landing=city.encrypt_landing,
            retention=Retention(**city.retention.model_dump()) if city.retention else Retention(),
            open_data=_open_data(city),
            jurisdiction=jurisdiction,
            signing_in=_signing_in(city),
            alerts=read_alerts(city),
            weights=Weights(dict(city.quality.weights)) if city.quality else Weights(),
            cross_rules=rules,
            suites=suites,
            indicators=indicators,
            districts=districts,
            override_working_days=city.override_working_days,
            streams=streams,
            windows=windows,
            services=services,
            routing=routing,
        )

    def faults(self) -> list[Fault]:
        """Every fault noted so far."""
        return [*self.misplaced, *(fault for document in self.opened.values() for fault in document.faults)]

    def _open(self, path: Path) -> Document:
        if path not in self.opened:
            base = self.root if path.is_relative_to(self.root) else Path(__file__).parent.parent
            self.opened[path] = JsonDocument(path, base) if path.suffix == ".json" else Document(path, base)
        return self.opened[path]

    def _files(self, folder: Path) -> list[Document]:
        return [self._open(path) for path in folders.yaml_files(folder)]

    def _misplace(self, path: Path, what: str, instead: str) -> None:
        self.misplaced.append(Fault(path.relative_to(self.root).as_posix(), "", what, instead))

    def _required(self, path: Path, what: str, instead: str) -> Document | None:
        """A file that every workspace has; None after noting that it is not there."""
        if path.exists() or path.is_symlink():
            return self._open(path)
        self._misplace(path, what, instead)
        return None

    def city(self) -> CityDeclaration | None:
        """The city itself; None where its file cannot be read."""
        what = "the file is missing, so this folder is no workspace"
        document = self._required(self.root / CITY_FILE, what, "city, title and deliveries")
        city = document.shaped(CityDeclaration) if document and document.usable else None
        if city and document:
            _check_city(city, document)
        return city

    def _standards(self) -> None:
        roots = standards(self.root)
        codes = [one for root in roots for one in self._files(root / "codes")]
        self.known.code_sets = read_code_sets(codes, self.known)
        elements = [one for root in roots for one in self._files(root / "elements")]
        self.known.elements = read_elements(elements, self.known)

    def _jurisdiction(self, city: CityDeclaration | None) -> Jurisdiction:
        files = [one for root in standards(self.root) for one in self._files(root / "jurisdictions")]
        known = read_jurisdictions(files)
        return chosen(city, known, self._open(self.root / CITY_FILE)) if city else Jurisdiction()

    def _departments(self) -> dict[str, Department]:
        path = self.root / "contracts" / "departments" / "departments.yml"
        document = self._required(path, "the file is missing", "departments: {<name>: {title, code, owner}}")
        declared = document.shaped(DepartmentsDeclaration) if document and document.usable else None
        if declared is None or not document or not document.names_all(("departments",)):
            self.known.unsound.add((DEPARTMENT, ""))
        for name in declared.departments if declared and document else ():
            if document and (fault := group_fault(name)):
                document.fault(("departments", name), f"{fault} for a department", wanted_name(name))
        found = {name: _department(name, one) for name, one in (declared.departments.items() if declared else ())}
        return {**found, **self._departments_of_contracts(set(found))}

    def _departments_of_contracts(self, known: set[str]) -> dict[str, Department]:
        """Departments that a contract of theirs introduces, so that a new one needs one file."""
        found: dict[str, Department] = {}
        for place in self._places():
            for document in self._files(place):
                if _may_introduce(document):
                    self.known.unsound.add((DEPARTMENT, place.name))
                for number, one in enumerate(listed(document.data, "customProperties")):
                    if one.get("property") == "department":
                        self._introduce(document, ("customProperties", number, "value"), one.get("value"), known, found)
        return found

    def _introduce(
        self, document: Document, at: YamlPath, value: object, known: set[str], found: dict[str, Department]
    ) -> None:
        name = document.path.parent.name
        declared = document.shaped(DepartmentDeclaration, data=value, at=at)
        if name in known or name in found:
            document.fault(at, f"the department {name!r} is introduced elsewhere already", "nothing here")
        elif fault := group_fault(name):
            document.fault(at, f"{fault} for a department, which its folder is called after", wanted_name(name))
        if name not in known and declared:
            found[name] = _department(name, declared)

    def _places(self) -> list[Path]:
        """The folders of departments."""
        folder = self.root / "contracts" / "departments"
        return (
            sorted(one for one in folder.iterdir() if one.is_dir() and one.name[0] not in "._")
            if folder.is_dir()
            else []
        )

    def _domains(self) -> dict[str, Domain]:
        documents = self._files(self.root / "contracts" / "domains")
        # Names first, from the files' places: one domain's rules may refer to another's entities and to any dataset.
        self.known.domains = frozenset(document.path.stem for document in documents)
        entities = {str(one.get("name")) for document in documents for one in listed(document.data, "entities")}
        tables = {str(name) for document in documents for name in mapped(document.data, "tables")}
        self.known.tables = frozenset({f"theme.{name}" for name in entities | tables} | self._dataset_ids())
        domains: dict[str, Domain] = {}
        for document in documents:
            domain = read_domain(document, self.known) if document.usable else None
            if not document.names_all(("entities",)) or not document.names_all(("tables",)):
                self.known.unsound |= {(ENTITY, ""), (TABLE, "")}
            if domain is None:
                self.known.unsound |= {(ENTITY, ""), (TABLE, "")}
            else:
                self._add_entities(document, domain)
                domains[domain.name] = domain
        return domains

    def _add_entities(self, document: Document, domain: Domain) -> None:
        entities = dict(self.known.entities)
        numbers = {str(one.get("name")): number for number, one in enumerate(listed(document.data, "entities"))}
        for entity in domain.entities:
            entities[entity.name] = entity
        self.known.entities = entities
        self.known.unsound |= {
            (ENTITY, name) for name, n in numbers.items() if name not in entities or document.faulty(("entities", n))
        }

    def _dataset_ids(self) -> set[str]:
        return {f"{place.name}.{path.stem}" for place in self._places() for path in folders.yaml_files(place)}

    def _datasets(self) -> dict[str, Dataset]:
        found: dict[str, Dataset] = {}
        for place in self._places():
            known = place.name in self.known.departments
            if not known and not self.known.unsound & {(DEPARTMENT, ""), (DEPARTMENT, place.name)}:
                text = f"there is no department {place.name!r}"
                introduce = "or introduce it in departments.yml, or by `property: department` in its first contract"
                self._misplace(place, text, f"{nearest(place.name, self.known.departments)}, {introduce}")
            for document in self._files(place):
                if document.usable and (dataset := read_dataset(document, place.name, self.known)) and known:
                    found[dataset.id] = dataset
        return found

    def _check_across(self, datasets: dict[str, Dataset]) -> None:
        contracts = self.root / "contracts"
        across.check_references(self.known, datasets)
        own = [document for place in self._places() for document in self._files(place)]
        across.check_authority(self.known, own)
        named = {f"{document.path.parent.name}.{document.path.stem}": document for document in own}
        across.check_former_names(datasets, named)
        across.check_deliveries(own)
        across.check_prefixes(self._files(contracts / "domains"))
        across.check_models({kind: self._files(contracts / kind) for kind in ("domains", "agreements")})

    def _rules(self, tables: Tables | None) -> dict[str, tuple[CrossRule, ...]]:
        """Rules across departments, over tables that are sound."""
        return read_rules(self._files(self.root / "contracts" / "rules"), self.known, tables)

    def _windows(self, tables: WindowTables | None) -> dict[str, WindowSet]:
        """Window sets, over streams and tables that are sound."""
        return read_windows(self._files(self.root / "contracts" / "windows"), self.known, tables)

    def _suites(self, tables: dict[str, frozenset[str] | None] | None) -> dict[str, Suite]:
        """Suites written by hand, over tables that are sound."""
        paths = folders.json_files(self.root / "contracts" / "suites")
        return read_suites([self._open(path) for path in paths], tables)

    def _districts(self) -> Mapping[str, District]:
        found, faults = read_districts(self.root, self.known.codes("administrative_division"))
        self.misplaced += faults
        return found

    def _indicators(self) -> Indicators:
        return read_indicators(self._files(self.root / "contracts" / "indicators"), self.known)

    def _services(self, datasets: dict[str, Dataset] | None) -> dict[str, Services]:
        """Lists of service items, over datasets that are sound."""
        return read_services(self._files(self.root / "contracts" / "services"), self.known, datasets)

    def _routing(self) -> dict[str, Routing]:
        """Who owns which events."""
        return read_routing(self._files(self.root / "contracts" / "routing"), self.known)

    def _check_rule_names(
        self, taken: Taken, rules: dict[str, tuple[CrossRule, ...]], suites: dict[str, Suite]
    ) -> None:
        contracts = self.root / "contracts"
        check_cross_names(taken, rules, self._files(contracts / "rules"))
        own = {path: document for path, document in self.opened.items() if path.parent == contracts / "suites"}
        check_suite_names(taken, suites, own)

    def persons(self) -> dict[str, Person]:
        """Who may act."""
        path = self.root / "contracts" / "persons.yml"
        return read_persons(self._open(path)) if path.exists() or path.is_symlink() else {}

    def _agreements(self) -> dict[str, Agreement]:
        read = (
            read_agreement(document, self.known)
            for document in self._files(self.root / "contracts" / "agreements")
            if document.usable
        )
        return {agreement.name: agreement for agreement in read if agreement is not None}


def _may_introduce(document: Document) -> bool:
    """Whether a contract may be meant to introduce its department, though nobody can tell: it cannot be read so far."""
    written = document.data.get("customProperties", [])
    items = written if isinstance(written, list) else [None]
    return not document.usable or any(
        not isinstance(one, dict) or not isinstance(one.get("property"), str) for one in items
    )


def _department(name: str, declared: DepartmentDeclaration) -> Department:
    return Department(name, declared.title.zh, declared.title.en, declared.code, declared.owner)


def _signing_in(city: CityDeclaration) -> SigningIn:
    declared = city.portal
    if declared is None:
        return SigningIn()
    both = (declared.sign_in, declared.citizens)
    provider, citizens = (Provider(**one.model_dump()) if one else None for one in both)
    rest = declared.model_dump(exclude={"sign_in", "citizens"})
    return SigningIn(provider, citizens, **rest)


def _check_city(city: CityDeclaration, document: Document) -> None:
    if "://" in city.deliveries or not city.deliveries.isprintable():
        text = f"deliveries is {city.deliveries!r}, which is no folder"
        document.fault(("deliveries",), text, "a folder, relative to this file; ZHONGTAI_DELIVERIES for anything else")
    own = city.calendar
    for day in sorted(set(own.holidays) & set(own.workdays)) if own else ():
        text = f"{day} is a holiday and a workday"
        document.fault(("calendar", "workdays"), text, "each day in one of the lists")
    _check_weights(city, document)


def _check_weights(city: CityDeclaration, document: Document) -> None:
    weights = city.quality.weights if city.quality else {}
    at = ("quality", "weights")
    for name, weight in weights.items():
        if name not in DIMENSIONS:
            document.fault((*at, name), f"there is no dimension {name!r}", nearest(name, DIMENSIONS))
        elif weight < 0:
            text = f"{weight:g} is below zero: no dimension makes a score better by being bad"
            document.fault((*at, name), text, "0, for a dimension that does not count, or more")
    if weights and not any(weight > 0 for weight in weights.values()):
        text = "no dimension has a weight above 0, so that there would be no score"
        document.fault(at, text, f"a weight above 0 for one of {', '.join(DIMENSIONS)}; or leave weights out")


def _open_data(city: CityDeclaration) -> OpenData:
    own = city.open_data
    licence = Licence(own.licence.title, own.licence.url) if own and own.licence else None
    contact = own.contact if own else None
    return OpenData(licence, contact.name, contact.email) if contact else OpenData(licence)


def _calendar(city: CityDeclaration) -> Calendar:
    own = city.calendar
    if own is None:
        return Calendar()
    return Calendar(frozenset(own.holidays), frozenset(own.workdays), frozenset(own.years), own.source)
