"""What was learned: how often each level is in one thing and in two. Lives here: its form, as JSON and from it.

Must not live here: learning it (`training.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

from contracts.matching import Matching
from lake.linking.all_kinds import KINDS
from lake.linking.refusals import ParametersUnfit

VERSION = 2
"""Raised when a kind's columns, levels or keys change: what was learned and what stands is of another kind then."""

_DIGITS = 6


def rounded(value: float) -> float:
    """A parameter as it is stored and used: six significant digits, so that the order of sums does not show."""
    return float(f"{value:.{_DIGITS}g}")


@dataclass(frozen=True)
class Chances:
    """Of a comparison: for each level how often it is in pairs of one thing (`m`) and of two (`u`)."""

    m: tuple[float, ...]
    u: tuple[float, ...]
    rarest: float | None = None
    """What a value is worth beside `m` that only one thing has, in bits; None until values were counted."""

    def weights(self) -> tuple[float, ...]:
        """What each level is worth, in bits."""
        return tuple(log2(m / u) for m, u in zip(self.m, self.u, strict=True))


@dataclass(frozen=True)
class Parameters:
    """Of a matching: the chances of each comparison, None of one left out, and how likely two records are one."""

    chances: tuple[Chances | None, ...]
    prior: float

    def as_json(self, matching: Matching) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "version": VERSION,
            "prior": self.prior,
            "standing": standing(matching),
            "comparisons": [
                {
                    "attribute": one.name,
                    "kind": str(one.kind),
                    "rarest": None if chances is None else chances.rarest,
                    "levels": None
                    if chances is None
                    else [
                        {"level": level.name, "m": m, "u": u}
                        for level, m, u in zip(KINDS[one.kind].levels, chances.m, chances.u, strict=True)
                    ],
                }
                for one, chances in zip(matching.comparisons, self.chances, strict=True)
            ],
        }


def standing(matching: Matching) -> dict[str, Any]:
    """What of a declaration the keys and pairs of a run hang on, besides its comparisons."""
    return {
        "blocks": [[f"{key.attribute}.{key.key}" for key in keys] for keys in matching.blocks],
        "automatic": matching.automatic,
        "review": matching.review,
    }


def read(given: Mapping[str, Any], matching: Matching) -> Parameters:
    """Parameters from JSON; refuses those of another declaration."""
    if given.get("version") != VERSION:
        raise ParametersUnfit(f"version {given.get('version')}, not {VERSION}")
    wanted = [(one.name, str(one.kind)) for one in matching.comparisons]
    if [(one["attribute"], one["kind"]) for one in given["comparisons"]] != wanted:
        raise ParametersUnfit("other comparisons")
    for one in given["comparisons"]:
        names = [level.name for level in KINDS[one["kind"]].levels]
        if one["levels"] is not None and [level["level"] for level in one["levels"]] != names:
            raise ParametersUnfit(f"other levels of {one['kind']}")
    return Parameters(
        tuple(
            None
            if one["levels"] is None
            else Chances(
                tuple(level["m"] for level in one["levels"]),
                tuple(level["u"] for level in one["levels"]),
                one["rarest"],
            )
            for one in given["comparisons"]
        ),
        float(given["prior"]),
    )


def assumed(matching: Matching, told: tuple[int, ...]) -> tuple[Chances | None, ...]:
    """What holds before anything is learned; None where a comparison tells nothing."""
    return tuple(
        Chances(
            _shares([level.m for level in KINDS[one.kind].levels]),
            _shares([level.u for level in KINDS[one.kind].levels]),
        )
        if place in told
        else None
        for place, one in enumerate(matching.comparisons)
    )


def _shares(values: list[float]) -> tuple[float, ...]:
    total = sum(values)
    return tuple(rounded(value / total) for value in values)
