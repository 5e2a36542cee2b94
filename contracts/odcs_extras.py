"""What ODCS v3 lacks and this platform needs: the shapes of `customProperties`, and how they are read from a list.

One class for each place where custom properties stand. Their meaning is judged in `odcs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

from open_data_contract_standard.model import CustomProperty
from pydantic import Field

from contracts.category import Category
from contracts.declarations import Declaration, Mask, MayLeave, Name, Text, Truth, WorkingDays
from contracts.documents import Document, YamlPath
from contracts.model import DeliveryMode, OpenAttribute, SharingAttribute
from contracts.window_declarations import StreamDeclaration

ExtrasT = TypeVar("ExtrasT", bound=Declaration)

MOST_SKIPPED = 10_000
MOST_HEADER_ROWS = 10
MOST_DELIMITER = 8
MOST_SETTLED = 86_400

MemberFormat = Literal[
    "csv", "fixed", "xlsx", "xls", "ods", "ndjson", "json", "geojson", "xml", "html", "parquet", "dbf"
]
System = Literal["cgcs2000", "wgs84", "gcj02", "bd09"]
Format = Literal[MemberFormat, "sqlite", "zip", "tar"]


class ServerExtras(Declaration):
    """How a delivery is written, beyond its path. Which of these a format has is `servers.py`'s to say."""

    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: Truth = True
    skip_rows: Annotated[int, Field(strict=True, ge=0, le=MOST_SKIPPED)] = 0
    member: Text | None = None
    nulls: tuple[str, ...] = ()
    ignored_headers: tuple[str, ...] = ()
    escape: str | None = None
    line_end: Literal["any", "LF", "CRLF", "CR"] = "any"
    comment: Text | None = None
    header_rows: Annotated[int, Field(strict=True, ge=1, le=MOST_HEADER_ROWS)] = 1
    footer: tuple[Text, ...] = ()
    footer_rows: Annotated[int, Field(strict=True, ge=0, le=MOST_SKIPPED)] = 0
    table: Annotated[int, Field(strict=True, ge=1)] | None = None
    widths: tuple[Annotated[int, Field(strict=True, ge=1)], ...] = ()
    records: Text | None = None
    merged: Literal["fault", "fill"] = "fault"
    member_format: MemberFormat = "csv"
    largest_unpacked: Annotated[int, Field(strict=True, ge=1)] = 10_000_000_000
    largest_ratio: Annotated[int, Field(strict=True, ge=1)] = 200
    delivery_date: Text = "path"
    zone: Text = "Asia/Shanghai"
    settled_seconds: Annotated[int, Field(strict=True, ge=0, le=MOST_SETTLED)] = 0
    complete: str = ""
    secret: Text | None = None


class ColumnExtras(Declaration):
    """What a column inherits from, and how its department spells it."""

    element: Name
    headers: tuple[Text, ...] = ()
    code_map: dict[str, str] = Field(default_factory=dict)
    mask: Mask | None = None
    sharing_attribute: SharingAttribute | None = None
    check: Literal["error", "warning", "none"] = "error"
    may_leave: tuple[MayLeave, ...] | None = None
    category: Category | None = None
    personal: Truth = False
    sensitive_personal: Truth = False
    unit: Text | None = None
    codes_as_of: Name | None = None


class CoordinatesExtra(Declaration):
    """Two columns that are one place, in a system that another may have to be made of."""

    longitude: Name
    latitude: Name
    system: System


class ProvidesExtra(Declaration):
    """One thing a dataset gives to a theme entity."""

    entity: Name
    attributes: dict[Name, Name]
    where: Text | None = None
    matched: Truth = False
    once: Truth = False
    dated: Name | None = None
    joined: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)


Reaction = Literal["accept", "quarantine", "refuse"]


class DriftExtra(Declaration):
    """What becomes of a delivery whose columns are others than the contract's, by the kind of difference."""

    added: Reaction = "refuse"
    removed: Reaction = "refuse"
    renamed: Reaction = "refuse"
    reordered: Reaction = "accept"
    retyped: Literal["quarantine", "refuse"] = "quarantine"


class ContractExtras(Declaration):
    """How a dataset is delivered and shared."""

    delivery_mode: DeliveryMode
    sharing_attribute: SharingAttribute
    legal_basis: Text | None = None
    provides: tuple[ProvidesExtra, ...] = ()
    authoritative_for: tuple[Name, ...] = ()
    coordinates: tuple[CoordinatesExtra, ...] = ()
    parts: Truth = False
    largest_rejected_share: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.2
    may_be_empty: Truth = False
    key_twice: Literal["fault", "last"] = "fault"
    category: Category = Category.GENERAL
    drift: DriftExtra = DriftExtra()
    formerly: Text | tuple[Text, ...] = ()
    open_attribute: OpenAttribute = OpenAttribute.NOT_OPEN
    stream: StreamDeclaration | None = None
    # Read before the contract itself is, by `load.py`: it introduces a department that the city's list has not.
    department: object = None


class ServiceLevels(Declaration):
    """How often a dataset comes and when its newest delivery counts as stale."""

    frequency: Text
    freshness_working_days: WorkingDays


class Places(dict[str, YamlPath]):
    """Where each custom property stands; for one that is not there, where its being missing is told."""

    def __init__(self, at: YamlPath) -> None:
        super().__init__()
        self._at = at

    def __missing__(self, name: str) -> YamlPath:
        return (*self._at, "customProperties", name)


def extras(
    document: Document,
    at: YamlPath,
    properties: Sequence[CustomProperty] | None,
    model: type[ExtrasT],
    builtin: Mapping[str, object] | None = None,
) -> tuple[ExtrasT | None, Places]:
    """Custom properties as a model, and where each of them stands, after noting what is wrong.

    `builtin` are facts of the same model that ODCS has keys of its own for, beside `customProperties`.
    """
    given = {name: value for name, value in (builtin or {}).items() if value is not None}
    places = Places(at)
    places.update({name: (*at, name) for name in given})
    for number, item in enumerate(properties or ()):
        place = (*at, "customProperties", number)
        if not item.property:
            document.fault((*place, "property"), "the custom property has no name", "{property: <name>, value: …}")
        elif item.property in given:
            document.fault(place, f"{item.property!r} is given twice", "it once")
        else:
            given[item.property], places[item.property] = item.value, (*place, "value")
    if not all(item.property for item in properties or ()) or not document.well_formed((*at, "customProperties")):
        for name in model.model_fields.keys() - given.keys():
            document.presume(places[name])
    read = document.shaped(model, data=given, at=(*at, "customProperties"), places=places)
    return read, places
