"""The registry's files, append-only, each anchored by an entry of the ledger; a file that is not the ledger's is none.

    <state>/registry/<entity>/<step>.parquet     what changed in a step, one row for each record (`changes.py`)
    <state>/registry/<entity>/<digest>.json      the parameters that a step was made with

Nothing of a record is in them but its keyed hash. The file is on the disk before its entry is written: one without an
entry is what a run that was killed left behind, is never read, and is written again. What files say is not known here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lake.scratch import own_folder
from lake.settings import Settings
from sharing.canonical import file_digest
from sharing.chain import Entry
from sharing.durable import place_file, read_file, write_file
from sharing.faults import Fault, SharingRefused
from sharing.ledger import Ledger

KIND, FOLDER = "registry", "registry"
_RESTORE = "restore it from a backup (`zhongtai restore PLACE --only {part}`)"
_ENTITY = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Step:
    """A step as the ledger has it: its number, when it was, and the digests of its file and of its parameters."""

    number: int
    at: datetime
    digest: str
    parameters: str
    entry: Entry

    @property
    def counts(self) -> Mapping[str, int]:
        """How many records and entities there were, and how many events of each kind."""
        return dict(self.entry.body.get("counts", {}))

    @property
    def events(self) -> int:
        """The number of the newest event."""
        return int(self.entry.body["events"])


@dataclass(frozen=True)
class Registry:
    """The files of one entity and the ledger that they are anchored in."""

    state: Path
    ledger: Ledger
    entity: str

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger, entity: str) -> Registry:
        """The registry of an entity of a city. ValueError for what is no entity's name."""
        if not _ENTITY.fullmatch(entity):
            raise ValueError(f"{entity!r} is no entity's name")
        return cls(settings.state, ledger, entity)

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.state / FOLDER / self.entity

    def file(self, step: int) -> Path:
        """The file of a step."""
        return self.folder / f"{step:06d}.parquet"

    def steps(self, known: datetime | None = None) -> tuple[Step, ...]:
        """The steps that the ledger has, in order; those alone that were known at an instant."""
        found = tuple(_step(entry) for entry in self.ledger.about(KIND, self.entity))
        return found if known is None else tuple(one for one in found if one.at <= known)

    def proved(self, steps: tuple[Step, ...]) -> list[Path]:
        """The files of steps, each proved by its digest. SharingRefused for one that is gone or is not the ledger's."""
        for one in steps:
            if fault := self._fault(self.file(one.number), one.digest):
                raise SharingRefused(fault.rule, fault.subject, fault.message, fault.fix)
        return [self.file(one.number) for one in steps]

    def parameters(self, step: Step) -> bytes:
        """The parameters that a step was made with, proved by their digest. SharingRefused as `proved`."""
        path = self._parameters(step.parameters)
        if fault := self._fault(path, step.parameters):
            raise SharingRefused(fault.rule, fault.subject, fault.message, fault.fix)
        return read_file(path)

    def faults(self) -> Iterator[Fault]:
        """What of it is not as the ledger has it."""
        seen = dict[Path, str]()
        try:
            steps = self.steps()
        except SharingRefused as refused:
            yield refused.fault
            return
        for number, one in enumerate(steps, 1):
            if one.number != number:
                yield Fault("registry_step", self.entity, f"step {one.number} stands where {number} should", _AUDIT)
            seen |= {self.file(one.number): one.digest, self._parameters(one.parameters): one.parameters}
        yield from (fault for path, digest in seen.items() if (fault := self._fault(path, digest)))

    def prepare(self) -> None:
        """Make the folder, for its owner's eyes alone; a draft that a killed run left goes."""
        own_folder(self.folder.parent)
        own_folder(self.folder)
        for left in self.folder.glob(".*.draft"):
            left.unlink()

    def keep_parameters(self, data: bytes) -> str:
        """Keep the parameters of a step by their digest, which is returned."""
        found = hashlib.sha256(data).hexdigest()
        path = self._parameters(found)
        if self._fault(path, found):
            write_file(path, data)
            path.chmod(0o600)
        return found

    def place(self, draft: Path, step: int) -> str:
        """Give a written draft the place of a step, and return its digest."""
        draft.chmod(0o600)
        found = file_digest(draft)
        place_file(draft, self.file(step))
        return found

    def _parameters(self, digest: str) -> Path:
        return self.folder / f"{digest[:32]}.json"

    def _fault(self, path: Path, digest: str) -> Fault | None:
        name = str(path.relative_to(self.state))
        fix = _RESTORE.format(part=name)
        if path.is_symlink() or not path.is_file():
            return Fault("registry_missing", name, "the ledger has it, and it is not there", fix)
        if file_digest(path) != digest:
            return Fault("registry_changed", name, "it is not what the ledger has", fix)
        return None


_AUDIT = "find out with `zhongtai audit` who wrote to the ledger"


def _step(entry: Entry) -> Step:
    body: Mapping[str, Any] = entry.body
    try:
        return Step(int(body["step"]), entry.at, str(body["file"]), str(body["parameters"]), entry)
    except (KeyError, TypeError, ValueError):
        raise SharingRefused("registry_step", entry.key, f"entry {entry.seq} says no step", _AUDIT) from None


def entities(ledger: Ledger) -> list[str]:
    """The entities that have a registry."""
    return sorted(ledger.current(KIND))


def registry_faults(settings: Settings, ledger: Ledger) -> Iterator[Fault]:
    """What of any registry is not as the ledger has it."""
    for entity in entities(ledger):
        yield from Registry.of(settings, ledger, entity).faults()
