"""Lines of JSON as one relation of text: one object a line (NDJSON), or the records that were cut out of a document.

A line that is no JSON object, has a key twice, a key that the contract does not know, or holds more than one value
where one is contracted, is kept whole, as a structural fault. Numbers are handed over as they are written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import literal
from lake.readers.counting import count_lines
from lake.readers.diagnosis import encoding_hint, head_of
from lake.readers.headers import match_headers
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed, as_utf8, unused_mark
from lake.readers.refusal import DeliveryRefused
from quality.conform import BROKEN, Delivered

_SAMPLE = 1000
_BLOCK = 1 << 22
UNKNOWN_KEY, KEY_TWICE, NESTED = "structure:unknown_key", "structure:key_twice", "cell:nested"
NULL_CHARACTER = "cell:null_character"
LINE = "_line"
# What the engine reads beyond JSON (RFC 8259): no numbers, and a comma before nothing.
_BEYOND = r"(?i)nan|inf|,\s*[}\]]"
_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?[0-9][0-9.eE+\-]*"
# What the engine would write otherwise: 1.10 as 1.1, -0 as 0.
_REWRITTEN = r"[0-9][.eE]|-0"


@dataclass(frozen=True)
class Lines:
    """A text of one JSON value a line, and two characters that it does not have."""

    file: Path
    apart: str
    other: str

    @property
    def sql(self) -> str:
        """The lines as a relation of one column, blank ones left out."""
        # A line is one cell: neither what would part it nor what would make it null may occur in it.
        return f"""(select line from read_csv({literal(str(self.file))}, auto_detect=false, header=false,
          delim={literal(self.apart)}, quote='', escape='', nullstr={literal(self.other)}, max_line_size=16777216,
          new_line='\\n', parallel=false, columns={{'line': 'VARCHAR'}}) where trim(line, chr(32) || chr(9)) <> '')"""

    def exact(self, before: str = '"', after: str = '"') -> str:
        """SQL of a line with its numbers as texts, so that none is written anew."""
        marked = rf"\1{self.apart}\2{self.other}"
        quoted = f"""replace(replace(replace(regexp_replace(line, {literal(f"({_STRING})|({_NUMBER})")},
          {literal(marked)}, 'g'), {literal(self.apart + self.other)}, ''), {literal(self.apart)}, {literal(before)}),
          {literal(self.other)}, {literal(after)})"""
        return f"case when regexp_matches(line, {literal(_REWRITTEN)}) then {quoted} else line end"


def lines_of(dataset: Dataset, landed: Landed, file: Path, scratch: Path) -> Lines:
    """The lines of a UTF-8 text, each ended by LF: a CR before it is as blank as any space in JSON."""
    apart = unused_mark(dataset, landed.file.name, landed.unused)
    other = unused_mark(dataset, landed.file.name, landed.unused.replace(apart, ""))
    return Lines(_without_returns(file, scratch / f"{landed.batch}.lines"), apart, other)


def _without_returns(file: Path, copy: Path) -> Path:
    with file.open("rb") as source:
        blocks = iter(lambda: source.read(_BLOCK), b"")
        found = {mark for block in blocks for mark in (b"\r", b"\n") if mark in block}
        if b"\r" not in found:
            return file
        end = b" " if b"\n" in found else b"\n"
        copy.parent.mkdir(parents=True, exist_ok=True)
        source.seek(0)
        with copy.open("wb") as target:
            while block := source.read(_BLOCK):
                target.write(block.replace(b"\r", end))
    return copy


def not_strict() -> str:
    """SQL: whether the engine took a line for JSON that is none."""
    return f"""(regexp_matches(line, {literal(_BEYOND)})
      and regexp_matches(regexp_replace(line, {literal(_STRING)}, '""', 'g'), {literal(_BEYOND)}))"""


def read_ndjson(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int]:
    """One JSON object a line. Keys are headers; the keys of the first thousand lines must fit the contract.

    A key that is not there is a null, so the key of a column that is not required may come later, or never.
    """
    file = as_utf8(landed, dataset.source.encoding, scratch)
    if (start := _start(file)) == "[":
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            "no line is a JSON object: it is a JSON array",
            "line 1",
            "Declare format: json, which reads arrays, or ask for one object a line (NDJSON).",
        )
    _refuse_truncated(dataset, landed, file)
    lines = lines_of(dataset, landed, file, scratch)
    keys = _keys(connection, f"(select line from {lines.sql} limit {_SAMPLE})")
    if not keys:
        spread = ": one object is spread over several lines (declare format: json)" if start == "{" else ""
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            f"no line is a JSON object{spread}",
            "line 1",
            "Ask for one object a line (NDJSON), or correct servers.format.",
        ).because(kind_hint(landed.file, "ndjson") or encoding_hint(dataset.source, head_of(landed.file)))
    return objects(dataset, landed, lines, keys), count_lines(landed.file, dataset.source.encoding)


def objects(dataset: Dataset, landed: Landed, lines: Lines, keys: Sequence[str]) -> Delivered:
    """Lines of objects as a delivery, after matching their `keys`."""
    match_headers(dataset, landed.file.name, [*keys, *_absent(dataset, keys)], ordered=False)
    spellings = [(column.name, header) for column in dataset.columns for header in column.headers]
    paths = ", ".join(literal(key_path(header)) for _, header in spellings)
    taken = ", ".join(f'{_first(column.name, spellings)} as "c.{column.name}"' for column in dataset.columns)
    some = [f"v[{place}]" for place in range(1, len(spellings) + 1)]
    nested = " or ".join(f"starts_with({value}, '{{') or starts_with({value}, '[')" for value in some)
    nulls = " or ".join(f"contains({value}, chr(0))" for value in some)
    fault = f"""case when v is null or {not_strict()} then {literal(BROKEN)}
      when {twice("k")} or {_twice(spellings)} then {literal(KEY_TWICE)}
      when {stray("k", dataset)} then {literal(UNKNOWN_KEY)}
      when ({nested}) and list_has_any(json_type(line, [{paths}]), ['OBJECT', 'ARRAY']) then {literal(NESTED)}
      when {nulls} then {literal(NULL_CHARACTER)} end"""
    relation = f"""(select * exclude (line, v, k), case when _structure is not null then line end as {LINE} from (
      select *, {taken}, {fault} as _structure from (
        select line, _row, case when is_object then json_keys(line) end as k,
          case when is_object then json_extract_string({lines.exact()}, [{paths}]) end as v from (
            select line, row_number() over () as _row,
              case when json_valid(line) then json_type(line) = 'OBJECT' else false end as is_object
            from {lines.sql}))))"""
    headers = {column.name: f"c.{column.name}" for column in dataset.columns}
    return Delivered(relation, headers, surplus=LINE)


def key_path(key: str) -> str:
    """The engine's path to a key, whatever characters it has."""
    return f'$."{key}"'


def twice(keys: str) -> str:
    """SQL: whether a list of keys has one of them twice."""
    return f"len({keys}) <> list_unique({keys})"


def stray(keys: str, dataset: Dataset) -> str:
    """SQL: whether a list of keys has one that is neither contracted nor ignored: it must not be dropped unseen."""
    ignored = dataset.source.ignored_headers
    if "*" in ignored:
        return "false"
    known = ", ".join(literal(key) for key in sorted(wanted(dataset) | set(ignored)))
    return f"not list_has_all([{known}], {keys})"


def wanted(dataset: Dataset) -> set[str]:
    """Every spelling of every contracted header."""
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


def sampled_keys(connection: duckdb.DuckDBPyConnection, lines: Lines) -> list[str]:
    """The keys of the first thousand objects."""
    return _keys(connection, f"(select line from {lines.sql} limit {_SAMPLE})")


def _start(file: Path) -> str:
    """The first character that is not blank."""
    return head_of(file).decode("utf-8-sig", "ignore").lstrip()[:1]


def _refuse_truncated(dataset: Dataset, landed: Landed, file: Path) -> None:
    if landed.ends_clean:
        return
    with file.open("rb") as text:
        text.seek(max(0, file.stat().st_size - (1 << 20)))
        last = text.read().decode("utf-8", "ignore").rsplit("\n", 1)[-1].lstrip("\ufeff")
    try:
        if last.strip():
            json.loads(last)
    except ValueError:
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            "the file is truncated: its last line is no complete JSON object",
            f"line {landed.lines}",
            "Ask the department to deliver it again.",
        ) from None
