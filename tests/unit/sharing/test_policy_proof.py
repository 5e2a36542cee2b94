"""Rows and masks are proved in the bytes: counted before they leave, said by the certificate, proved again offline."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.evidence import MaskedColumn, PolicyEvidence
from contracts.masks import SHAPES
from contracts.model import Agreement, RowCondition
from sharing.certificate import Statement
from sharing.faults import SharingRefused
from sharing.policy_proof import certified_faults, count
from sharing.release import Release
from sharing.verify import verify_release
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City
from tests.unit.sharing.test_certificate import Unlock, resigned

AGES = range(80, 84)
# What the export of `City` holds: the ages of the condition, and ids that a mask of this form would leave.
TERMS = cases.agreement(
    columns=(cases.column("person_id", mask="declassify_short_id"), cases.agreement().columns[1]),
    rows=(RowCondition("age", tuple(map(str, AGES))),),
)
SHAPE = "NP-[0-9]{2}"


def seen(agreement: Agreement, **changes: Any) -> PolicyEvidence:
    masks = tuple(MaskedColumn(one.name, one.mask, SHAPE, 0) for one in agreement.columns if one.mask)
    return PolicyEvidence(**{"conditions": agreement.rows, "masks": masks, "rows": 4, "outside": 0, **changes})


def published(city: City, **changes: Any) -> Release:
    return city.publish(AGES, TERMS, policy=seen(TERMS, **changes))


def test_the_certificate_states_rows_and_masks_and_the_files_prove_them_alone(city: City) -> None:
    release = published(city)
    assert release.statement is not None
    said = release.statement.predicate
    assert [(one.column, one.values) for one in said.row_scope] == [("age", ("80", "81", "82", "83"))]
    assert {one.name: (one.mask, one.shape) for one in said.columns} == {
        "person_id": ("declassify_short_id", SHAPE),
        "age": (None, None),
    }
    assert verify_release(release.path, city.signer.public, cases.NOW) == []


@pytest.mark.parametrize(
    "changes", [{"conditions": ()}, {"outside": 1}, {"outside": None}, {"masks": ()}], ids=lambda one: next(iter(one))
)
def test_no_certificate_says_what_was_not_counted(city: City, changes: dict[str, Any]) -> None:
    with pytest.raises(SharingRefused) as refused:
        published(city, **changes)
    assert refused.value.fault.rule == "evidence_complete"
    with pytest.raises(SharingRefused):
        city.publish(AGES, TERMS)


def test_what_other_files_hold_is_told_by_number_and_never_by_value(city: City) -> None:
    release = published(city)
    found = faults(release.statement, city.export(range(80, 90)))
    assert found == ["row_scope age 6 of 10 rows are outside the agreed scope"]
    pq.write_table(pa.table({"person_id": ["NP-80", "林一", None], "age": [80, 80, None]}), city.root / "other.parquet")
    found = faults(release.statement, city.root, "other.parquet")
    assert found == [
        "row_scope age 1 of 3 rows are outside the agreed scope",
        "mask_shape person_id 1 of 3 cells do not show the agreed mask",
    ]
    pq.write_table(pa.table({"age": [80]}), city.root / "narrow.parquet")
    (told,) = faults(release.statement, city.root, "narrow.parquet")
    assert told.startswith("policy_countable")


def test_whoever_verifies_proves_rows_and_masks_again(city: City, unlocked: Unlock, tmp_path: Path) -> None:
    copy = unlocked(published(city).path, tmp_path / "received")

    def narrowed(statement: dict[str, Any]) -> None:
        statement["predicate"]["row_scope"][0]["values"] = ["80"]
        statement["predicate"]["columns"][0]["shape"] = "NP-8[0-2]"

    assert resigned(city, copy, narrowed) == {"row_scope", "mask_shape"}
    assert resigned(city, copy, lambda _: None) == {"row_scope", "mask_shape"}


def test_a_mask_without_its_form_is_a_fault(city: City) -> None:
    release = published(city)
    assert release.statement is not None
    said = release.statement.predicate
    bare = tuple(one.model_copy(update={"shape": None}) for one in said.columns)
    unsaid = said.model_copy(update={"columns": bare})
    (fault,) = certified_faults(sorted(release.path.glob("*.parquet")), unsaid)
    assert (fault.rule, fault.subject) == ("mask_shape", "person_id")


def faults(statement: Statement | None, folder: Path, pattern: str = "part-*.parquet") -> list[str]:
    assert statement is not None
    found = certified_faults(sorted(folder.glob(pattern)), statement.predicate)
    return [f"{one.rule} {one.subject} {one.message}" for one in found]


VALUES = st.sampled_from(["a", "b", "", "A", "a ", "'", "*", "****", "\n", "张"]) | st.none()


@given(
    rows=st.lists(st.tuples(VALUES, st.integers(0, 3) | st.none()), min_size=1, max_size=6),
    allowed=st.lists(st.sampled_from(["a", "b", "'", ""]), min_size=1, unique=True),
    ages=st.lists(st.integers(0, 3), min_size=1, unique=True),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_counts_are_those_of_a_plain_reading(
    rows: list[tuple[str | None, int | None]], allowed: list[str], ages: list[int], tmp_path: Path
) -> None:
    file = tmp_path / "k=v.parquet"
    texts, numbers = zip(*rows, strict=True)
    pq.write_table(pa.table({"t": pa.array(texts, pa.string()), "n": pa.array(numbers, pa.int32())}), file)
    conditions = (RowCondition("t", tuple(allowed)), RowCondition("n", tuple(map(str, ages))))
    found = count([file], conditions, {"t": SHAPES["full"]})
    breaking = {"t": sum(t not in allowed for t in texts), "n": sum(n not in ages for n in numbers)}
    outside = sum(t not in allowed or n not in ages for t, n in rows)
    unmasked = sum(t is not None and not re.fullmatch(SHAPES["full"], t) for t in texts)
    assert (found.rows, found.outside, found.breaking, found.unmasked) == (
        len(rows), outside, breaking, {"t": unmasked},
    )  # fmt: skip


def test_days_and_truths_are_compared_as_they_are_declared(tmp_path: Path) -> None:
    file = tmp_path / "part-0.parquet"
    pq.write_table(pa.table({"d": [date(2026, 1, 1), date(2026, 1, 2)], "b": [True, False]}), file)
    found = count([file], (RowCondition("d", ("2026-01-01",)), RowCondition("b", ("true",))), {})
    assert (found.breaking, found.outside) == ({"d": 1, "b": 1}, 1)


@pytest.mark.parametrize(
    ("mask", "shown", "bare"),
    [
        ("full", "****", "****1"),
        ("middle", "999001********1234", "999001199001011234"),
        ("middle", "154****1234", "15400001234"),
        ("pseudonym", "0" * 64, "0" * 63 + "g"),
        ("year", "1946", "1946-05-01"),
        ("age_band", "80", "84"),
        ("district", "999001", "999001001"),
    ],
)
def test_a_mask_by_name_is_a_form_of_text(mask: str, shown: str, bare: str) -> None:
    matches: Callable[[str], bool] = lambda text: re.fullmatch(SHAPES[mask], text) is not None  # noqa: E731
    assert (matches(shown), matches(bare)) == (True, False)
