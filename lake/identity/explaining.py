"""What a pair's probability is made of, by the parameters that the registry keeps; no value of a record is in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lake.linking.weights import Weight, weights


def explain(parameters: bytes, levels: Sequence[int | None], weight: float) -> tuple[Weight, ...]:
    """The weights of a pair, which together are its `weight`; none where the pair was compared by another declaration
    than that of the parameters, as between a step of the registry and the lake's tables of it.
    """
    told: dict[str, Any] = json.loads(parameters)
    return weights(told, levels, weight) if len(levels) == len(told["comparisons"]) else ()


def as_told(one: Weight) -> dict[str, Any]:
    """A weight as JSON-ready data."""
    return {
        "attribute": one.attribute or "",
        "level": one.level,
        "zh": one.zh,
        "en": one.en,
        "bits": round(one.bits, 2),
    }
