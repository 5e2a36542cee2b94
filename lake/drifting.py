"""What becomes of a delivery whose columns are others than its contract's: read all the same, quarantined, or refused.

The contract says so by kind (`drift`). Whatever was done, the change that the contract would need is kept as a draft,
for `contract apply`. How columns differ is `readers/drift.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from contracts.model import Column, Dataset
from contracts.sql_text import identifier
from lake.readers.drift import Drift, drift_of
from lake.readers.landing import Landed
from lake.readers.refusal import HeadersDiffer
from lake.scratch import own_folder
from lake.settings import Settings
from quality.conform import Delivered
from sharing.durable import write_file

DEFAULTS: Mapping[str, str] = {
    "added": "refuse",
    "removed": "refuse",
    "renamed": "refuse",
    "reordered": "accept",
    "retyped": "quarantine",
}
# A file of which fewer contracted columns are known is another file, and no draft is made of its headers: they may be
# a person's data.
_KNOWN_SHARE = 0.5
_MISREAD_SHARE = 0.5


@dataclass(frozen=True)
class Adapted:
    """A dataset as one delivery of it is to be read; `faults` are those of all its rows, `absent` columns it lacks."""

    dataset: Dataset
    faults: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[Column, ...] = ()

    def completed(self, delivered: Delivered) -> Delivered:
        """The delivery with nulls where it has no column."""
        if not self.absent:
            return delivered
        nulls = "".join(f", null::varchar as {identifier(f'c.{column.name}')}" for column in self.absent)
        again = delivered.again
        return replace(
            delivered,
            relation=f"(select *{nulls} from {delivered.relation})",
            parts=tuple(f"(select *{nulls} from {part})" for part in delivered.parts),
            headers={**delivered.headers, **{column.name: f"c.{column.name}" for column in self.absent}},
            again=(lambda: _completed(self, again())) if again else None,
        )


def _completed(adapted: Adapted, read: tuple[Delivered, int]) -> tuple[Delivered, int]:
    return adapted.completed(read[0]), read[1]


def policy(dataset: Dataset, kind: str) -> str:
    """accept, quarantine or refuse: what the contract has become of a kind of difference."""
    return dataset.drift.get(kind, DEFAULTS[kind])


def adapted(dataset: Dataset, differ: HeadersDiffer) -> Adapted | None:
    """How a delivery of other columns is to be read; None where the contract refuses it."""
    if _is_another(dataset, differ):
        return None
    drift = drift_of(dataset, differ)
    needed = {column.name for column in dataset.columns if column.required}
    reactions = {kind: policy(dataset, kind) for kind in drift.kinds}
    if not reactions or "refuse" in reactions.values() or needed & set(drift.removed):
        return None
    headers = dict(drift.renamed)
    columns = tuple(
        replace(column, headers=(*column.headers, headers[column.name])) if column.name in headers else column
        for column in dataset.columns
        if column.name not in drift.removed
    )
    source = replace(dataset.source, ignored_headers=(*dataset.source.ignored_headers, *drift.added))
    read_as = replace(dataset, columns=columns, source=source, drift={**dataset.drift, "reordered": "accept"})
    faults = {f"drift:{kind}": "true" for kind, reaction in reactions.items() if reaction == "quarantine"}
    return Adapted(read_as, faults, tuple(one for one in dataset.columns if one.name in drift.removed))


def _is_another(dataset: Dataset, differ: HeadersDiffer) -> bool:
    """Whether so few of its columns are known that it is another file, of which nothing is read by its place."""
    return len(differ.at) < len(dataset.columns) * _KNOWN_SHARE


def is_retyped(reasons: Mapping[str, int], total: int) -> list[str]:
    """The columns of which most values do not read as their type."""
    return [
        fault.removeprefix("type:")
        for fault, rows in reasons.items()
        if fault.startswith("type:") and rows > total * _MISREAD_SHARE
    ]


def keep_draft(settings: Settings, dataset: Dataset, differ: HeadersDiffer, landed: Landed) -> bool:
    """Keep the change that the contract would need, and say whether there is one to speak of."""
    drift = drift_of(dataset, differ)
    # A column without a name is none that a contract could have.
    drift = replace(drift, added=tuple(one for one in drift.added if one.strip()))
    if _is_another(dataset, differ) or not set(drift.kinds) - {"reordered"}:
        return False
    place = draft_file(settings, dataset.id)
    own_folder(place.parent)
    write_file(place, yaml.safe_dump(_noted(dataset, drift, landed), allow_unicode=True, sort_keys=False).encode())
    return True


def forget_draft(settings: Settings, dataset: Dataset) -> None:
    """Nothing is to be changed: what came is what the contract says, or the contract has been changed."""
    draft_file(settings, dataset.id).unlink(missing_ok=True)


def draft_file(settings: Settings, dataset: str) -> Path:
    """Where a dataset's drafted change lies."""
    return settings.state / "drafts" / f"{dataset}.yml"


def _noted(dataset: Dataset, drift: Drift, landed: Landed) -> dict[str, Any]:
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        # What landed may lie sealed when the change is applied; the delivery itself may be gone.
        "files": [str(landed.file), landed.source.removeprefix("file://")],
        "added": list(drift.added),
        "removed": list(drift.removed),
        "renamed": [{"column": column, "header": header} for column, header in drift.renamed],
    }
