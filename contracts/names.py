"""What may be a name: every word that becomes a table, a column, a file, a model, an asset or a group further on.

One grammar closes most doors at once: no capital (DuckDB and file systems fold them), no `__` (it joins two names into
a third, as in `<department>__<dataset>`), no leading `_` (the platform's own columns). Which names two files may not
share is judged in `across.py`; SQL's reserved words are quoted (`sql_text.py`), not refused.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

# Dagster's tags and PostgreSQL's identifiers end here; four of them joined still are a file's name.
LONGEST = 63
GRAMMAR = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
WANTED = f"another name: lower_snake_case English, at most {LONGEST} letters, digits and single underscores"

# Names of devices: on Windows no file can be called so, whatever its extension.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
# Agencies and tables that commands and rules know by these words, and groups of the graph that are nobody's.
_TAKEN = {"public", "theme", "raw", "staging", "quarantine", "product", "products", "releases", "identity", "registry"}


def name_fault(name: str) -> str | None:
    """Why a text is no name, or None."""
    if not re.fullmatch(GRAMMAR, name):
        return f"{name!r} is no name"
    return f"{name!r} has {len(name)} characters" if len(name) > LONGEST else None


def wanted_name(name: str) -> str:
    """What to write instead of a text that is no name: the nearest that is one, where there is one."""
    near = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    sound = near != name and not place_fault(near) and name.isascii()
    return f"{near}, or {WANTED}" if sound else WANTED


def place_fault(name: str) -> str | None:
    """Why a name cannot be that of a file or a folder, or None."""
    return name_fault(name) or (f"{name!r} is the name of a device on Windows" if name in _DEVICES else None)


def group_fault(name: str) -> str | None:
    """Why a name cannot be that of a department or a domain, or None."""
    return place_fault(name) or (f"{name!r} has a meaning of its own" if name in _TAKEN else None)


def _place(name: str) -> str:
    if fault := place_fault(name):
        raise PydanticCustomError("declared", "{what}", {"what": fault, "instead": WANTED})
    return name


Name = Annotated[str, StringConstraints(pattern=GRAMMAR, max_length=LONGEST)]
PlaceName = Annotated[Name, AfterValidator(_place)]
