"""A drafted change of one contract, made ready and put into force: new columns are looked at in the file that has them.

How the text changes is `applying.py`'s.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.faults import DeclarationsRefused
from contracts.model import Catalogue, Dataset
from lake.attach import bare_connection
from lake.city import declarations
from lake.drafting.applying import ChangeRefused, changed_text
from lake.drafting.contract import property_of
from lake.drafting.draft import draft_contract
from lake.scratch import own_folder
from lake.settings import Settings
from sharing.durable import write_file


def changed_contract(settings: Settings, catalogue: Catalogue, dataset: Dataset, draft: Path) -> str:
    """The text of a dataset's contract with its drafted change. Raises `ChangeRefused`, `DeliveryRefused`."""
    noted = yaml.safe_load(draft.read_text("utf-8"))
    if noted["version"] != dataset.version:
        text = f"{dataset.id}: the change was drafted for version {noted['version']}, and the contract is at"
        raise ChangeRefused(f"{text} {dataset.version}: run again, so that it is drafted anew")
    if dataset.path is None:
        raise ChangeRefused(f"{dataset.id}: its contract is in no file")
    added = _added(settings, catalogue, dataset, noted) if noted["added"] else []
    return changed_text(dataset.path.read_text("utf-8"), noted, added)


def _added(
    settings: Settings, catalogue: Catalogue, dataset: Dataset, noted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The properties of the new columns, as a first contract of the file would have them; none is required yet."""
    file = next((Path(name) for name in noted["files"] if Path(name).is_file()), None)
    if file is None:
        text = f"{dataset.id}: the delivery that has the new columns is not at hand any more"
        raise ChangeRefused(f"{text}: run again, so that the change is drafted anew")
    own_folder(settings.scratch)
    connection = bare_connection(settings)
    try:
        with tempfile.TemporaryDirectory(dir=settings.scratch) as scratch:
            drafted = draft_contract(connection, Path(scratch), catalogue, file, dataset.id)
    finally:
        connection.close()
    taken = {column.name for column in dataset.columns}
    found = []
    for column in drafted.columns:
        if column.header in noted["added"]:
            one = property_of(column)
            one.pop("required", None)
            one.pop("primaryKey", None)
            one["name"] = one["name"] if one["name"] not in taken else f"{one['name']}_new"
            found.append(one)
    return found


def put(settings: Settings, dataset: Dataset, text: str) -> None:
    """Write a contract, and take it back where the declarations do not load with it. Raises `DeclarationsRefused`."""
    if dataset.path is None:
        raise ChangeRefused(f"{dataset.id}: its contract is in no file")
    before = dataset.path.read_bytes()
    write_file(dataset.path, text.encode())
    try:
        declarations(settings)
    except DeclarationsRefused:
        write_file(dataset.path, before)
        raise
