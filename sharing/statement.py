"""What every signed statement is made of (in-toto Statement v1): strict records, and subjects by digest.

What a statement says of its subjects is its own module's. Source: https://github.com/in-toto/attestation.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A record whose every field is known: what is not is refused, and nothing is guessed from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subject(Record):
    """One file, or other thing, that a statement is about: its name, and its digests by algorithm."""

    name: str
    digest: dict[str, str]
