"""What opens a department's database or store: one small file each, its owner's only, named by a contract.

A value of such a file is handed to the library that connects, and to nobody else: no message, record or log has one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from contracts.model import Dataset
from contracts.yaml_text import read_yaml
from lake.readers.refusal import DeliveryRefused
from sharing.faults import SharingRefused
from sharing.keys import refuse_readable

_LARGEST = 1 << 16


class SecretRefused(DeliveryRefused):
    """The file that should open a source is missing, is readable for others, or does not say what is needed."""


def read_secret(dataset: Dataset, name: str, folder: Path, keys: Collection[str], needed: Collection[str]) -> Secret:
    """The values of a file of secrets, by these keys. Raises `SecretRefused`."""
    file = folder / f"{name}.yml"
    fix = f"Write {file} with {' and '.join(needed)}, one `key: value` a line, and `chmod 600` it."
    if not file.is_file():
        raise SecretRefused(dataset.id, name, "the file of this secret is missing", str(file), fix)
    try:
        refuse_readable(file, "secret")
    except SharingRefused:
        fix = f"Run `chmod 600 {file}`, and have what stands in it changed."
        raise SecretRefused(dataset.id, name, "others may read the file of this secret", str(file), fix) from None
    try:
        told, notes = read_yaml(file.read_bytes()[:_LARGEST].decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        told, notes = None, []
    if not isinstance(told, dict) or notes or not all(isinstance(value, str | int) for value in told.values()):
        what = "the file of this secret has other lines than `key: value`, or values that stand in no quotes"
        raise SecretRefused(dataset.id, name, what, str(file), fix)
    if unknown := sorted(str(key) for key in told if key not in keys):
        what = f"the file of this secret has {len(unknown)} keys that are not acted on"
        raise SecretRefused(dataset.id, name, what, str(file), f"Leave in it none but {', '.join(sorted(keys))}.")
    if missing := [key for key in needed if not told.get(key)]:
        raise SecretRefused(dataset.id, name, f"the file of this secret has no {missing[0]}", str(file), fix)
    return Secret({str(key): str(value) for key, value in told.items()})


class Secret(Mapping[str, str]):
    """Values that are never printed, whatever shows the mapping."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<secret of {len(self)} values>"
