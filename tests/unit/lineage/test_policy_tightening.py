"""A workspace's lineage policy asks for at least what the platform's does; each place where it does not is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.column_lineage import policy_of
from lake.settings import REPOSITORY, load_settings
from lineage.policy import Policy
from lineage.policy_tightening import PolicyLoosened, refuse_loosening

PLATFORM: dict[str, Any] = yaml.safe_load(
    (REPOSITORY / "contracts" / "standards" / "lineage_policy.yml").read_text(encoding="utf-8")
)
Change = Callable[[dict[str, Any]], Any]
_ONE_MORE = len(PLATFORM["indirect"]["exceptions"])
"""Where an exception stands that a workspace adds at the end."""


def changed(change: Change) -> Policy:
    own = copy.deepcopy(PLATFORM)
    change(own)
    return Policy.model_validate(own)


def declassifier(own: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in own["declassifiers"] if one["name"] == name)


def exception(own: dict[str, Any], place: int) -> dict[str, Any]:
    found: dict[str, Any] = own["indirect"]["exceptions"][place]
    return found


def cheap(relation: str = "*") -> dict[str, Any]:
    because = "No reason at all, as long as it is"
    return {"relation": relation, "reasons": ["filter"], "cost": "none", "because": because}


def add(own: dict[str, Any], one: dict[str, Any]) -> None:
    own["indirect"]["exceptions"].append(one)


def dearer_first_then_gone() -> tuple[Policy, Policy]:
    platform = changed(lambda own: own["indirect"]["exceptions"].insert(0, cheap("*.theme.*") | {"cost": "same"}))
    return platform, changed(lambda own: None)


LOOSER: dict[str, Change] = {
    "levels": lambda own: own.update(levels=["L4", "L3", "L2", "L1"]),
    "undeclared": lambda own: own.update(undeclared="L2"),
    "unknown": lambda own: own.update(unknown="L1"),
    "technical.resident_id": lambda own: own["technical"].update(resident_id="L1"),
    "sources.*": lambda own: own["sources"].update({"*": "L1"}),
    "sources.*.staging.identity_decisions.identifier": lambda own: own["sources"].update(
        {"*.staging.identity_decisions.identifier": "L1"}
    ),
    "sources.*.staging.identity_decisions.city_id": lambda own: own["sources"].pop(
        "*.staging.identity_decisions.city_id"
    ),
    "indirect.default": lambda own: own["indirect"].update(default={"at_most": "L2"}),
    "indirect.reasons.filter": lambda own: own["indirect"].update(reasons={"filter": "none"}),
    "indirect.reasons.join": lambda own: own["indirect"].update(reasons={"join": {"less": 1}}),
    f"indirect.exceptions.{_ONE_MORE}": lambda own: add(own, cheap()),
    "indirect.exceptions.0": lambda own: exception(own, 0).update(relation="*"),
    "indirect.exceptions.1": lambda own: exception(own, 1).update(reasons=["filter"]),
    "indirect.exceptions.2": lambda own: exception(own, 2).update(source="*"),
    "declassifiers.mine": lambda own: own["declassifiers"].append(
        {**declassifier(own, "declassify_year"), "name": "mine"}
    ),
    "declassifiers.declassify_mask_id.to": lambda own: declassifier(own, "declassify_mask_id").update(to="L1"),
    "declassifiers.declassify_year.lowers": lambda own: declassifier(own, "declassify_year").update(
        lowers=["value", "influence", "rows"]
    ),
    "declassifiers.declassify_k_count.post_condition.at_least": lambda own: declassifier(own, "declassify_k_count")[
        "post_condition"
    ].update(at_least=2),
    "declassifiers.declassify_year.post_condition.at_most": lambda own: declassifier(own, "declassify_year")[
        "post_condition"
    ].update(at_most=100000),
    "declassifiers.declassify_mask_id.post_condition.pattern": lambda own: declassifier(own, "declassify_mask_id")[
        "post_condition"
    ].update(pattern=".*"),
    "declassifiers.declassify_mask_name.post_condition.kind": lambda own: declassifier(own, "declassify_mask_name")[
        "post_condition"
    ].update(kind="members", at_most=150),
    "declassifiers.declassify_hmac.takes": lambda own: declassifier(own, "declassify_hmac").update(takes=["personal"]),
    "rises.many_persons": lambda own: own["rises"].pop(1),
    "rises.many_persons.when.over": lambda own: own["rises"][1]["when"].update(over=100_001),
    "rises.many_persons.when": lambda own: own["rises"][1]["when"].update(mark="personal"),
    "rises.many_persons.category": lambda own: own["rises"][1].update(category=None, level="L4"),
    "rises.sensitive_joined.level": lambda own: own["rises"][0].update(level="L3"),
    "rises.located_persons.when": lambda own: own["rises"][3]["when"]["groups"].append({"elements": ["phone"]}),
}
TIGHTER: dict[str, Change] = {
    "the same": lambda own: None,
    "rows": lambda own: own.update(rows="L2"),
    "technical": lambda own: own["technical"].update(_batch="L3"),
    "a new source at the highest level": lambda own: own["sources"].update({"*.raw.*": "L4"}),
    "a cost": lambda own: exception(own, 0).update(cost="same"),
    "a cap": lambda own: exception(own, 0).update(cost={"at_most": "L2"}),
    "fewer reasons": lambda own: exception(own, 1).update(reasons=["qualify"]),
    "an exception left out": lambda own: own["indirect"]["exceptions"].pop(3),
    "an exception that costs": lambda own: own["indirect"]["exceptions"].insert(0, cheap() | {"cost": "same"}),
    "a declassifier left out": lambda own: own["declassifiers"].pop(),
    "lowers less": lambda own: declassifier(own, "declassify_k_count").update(lowers=["value"], to="L2"),
    "more persons": lambda own: declassifier(own, "declassify_k_count")["post_condition"].update(at_least=20),
    "fewer values": lambda own: declassifier(own, "declassify_year")["post_condition"].update(at_most=100),
    "takes no mark": lambda own: declassifier(own, "declassify_k_count").update(takes=[]),
    "rises sooner": lambda own: own["rises"][1]["when"].update(over=1),
    "rises higher": lambda own: own["rises"][1].update(category="core", level="L4"),
    "one rise more": lambda own: own["rises"].append({**own["rises"][0], "name": "mine", "level": "L2"}),
    "other words": lambda own: declassifier(own, "declassify_year").update(title="Year alone"),
}


@pytest.mark.parametrize("key", LOOSER)
def test_what_is_looser_is_refused_and_named_with_both_values(key: str) -> None:
    with pytest.raises(PolicyLoosened) as refused:
        refuse_loosening(changed(lambda own: None), changed(LOOSER[key]))
    found = next(one for one in refused.value.loosenings if one.key == key)
    assert found.platform != found.workspace
    assert f"{key} is {found.workspace}" in str(refused.value)


@pytest.mark.parametrize("name", TIGHTER)
def test_what_is_tighter_is_taken(name: str) -> None:
    refuse_loosening(changed(lambda own: None), changed(TIGHTER[name]))


def test_a_dear_exception_before_a_cheap_one_may_not_be_left_out() -> None:
    platform, own = dearer_first_then_gone()
    with pytest.raises(PolicyLoosened, match="exceptions"):
        refuse_loosening(platform, own)


def test_exceptions_keep_their_order() -> None:
    platform = changed(lambda own: own["indirect"]["exceptions"].insert(0, cheap("*.x.*") | {"cost": {"less": 1}}))
    own = changed(lambda own: own["indirect"]["exceptions"].append(cheap("*.x.*") | {"cost": {"less": 1}}))
    with pytest.raises(PolicyLoosened):
        refuse_loosening(platform, own)


def test_a_workspace_that_loosens_is_refused_when_its_policy_is_read(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert policy_of(settings) == Policy.model_validate(PLATFORM)
    file = tmp_path / "contracts" / "standards" / "lineage_policy.yml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({**PLATFORM, "rows": "L2"}))
    assert policy_of(settings).rows == "L2"
    file.write_text(yaml.safe_dump({**PLATFORM, "undeclared": "L1"}))
    with pytest.raises(PolicyLoosened, match="undeclared is L1, and the platform has L4"):
        policy_of(settings)
