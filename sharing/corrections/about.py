"""What a case is about: rows of a batch by a rule, a rule that fails, or a release somebody received.

Facts alone, and no value of a row: rows are told by their count and by a digest of their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sharing.canonical import digest


@dataclass(frozen=True)
class About:
    """`department` is whose data it is. `rows` (None: nobody counted) and `keys`, a digest, say which rows; `evidence`
    are numbers of ledger entries. `agency` is who received the `release` that is objected to, and `among` are the
    departments whose data are in it: no other is asked (none: nobody has said).
    """

    title: str
    department: str
    dataset: str = ""
    batch: str = ""
    rule: str = ""
    table: str = ""
    column: str = ""
    rows: int | None = None
    keys: str = ""
    agency: str = ""
    agreement: str = ""
    release: str = ""
    evidence: tuple[int, ...] = ()
    among: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and a part of its ledger entry: nothing in it that is empty."""
        told = {one.name: getattr(self, one.name) for one in fields(self)} | {
            "evidence": list(self.evidence),
            "among": list(self.among),
        }
        return {name: value for name, value in told.items() if value not in ("", None, [])}

    @property
    def digest(self) -> str:
        """One digest over all of it."""
        return digest(self.as_dict())

    @property
    def same(self) -> tuple[str, ...]:
        """What makes two cases about one thing: of rows not the digest of their keys, which a lake alone can tell."""
        key = self.keys if self.release else ""
        return self.dataset, self.batch, self.rule, self.table, self.column, self.release, key, self.agency


def read_about(told: Mapping[str, Any]) -> About:
    """What a ledger entry says a case is about. KeyError, TypeError or ValueError for what says nothing."""
    names = ("department", "dataset", "batch", "rule", "table", "column", "keys", "agency", "agreement", "release")
    texts: dict[str, Any] = {name: str(told.get(name, "")) for name in names}
    rows = told.get("rows")
    if rows is not None and (not isinstance(rows, int) or isinstance(rows, bool) or rows < 0):
        raise ValueError("rows are counted")
    return About(
        title=str(told["title"]),
        rows=rows,
        evidence=tuple(map(int, told.get("evidence", ()))),
        among=tuple(map(str, told.get("among", ()))),
        **texts,
    )
