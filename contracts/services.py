"""What service items ask for, and who could say it instead: the records that `contracts/services/*.yml` become.

No file is read here, and nothing here knows what is shared at present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Proof:
    """One field that a material proves: the data element, and the column of the department that has it."""

    element: str
    dataset: str
    column: str


@dataclass(frozen=True)
class MaterialKind:
    """Materials of some names: what they prove, and whether they may be handed in over the network.

    A kind without `proves` is the applicant's own word: nobody else can say it, so it is always needed. `purposes` are
    those of agreements under which its fields may be asked for.
    """

    name: str
    title_zh: str
    title_en: str
    names: tuple[str, ...]
    remote: bool
    proves: tuple[Proof, ...]
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class ItemColumns:
    """The dataset of service items, and which of its columns say what; `materials` is how many each asks for."""

    of: str
    code: str
    name: str
    agency: str
    visits: str
    online: str
    materials: str


@dataclass(frozen=True)
class MaterialColumns:
    """The dataset of materials, one row each, and which of its columns say what."""

    of: str
    item: str
    name: str


@dataclass(frozen=True)
class Services:
    """One list of service items. `agencies` maps an agency as the list calls it to its department."""

    name: str
    title_zh: str
    title_en: str
    items: ItemColumns
    materials: MaterialColumns
    agencies: Mapping[str, str]
    kinds: tuple[MaterialKind, ...]
