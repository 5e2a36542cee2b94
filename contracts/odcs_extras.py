"""What ODCS v3 lacks and this platform needs: the shapes of `customProperties`, and how they are read from a list.

One class for each place where custom properties stand. Their meaning is judged in `odcs.py`.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

from open_data_contract_standard.model import CustomProperty
from pydantic import BeforeValidator, Field

from contracts.declarations import Declaration, Mask, Name, Text
from contracts.documents import Document, YamlPath
from contracts.model import DeliveryMode, SharingAttribute

ExtrasT = TypeVar("ExtrasT", bound=Declaration)

FORMATS = ("csv", "xlsx", "xls", "ndjson", "parquet", "sqlite", "zip", "geojson")


def _codec(name: object) -> object:
    try:
        codecs.lookup(str(name))
    except LookupError:
        raise ValueError(f"there is no text encoding {name!r}; utf-8 and gb18030 are the usual ones") from None
    return name


class ServerExtras(Declaration):
    """How a delivery is written, beyond path and format."""

    format: Literal["csv", "xlsx", "xls", "ndjson", "parquet", "sqlite", "zip", "geojson"]
    encoding: Annotated[str, BeforeValidator(_codec)] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    header: bool = True
    skip_rows: Annotated[int, Field(ge=0)] = 0
    member: Text | None = None
    nulls: tuple[str, ...] = ()
    ignored_headers: tuple[str, ...] = ()


class ColumnExtras(Declaration):
    """What a column inherits from, and how its department spells it."""

    element: Name
    headers: tuple[Text, ...] = ()
    code_map: dict[str, str] = Field(default_factory=dict)
    mask: Mask | None = None
    sharing_attribute: SharingAttribute | None = None
    check: Literal["error", "warning", "none"] = "error"


class ProvidesExtra(Declaration):
    """One thing a dataset gives to a theme entity."""

    entity: Name
    attributes: dict[Name, Name]
    where: Text | None = None


class ContractExtras(Declaration):
    """How a dataset is delivered and shared."""

    delivery_mode: DeliveryMode
    sharing_attribute: SharingAttribute
    legal_basis: Text | None = None
    provides: tuple[ProvidesExtra, ...] = ()
    authoritative_for: tuple[Name, ...] = ()
    # Read before the contract itself is, by `load.py`: it introduces a department that the city's list has not.
    department: object = None


class ServiceLevels(Declaration):
    """How often a dataset comes and when its newest delivery counts as stale."""

    frequency: Text
    freshness_working_days: Annotated[int, Field(ge=0)]


def extras(
    document: Document,
    at: YamlPath,
    properties: Sequence[CustomProperty] | None,
    model: type[ExtrasT],
    builtin: Mapping[str, object] | None = None,
) -> tuple[ExtrasT | None, dict[str, YamlPath]]:
    """Custom properties as a model, and where each of them stands; None after noting what is wrong.

    `builtin` are facts of the same model that ODCS has keys of its own for, beside `customProperties`.
    """
    given = {name: value for name, value in (builtin or {}).items() if value is not None}
    places: dict[str, YamlPath] = {name: (*at, name) for name in given}
    for number, item in enumerate(properties or ()):
        place = (*at, "customProperties", number)
        if not item.property:
            document.fault(place, "the custom property has no name", "{property: <name>, value: …}")
        elif item.property in given:
            document.fault(place, f"{item.property!r} is given twice", "it once")
        else:
            given[item.property], places[item.property] = item.value, (*place, "value")
    read = document.shaped(model, data=given, at=(*at, "customProperties"), places=places)
    return read, places
