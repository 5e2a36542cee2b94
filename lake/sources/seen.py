"""Which file of a store was which batch when it was last taken, so that what has not changed is not fetched again.

A note that can be lost at any time: without it every file is fetched once more, and known by its content.
"""

from __future__ import annotations

import json
from pathlib import Path

from contracts.model import Dataset
from lake.settings import Settings
from sharing.canonical import digest


class Seen:
    """The notes of one dataset: path -> what tells of a file whether it changed, and its batch."""

    def __init__(self, settings: Settings, dataset: Dataset) -> None:
        self._file: Path = settings.seen / f"{dataset.table}.json"
        try:
            told = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            told = {}
        self._notes: dict[str, list[str]] = told if isinstance(told, dict) else {}

    def batch(self, path: str, fingerprint: object) -> str:
        """The batch of a file that has not changed since; empty for any other."""
        note = self._notes.get(path)
        return note[1] if isinstance(note, list) and len(note) == 2 and note[0] == digest(fingerprint) else ""

    def note(self, path: str, fingerprint: object, batch: str) -> None:
        """Write down what was taken from a path."""
        self._notes[path] = [digest(fingerprint), batch]
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._file.with_suffix(".part")
        draft.write_text(json.dumps(self._notes, ensure_ascii=False), "utf-8")
        draft.replace(self._file)
