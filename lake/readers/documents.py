"""NDJSON and GeoJSON as one relation of text.

A line that is no JSON object, or has a key that the contract does not know, is kept whole, as a structural fault.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import literal
from lake.readers.diagnosis import encoding_hint, head_of
from lake.readers.headers import match_headers
from lake.readers.landing import Landed, as_utf8, unused_mark
from lake.readers.refusal import DeliveryRefused
from quality.conform import BROKEN, Delivered

_SAMPLE = 1000
_UNKNOWN_KEY = "structure:unknown_key"
_KEY_TWICE = "structure:key_twice"
_LINE = "_line"
# What a text is that begins so and has no object in any line.
_OTHER_JSON = {"[": ": it is a JSON array", "{": ": one object is spread over several lines"}


def read_ndjson(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int | None]:
    """One JSON object a line. Keys are headers; the keys of the first thousand lines must fit the contract.

    A key that is not there is a null, so the key of a column that is not required may come later, or never.
    """
    file = as_utf8(landed, dataset.source.encoding, scratch)
    _refuse_truncated(dataset, landed, file)
    # A line is one cell: neither what would part it nor what would make it null may occur in it.
    apart = unused_mark(dataset, landed.file.name, landed.unused)
    no_null = unused_mark(dataset, landed.file.name, landed.unused.replace(apart, ""))
    lines = f"""read_csv({literal(str(file))}, auto_detect=false, header=false, delim={literal(apart)}, quote='',
        escape='', nullstr={literal(no_null)}, max_line_size=16777216, parallel=false, columns={{'line': 'VARCHAR'}})"""
    keys = _keys(connection, f"(select line from {lines} limit {_SAMPLE})")
    if not keys:
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            f"no line is a JSON object{_OTHER_JSON.get(_start(file), '')}",
            "line 1",
            "Ask for one object a line (NDJSON), or correct servers.format.",
        ).because(encoding_hint(dataset.source, head_of(landed.file)))
    match_headers(dataset, landed.file.name, [*keys, *_absent(dataset, keys)], ordered=False)
    spellings = [(column.name, header) for column in dataset.columns for header in column.headers]
    paths = ", ".join(literal(f'$."{header}"') for _, header in spellings)
    taken = ", ".join(f'{_first(column.name, spellings)} as "c.{column.name}"' for column in dataset.columns)
    fault = f"""case when v is null then {literal(BROKEN)} when {_stray(dataset)} then {literal(_UNKNOWN_KEY)}
      when {_twice(spellings)} then {literal(_KEY_TWICE)} end"""
    relation = f"""(select *, case when _structure is not null then line end as {_LINE} from (
      select line, {taken}, _row, {fault} as _structure from (
        select line, row_number() over () as _row, case when json_valid(line) and json_type(line) = 'OBJECT'
          then json_extract_string(line, [{paths}]) end as v from {lines})))"""
    # The parser skips blank lines in a one-column file too, so lines count records only where none is blank.
    records = landed.lines if landed.plain else None
    headers = {column.name: f"c.{column.name}" for column in dataset.columns}
    return Delivered(relation, headers, surplus=_LINE), records


def _stray(dataset: Dataset) -> str:
    """Whether a line has a key that is neither contracted nor ignored: what it holds must not be dropped unseen."""
    ignored = dataset.source.ignored_headers
    if "*" in ignored:
        return "false"
    known = ", ".join(literal(key) for key in sorted(_wanted(dataset) | set(ignored)))
    return f"not list_has_all([{known}], json_keys(line))"


def _wanted(dataset: Dataset) -> set[str]:
    return {header for column in dataset.columns for header in column.headers}


def _absent(dataset: Dataset, keys: Sequence[str]) -> list[str]:
    optional = (column for column in dataset.columns if not column.required)
    return [column.headers[0] for column in optional if not set(column.headers) & set(keys)]


Spellings = Sequence[tuple[str, str]]
"""(column, one of its headers), in the order in which a line's values are taken."""


def _values(name: str, spellings: Spellings) -> list[str]:
    return [f"v[{place}]" for place, (column, _) in enumerate(spellings, 1) if column == name]


def _first(name: str, spellings: Spellings) -> str:
    """The value under whichever spelling of a column's header the line has."""
    return f"coalesce({', '.join(_values(name, spellings))})"


def _twice(spellings: Spellings) -> str:
    """Whether a line has a column under two spellings: one of its values would be dropped unseen."""
    several = {name: _values(name, spellings) for name, _ in spellings}
    counts = [" + ".join(f"({v} is not null)::int" for v in values) for values in several.values() if len(values) > 1]
    return " or ".join(f"{count} > 1" for count in counts) or "false"


def _keys(connection: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    return [
        key
        for (key,) in connection.execute(
            f"select distinct unnest(json_keys(line)) as key from {lines} where json_valid(line) order by key"
        ).fetchall()
    ]


def _start(file: Path) -> str:
    """The first character that is not blank."""
    return head_of(file).decode("utf-8-sig", "ignore").lstrip()[:1]


def _refuse_truncated(dataset: Dataset, landed: Landed, file: Path) -> None:
    if landed.ends_clean or _start(file) == "[":
        return
    with file.open("rb") as text:
        text.seek(max(0, file.stat().st_size - (1 << 20)))
        last = text.read().decode("utf-8", "ignore").rsplit("\n", 1)[-1]
    try:
        json.loads(last)
    except ValueError:
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            "the file is truncated: its last line is no complete JSON object",
            f"line {landed.lines}",
            "Ask the department to deliver it again.",
        ) from None


def read_geojson(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int | None]:
    """A FeatureCollection (RFC 7946) of points: properties by name, and `longitude`, `latitude` from the geometry."""
    file = as_utf8(landed, dataset.source.encoding, scratch)
    features = f"""(select unnest(from_json(json_extract(content, '$.features'), '["JSON"]')) as feature
      from read_text({literal(str(file))}))"""
    try:
        found = connection.execute(
            f"select distinct unnest(json_keys(feature, '$.properties')) as key from {features} order by key"
        ).fetchall()
        records = connection.execute(f"select count(*) from {features}").fetchone()
    except duckdb.Error:
        raise DeliveryRefused(
            dataset.id, landed.file.name, "the file is no GeoJSON FeatureCollection", "document", "Ask for it again."
        ) from None
    places = {"longitude": "$.geometry.coordinates[0]", "latitude": "$.geometry.coordinates[1]"}
    paths = {key: f'$.properties."{key}"' for (key,) in found}
    available = {**places, **paths}
    headers = list(available)
    positions = match_headers(dataset, landed.file.name, [h for h in headers if h in _wanted(dataset) or h in paths])
    usable = [h for h in headers if h in _wanted(dataset) or h in paths]
    taken = ", ".join(
        f'json_extract_string(feature, {literal(available[usable[place]])}) as "c.{name}"'
        for name, place in positions.items()
    )
    relation = f"(select {taken}, row_number() over () as _row, null::VARCHAR as _structure from {features})"
    return Delivered(relation, {column.name: f"c.{column.name}" for column in dataset.columns}), int(
        (records or (0,))[0]
    )
