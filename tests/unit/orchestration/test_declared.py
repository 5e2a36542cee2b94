"""Which declarations a dataset and an agreement hang on: rules and suites change their own table's checks alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contracts.model import Rule
from contracts.violation import Severity
from orchestration.changes.changes import Changes
from orchestration.changes.declared import Declared
from tests.unit.gates import cases

DATASET: Any = SimpleNamespace(id="health.visits", table="health__visits")
OWN, OTHER = "suites/raw.health__visits.json", "suites/raw.health__wards.json"
FILES = {"zhongtai.yml": "1", "departments/health/visits.yml": "2", "standards/codes/ward.yml": "3"}


def declared(**files: str) -> Declared:
    catalogue: Any = SimpleNamespace(datasets={DATASET.id: DATASET}, agreements={})
    return Declared({**FILES, **{name.replace("__", "/", 1): told for name, told in files.items()}}, catalogue)


def told(one: Declared) -> tuple[str, str, str]:
    return one.of_dataset(DATASET), one.of_rules, one.of_agreement(cases.agreement(), frozenset({DATASET.id}))


@pytest.mark.parametrize("name", ["rules/one.yml", OTHER])
def test_a_rule_is_nothing_to_what_is_delivered_or_to_a_verdict_by_itself(name: str) -> None:
    assert told(Declared({**FILES, name: "9"}, declared().catalogue)) == told(declared())


def test_a_suite_on_delivered_rows_has_its_dataset_looked_at() -> None:
    dataset, *rest = told(Declared({**FILES, OWN: "9"}, declared().catalogue))
    assert dataset != told(declared())[0] and tuple(rest) == told(declared())[1:]
    assert told(Declared({**FILES, OWN: "8"}, declared().catalogue))[0] != dataset


def test_a_check_hangs_on_the_rule_and_on_both_of_its_tables() -> None:
    def checked(rule_says: str, digests: dict[str, str]) -> str:
        one = Rule("one", "contradiction", (), "consistency", Severity.ERROR, {"across": rule_says, "tables": ("t.b",)})
        files = SimpleNamespace(of_rules="")
        known = {"_rules": {"t.a": (one,)}, "compared_with": lambda _table: frozenset({"t.b"})}
        changes: Any = SimpleNamespace(**known, digest_of=digests.get, declared=files)
        return Changes.checked_of(changes, "t.a")

    both = {"t.a": "1", "t.b": "2"}
    assert checked("x", both) == checked("x", both | {"t.c": "3"})
    others = (checked("y", both), checked("x", both | {"t.a": "9"}), checked("x", both | {"t.b": "9"}))
    assert len({checked("x", both), *others}) == 4
