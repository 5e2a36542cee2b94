"""The shape of `contracts/services/<name>.yml`, unknown keys forbidden.

What it refers to is judged in `reading_services`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.declarations import Declaration, Text, Title, Truth
from contracts.names import GRAMMAR, Name

DatasetName = Annotated[str, StringConstraints(pattern=GRAMMAR.replace("$", r"\.") + GRAMMAR[1:])]


class ProofDeclaration(Declaration):
    """One field that a material proves, and the column of the authoritative department that has it."""

    element: Name
    dataset: DatasetName
    column: Name


class MaterialKindDeclaration(Declaration):
    """One kind of material."""

    title: Title
    names: Annotated[tuple[Text, ...], Field(min_length=1, description="as the list of materials calls it")]
    remote: Truth = Field(False, description="whether it may be handed in over the network; left out: it may not")
    proves: tuple[ProofDeclaration, ...] = Field((), description="left out: the applicant's own word, always needed")
    purposes: tuple[Name, ...] = Field((), description="purposes of agreements that cover asking for its fields")


class ItemsDeclaration(Declaration):
    """The dataset of service items, and which of its columns say what."""

    of: DatasetName
    code: Name
    name: Name
    agency: Name
    visits: Name
    online: Name
    materials: Name = Field(description="how many materials it asks for: one that was rejected is then missed")


class MaterialsDeclaration(Declaration):
    """The dataset of materials, and which of its columns say what."""

    of: DatasetName
    item: Name
    name: Name


class ServicesDeclaration(Declaration):
    """`contracts/services/<name>.yml`."""

    services: Name = Field(description="the file's name")
    title: Title
    items: ItemsDeclaration
    materials: MaterialsDeclaration
    agencies: dict[Text, Name] = Field(description="an agency as the list calls it -> its department")
    kinds: dict[Name, MaterialKindDeclaration]
