"""The declaration of what an influence costs: levels, costs by reason, exceptions, declassifiers.

Lives here: the shape of `lineage_policy.yml` and its reading. Must not live here: a level of any column, or the
computation."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lineage.anonymity import Anonymity
from lineage.declassifiers import Budgets, Declassifier, Keeper, Registry
from lineage.graph import REASONS, ROWS, ColumnRef, Edge
from lineage.rises import Rise


class BadPolicy(ValueError):
    """The policy file cannot be used; `faults` lists every fault found in it."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        self.path, self.faults = path, faults
        super().__init__(f"{path}: " + "; ".join(faults))


class Cost(BaseModel):
    """What an indirect influence costs: the level it carries over, given the level of its source.

    ``same`` carries the whole level, ``none`` nothing, ``{at_most: L2}`` caps it, ``{less: 1}`` takes off so many
    steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["same", "none"] | None = None
    at_most: str | None = None
    less: int | None = Field(default=None, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Cost:
        if sum(v is not None for v in (self.kind, self.at_most, self.less)) != 1:
            raise ValueError("give exactly one of same, none, at_most, less")
        return self


class CostException(BaseModel):
    """A cost for some edges only, with the reason why. `relation` and `source` are shell patterns."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    relation: str
    source: str = "*"
    reasons: tuple[str, ...]
    cost: Cost
    twins: bool = False
    because: str = Field(min_length=10)

    @field_validator("reasons")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        strange = [reason for reason in value if reason not in REASONS]
        if strange:
            raise ValueError(f"unknown reason {', '.join(strange)}; known are {', '.join(REASONS)}")
        return value

    def speaks_of(self, relation: str, reason: str) -> bool:
        """Whether the exception speaks of some edges into a relation for a reason."""
        return reason in self.reasons and fnmatchcase(relation, self.relation)

    def fits(self, edge: Edge) -> bool:
        """Whether the exception speaks of this edge."""
        return self.speaks_of(edge.target.relation, edge.transform) and (
            self.source == "*" or fnmatchcase(str(edge.source), self.source)
        )


class Indirect(BaseModel):
    """Costs of indirect influences: by reason, else `default`; an exception goes before both."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    default: Cost = Cost(kind="same")
    reasons: Mapping[str, Cost] = Field(default_factory=dict)
    exceptions: tuple[CostException, ...] = ()

    @field_validator("reasons")
    @classmethod
    def _known(cls, value: Mapping[str, Cost]) -> Mapping[str, Cost]:
        strange = [reason for reason in value if reason not in REASONS]
        if strange:
            raise ValueError(f"unknown reason {', '.join(strange)}; known are {', '.join(REASONS)}")
        return value


class Policy(BaseModel):
    """The whole declaration. `levels` run from the least to the most sensitive.

    `technical` gives levels by column name, `sources` by a shell pattern over ``relation.column``: for source
    columns that no contract speaks of, such as a seed's. `elements` gives their data elements in the same way.
    `rises` are the rules by which a product counts for more than its columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    levels: tuple[str, ...] = ("L1", "L2", "L3", "L4")
    undeclared: str = "L4"
    unknown: str = "L4"
    rows: str = "L1"
    technical: Mapping[str, str] = Field(default_factory=dict)
    sources: Mapping[str, str] = Field(default_factory=dict)
    elements: Mapping[str, str] = Field(default_factory=dict)
    indirect: Indirect = Indirect()
    declassifiers: tuple[Declassifier, ...] = ()
    keepers: tuple[Keeper, ...] = ()
    budgets: Budgets = Budgets()
    anonymity: Anonymity = Anonymity()
    rises: tuple[Rise, ...] = ()

    @model_validator(mode="after")
    def _levels_exist(self) -> Policy:
        used = [self.undeclared, self.unknown, self.rows, *self.technical.values(), *self.sources.values()]
        used += [declassifier.to for declassifier in self.declassifiers]
        used += [rise.level for rise in self.rises if rise.level]
        costs = [self.indirect.default, *self.indirect.reasons.values(), *(e.cost for e in self.indirect.exceptions)]
        used += [cost.at_most for cost in costs if cost.at_most]
        strange = sorted({level for level in used if level not in self.levels})
        if strange:
            raise ValueError(f"unknown level {', '.join(strange)}; known are {', '.join(self.levels)}")
        return self

    @property
    def registry(self) -> Registry:
        """The registered declassifiers."""
        return Registry.of(self.declassifiers, self.keepers, self.budgets)

    def rank(self, level: str) -> int:
        """The place of a level, 0 for the least sensitive. Raises ValueError for a level that the policy does
        not know.
        """
        if level not in self.levels:
            raise ValueError(f"unknown level {level!r}; known are {', '.join(self.levels)}")
        return self.levels.index(level)

    def undeclared_rank(self, ref: ColumnRef) -> int:
        """The rank of a source column that no contract gives a level."""
        found = self._of_sources(ref)
        return max(found) if found else self.rank(self.undeclared)

    def speaks_of(self, ref: ColumnRef) -> bool:
        """Whether the policy gives a level of its own to a source column that no contract speaks of."""
        return bool(self._of_sources(ref))

    def _of_sources(self, ref: ColumnRef) -> list[int]:
        if ref.column == ROWS:
            return [self.rank(self.rows)]
        if ref.column in self.technical:
            return [self.rank(self.technical[ref.column])]
        return [self.rank(level) for pattern, level in self.sources.items() if fnmatchcase(str(ref), pattern)]

    def priced(self, cost: Cost, rank: int) -> int:
        """What a source of `rank` carries over at `cost`."""
        if cost.kind:
            return rank if cost.kind == "same" else 0
        if cost.at_most:
            return min(rank, self.rank(cost.at_most))
        return max(0, rank - (cost.less or 0))

    def cost_of(self, edge: Edge) -> Cost:
        """The cost of an indirect edge: the first exception that fits, else its reason's, else the default."""
        for exception in self.indirect.exceptions:
            if exception.fits(edge):
                return exception.cost
        return self.indirect.reasons.get(edge.transform, self.indirect.default)


def load_policy(path: str | Path) -> Policy:
    """Read `lineage_policy.yml`. Raises `BadPolicy` with every fault in it."""
    try:
        return Policy.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        faults = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
        raise BadPolicy(Path(path), faults) from error
    except yaml.YAMLError as error:
        raise BadPolicy(Path(path), ["is not YAML"]) from error
