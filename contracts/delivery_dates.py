"""Where the day of a delivery may be declared to stand. Reading it from a path is the readers' work."""

from __future__ import annotations

ARRIVAL, PATH, FOLDER, NAME, MANIFEST = "arrival", "path", "folder", "name", "manifest"
INSTEAD = "path, folder, name, manifest, arrival, or a pattern with %Y, %m and %d such as *_%d%m%Y.csv"
_WORDS = ("%Y", "%m", "%d")


def delivery_date_fault(where: str) -> str | None:
    """Why a declared `delivery_date` says nothing, or None."""
    if where in {ARRIVAL, PATH, FOLDER, NAME, MANIFEST}:
        return None
    if "%" not in where:
        return f"delivery_date is {where!r}"
    if any(where.count(word) != 1 for word in _WORDS) or where.count("%") != len(_WORDS):
        return f"the pattern {where!r} has not %Y, %m and %d once each and no other %"
    return None
