"""Weights of the dimensions: declared in zhongtai.yml, and refused where no score could come of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.dimensions import DIMENSIONS
from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue


def weigh(workspace: Path, text: str) -> None:
    city = workspace / "zhongtai.yml"
    city.write_text(f"{city.read_text('utf-8')}quality:\n  weights: {text}\n", "utf-8")


def test_all_alike_where_none_is_declared(workspace: Path) -> None:
    assert {load_catalogue(workspace).weights.of(name) for name in DIMENSIONS} == {1.0}


def test_declared_ones_hold(workspace: Path) -> None:
    weigh(workspace, "{accuracy: 2, completeness: 0.5}")
    found = load_catalogue(workspace).weights
    assert [found.of(name) for name in ("accuracy", "completeness", "timeliness")] == [2, 0.5, 0]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("{accuracy: -1, completeness: 1}", "quality.weights.accuracy", "below zero"),
        ("{accuracy: 0}", "quality.weights", "above 0"),
        ("{acuracy: 1}", "quality.weights.acuracy", "accuracy"),
        ("{accuracy: much}", "quality.weights.accuracy", ""),
    ],
)
def test_bad_ones_are_refused_where_they_stand(workspace: Path, text: str, where: str, words: str) -> None:
    weigh(workspace, text)
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    fault = next(one for one in refused.value.faults if one.where == where)
    assert fault.file == "zhongtai.yml"
    assert words in str(fault) and fault.line is not None and fault.write_instead
