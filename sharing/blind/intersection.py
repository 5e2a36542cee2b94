"""What a private set intersection must promise, whatever protocol it runs: the interface of adapters.

Which identifiers go in, and whether what comes out may be believed, is judged around every adapter alike
(`lake/blind/meeting.py`): an adapter moves sets, and decides nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class PrivateSetIntersection(Protocol):
    """One side's end of a protocol by which two sides learn what their sets have in common, and nothing else.

    `ours` is a Parquet file with the columns `identifier` (text; verified, in its standard spelling, none twice, none
    null) and `row` (whole number). `peer` names the other side in the protocol's own words: a file, an address. Written
    to `found` is a Parquet file with one column `row`: of ours, the rows whose identifier the peer has too, each once,
    in any order. The other side's identifiers, rows and number are not learned. SharingRefused where it cannot be done,
    without a value in its text; `found` is then not there.
    """

    @property
    def name(self) -> str:
        """What the ledger calls the protocol."""
        ...

    def intersect(self, ours: Path, peer: str, found: Path) -> None:
        """Find what both have."""
        ...
