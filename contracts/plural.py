"""A number before its noun, in messages: `1 class`, `2 classes`."""

from __future__ import annotations


def count(number: int, one: str, more: str = "") -> str:
    """The number with the noun for one, or for more (where not given, an s is added)."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
