"""What the written text of a masked column looks like, by the name of its mask: so that bytes can be held to it.

A shape is a pattern (RE2) of the whole text. Which function makes it, with which key, and what lineage says of it is
judged elsewhere: a shape proves that no other text is there, not where the text came from.
"""

from __future__ import annotations

from collections.abc import Mapping

PSEUDONYM = "declassify_pseudonym"
CITY_ID = "city_id"
"""The city's own id, the same for all who receive it: it has to be said, because they can join what they have by it."""
OF_DECLASSIFIERS = "declassify_"
_KEYED = r"[0-9a-f]{64}"

SHAPES: Mapping[str, str] = {
    "full": r"\*+",
    "middle": r"[^*]{1,6}\*{4,}[^*]{0,4}",
    "pseudonym": _KEYED,
    "hmac": _KEYED,
    CITY_ID: r"([A-Z]{2,4}-)?[0-9a-f]{20}",
    "year": r"[12][0-9]{3}",
    "age_band": r"(1?[0-9])?0",
    "district": r"[0-9]{6}",
}
"""Mask -> the pattern of the text that it leaves. The names are those that data elements give to their masks."""

MADE_BY: Mapping[str, str] = {"pseudonym": PSEUDONYM, "hmac": PSEUDONYM}
"""Masks whose text tells nothing of how it was made: the declassifier that lineage has to find behind the column."""


def maker(mask: str) -> str | None:
    """The declassifier that a column of this mask comes from; None where its text alone shows that it is masked."""
    return MADE_BY.get(mask, mask if mask.startswith(OF_DECLASSIFIERS) else None)


COLUMN_MASK = rf"^({'|'.join(sorted(SHAPES))}|{OF_DECLASSIFIERS}[a-z0-9]+(_[a-z0-9]+)*)$"
"""What an agreement may say of a column: a mask by name, or the declassifier that makes it."""
