"""What a kind of comparison is: which columns are prepared of a value, its levels, the keys rows are blocked by.

Lives here: the form of a kind and the table of all. Must not live here: any one kind (`latin.py`, `chinese.py`, …).

The SQL of a column sees `value` (text that has a letter or a digit), for kinds of characters also `folded`
(`characters.py`), and the columns before it; that of a key also `sound`, where the kind has one. The SQL of a level
sees the columns of both rows, as `<column>_l` and `<column>_r`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Level:
    """How alike two values are. `m` and `u` hold until something is trained: how often so in one thing, in two."""

    name: str
    zh: str
    en: str
    when: str
    m: float
    u: float


@dataclass(frozen=True)
class Kind:
    """A kind of comparison: columns by name, levels from equal to different, keys by name, and where values are rare.

    `rarity` is the column whose frequency tells what its first level is worth; `characters` whether the columns are
    made of the plain spelling; `sounded` the column whose reading becomes the column `sound`;
    `listed` are keys of which a row has several; `worded` a column that the column `words` is told by, which becomes
    the column `rare` (`words.py`); `nothing` the column that is null where there is nothing to compare, else the first.
    """

    columns: Mapping[str, str]
    levels: tuple[Level, ...]
    keys: Mapping[str, str]
    rarity: str | None = None
    characters: bool = False
    sounded: str | None = None
    listed: frozenset[str] = field(default=frozenset())
    nothing: str | None = None
    worded: str | None = None

    @property
    def made(self) -> tuple[str, ...]:
        """All columns, those made of other columns with them."""
        return (*self.columns, *(("sound",) if self.sounded else ()), *(("rare",) if self.worded else ()))

    @property
    def first(self) -> str:
        """The column that is null where there is nothing to compare."""
        return self.nothing or next(iter(self.columns))


DIFFERENT = "different"
"""The last level of every kind."""

_COLUMN = re.compile(r"\b([a-z][a-z0-9]*)_([lr])\b")


def else_level(m: float = 0.05, u: float = 0.95) -> Level:
    """The level of values that no other level takes."""
    return Level(DIFFERENT, "不同", "different", "else", m, u)


def of_comparison(sql: str, place: int) -> str:
    """A level's SQL for the comparison at a place: its columns under the names they have in `prepared`."""
    return _COLUMN.sub(rf"c{place}_\1_\2", sql)


def column(place: int, name: str) -> str:
    """What a column of the comparison at a place is called in `prepared`."""
    return f"c{place}_{name}"
