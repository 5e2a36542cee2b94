"""A draft as the text of an ODCS contract, its evidence in comments beside what it speaks for. Nothing is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from contracts.model import LogicalType, Source
from lake.drafting.choosing import Choice
from lake.drafting.keys import Key

_OWN_KEYS = {"format", "path"}
_ODCS_KEYS = ("encoding", "delimiter")


@dataclass(frozen=True)
class DraftColumn:
    """One column of a draft: its name in the lake, its header, and what it is taken to be."""

    name: str
    header: str
    choice: Choice
    required: bool = False
    key: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A contract that nobody has agreed to yet."""

    department: str
    dataset: str
    domain: str
    source: Source
    columns: tuple[DraftColumn, ...]
    records: int
    mode: str
    keys: Sequence[Key] = ()
    introduces: bool = False
    notes: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`<department>.<dataset>`."""
        return f"{self.department}.{self.dataset}"

    def as_dict(self) -> dict[str, Any]:
        """The draft as JSON-ready data: names, counts, and no value."""
        return {
            "dataset": self.id,
            "domain": self.domain,
            "format": self.source.format,
            "records": self.records,
            "delivery_mode": self.mode,
            "columns": [
                {
                    "name": one.name,
                    "header": one.header,
                    "element": one.choice.fit.element.name,
                    "type": str(one.choice.fit.element.type),
                    "level": str(one.choice.classification or one.choice.fit.element.level),
                    "required": one.required,
                    "key": one.key,
                    "passing": one.choice.fit.passing,
                    "of": one.choice.fit.of,
                    "evidence": list(one.evidence),
                }
                for one in self.columns
            ],
            "keys": [
                {
                    "columns": [self.columns[place].name for place in key.places],
                    "distinct": key.distinct,
                    "rows": key.rows,
                }
                for key in self.keys
            ],
            "notes": list(self.notes),
        }


def text_of(draft: Draft) -> str:
    """The contract as YAML."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield "# A draft, made from one extract: read it, correct it, and agree on it with the department."
    yield from (f"# {_plain(note)}" for note in draft.notes)
    yield from _block(
        {
            "kind": "DataContract",
            "apiVersion": "v3.1.0",
            "id": draft.id,
            "name": draft.dataset,
            "version": "1.0.0",
            "status": "active",
            "domain": draft.domain,
            "description": {"purpose": "Drafted from an extract; to be written"},
            "servers": [_server(draft)],
        }
    )
    yield "schema:"
    yield from _block([{"name": draft.dataset, "logicalType": "object"}], "  ")
    yield "    properties:"
    for column in draft.columns:
        yield from (f"      # {_plain(line)}" for line in column.evidence)
        yield from _block([property_of(column)], "      ")
    yield from _block(
        {
            "slaProperties": [
                {"property": "frequency", "value": "irregular"},
                {"property": "freshness_working_days", "value": 30},
            ],
            "customProperties": _extras(draft),
        }
    )


def _block(value: object, indent: str = "") -> Iterator[str]:
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000)
    return (f"{indent}{line}" for line in text.rstrip("\n").split("\n"))


def _plain(text: str) -> str:
    """One line of a comment."""
    return re.sub(r"\s+", " ", text).strip()


def _server(draft: Draft) -> dict[str, Any]:
    source, plain = draft.source, Source("", draft.source.format)
    told = {name: value for name, value in vars(source).items() if value != getattr(plain, name)}
    if draft.nulls:
        told["nulls"] = draft.nulls
    server: dict[str, Any] = {"server": "delivery", "type": "local", "path": source.path, "format": source.format}
    server |= {name: told.pop(name) for name in _ODCS_KEYS if name in told}
    extras = [
        {"property": name, "value": list(value) if isinstance(value, tuple) else value}
        for name, value in told.items()
        if name not in _OWN_KEYS
    ]
    return {**server, **({"customProperties": extras} if extras else {})}


def property_of(column: DraftColumn) -> dict[str, Any]:
    """A column as ODCS writes it."""
    element = column.choice.fit.element
    kind = "number" if element.type is LogicalType.DECIMAL else str(element.type)
    found: dict[str, Any] = {
        "name": column.name,
        "physicalName": column.header,
        "logicalType": kind,
        **({"primaryKey": True} if column.key else {}),
        **({"required": True} if column.required or column.key else {}),
        "businessName": column.header if _is_title(column.header) else element.title_zh,
        "description": column.name.replace("_", " "),
    }
    if column.choice.classification:
        found["classification"] = str(max(column.choice.classification, element.level))
    extras: list[dict[str, Any]] = [{"property": "element", "value": element.name}]
    if column.choice.fit.code_map:
        extras.append({"property": "code_map", "value": dict(column.choice.fit.code_map)})
    return {**found, "customProperties": extras}


def _is_title(header: str) -> bool:
    return header.isprintable() and not re.search(r"\{[{%#]", header)


def _extras(draft: Draft) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"property": "delivery_mode", "value": draft.mode},
        {"property": "sharing_attribute", "value": "conditional"},
    ]
    if draft.introduces:
        title = draft.department.replace("_", " ")
        introduced = {
            "title": {"zh": title, "en": title},
            "code": draft.department,
            "owner": f"team:{draft.department}",
        }
        found.append({"property": "department", "value": introduced})
    return found
