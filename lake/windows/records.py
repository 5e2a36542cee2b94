"""What is told of windows: records only, JSON-ready. Who reads them from where is `reading`'s."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What a window is: complete as it was closed, incomplete then, changed since (`amended`), not closed yet (`open`),
    or of before the set began."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    AMENDED = "amended"
    OPEN = "open"
    BEFORE = "before"


@dataclass(frozen=True)
class Part:
    """What one feed gave to a window.

    `expected` is None where nobody is: one record is all then. `missing` names the first of those who were not heard.
    """

    dataset: str
    rows: int
    heard: int
    expected: int | None
    coverage: float
    missing: tuple[str, ...] = ()
    digest: str = ""

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {**vars(self), "missing": list(self.missing)}


@dataclass(frozen=True)
class Untold:
    """A sign that could not be told of a window, or not of all its places, and why."""

    sign: str
    why: str

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {"sign": self.sign, "why": self.why}


@dataclass(frozen=True)
class Window:
    """One window as of one revision; an open one, or one of before, has revision 0 and no parts."""

    start: datetime
    end: datetime
    state: State
    revision: int = 0
    watermark: datetime | None = None
    rows: int = 0
    coverage: float = 0.0
    digest: str = ""
    why: str = ""
    made_at: datetime | None = None
    formula: str = ""
    """What tells the definitions of signs and feeds that it was made by from others."""
    seq: int = 0
    parts: tuple[Part, ...] = ()
    untold: tuple[Untold, ...] = ()

    @property
    def missing_feeds(self) -> tuple[str, ...]:
        """The feeds of which nothing came."""
        return tuple(one.dataset for one in self.parts if not one.rows)

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "state": str(self.state),
            "revision": self.revision,
            "watermark": self.watermark.isoformat() if self.watermark else None,
            "rows": self.rows,
            "coverage": self.coverage,
            "missing_feeds": list(self.missing_feeds),
            "digest": self.digest,
            "why": self.why,
            "formula": self.formula,
            "made_at": self.made_at.isoformat() if self.made_at else None,
            "parts": [one.as_dict() for one in self.parts],
            "untold": [one.as_dict() for one in self.untold],
        }


@dataclass(frozen=True)
class Value:
    """A sign's value of one window: of a district, or of the whole city (`district` empty). None: cannot be told."""

    sign: str
    district: str
    value: float | None

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {"sign": self.sign, "district": self.district or None, "value": self.value}


@dataclass(frozen=True)
class Revision:
    """One revision of a window, its values, and which batches it is made of."""

    window: Window
    values: tuple[Value, ...]
    batches: tuple[tuple[str, str], ...]
    """Dataset and batch."""

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {
            **self.window.as_dict(),
            "values": [one.as_dict() for one in self.values],
            "batches": [{"dataset": dataset, "batch": batch} for dataset, batch in self.batches],
        }


@dataclass(frozen=True)
class Told:
    """A sign as it stands: its newest value, and of which window that is.

    `late` says that a later window should have been there by now, or was closed without telling this sign.
    """

    sign: str
    title_zh: str
    title_en: str
    unit: str
    level: str
    value: float | None
    window: Window | None
    late: bool
    districts: tuple[Value, ...] = ()
    why: str = ""
    """Why the newest window that is closed does not tell it; empty where it does."""

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {
            **{name: value for name, value in vars(self).items() if name not in {"window", "districts"}},
            "window": self.window.as_dict() if self.window else None,
            "districts": [one.as_dict() for one in self.districts],
        }


@dataclass(frozen=True)
class Newest:
    """The newest thing that was stored: `seq` grows by whatever is stored, and by nothing else."""

    seq: int
    start: datetime
    revision: int


@dataclass(frozen=True)
class Day:
    """All windows of one day of the city, and how many there are of each state."""

    name: str
    windows: tuple[Window, ...]

    @property
    def counts(self) -> dict[str, int]:
        """State -> how many windows; each state is there."""
        return {str(state): sum(one.state is state for one in self.windows) for state in State}

    @property
    def missing(self) -> dict[str, int]:
        """Feed -> in how many closed windows nothing of it is."""
        named = [name for one in self.windows for name in one.missing_feeds]
        return {name: named.count(name) for name in sorted(set(named))}

    @property
    def untold(self) -> dict[Untold, int]:
        """Sign and why it could not be told -> in how many closed windows."""
        named = Counter(one for window in self.windows for one in window.untold)
        return {one: named[one] for one in sorted(named, key=lambda one: (one.sign, one.why))}
