"""What each thing of a city was made of when it was last made, one digest each, so that a run does again only what
changed.

The record is no evidence: it lies in one file that is written by replacement, holds its own digest, and is left aside
where it is damaged; then all is made again. It vouches for a table in the very state in which it was recorded alone.
What a digest is over is the caller's to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lake.settings import Settings
from sharing.canonical import canonical_json, digest
from sharing.durable import remove_file, write_file

_KIND = 1
Batches = Mapping[str, tuple[int, str]]
"""The batches of a dataset that count -> the `_delivery` that their rows show, and how they were judged."""


@dataclass(frozen=True)
class Taken:
    """A dataset whose every delivery was looked at and came to an end: what lay there, by which contract, the version
    of its rows that count, and the state of its store; `batches` are those that count, None where that is not known."""

    listing: str
    contract: str
    version: str
    state: str
    batches: Batches | None = None


@dataclass(frozen=True)
class Stood:
    """A table or view that a model made well: the digest of all it depends on, of what its checks depend on besides,
    of its own text, what it was directly made of, and its state. `follows` is what it follows row by row, where it may
    be extended by batches of that, `how` the way it was made last, whole or extended."""

    digest: str
    checked: str
    own: str
    above: tuple[str, ...]
    state: str
    follows: str = ""
    how: str = ""


@dataclass
class Made:
    """The record of a city. `platform` and `project` are what made it, `agreements` the digest each was judged by."""

    platform: str = ""
    project: str = ""
    datasets: dict[str, Taken] = field(default_factory=dict)
    tables: dict[str, Stood] = field(default_factory=dict)
    agreements: dict[str, str] = field(default_factory=dict)

    def save(self, settings: Settings) -> None:
        """Write it in place of the one before."""
        body = {"kind": _KIND, **asdict(self)}
        write_file(_file(settings), canonical_json({**body, "digest": digest(body)}))


def read_made(settings: Settings) -> Made:
    """The record of a workspace; an empty one where there is none, or none that can be believed."""
    try:
        body = json.loads(_file(settings).read_bytes())
        told = body.pop("digest")
        if digest(body) != told or body.pop("kind") != _KIND:
            return Made()
        return _read(body)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Made()


def forget_made(settings: Settings) -> None:
    """Have the next run make everything again: another lake is there than the one that the record is of."""
    remove_file(_file(settings))


def keep_made(settings: Settings, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Go on vouching for tables whose files alone are others now; their states before and after, by name."""
    known = read_made(settings)
    moved = {name: after[name] for name in before if after.get(name, before[name]) != before[name]}

    def now(name: str, state: str) -> str:
        return moved.get(name, state) if before.get(name) == state else state

    datasets = {
        name: replace(one, state=now(f"store.{name.replace('.', '__', 1)}", one.state))
        for name, one in known.datasets.items()
    }
    tables = {name: replace(one, state=now(name, one.state)) for name, one in known.tables.items()}
    if (datasets, tables) != (known.datasets, known.tables):
        replace(known, datasets=datasets, tables=tables).save(settings)


def _read(body: Mapping[str, Any]) -> Made:
    return Made(
        str(body["platform"]),
        str(body["project"]),
        {name: Taken(**{**one, "batches": _batches(one.get("batches"))}) for name, one in body["datasets"].items()},
        {name: Stood(**{**one, "above": tuple(one["above"])}) for name, one in body["tables"].items()},
        {name: str(one) for name, one in body["agreements"].items()},
    )


def _batches(told: Mapping[str, Any] | None) -> Batches | None:
    return None if told is None else {batch: (int(place), str(judged)) for batch, (place, judged) in told.items()}


def _file(settings: Settings) -> Path:
    return settings.state / "made.json"
