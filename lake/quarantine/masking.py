"""How a delivered text is shown to whoever may not see it, as DuckDB SQL: by its element's mask where the text has the
form that the mask is made for, else masked whole. A rejected value is often not what its column is for.

Pseudonyms are not shown: they are those of released products, and would tell who is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from contracts.masks import SHAPES
from contracts.sql_text import literal

WHOLE = "****"
_NAME, _PHONE, _ID = (1, 0), (3, 4), (6, 4)


def masked(text: str, mask: str) -> str:
    """SQL for a text under a mask; nothing stays nothing, which tells of no value."""
    shown = _MASKS.get(mask, lambda _: literal(WHOLE))(text)
    return f"case when {text} is null or {text} = '' then {text} else {shown} end"


def masked_by_department(text: str, mask: str, sees: Iterable[str], knows: Iterable[str]) -> str:
    """SQL for a text that the department in `_department` says: as it is of those that are seen, under its mask of
    those that somebody has a role for, of any other hidden whole."""
    whole, part = (", ".join(map(literal, sorted(names))) for names in (sees, knows))
    hidden = f"case when {text} is null or {text} = '' then {text} else {literal(WHOLE)} end"
    arms = f"when _department in ({whole}) then {text} " if whole else ""
    arms += f"when _department in ({part}) then {masked(text, mask)} " if part else ""
    return f"case {arms}else {hidden} end" if arms else hidden


def _middle(text: str) -> str:
    """By length: a name, a telephone number, an id; any other length is whatever was typed, and masked whole."""
    hidden = literal(WHOLE)
    id_, phone = "[0-9]{17}[0-9Xx]", "1[0-9]{10}"
    return (
        f"case when regexp_full_match({text}, {literal(id_)}) then left({text}, {_ID[0]}) || '********' "
        f"|| right({text}, {_ID[1]}) "
        f"when regexp_full_match({text}, {literal(phone)}) then left({text}, {_PHONE[0]}) || {hidden} "
        f"|| right({text}, {_PHONE[1]}) "
        f"when regexp_full_match({text}, '\\p{{Han}}{{2,4}}') then left({text}, {_NAME[0]}) || {hidden} "
        f"else {hidden} end"
    )


def _year(text: str) -> str:
    return (
        f"case when regexp_full_match({text}, '[12][0-9]{{3}}[-/.年].*') and length({text}) <= 30 "
        f"then left({text}, 4) else {literal(WHOLE)} end"
    )


_MASKS: Mapping[str, Callable[[str], str]] = {"middle": _middle, "year": _year}
assert set(_MASKS) <= set(SHAPES)
