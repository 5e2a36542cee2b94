"""The kinds of dirt that departments deliver: what each does to a row, and which rules must then speak.

A fault changes columns of a few rows; its `rules` are the names under which the platform must report them, none where
the row is to be accepted all the same. In a change, `{}` stands for the column's clean expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.sample_city.identifiers import shortened, wrong_check

TOO_SHORT = "too_short"
TOO_LONG = "too_long"


@dataclass(frozen=True)
class Fault:
    """One kind of dirt in one dataset; `when` says which rows can have it, `share` how many of 10,000 do."""

    kind: str
    changes: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    when: str = "true"
    share: int = 10

    @property
    def quarantines(self) -> bool:
        """Whether a row with this fault must be rejected."""
        return bool(self.rules)


def missing(column: str) -> Fault:
    """A required value that is not there."""
    return Fault("missing", {column: "NULL"}, (f"required:{column}",))


def wrong_check_digit(column: str, when: str = "true") -> Fault:
    """An identifier whose last character is not the one its digits ask for."""
    return Fault("wrong_check_digit", {column: wrong_check("{}")}, (f"check_digit:{column}",), when)


def fifteen_digits(column: str, birth: str = "birth") -> Fault:
    """An id in its form of before 1999: accepted, and upgraded later."""
    return Fault("fifteen_digits", {column: shortened("{}")}, when=f"{birth} < DATE '1999-01-01'", share=40)


def outside_codes(column: str, code: str, *also: str) -> Fault:
    """A code that its code set does not have; `also` are rules that it breaks as well."""
    return Fault("outside_code_set", {column: f"'{code}'"}, (f"code_set:{column}", *also))


def outside_pattern(column: str, text: str) -> Fault:
    """A text of the wrong form."""
    return Fault("wrong_form", {column: f"'{text}'"}, (f"pattern:{column}",))


def outside_range(column: str, value: str, *rules: str) -> Fault:
    """A number beyond what is possible; the rules default to the column's own range rule."""
    return Fault("out_of_range", {column: value}, rules or (f"{column}_range",))


def impossible_date(column: str, text: str = "2026-02-30") -> Fault:
    """A date that no calendar has."""
    return Fault("impossible_date", {column: f"'{text}'"}, (f"type:{column}",))


def not_a_number(column: str, text: str = "不详") -> Fault:
    """Words where a number belongs."""
    return Fault("not_a_number", {column: f"'{text}'"}, (f"type:{column}",))


def spelled_dates(column: str) -> tuple[Fault, ...]:
    """Dates written in two other ways: accepted."""
    return (
        Fault("date_compact", {column: "strftime(({})::DATE, '%Y%m%d')"}, share=100),
        Fault("date_in_words", {column: "strftime(({})::DATE, '%Y年%m月%d日')"}, share=100),
    )


def surrounded(column: str) -> Fault:
    """Blanks around a text: accepted, and trimmed."""
    return Fault("surrounding_blanks", {column: "'  ' || ({}) || ' '"}, share=30)


def contradiction(rule: str, changes: Mapping[str, str], when: str = "true") -> Fault:
    """Values that are possible each for itself and not together."""
    return Fault("contradiction", changes, (rule,), when)


def both(first: Fault, second: Fault) -> Fault:
    """Two faults in one row: both must be reported."""
    rules = first.rules + second.rules
    when = f"({first.when}) AND ({second.when})"
    return Fault(f"{first.kind}+{second.kind}", {**first.changes, **second.changes}, rules, when, share=5)


RAGGED = (
    Fault(TOO_SHORT, rules=("structure:too_short",), share=5),
    Fault(TOO_LONG, rules=("structure:too_long",), share=5),
)
