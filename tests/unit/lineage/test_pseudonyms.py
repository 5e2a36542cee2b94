"""Which declassifiers give what stands for one person: all that make pseudonyms, and no others."""

from __future__ import annotations

from pathlib import Path

from lineage.anonymity import Anonymity
from lineage.policy import load_policy

POLICY = Path(__file__).resolve().parents[3] / "contracts" / "standards" / "lineage_policy.yml"


def test_every_declassifier_that_makes_pseudonyms_says_whose_a_row_is() -> None:
    policy = load_policy(POLICY)
    made = {one.name for one in policy.declassifiers if (one.standard or "").startswith("GB/T 37964-2019, pseudonym")}
    assert set(policy.anonymity.pseudonyms) == made == set(Anonymity().pseudonyms)
    assert "declassify_pseudonym" in made
