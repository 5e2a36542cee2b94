"""What opens a way of telling: a small file below the secrets, its owner's only. No error has a value of it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import yaml

from contracts.yaml_text import read_yaml
from lake.sources.secrets import Secret
from sharing.faults import SharingRefused
from sharing.keys import refuse_readable

_LARGEST = 1 << 16


class Unsaid(ValueError):
    """Why a way did not take a digest, in words that hold nothing secret."""


class AlertRefused(Exception):
    """A digest that did not go out: to whom, by which way, and why. It is sent again with the next run."""

    def __init__(self, person: str, way: str, why: str) -> None:
        self.person, self.way, self.why = person, str(way), why
        super().__init__(
            f"the digest for {person} did not go out by {way}: {why}. `zhongtai digest --send` tries again"
        )


def read_values(folder: Path, name: str, needed: Collection[str], more: Collection[str] = ()) -> Secret:
    """The values of a file of secrets. Raises `Unsaid`."""
    file = folder / f"{name}.yml"
    if not file.is_file():
        raise Unsaid(f"there is no secret {file.name}: write it with {' and '.join(needed)}, and `chmod 600` it")
    try:
        refuse_readable(file, "secret")
    except SharingRefused:
        raise Unsaid(f"others may read the secret {file.name}: `chmod 600` it, and change what is in it") from None
    try:
        told, notes = read_yaml(file.read_bytes()[:_LARGEST].decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        told, notes = None, []
    if not isinstance(told, dict) or notes or not all(isinstance(value, str | int) for value in told.values()):
        raise Unsaid(f"the secret {file.name} has other lines than `key: value`")
    if told.keys() - {*needed, *more} or any(not told.get(key) for key in needed):
        also = f", and may have {', '.join(more)}" if more else ""
        raise Unsaid(f"the secret {file.name} has {', '.join(needed)}{also}, and nothing else")
    return Secret({str(key): str(value) for key, value in told.items()})
