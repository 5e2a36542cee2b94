"""Evidence as it was recorded, read back: the records of `evidence` from the JSON that `Evidence.as_dict` gives.

Lives here: reading. Must not live here: whether what was recorded still counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.evidence import Evidence


def read_evidence(plain: object) -> Evidence | None:
    """The evidence that a JSON object holds; None where it is not one, or is not told by it to the last field."""
    if not isinstance(plain, Mapping):
        return None
    try:
        found = _adapter().validate_python(plain)
    except ValidationError:
        return None
    return found if found.as_dict() == plain else None


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Evidence)
