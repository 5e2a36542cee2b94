"""What share of a thing's rules are kept, by the six dimensions of GB/T 36344-2018, and in what state it is at all.

A state says what a number cannot: that a table is empty or all null, that it was never checked, that a check crashed.
What is so is never told as good: a rule that nothing could break counts for nothing, one that could not be judged
counts as broken. The standard names the dimensions and leaves the formula open; grades are `scorecard`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from contracts.dimensions import DIMENSIONS
from contracts.weights import Weights
from quality.scorecard import GRADES


class State(StrEnum):
    """What is known of a thing's quality."""

    MEASURED = "measured"
    UNCHECKED = "unchecked"
    CRASHED = "crashed"
    EMPTY = "empty"
    ALL_NULL = "all_null"


class Told(NamedTuple):
    """One rule's newest result, as far as a score needs it; `rows` None where it could not be judged."""

    dimension: str
    passed: bool
    rows: int | None
    failing: int | None
    error: str | None
    counts_rows: bool = True
    """Whether `rows` are those of the table: of a build or a delivery's age they are not."""
    nothing: bool = False
    """Whether the column that it is about has no value at all."""
    answered: bool = False
    """Whether another result answers for it: it tells of the state, and counts where it could not be judged."""


@dataclass(frozen=True)
class Standing:
    """How a thing stands: its state, and the score, 0 to 100, of each dimension that was measured."""

    state: State
    dimensions: Mapping[str, float] = field(default_factory=dict)
    rules: int = 0
    failing: int = 0


def standing(results: Iterable[Told], *, all_null: bool = False) -> Standing:
    """How a thing stands by its rules' newest results; `all_null`: none of its columns has a value."""
    told = list(results)
    state = _state(told, all_null)
    shares: dict[str, list[float]] = {}
    for one in told:
        share = None if one.answered and one.error is None else _share(one)
        # Of what is empty nothing is good: what is broken altogether is told, and all else is not.
        if share is not None and (not share or state not in {State.EMPTY, State.ALL_NULL}):
            shares.setdefault(one.dimension, []).append(share)
    dimensions = {name: 100.0 * sum(each) / len(each) for name, each in shares.items()}
    scored = [one for one in told if not one.answered or one.error is not None]
    return Standing(state, dimensions, len(scored), sum(not one.passed for one in scored))


def _state(told: Collection[Told], all_null: bool) -> State:
    if not told:
        return State.UNCHECKED
    if any(one.error is not None or one.rows is None for one in told):
        return State.CRASHED
    counted = [one.rows for one in told if one.counts_rows]
    if counted and not any(counted):
        return State.EMPTY
    if all_null:
        return State.ALL_NULL
    return State.MEASURED


def _share(one: Told) -> float | None:
    """The share of rows that keep a rule; None where there was nothing that could have broken it."""
    if one.error is not None or one.rows is None or one.failing is None:
        return 0.0
    if not one.rows or one.nothing:
        return None if one.passed else 0.0
    share = 1.0 - min(one.failing, one.rows) / one.rows
    # A rule on the table as a whole has no failing rows to count.
    return share if one.passed or one.failing else 0.0


@dataclass(frozen=True)
class Score:
    """One number out of the dimensions, by the city's weights; None where nothing was measured that counts."""

    overall: float | None
    dimensions: Mapping[str, float]
    state: State = State.MEASURED

    @property
    def grade(self) -> str:
        """The grade that it earns; "" where there is none to give: only what was measured has one."""
        if self.overall is None or self.state is not State.MEASURED:
            return ""
        return next((grade for least, grade in GRADES if self.overall >= least), "E")

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """The dimensions of which nothing was measured."""
        return tuple(name for name in DIMENSIONS if name not in self.dimensions)


def score(dimensions: Mapping[str, float | None], weights: Weights, state: State = State.MEASURED) -> Score:
    """The weighted mean of the dimensions that were measured."""
    known = {name: value for name in DIMENSIONS if (value := dimensions.get(name)) is not None}
    whole = sum(weights.of(name) for name in known)
    overall = _rounded(sum(weights.of(name) * value for name, value in known.items()) / whole) if whole else None
    return Score(overall, {name: _rounded(value) for name, value in known.items()}, state)


def _rounded(value: float) -> float:
    return round(value, 2) + 0.0  # a sum that came out a little below nothing is nothing, without a sign
