"""The declaration of who counts as a person, of how many must stand together, and of what a mask may give away.

Lives here: the shape of the section `anonymity` in `lineage_policy.yml`. Must not live here: any counting."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Limit(BaseModel):
    """How much of its inputs a declassifier's outputs may give away on the rows that there are.

    `determined` is the greatest share of distinct inputs that their output tells for sure; `information` the greatest
    share of the inputs' entropy that the outputs carry. Both over distinct pairs, every input counted once."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    determined: float = Field(ge=0, le=1)
    information: float = Field(ge=0, le=1)


class Determination(BaseModel):
    """Limits by declassifier; of fewer distinct inputs than `from_inputs` no share says anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    from_inputs: int = Field(default=300, ge=2)
    limits: Mapping[str, Limit] = Field(default_factory=dict)


class Anonymity(BaseModel):
    """`k` persons at least stand behind each row of what is not about single persons by agreement.

    `person_elements` are the data elements whose values name one person each; `pseudonyms` the declassifiers whose
    output stands for one person (or other identified thing) and hides which."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    k: int = Field(default=10, ge=2)
    person_elements: tuple[str, ...] = ("resident_id", "passport_number")
    pseudonyms: tuple[str, ...] = (
        "declassify_hmac",
        "declassify_pseudonym",
        "declassify_city_key",
        "declassify_registered_id",
    )
    determination: Determination = Determination()
