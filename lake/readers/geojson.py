"""GeoJSON (RFC 7946) as one relation of text: the features' properties by name, and what their geometry says.

`longitude` and `latitude` are the position of a point, `geometry` is any geometry as GeoJSON, `id` is the feature's own
where no property has that name. The geometry decides: a property that says otherwise is a fault of its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import starmap
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import literal
from lake.readers.counting import count_elements
from lake.readers.headers import match_headers
from lake.readers.json_lines import (
    KEY_TWICE,
    LINE,
    NESTED,
    NULL_CHARACTER,
    UNKNOWN_KEY,
    Lines,
    key_path,
    not_strict,
    twice,
    wanted,
)
from lake.readers.json_records import cut
from lake.readers.landing import Landed
from lake.readers.refusal import DeliveryRefused
from lake.readers.text_table import nothing
from quality.conform import BROKEN, Delivered

NO_FEATURE, NO_POINT = "structure:no_feature", "structure:no_point"
OUT_OF_RANGE = "geometry:out_of_range"
_POSITION = {"longitude": "$.geometry.coordinates[0]", "latitude": "$.geometry.coordinates[1]"}
_MEMBERS = "['type', 'id', 'bbox', 'geometry', 'properties']"
# The first two numbers of each position, and how far from 0 they may be.
_NUMBER = r"[-0-9.eE+]+"
_RANGES = ((rf"\[\s*({_NUMBER})\s*,", 180), (rf"\[\s*{_NUMBER}\s*,\s*({_NUMBER})\s*[,\]]", 90))
_OF_GEOMETRY = "['type', 'coordinates', 'geometries', 'bbox']"
_GEOMETRIES = (
    "('Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon', 'GeometryCollection')"
)
# The one reference system of RFC 7946, in the spellings of the standard before it.
_DEGREES = re.compile(r"(urn:ogc:def:crs:)?(OGC:(1\.3|2)?:?CRS84|EPSG:[\d.]*:?4326)|https?://\S+/(CRS84|4326)", re.I)
_AGAIN = "Ask for a FeatureCollection in longitude and latitude (WGS 84)."


def read_geojson(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int]:
    """The features of a FeatureCollection, each a record."""
    try:
        lines, found = cut(dataset, landed, scratch, ("features",))
    except DeliveryRefused as refusal:
        what = f"the file is no GeoJSON FeatureCollection: {refusal.what}"
        raise DeliveryRefused(dataset.id, landed.file.name, what, refusal.place, _AGAIN) from None
    _refuse_collection(dataset, landed, found.rest)
    if not found.records:
        return nothing(dataset, scratch / f"{landed.batch}.parquet"), 0
    keys = [
        key
        for (key,) in connection.execute(
            f"""select distinct unnest(json_keys(line, '$.properties')) as key from {lines.sql}
            where json_valid(line) order by key"""
        ).fetchall()
    ]
    paths = _paths(dataset, keys)
    headers = list(paths)
    positions = match_headers(dataset, landed.file.name, headers, ordered=False)
    taken = {name: (headers[place], paths[headers[place]]) for name, place in positions.items()}
    relation = _relation(dataset, lines, taken, {header for header in (*_POSITION, "geometry") if header in keys})
    count = count_elements(landed.file, dataset.source.encoding, ("features",))
    return Delivered(relation, {column.name: f"c.{column.name}" for column in dataset.columns}, surplus=LINE), count


def _refuse_collection(dataset: Dataset, landed: Landed, rest: object) -> None:
    kind = rest.get("type") if isinstance(rest, dict) else None
    if kind != "FeatureCollection":
        what = "the file is no GeoJSON FeatureCollection: its type says otherwise"
        raise DeliveryRefused(dataset.id, landed.file.name, what, "document", _AGAIN)
    crs = rest.get("crs") if isinstance(rest, dict) else None
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not _DEGREES.fullmatch(name):
        shown = name if re.fullmatch(r"[\w:./-]{1,80}", name, re.ASCII) else "one without a usual name"
        what = f"its coordinates are of another reference system (crs): {shown}"
        raise DeliveryRefused(dataset.id, landed.file.name, what, "crs", _AGAIN)


def _paths(dataset: Dataset, keys: list[str]) -> Mapping[str, str]:
    """Header -> its path in a feature, for what the features have and the contract may want."""
    paths = {key: f"$.properties.{key_path(key)[2:]}" for key in keys}
    if "id" not in keys:
        paths["id"] = "$.id"
    paths |= {**_POSITION, "geometry": "$.geometry"}
    return {header: path for header, path in paths.items() if header in keys or header in wanted(dataset)}


def _relation(dataset: Dataset, lines: Lines, taken: Mapping[str, tuple[str, str]], hidden: set[str]) -> str:
    names = list(taken)
    listed = ", ".join(literal(path) for _, path in taken.values())
    cells = []
    # Numbers of a geometry are written as they stand: marked, and bare again once the engine has taken them for text.
    marked = lines.exact('"#', '#"')
    whole = f"""replace(replace(json_extract({marked}, '$.geometry')::VARCHAR, '"#', ''), '#"', '')"""
    for place, name in enumerate(names, 1):
        geometry = f"case when json_type(line, '$.geometry') = 'OBJECT' then {whole} end"
        cells.append(f'{geometry if taken[name][0] == "geometry" else f"v[{place}]"} as "c.{name}"')
    fault = " ".join(f"when {condition} then {literal(name)}" for condition, name in _faults(dataset, taken, hidden))
    return f"""(select * exclude (line, v, k, p, g), case when _structure is not null then line end as {LINE} from (
      select *, {", ".join(cells)}, case {fault} end as _structure from (
        select line, _row, case when is_object then json_keys(line) end as k,
          case when is_object then json_keys(line, '$.properties') end as p,
          case when is_object then json_keys(line, '$.geometry') end as g,
          case when is_object then json_extract_string({lines.exact()}, [{listed}]) end as v from (
            select line, row_number() over () as _row,
              case when json_valid(line) then json_type(line) = 'OBJECT' else false end as is_object
            from {lines.sql}))))"""


def _beyond(numbers: str, most: int) -> str:
    """SQL: whether one of a geometry's numbers is no degree that there is."""
    found = f"regexp_extract_all(json_extract(line, '$.geometry')::VARCHAR, {literal(numbers)}, 1)"
    listed = f"try_cast({found} as DOUBLE[])"
    return f"coalesce(list_max({listed}) > {most} or list_min({listed}) < -{most}, false)"


def _faults(dataset: Dataset, taken: Mapping[str, tuple[str, str]], hidden: set[str]) -> list[tuple[str, str]]:
    """(SQL condition, name of the fault), the first that holds being the row's."""
    open_ = "*" in dataset.source.ignored_headers
    types = ", ".join(literal(path) for header, path in taken.values() if header != "geometry") or "'$'"
    values = [f"v[{place}]" for place, (header, _) in enumerate(taken.values(), 1) if header != "geometry"]
    nulls = " or ".join(f"contains({value}, chr(0))" for value in values) or "false"
    kind = "json_extract_string(line, '$.geometry.type')"
    found = [
        (f"k is null or {not_strict()}", BROKEN),
        ("json_extract_string(line, '$.type') is distinct from 'Feature'", NO_FEATURE),
        ("coalesce(json_type(line, '$.properties'), 'NULL') not in ('OBJECT', 'NULL')", NO_FEATURE),
        ("coalesce(json_type(line, '$.geometry'), 'NULL') not in ('OBJECT', 'NULL')", NO_FEATURE),
        (f"{twice('k')} or coalesce({twice('p')}, false) or coalesce({twice('g')}, false)", KEY_TWICE),
        ("false" if open_ else f"not list_has_all({_MEMBERS}, k)", UNKNOWN_KEY),
        (
            f"len(g) > 0 and (not list_has_all({_OF_GEOMETRY}, g) or coalesce({kind}, '') not in {_GEOMETRIES})",
            NO_FEATURE,
        ),
        (f"list_has_any(json_type(line, [{types}]), ['OBJECT', 'ARRAY'])", NESTED),
        (nulls, NULL_CHARACTER),
    ]
    if any(header in _POSITION for header, _ in taken.values()):
        numbers = "('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT')"
        positions = " or ".join(
            f"coalesce(json_type(line, '{path}'), '') not in {numbers}" for path in _POSITION.values()
        )
        found.insert(7, (f"len(g) > 0 and ({kind} is distinct from 'Point' or {positions})", NO_POINT))
    if any(header in {*_POSITION, "geometry"} for header, _ in taken.values()):
        found.append((" or ".join(starmap(_beyond, _RANGES)), OUT_OF_RANGE))
    for header in (one for one in _POSITION if one in hidden):
        own, other = (f"json_extract_string(line, '{path}')" for path in (_POSITION[header], f"$.properties.{header}"))
        differs = f"{other} is not null and try_cast({other} as DOUBLE) is distinct from try_cast({own} as DOUBLE)"
        found.append((differs, f"geometry:{header}_contradicted"))
    if "geometry" in hidden:
        found.append(("json_extract_string(line, '$.properties.geometry') is not null", "geometry:contradicted"))
    return found
