"""Keys for tests: made where they are not there, as a city without a past has them made."""

from __future__ import annotations

from pathlib import Path

from sharing.keyring import KeyPlace, make_keys
from sharing.keys import Signer


def signer_in(folder: Path) -> Signer:
    """The signing key in a folder."""
    return make_keys(KeyPlace(folder))
