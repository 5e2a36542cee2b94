"""Which changes of a contract break those who build on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.compare import Comparison, compare
from contracts.load import load_catalogue
from contracts.model import Dataset

CONTRACT = "contracts/departments/police/residents.yml"


@pytest.fixture
def dataset(workspace: Path) -> Dataset:
    return load_catalogue(workspace).datasets["police.residents"]


def changed(workspace: Path, before: Dataset, old: str, new: str) -> Comparison:
    path = workspace / CONTRACT
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return compare(before, load_catalogue(workspace).datasets["police.residents"])


@pytest.mark.parametrize(
    ("old", "new", "kind", "breaking"),
    [
        ("- name: income\n", "- name: earnings\n", "column removed", True),
        ("value: money}", "value: measurement}", "type changed", True),
        ("classification: L4", "classification: L3", "level lowered", True),
        ("classification: L3", "classification: L4", "level raised", False),
        ("maximum: 1000000", "maximum: 2000000", "rule weakened", True),
        ("maximum: 1000000", "maximum: 900000", "rule strengthened", False),
        ("at_least: 0.9", "at_least: 0.5", "rule weakened", True),
        ("severity: error", "severity: warning", "rule weakened", True),
        ("born > date '1900-01-01'", "born > date '1800-01-01'", "rule weakened", True),
        ("        required: true\n", "", "rule removed", True),
        ("freshness_working_days, value: 5", "freshness_working_days, value: 9", "rule weakened", True),
        ("freshness_working_days, value: 5", "freshness_working_days, value: 4", "rule strengthened", False),
        ("value: upsert", "value: snapshot", "delivery mode changed", True),
        (
            "value: conditional}\n  - {property: legal",
            "value: unconditional}\n  - {property: legal",
            "sharing loosened",
            True,
        ),
        (", born: born}", "}", "provision removed", True),
        ("name: name\n        required: true", "name: name\n        primaryKey: true", "key changed", True),
        ("[公民身份号码]", "[公民身份号码, 证件号]", "headers changed", False),
    ],
)
def test_a_change(workspace: Path, dataset: Dataset, old: str, new: str, kind: str, breaking: bool) -> None:
    found = changed(workspace, dataset, old, new)
    assert (kind, breaking) in {(one.kind, one.breaking) for one in found.differences}, found.differences
    assert found.breaking is breaking


def test_more_ways_to_leave_break_and_fewer_do_not(dataset: Dataset) -> None:
    def told(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> list[tuple[str, str, bool]]:
        one, other = (
            replace(dataset, columns=(replace(dataset.columns[0], may_leave=forms),)) for forms in (before, after)
        )
        return [(found.before, found.after, found.breaking) for found in compare(one, other).differences]

    assert told(None, ("masked",)) == [("any", "masked", False)]
    assert told(("masked",), None) == [("masked", "any", True)]
    assert told(("masked",), ("masked", "joined")) == [("masked", "masked, joined", True)]
    assert told(("masked", "joined"), ()) == [("masked, joined", "none", False)]
    assert told((), ("plain",)) == [("none", "plain", True)]
    assert told((), ()) == []


def test_an_added_column_breaks_nothing(workspace: Path, dataset: Dataset) -> None:
    added = "      - name: note\n        customProperties: [{property: element, value: text}]\n      - name: income\n"
    found = changed(workspace, dataset, "      - name: income\n", added)
    assert not found.breaking and "column added" in {one.kind for one in found.differences}
    assert found.least_version == "1.3.0"


def test_nothing_changed(dataset: Dataset) -> None:
    found = compare(dataset, dataset)
    assert (found.differences, found.breaking, found.version_sound) == ((), False, True)


def test_a_breaking_change_needs_a_new_first_number(workspace: Path, dataset: Dataset) -> None:
    found = changed(workspace, dataset, "classification: L4", "classification: L3")
    assert (found.version_sound, found.least_version) == (False, "2.0.0")
    whole = compare(dataset, replace(dataset, version="2.0.0"))
    assert whole.version_sound


def test_two_datasets_are_not_two_versions(workspace: Path, dataset: Dataset) -> None:
    with pytest.raises(ValueError, match=r"police\.residents and health\.visits"):
        compare(dataset, load_catalogue(workspace).datasets["health.visits"])
