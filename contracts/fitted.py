"""Texts cut to the width that a picture has for them. What is drawn is not known here."""

from __future__ import annotations

from unicodedata import east_asian_width


def fitted(text: str, letters: int) -> str:
    """The text, cut where it is wider than so many Latin letters; a Chinese one is as wide as two."""
    width = 0
    for place, letter in enumerate(text):
        width += 2 if east_asian_width(letter) in {"W", "F"} else 1
        if width > letters:
            return text[: place - 1] + "…"
    return text
