"""Why a pair is scored as it is, without any value. Lives here: a pair's weight, taken apart by what was compared.

Must not live here: who may see it, and the values (the desk).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from contracts.matching import ComparisonKind
from lake.linking.all_kinds import KINDS

_ROUNDED = 0.01
"""By how much rounded bits may be off, all together."""


@dataclass(frozen=True)
class Weight:
    """What one thing adds to a pair's weight, in bits: doublings of the odds. `attribute` is None of the rest."""

    attribute: str | None
    kind: ComparisonKind | None
    level: str
    zh: str
    en: str
    bits: float


def weights(
    parameters: Mapping[str, Any], levels: Sequence[int | None], weight: float | None = None
) -> tuple[Weight, ...]:
    """A pair's weight by its parts: how likely any two records are one, then each comparison in the declared order.

    `levels` as in `pairs`. With the pair's whole `weight`, what is left of it comes last: equal values count as much as
    they are rare, which no level says.
    """
    parts = [
        Weight(None, None, "prior", "任意两条记录为同一对象", "any two records", _bits_of_prior(parameters["prior"]))
    ]
    for one, level in zip(parameters["comparisons"], levels, strict=True):
        kind = ComparisonKind(one["kind"])
        if level is None or one["levels"] is None:
            parts.append(Weight(one["attribute"], kind, "nothing", "缺失，不比较", "nothing to compare", 0.0))
            continue
        chances, told = one["levels"][level], KINDS[kind].levels[level]
        parts.append(
            Weight(one["attribute"], kind, told.name, told.zh, told.en, round(log2(chances["m"] / chances["u"]), 4))
        )
    if weight is not None:
        rest = round(weight - sum(part.bits for part in parts), 4)
        if rest < _commonest(parameters, levels) - _ROUNDED:
            zh, en = "情形存疑，须人工判断", "of a kind that is asked about, however likely"
            parts.append(Weight(None, None, "doubt", zh, en, rest))
        else:
            parts.append(Weight(None, None, "rarity", "取值少见或常见", "how rare the values are", rest))
    return tuple(parts)


def _commonest(parameters: Mapping[str, Any], levels: Sequence[int | None]) -> float:
    """What equal values can lose at most for being common: being equal says no less than being alike (`scoring.py`)."""
    lost = 0.0
    for one, level in zip(parameters["comparisons"], levels, strict=True):
        if level == 0 and one["levels"] is not None and KINDS[one["kind"]].rarity:
            bits = [log2(chances["m"] / chances["u"]) for chances in one["levels"]]
            lost += min(0.0, max(bits[1:-1], default=bits[-1]) - bits[0])
    return lost


def _bits_of_prior(prior: float) -> float:
    return round(log2(prior / (1 - prior)), 4)
