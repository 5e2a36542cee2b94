"""What a change of the declarations touches: tables that are altered or built anew, products, and who receives them.

Which model reads which is read from the manifest of the last run, plain JSON; where there is none, a dataset's own
tables and the entities that it provides are all that is known. What changed is `contracts/changes.py`'s to say.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.changes import Change
from contracts.model import Agreement, Catalogue

# Kinds that leave every row as it is.
_WORDS_ONLY = {
    *("title_changed", "description_changed", "owner_changed", "legal_basis_changed", "domain_changed"),
    *("authority_changed", "frequency_changed", "version_changed", "domain_described", "drift_policy_changed"),
    *("level_raised", "level_lowered", "mask_changed", "category_changed", "marks_changed", "ways_to_leave_changed"),
    *("sharing_loosened", "sharing_tightened", "department_added", "department_changed", "domain_added"),
}
_ALTERED = {"column_added", "required_column_added", "columns_reordered"}

_TODO = {
    "column_removed": "ask who reads it; then say the version",
    "column_renamed": "name it anew in models and provisions; `zhongtai sync`; say the version",
    "type_changed": "the next run judges all deliveries again; say the version",
    "key_changed": "the next run tells rows apart anew; say the version",
    "delivery_mode_changed": "the next run counts deliveries anew; say the version",
    "dataset_removed": "its tables stay as they are and are read no more; take models and agreements that read it away",
    "dataset_added": "`zhongtai sync`, then run",
    "dataset_renamed": "`zhongtai sync`, then run: rows and history move under the new name",
    "agreement_removed": "what it released is withdrawn by the next run",
    "agreement_added": "write its product's model, then run",
}


@dataclass(frozen=True)
class Planned:
    """A change with all that it touches, and the next step."""

    change: Change
    tables: tuple[tuple[str, str], ...]
    products: tuple[str, ...]
    recipients: tuple[str, ...]
    todo: str

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        one = self.change
        return {
            "subject": one.subject,
            "kind": one.kind,
            "breaking": one.breaking,
            "before": one.before,
            "after": one.after,
            "refused": bool(one.wants),
            "wants_version": one.wants or None,
            "tables": [{"table": table, "effect": effect} for table, effect in self.tables],
            "products": list(self.products),
            "recipients": list(self.recipients),
            "todo": self.todo,
        }


class Readers:
    """Table -> all tables that are made of it."""

    def __init__(self, edges: Mapping[str, Iterable[str]]) -> None:
        self._edges = edges

    @classmethod
    def of(cls, manifest: Path, catalogue: Catalogue) -> Readers:
        """As the manifest has it; without one, twins and entities by their names."""
        edges: dict[str, list[str]] = defaultdict(list)
        for dataset in catalogue.datasets.values():
            stage = f"staging.stg_{dataset.table}"
            edges[f"raw.{dataset.table}"].append(stage)
            for provision in dataset.provides:
                edges[stage].append(f"theme.{provision.entity}")
        for name, sources in _models(manifest):
            for source in sources:
                edges[source].append(name)
        return cls(edges)

    def below(self, tables: Iterable[str]) -> list[str]:
        """The tables themselves and all that is made of them, each once."""
        found: dict[str, None] = {}
        waiting = list(tables)
        while waiting:
            table = waiting.pop(0)
            if table not in found:
                found[table] = None
                waiting += self._edges.get(table, ())
        return list(found)


def _models(manifest: Path) -> list[tuple[str, list[str]]]:
    try:
        nodes = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return []
    every = {**nodes.get("nodes", {}), **nodes.get("sources", {})}
    names = {key: f"{node.get('schema')}.{node.get('alias') or node.get('name')}" for key, node in every.items()}
    built = ("model", "snapshot", "seed")
    return [
        (names[key], [names[one] for one in node.get("depends_on", {}).get("nodes", ()) if one in names])
        for key, node in nodes.get("nodes", {}).items()
        if node.get("resource_type") in built
    ]


def planned(changes: Iterable[Change], before: Catalogue, after: Catalogue, manifest: Path) -> list[Planned]:
    """Each change with what it touches, in the same order."""
    readers = Readers.of(manifest, after)
    agreements = {**before.agreements, **after.agreements}
    tables = {f"product.{one.product}": one for one in agreements.values()}
    return [_one(change, readers, tables, (before, after)) for change in changes]


def _one(
    change: Change, readers: Readers, products: Mapping[str, Agreement], states: tuple[Catalogue, Catalogue]
) -> Planned:
    first = _first_tables(change, states)
    below = readers.below(first) if first else []
    touched = [products[table] for table in below if table in products]
    effect = _effect(change)
    own = _own_agreement(change, states)
    touched += [own] if own and own not in touched else []
    told = [(table, effect if table in first else "rebuilt") for table in below] if effect else []
    todo = f"say version {change.wants} or higher, or take it back" if change.wants else _TODO.get(change.kind, "run")
    return Planned(
        change,
        tuple(told),
        tuple(dict.fromkeys(one.product for one in touched)),
        tuple(dict.fromkeys(one.agency for one in touched)),
        todo,
    )


def _first_tables(change: Change, states: tuple[Catalogue, Catalogue]) -> list[str]:
    """Where a change begins."""
    for state in states:
        if change.about in state.datasets:
            dataset = state.datasets[change.about]
            return [f"raw.{dataset.table}", f"staging.stg_{dataset.table}"]
        if change.about in state.agreements:
            return [f"product.{state.agreements[change.about].product}"]
        if change.about in state.entities or change.kind == "rules_changed":
            return [f"theme.{change.about}"]
        if change.about in state.code_sets:
            return [
                f"{schema}{dataset.table}"
                for dataset in state.datasets.values()
                if any(column.element.code_set == change.about for column in dataset.columns)
                for schema in ("raw.", "staging.stg_")
            ]
    return []


def _own_agreement(change: Change, states: tuple[Catalogue, Catalogue]) -> Agreement | None:
    return next((state.agreements[change.about] for state in states if change.about in state.agreements), None)


def _effect(change: Change) -> str:
    if change.kind in _WORDS_ONLY:
        return ""
    if change.kind.endswith("_removed") and change.about == change.subject:
        return "kept"
    return "altered" if change.kind in _ALTERED else "rebuilt"
