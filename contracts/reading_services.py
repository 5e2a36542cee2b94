"""`contracts/services/<name>.yml`, judged: what it names must be there, and each field have one authoritative column.

Read last, since it speaks of datasets and departments. The files' shape is `service_declarations`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Dataset, LogicalType
from contracts.service_declarations import (
    ItemsDeclaration,
    MaterialKindDeclaration,
    MaterialsDeclaration,
    ProofDeclaration,
    ServicesDeclaration,
)
from contracts.services import ItemColumns, MaterialColumns, MaterialKind, Proof, Services

# Of what type the columns are that are reckoned with.
_TYPES = {"visits": LogicalType.INTEGER, "materials": LogicalType.INTEGER, "online": LogicalType.BOOLEAN}


def read_services(
    documents: Iterable[Document], known: Known, datasets: Mapping[str, Dataset] | None
) -> dict[str, Services]:
    """Name -> the list of service items; faults go to the documents.

    Without `datasets`, where these are not sound, the files' shape is judged and nothing that might follow."""
    found: dict[str, Services] = {}
    for document in documents:
        declared = document.shaped(ServicesDeclaration) if document.usable else None
        if declared is None or document.faults or datasets is None:
            continue
        made = _Reading(document, known, datasets).read(declared)
        if not document.faults:
            found[declared.services] = made
    return found


@dataclass
class _Reading:
    """One file being read."""

    document: Document
    known: Known
    datasets: Mapping[str, Dataset]

    def read(self, declared: ServicesDeclaration) -> Services:
        """The list, after noting what is wrong with it."""
        if declared.services != self.document.path.stem:
            self._fault(("services",), f"{declared.services!r} is not the file's name", self.document.path.stem)
        self._columns("items", declared.items)
        self._columns("materials", declared.materials)
        for title, department in declared.agencies.items():
            self.known.check_department(department, self.document, ("agencies", title))
        self._names(declared)
        return Services(
            declared.services,
            declared.title.zh,
            declared.title.en,
            ItemColumns(**declared.items.model_dump()),
            MaterialColumns(**declared.materials.model_dump()),
            dict(declared.agencies),
            tuple(self._kind(name, one) for name, one in declared.kinds.items()),
        )

    def _fault(self, at: YamlPath, what: str, instead: str) -> None:
        self.document.fault(at, what, instead)

    def _columns(self, at: str, declared: ItemsDeclaration | MaterialsDeclaration) -> None:
        dataset = self._dataset((at, "of"), declared.of)
        if dataset is None:
            return
        for key, name in declared.model_dump(exclude={"of"}).items():
            column = self._column((at, key), name, dataset)
            wanted = _TYPES.get(key)
            if column is not None and wanted and column != wanted:
                self._fault((at, key), f"{declared.of}.{name} is a {column}", f"a column of type {wanted}")

    def _names(self, declared: ServicesDeclaration) -> None:
        """No name is of two kinds: nobody could say which of them a material is."""
        taken: dict[str, str] = {}
        for kind, one in declared.kinds.items():
            for number, name in enumerate(one.names):
                if name in taken:
                    at = ("kinds", kind, "names", number)
                    self._fault(at, f"{name!r} is a name of {taken[name]!r} already", "each name in one kind")
                taken[name] = kind

    def _kind(self, name: str, declared: MaterialKindDeclaration) -> MaterialKind:
        at: YamlPath = ("kinds", name)
        if declared.proves and not declared.purposes:
            self._fault(at, "no purpose covers asking for its fields", "purposes: [<purpose code of agreements>]")
        for number, one in enumerate(declared.proves):
            self._proof((*at, "proves", number), one)
            if one in declared.proves[:number]:
                self._fault((*at, "proves", number), "the field is named twice", "each field once")
        return MaterialKind(
            name,
            declared.title.zh,
            declared.title.en,
            declared.names,
            declared.remote,
            tuple(Proof(one.element, one.dataset, one.column) for one in declared.proves),
            declared.purposes,
        )

    def _proof(self, at: YamlPath, one: ProofDeclaration) -> None:
        dataset = self._dataset((*at, "dataset"), one.dataset)
        if dataset is None or self.known.element(one.element, self.document, (*at, "element")) is None:
            return
        having = {column.name: column.element.name for column in dataset.columns}
        if self._column((*at, "column"), one.column, dataset) and having[one.column] != one.element:
            text = f"{one.dataset}.{one.column} is of the data element {having[one.column]!r}"
            near = nearest(one.column, [name for name, element in having.items() if element == one.element])
            self._fault((*at, "column"), f"{text}, not {one.element!r}", near)
        holders = [other.id for other in self.datasets.values() if one.element in other.authoritative_for]
        if holders and one.dataset not in holders:
            text = f"{one.dataset} is not authoritative for {one.element!r}"
            self._fault((*at, "dataset"), text, " or ".join(holders))

    def _dataset(self, at: YamlPath, name: str) -> Dataset | None:
        if name not in self.datasets:
            self._fault(at, f"there is no dataset {name!r}", nearest(name, self.datasets))
        return self.datasets.get(name)

    def _column(self, at: YamlPath, name: str, dataset: Dataset) -> LogicalType | None:
        types = {column.name: column.element.type for column in dataset.columns}
        if name not in types:
            self._fault(at, f"{dataset.id} has no column {name!r}", nearest(name, types))
        return types.get(name)
