"""The open datasets as everybody may know them: title, columns, update, files, the certificate in words.

Everything is read from the certificates of what is released to the public, and from the declarations for the titles of
columns. How it is shown, and in which vocabularies, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from contracts.model import Agreement, Catalogue, Licence, OpenAttribute, SharingAttribute
from contracts.sql_text import literal
from portal.released import Released, Table, Version
from sharing.certificate import Terms

PUBLIC = "public"
_PREVIEWED = 20


@dataclass(frozen=True)
class OpenColumn:
    """One column: its name, titles, type, and what it is there for."""

    name: str
    title_zh: str
    title_en: str
    type: str
    purpose: str


@dataclass(frozen=True)
class OpenDataset:
    """One open dataset, as of its current release."""

    table: Table
    title_zh: str
    title_en: str
    description: str
    legal_basis: str
    columns: tuple[OpenColumn, ...]
    licence: Licence | None
    conditional: bool
    """Whether whoever wants its rows registers first."""

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return self.table.schema

    @property
    def version(self) -> Version:
        """The current version."""
        return self.table.newest

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.version.statement.predicate.rows

    @property
    def bytes(self) -> int:
        """The size of its files."""
        return sum(file.stat().st_size for file in self.version.files)

    @property
    def newest_delivery(self) -> date:
        """The day of the newest delivery of the dataset that is oldest: so far it is up to date."""
        return min(one.newest_delivery for one in self.version.statement.predicate.sources)

    @property
    def released(self) -> datetime:
        """When it was released."""
        return self.version.statement.predicate.issued_at

    @property
    def valid_until(self) -> date:
        """The last day on which it is open."""
        return self.version.statement.predicate.agreement.valid_until


def open_datasets(released: Released, catalogue: Catalogue) -> list[OpenDataset]:
    """All that is open now, by name; what is declared no more is open to nobody."""
    return [_dataset(one, catalogue) for one in released.tables(PUBLIC) if one.agreement in catalogue.agreements]


def open_dataset(released: Released, catalogue: Catalogue, name: str) -> OpenDataset | None:
    """One of them; None where there is none of that name."""
    return next((one for one in open_datasets(released, catalogue) if one.id == name), None)


def _dataset(table: Table, catalogue: Catalogue) -> OpenDataset:
    predicate, agreement = table.newest.statement.predicate, catalogue.agreements[table.agreement]
    titles = {one.name: (one.title_zh, one.title_en) for one in agreement.columns}
    columns = tuple(
        OpenColumn(one.name, *titles.get(one.name, (one.name, one.name)), one.type, one.purpose)
        for one in predicate.columns
    )
    terms = predicate.agreement
    licence = agreement.licence or catalogue.open_data.licence
    told = (terms.title_zh, terms.title_en, terms.purpose, terms.legal_basis, columns, licence)
    return OpenDataset(table, *told, conditional=not _for_everybody(agreement, terms))


def _for_everybody(agreement: Agreement, certified: Terms) -> bool:
    """Whether rows go out without a registration: the certificate and the declaration say so, both."""
    said = agreement.open_attribute, certified.open_attribute
    return set(said) == {OpenAttribute.UNCONDITIONAL} and certified.sharing_attribute == SharingAttribute.UNCONDITIONAL


def preview(version: Version) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """The names of the columns, and the first rows of a version."""
    names = ", ".join(literal(str(file)) for file in version.files)
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(f"select * from read_parquet([{names}]) limit {_PREVIEWED}")
        return [str(column[0]) for column in found.description], found.fetchall()
