"""What a city says of its open data as a whole. Which dataset is open is said by its contract and agreement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """Under which open data may be used: what it is called, and where it can be read."""

    title: str
    url: str


@dataclass(frozen=True)
class OpenData:
    """What a city says of all its open data: the licence, and whom to ask. What is not declared is empty."""

    licence: Licence | None = None
    contact_name: str = ""
    contact_email: str = ""
