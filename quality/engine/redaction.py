"""Which cell values may be seen in results, and what stands in for those that may not.

A masked sample keeps the shape of a value and none of its characters: every digit becomes 9, every Latin letter
A or a, everything else that is not ASCII punctuation becomes the sign 文. Masking happens in SQL, so that a value
that must stay quiet does not leave DuckDB.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

WITHHELD = "<withheld>"
_LONGEST_SAMPLE = 64


class Sight(Enum):
    """How much of a column may be seen: its values, their shapes, or nothing but counts."""

    PLAIN = "plain"
    MASKED = "masked"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Redaction:
    """The caller's rule: column name to ``Sight``."""

    rule: Callable[[str], Sight]

    @classmethod
    def everything(cls) -> "Redaction":
        """Shapes only, for every column."""
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

    def select(self, column: str, expression: str) -> str:
        """SQL for a sample of ``expression``, as much of ``column`` as may be seen."""
        if self.plain(column):
            return expression
        if self.rule(column) is Sight.HIDDEN:
            return f"CASE WHEN {expression} IS NOT NULL THEN '{WITHHELD}' END"
        return shape_sql(expression)


_NOTHING = Redaction(lambda column: Sight.PLAIN)


def shape_sql(expression: str) -> str:
    """SQL for the shape of ``expression``: VARCHAR, at most 64 characters, NULL for NULL."""
    text = f"left(({expression})::VARCHAR, {_LONGEST_SAMPLE})"
    for pattern, sign in (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9"), ("[^ -~]", "文")):
        text = f"regexp_replace({text}, '{pattern}', '{sign}', 'g')"
    return text


def shape(value: object) -> str:
    """The shape of a Python value, as ``shape_sql`` gives it."""
    text = str(value)[:_LONGEST_SAMPLE]
    for pattern, sign in (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9"), ("[^ -~]", "文")):
        text = re.sub(pattern, sign, text)
    return text


def quiet_text(message: str, redaction: Redaction) -> str:
    """What DuckDB said, without what it may have quoted from a cell.

    With redaction on, only the kind of error is kept (the words before the first colon): DuckDB quotes cells in
    single quotes, double quotes, parentheses or bare, depending on the error.
    """
    if not redaction.on:
        return message
    kind, colon, _ = message.partition(":")
    return kind if colon and len(kind) < 60 else "error"
