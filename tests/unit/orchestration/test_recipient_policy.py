"""What the files hold of rows and masks, as evidence: counted as far as it can be, with where values come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.evidence import PolicyEvidence
from contracts.masks import SHAPES
from contracts.model import Agreement, RowCondition
from lake.column_lineage import CityLineage
from lineage.calls import Call
from orchestration.share.recipient_policy import policy_seen
from tests.unit.gates import cases as g
from tests.unit.lineage import calls_cases as c

PRODUCT, THEME = "lake.product.elderly_subsidy_candidates", "lake.theme.natural_person"
PSEUDONYM = Call("declassify_pseudonym", (c.column("resident_id"), c.CONSTANT, c.CONSTANT))
KEY, AGE = "a" * 64, RowCondition("age", ("80", "81"))


def agreement(mask: str | None, *rows: RowCondition) -> Agreement:
    columns = (g.column("Key", mask=mask), g.column("age"))
    return g.agreement(columns=columns, rows=rows)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = {"Key": [KEY, "王*", None], "age": pa.array([80, 81, 82], pa.int64())}
    pq.write_table(pa.table(table), tmp_path / "part-0.parquet")
    return tmp_path / "part-0.parquet"


def seen(terms: Agreement, file: Path, *past: str) -> PolicyEvidence:
    edges = [c.Edge(c.ref(one), c.ref(f"{THEME}.name"), "direct", "identity") for one in past]
    edges += [c.Edge(c.ref(f"{THEME}.name"), c.ref(f"{PRODUCT}.key"), "direct", "expression")] if past else []
    edges += [c.Edge(c.ref("address"), c.ref(f"{PRODUCT}.key"), "indirect", "filter")]
    graph = c.graph({f"{PRODUCT}.key": PSEUDONYM}, edges=edges)
    found = policy_seen(terms, CityLineage(graph, {}, c.POLICY), [file])
    assert found is not None
    return found


def test_an_agreement_without_a_policy_has_no_evidence_of_one(file: Path) -> None:
    lineage = CityLineage(c.graph({}), {}, c.POLICY)
    assert policy_seen(agreement(None), lineage, [file]) is None
    assert policy_seen(agreement(None, AGE), lineage, [file]) is not None
    assert policy_seen(agreement("full"), lineage, [file]) is not None


def test_rows_and_cells_are_counted(file: Path) -> None:
    found = seen(agreement("pseudonym", AGE), file)
    assert (found.conditions, found.rows, found.outside, found.breaking) == ((AGE,), 3, 1, {"age": 1})
    (mask,) = found.masks
    assert (mask.column, mask.mask, mask.pattern, mask.unmasked) == ("Key", "pseudonym", SHAPES["pseudonym"], 1)


@pytest.mark.parametrize(
    ("mask", "pattern", "unmasked"),
    [
        ("declassify_mask_name", r".\*+", 1),
        ("declassify_hmac", "[0123456789abcdef]{64}", 1),
        ("declassify_year", None, None),
        ("declassify_k_rows", None, None),
        ("declassify_of_their_own", None, None),
    ],
)
def test_a_declassifiers_mask_is_its_post_condition_where_single_cells_show_it(
    mask: str, pattern: str | None, unmasked: int | None, file: Path
) -> None:
    (found,) = seen(agreement(mask), file).masks
    assert (found.pattern, found.unmasked) == (pattern, unmasked)


def test_what_cannot_be_counted_is_not_known(file: Path) -> None:
    found = seen(replace(agreement("full"), rows=(RowCondition("nowhere", ("1",)),)), file)
    assert (found.rows, found.outside, found.breaking) == (None, None, {})
    assert [(one.pattern, one.unmasked) for one in found.masks] == [(SHAPES["full"], None)]


def test_values_that_come_in_past_every_declassifier_are_named_from_where_they_begin(file: Path) -> None:
    assert seen(agreement("pseudonym"), file).masks[0].past == ()
    found = seen(agreement("pseudonym"), file, "lake.raw.deaths.name", "contract.civil_affairs.deaths.phone")
    assert found.masks[0].past == ("civil_affairs.deaths.phone", "lake.raw.deaths.name")
