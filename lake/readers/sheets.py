"""Which sheet of a workbook is meant: the first that a person sees, or the one that `member` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused

_SHOWN = 10


@dataclass(frozen=True)
class Named:
    """A sheet by its place among the workbook's sheets."""

    place: int
    name: str
    visible: bool


def chosen_sheet(dataset: Dataset, file: str, kind: str, sheets: Sequence[Named]) -> Named:
    """The sheet to read. `member` is a name or a pattern that exactly one sheet has; a hidden one must be named."""
    member = dataset.source.member
    visible = [sheet for sheet in sheets if sheet.visible]
    if member is None:
        if visible:
            return visible[0]
        what = f"no sheet of the {kind} is visible; hidden: {_listed(sheets)}"
        raise DeliveryRefused(dataset.id, file, what, "sheets", "Name the sheet that is meant: servers.member.")
    exact = [sheet for sheet in sheets if sheet.name == member]
    found = exact or [sheet for sheet in visible if fnmatchcase(sheet.name, member)]
    found = found or [sheet for sheet in sheets if fnmatchcase(sheet.name, member)]
    if len(found) == 1:
        return found[0]
    count = f"{len(found)} sheets match" if found else "no sheet matches"
    what = f"the file is no readable {kind} with a sheet {member!r}: {count}; it has {_listed(found or sheets)}"
    raise DeliveryRefused(dataset.id, file, what, "sheets", "Correct servers.member in the contract.")


def refuse_twins(
    dataset: Dataset, file: str, kind: str, chosen: Named, sheets: Sequence[Named], has_records: Callable[[Named], bool]
) -> None:
    """Raises `DeliveryRefused` where no sheet is named, and another that a person sees has the contracted records too.

    A sheet of anything else, such as notes, is none of the delivery.
    """
    if dataset.source.member is not None:
        return
    if twins := [sheet for sheet in sheets if sheet.visible and sheet != chosen and has_records(sheet)]:
        what = f"{1 + len(twins)} {kind} have the contracted header and records: {_listed([chosen, *twins])}"
        raise DeliveryRefused(dataset.id, file, what, kind, "Name the one that is meant: servers.member.")


def _listed(sheets: Sequence[Named]) -> str:
    more = f" and {len(sheets) - _SHOWN} more" if len(sheets) > _SHOWN else ""
    return ", ".join(repr(sheet.name) for sheet in sheets[:_SHOWN]) + more
