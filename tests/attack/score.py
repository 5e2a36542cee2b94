"""What one deep suite came to: how many things it tried, how many held, and what did not. Nothing is run here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Score:
    """A suite's score; `fell` names what did not hold, in words that let it be tried again."""

    suite: str
    tried: int
    held: int
    fell: Sequence[str] = field(default_factory=tuple)

    @property
    def well(self) -> bool:
        """Whether something was tried and all of it held."""
        return 0 < self.tried == self.held

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return asdict(self) | {"fell": list(self.fell)}
