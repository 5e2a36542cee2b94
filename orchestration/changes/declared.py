"""The declarations of a workspace as digests of their files: which of them a dataset or an agreement hangs on.

A file that is not known to be of one thing alone is of everything. What is declared is `contracts`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from contracts.load import CITY_FILE
from contracts.model import Agreement, Catalogue, Dataset
from lineage.gates.gate import PUBLIC
from sharing.canonical import digest, file_digest

_DEPARTMENTS, _AGREEMENTS, _DOMAINS = "departments", "agreements", "domains"
# How long a request may take is nothing to what was delivered, or to what may leave.
_OF_CASES = "standards/jurisdictions/"
# What decides what may leave, and of no row what it is.
_OF_GATES = {"standards/lineage_policy.yml", "persons.yml"}
# Checks of single tables, which each of them hangs on by itself (`Changes.checked_of`).
_OF_CHECKS = ("rules/", "suites/")


def declared_files(workspace: Path) -> dict[str, str]:
    """The files of a workspace's declarations -> their digests, each by its path below `contracts/`.

    To be told before the declarations are read: what is written meanwhile then shows as a change."""
    folder = workspace / "contracts"
    # Programs lie there in the repository's own city: they are the platform's.
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".py", ".pyc"})
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        CITY_FILE: _digest(workspace / CITY_FILE),
        **{name: _digest(path) for name, path in named.items() if not name.startswith(_OF_CASES)},
    }


@dataclass(frozen=True)
class Declared:
    """Files of declarations -> their digests (`declared_files`), and what was read from them."""

    files: Mapping[str, str]
    catalogue: Catalogue

    def of_dataset(self, dataset: Dataset) -> str:
        """All that a delivery of a dataset is read, cast and judged by."""
        suite = self.files.get(f"suites/raw.{dataset.table}.json")
        return digest([self._of_rows, self.files.get(_contract(dataset), ""), *([suite] if suite else [])])

    @cached_property
    def of_rules(self) -> str:
        """What the rules on any table look at beside the tables: code lists, elements."""
        return self._of_rows

    def of_agreement(self, agreement: Agreement, datasets: frozenset[str]) -> str:
        """All that a product is judged by that is made of some datasets: their contracts, its own agreement and those
        that its recipient has besides, and whatever is of everything."""
        contracts = {_contract(self.catalogue.datasets[name]) for name in datasets if name in self.catalogue.datasets}
        together = {
            _agreement(one)
            for one in self.catalogue.agreements.values()
            if one.name == agreement.name or one.agency == agreement.agency or PUBLIC in (one.agency, agreement.agency)
        }
        # What the checks of its tables said is in the digests of these.
        others = (self._contracts - contracts) | (self._agreements - together) | self._checks
        return digest({path: told for path, told in self.files.items() if path not in others})

    @cached_property
    def _of_rows(self) -> str:
        own = self._contracts | self._agreements | _OF_GATES
        domains = {path for path in self.files if path.startswith(f"{_DOMAINS}/")}
        return digest({path: told for path, told in self.files.items() if path not in own | domains | self._checks})

    @property
    def _checks(self) -> set[str]:
        return {path for path in self.files if path.startswith(_OF_CHECKS)}

    @cached_property
    def _contracts(self) -> set[str]:
        """The files that are each one dataset's contract."""
        return {_contract(one) for one in self.catalogue.datasets.values()} & self.files.keys()

    @cached_property
    def _agreements(self) -> set[str]:
        return {_agreement(one) for one in self.catalogue.agreements.values()} & self.files.keys()


def _contract(dataset: Dataset) -> str:
    department, name = dataset.id.split(".", 1)
    return f"{_DEPARTMENTS}/{department}/{name}.yml"


def _agreement(agreement: Agreement) -> str:
    return f"{_AGREEMENTS}/{agreement.name}.yml"


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        return f"unreadable {error.errno}"
