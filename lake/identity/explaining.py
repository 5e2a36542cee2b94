"""What a pair's probability is made of, in words and bits: what each comparison says for, or against, its being one.

From the parameters that the registry keeps and the pair's levels; no value of a record is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log2
from typing import Any

from lake.linking.all_kinds import KINDS


@dataclass(frozen=True)
class Weight:
    """What one comparison says: of which attribute, how alike the two are, and how many bits that is worth; above
    nothing for one, below for two. `attribute` is "" for what is said before anything is compared.
    """

    attribute: str
    level: str
    zh: str
    en: str
    bits: float

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return asdict(self) | {"bits": round(self.bits, 2)}


def explain(parameters: bytes, levels: Sequence[int | None], weight: float) -> list[Weight]:
    """The weights of a pair, in the order of the comparisons: together they are its `weight`."""
    told: Mapping[str, Any] = json.loads(parameters)
    found = [_weight(one, level) for one, level in zip(told.get("comparisons", ()), levels, strict=False)]
    prior = float(told.get("prior", 0.5))
    found.append(Weight("", "prior", "比较之前", "before anything is compared", log2(prior / (1 - prior))))
    rest = weight - sum(one.bits for one in found)
    if abs(rest) >= 0.05:
        found.append(Weight("", "rarity", "取值少见或常见", "how rare the values are", rest))
    return found


def _weight(comparison: Mapping[str, Any], level: int | None) -> Weight:
    attribute, chances = str(comparison["attribute"]), comparison["levels"]
    if level is None or chances is None:
        return Weight(attribute, "nothing", "无可比较", "nothing to compare", 0.0)
    one = KINDS[comparison["kind"]].levels[level]
    found = chances[level]
    return Weight(attribute, one.name, one.zh, one.en, log2(float(found["m"]) / float(found["u"])))
