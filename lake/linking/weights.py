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
        parts.append(Weight(None, None, "rarity", "取值少见或常见", "how rare the values are", rest))
    return tuple(parts)


def _bits_of_prior(prior: float) -> float:
    return round(log2(prior / (1 - prior)), 4)
