"""The conditions of a comparison's levels in SQL, with what it shares with others.

Lives here: two names in each other's place. Must not live here: a kind's own levels (`kinds.py` says where they are).

Where exactly two Latin names are compared, given name and family name are often in each other's place: of the first
that is its level `order`, and of the second nothing to compare, so that it counts once.
"""

from __future__ import annotations

from contracts.matching import ComparisonKind, Matching
from lake.linking.kinds import column, of_comparison
from lake.linking.preparing import kind_at

_ALIKE = 0.92


def levels_of(matching: Matching, place: int) -> list[str]:
    """What makes nothing to compare, then each level's condition, the last being `else`."""
    kind = kind_at(matching, place)
    nothing = column(place, kind.first)
    absent = f"{nothing}_l is null or {nothing}_r is null"
    conditions = [of_comparison(level.when, place) for level in kind.levels]
    names = _names(matching)
    if place in names:
        if place == names[0]:
            order = [level.name for level in kind.levels].index("order")
            conditions[order] = f"(({conditions[order]}) or ({_swapped(names)}))"
        else:
            absent = f"{absent} or ({conditions[0].replace('=', '<>')} and {_swapped(names)})"
    return [absent, *conditions]


def swapped_columns(matching: Matching) -> list[str]:
    """The columns that names in each other's place are found by."""
    return [column(place, "v") for place in _names(matching)]


def _names(matching: Matching) -> tuple[int, ...]:
    places = [place for place, one in enumerate(matching.comparisons) if one.kind is ComparisonKind.LATIN_NAME]
    return tuple(places) if len(places) == 2 else ()


def _swapped(names: tuple[int, ...]) -> str:
    one, other = (column(place, "v") for place in names)
    return (
        f"(jaro_winkler_similarity({one}_l, {other}_r) >= {_ALIKE} and jaro_winkler_similarity({other}_l, {one}_r) >= "
        f"{_ALIKE})"
    )
