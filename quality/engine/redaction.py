"""Which cell values may be seen in results, and what stands in for those that may not.

What stands in for a cell is the same for every cell of its column, NULL included: whatever varied with the value, its
length or its sign, would tell two or three values apart beside a plain id. MASKED tells the kind of the column, HIDDEN
nothing. The sign is written in SQL, so that a value that must stay quiet does not leave DuckDB.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

WITHHELD = "<withheld>"


class Sight(Enum):
    """How much of a column may be seen: its values, of which kind they are, or nothing but counts."""

    PLAIN = "plain"
    MASKED = "masked"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Redaction:
    """The caller's rule: column name to ``Sight``."""

    rule: Callable[[str], Sight]

    @classmethod
    def everything(cls) -> "Redaction":
        """No value, for every column."""
        return cls(lambda column: Sight.MASKED)

    @classmethod
    def nothing(cls) -> "Redaction":
        """Plain values, as Great Expectations shows them by default."""
        return _NOTHING

    @classmethod
    def by_column(cls, sights: dict[str, Sight], otherwise: Sight = Sight.MASKED) -> "Redaction":
        """A rule from a mapping; columns it does not name are masked unless ``otherwise`` says more."""
        known = dict(sights)
        return cls(lambda column: known.get(column, otherwise))

    @property
    def on(self) -> bool:
        """Whether anything at all is kept quiet."""
        return self is not _NOTHING

    def plain(self, column: str) -> bool:
        """Whether the values of ``column`` may be seen."""
        return not self.on or self.rule(column) is Sight.PLAIN

    def sign(self, column: str, type_name: str) -> str:
        """What stands in for every cell of a ``column`` that is not plain."""
        return mask_of(type_name) if self.rule(column) is Sight.MASKED else WITHHELD

    def select(self, column: str, type_name: str, expression: str) -> str:
        """SQL for a sample of ``expression``, as much of ``column`` as may be seen."""
        return expression if self.plain(column) else f"'{self.sign(column, type_name)}'"


_NOTHING = Redaction(lambda column: Sight.PLAIN)


def kind_of(type_name: str) -> str:
    """A type without what its name may take from cells: the words of an ENUM, the keys of a STRUCT or a UNION."""
    head = type_name.split("(")[0].rstrip('"')
    plain = head in ("DECIMAL",) or "(" not in type_name
    return type_name if plain else head + "[]" * type_name.endswith("]")


def mask_of(type_name: str) -> str:
    """The sign of a masked cell: the kind of its column, without sizes."""
    return f"<{kind_of(type_name).split('(')[0]}>"


def quiet_text(error: BaseException, redaction: Redaction) -> str:
    """What an error may say: with redaction on its type only, since DuckDB, and user SQL through it, quote cells."""
    return type(error).__name__ if redaction.on else str(error)
