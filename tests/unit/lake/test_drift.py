"""Columns that were added, taken out, renamed, moved or retyped: told apart, and treated as the contract says."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest
import yaml

from contracts.model import Dataset
from lake.drafting.applying import changed_text
from lake.drifting import draft_file
from tests.unit.lake.desk import Desk, column, dataset, moved

HEADER = "id,name,age,note\n"
GIVEN = {
    "added": "id,name,age,note,more\n1,a,2,x,y\n",
    "removed": "id,name,age\n1,a,2\n",
    "renamed": "id,fullname,age,note\n1,a,2,x\n",
    "reordered": "note,id,name,age\nx,1,a,2\n",
    "retyped": HEADER + "1,a,old,x\n",
}
KEPT = {
    "added": ("1", "a", 2, "x"),
    "removed": ("1", "a", 2, None),
    "renamed": ("1", "a", 2, "x"),
    "reordered": ("1", "a", 2, "x"),
}


def four(**drift: str) -> Dataset:
    """A dataset of four columns, of which the first two are required."""
    columns = (column("id", required=True), column("name", required=True), column("age", "integer"), column("note"))
    return replace(dataset(*columns), drift=drift)


@pytest.mark.parametrize("kind", GIVEN)
def test_without_a_word_of_the_contract(desk: Desk, kind: str) -> None:
    took = desk.take(one := four(), GIVEN[kind])
    if kind in {"added", "removed", "renamed"}:
        assert took.state == "failed" and f"contract apply {one.id}" in took.message
        noted = yaml.safe_load(draft_file(desk.settings, one.id).read_text("utf-8"))
        assert [what for what in ("added", "removed", "renamed") if noted[what]] == [kind]
    else:
        assert took.state == "accepted" and not draft_file(desk.settings, one.id).exists()
        assert took.quarantined == (kind == "retyped")


@pytest.mark.parametrize("kind", KEPT)
def test_what_a_contract_accepts_is_read(desk: Desk, kind: str) -> None:
    took = desk.take(one := four(**{kind: "accept"}), GIVEN[kind])
    assert (took.state, took.accepted) == ("accepted", 1), took.message
    assert desk.accepted(one) == [KEPT[kind]]


@pytest.mark.parametrize("kind", KEPT)
def test_what_a_contract_quarantines_is_kept_with_its_reason(desk: Desk, kind: str) -> None:
    took = desk.take(one := four(**{kind: "quarantine"}), GIVEN[kind])
    assert (took.state, took.accepted, took.reasons) == ("accepted", 0, {f"drift:{kind}": 1}), took.message
    ((_, faults, original),) = desk.rejected(one)
    assert faults == [f"drift:{kind}"] and original["age"] == "2"


@pytest.mark.parametrize("kind", ["reordered", "retyped"])
def test_what_a_contract_refuses_is_not_in_the_lake(desk: Desk, kind: str) -> None:
    took = desk.take(one := four(**{kind: "refuse"}), GIVEN[kind])
    assert took.state == "failed" and desk.stored(one) == 0
    assert {"reordered": "order of the contract", "retyped": "age (1 of 1 rows)"}[kind] in took.message


def test_a_column_that_must_be_there_is_missed_whatever_is_accepted(desk: Desk) -> None:
    took = desk.take(four(removed="accept"), "id,age,note\n1,2,x\n")
    assert took.state == "failed" and "missing: name" in took.message


def test_keys_of_objects_have_no_place_by_which_one_could_be_another(desk: Desk) -> None:
    columns = (column("a", required=True), column("b", required=True), column("c", "integer"))
    one = replace(dataset(*columns, format="ndjson"), drift={"renamed": "accept", "added": "accept"})
    took = desk.take(one, '{"a": "1", "bb": "x", "c": 2}\n')
    assert took.state == "failed" and "missing: b" in took.message
    two = replace(dataset(*columns, format="ndjson"), drift={"added": "accept"})
    took = desk.take(two, '{"more": "x", "c": 2, "a": "1", "b": "x"}\n')
    assert took.accepted == 1 and desk.accepted(two) == [("1", "x", 2)]


def test_members_of_an_archive_are_read_as_the_contract_says(desk: Desk) -> None:
    one = replace(moved(four(added="accept"), format="zip"), name="packed")
    with zipfile.ZipFile(desk.file(one), "w") as archive:
        archive.writestr("a.csv", GIVEN["added"])
        archive.writestr("b.csv", HEADER + "2,b,3,y\n")
    (took,) = desk.ingest(one)
    assert took.accepted == 2, took.message
    assert desk.accepted(one) == [KEPT["added"], ("2", "b", 3, "y")]


def test_another_file_is_no_drift_and_its_first_line_is_kept_nowhere(desk: Desk) -> None:
    took = desk.take(one := four(added="accept", removed="accept"), "330101199001011234,王伟,38\n")
    assert took.state == "failed" and not draft_file(desk.settings, one.id).exists()


def test_another_file_is_read_by_its_places_no_more_than_it_is_drafted(desk: Desk) -> None:
    took = desk.take(four(added="accept", removed="accept", renamed="accept"), "id,q,w,e\n1,a,2,x\n")
    assert took.state == "failed" and "apply" not in took.message


def test_a_column_without_a_name_is_in_no_draft(desk: Desk) -> None:
    took = desk.take(one := four(), "id,name,age,note,\n1,a,2,x,\n")
    assert took.state == "failed" and "apply" not in took.message and "ignored_headers" in took.message
    assert not draft_file(desk.settings, one.id).exists()


def test_a_delivery_as_contracted_takes_the_draft_away(desk: Desk) -> None:
    desk.take(one := four(), GIVEN["added"])
    assert draft_file(desk.settings, one.id).exists()
    desk.take(one, HEADER + "1,a,2,x\n")
    assert not draft_file(desk.settings, one.id).exists()


CONTRACT = """\
version: 1.2.3   # of the spring
schema:
  - name: d
    properties:
      # who it is
      - name: id
        customProperties:
          - {property: element, value: identifier}
      - {name: old, customProperties: [{property: headers, value: [旧]}]}
      - name: flow
        customProperties: [{property: element, value: text}]

# and the rest
customProperties: []
"""


def test_a_change_leaves_all_else_in_a_contract_as_it_was_written() -> None:
    renamed = [{"column": name, "header": f"{name}: 新"} for name in ("id", "old", "flow")]
    draft = {"renamed": renamed, "removed": [], "added": ["更"]}
    text = changed_text(CONTRACT, draft, [{"name": "more", "physicalName": "更"}])
    loaded = yaml.safe_load(text)
    columns = {one["name"]: one for one in loaded["schema"][0]["properties"]}
    assert list(columns) == ["id", "old", "flow", "more"] and loaded["version"] == "1.3.0"
    assert columns["old"]["customProperties"][0]["value"] == ["old: 新", "旧"]
    for name in ("id", "flow"):
        assert columns[name]["customProperties"][0] == {"property": "headers", "value": [f"{name}: 新"]}
        assert columns[name]["customProperties"][1]["property"] == "element"
    assert all(comment in text for comment in ("# of the spring", "# who it is", "\n\n# and the rest\n"))
    for name in ("id", "old", "flow"):
        without = changed_text(CONTRACT, {"renamed": [], "removed": [name]}, [])
        left = yaml.safe_load(without)
        assert name not in {one["name"] for one in left["schema"][0]["properties"]} and left["version"] == "2.0.0"
        assert "# and the rest" in without and len(left["schema"][0]["properties"]) == 2
