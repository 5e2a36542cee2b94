"""What is known of the persons behind a product's rows: part of the evidence that gates read.

Counted from person ids by whoever gathers the evidence; no value of the data is in it. `None` means *not known*.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diversity:
    """How many different values a sensitive column has within one class of alike rows, where it has fewest."""

    column: str
    wanted: int
    least: int
    poor_classes: int


@dataclass(frozen=True)
class Difference:
    """What a product tells when it is compared with another release: cells that differ by few persons.

    `other` names it, `kind` is ``release`` (an earlier one of the same product) or ``sibling`` (another product);
    `small` of `cells` compared differ by fewer persons than the minimum, and not by none. None: it cannot be told, and
    `why`. `unmatched` says that it is for its keys or numbers, which are not those of the other release.
    """

    other: str
    kind: str
    cells: int
    small: int | None
    why: str = ""
    unmatched: bool = False


@dataclass(frozen=True)
class GroupEvidence:
    """The persons behind the rows, counted from their ids.

    `behind` says whether there are any; `person_by_agreement` that each row is one person's, told apart by an
    identifier or pseudonym which the agreement shares. `grouped` says that rows stand for groups. `smallest` is the
    number of persons of the smallest row, `small_rows` how many rows have fewer than `minimum`, `small_cells` how many
    numbers within the rows. Alike rows, equal in `quasi_identifiers`, are one class: `smallest_class`, `small_classes`.
    `persons` are all that stand behind any row; `counts` are the columns that hold the persons of each row, or nothing.
    """

    minimum: int | None
    behind: bool | None
    why_unknown: str = ""
    person_by_agreement: bool = False
    grouped: bool = False
    smallest: int | None = None
    small_rows: int = 0
    small_cells: int = 0
    quasi_identifiers: tuple[str, ...] = ()
    smallest_class: int | None = None
    small_classes: int = 0
    diversity: tuple[Diversity, ...] = ()
    differences: tuple[Difference, ...] = ()
    persons: int | None = None
    counts: tuple[str, ...] = ()

    @property
    def protected(self) -> bool:
        """Whether a minimum group is in force: persons are or may be behind, and rows are no single persons'."""
        return self.behind is not False and not self.person_by_agreement
