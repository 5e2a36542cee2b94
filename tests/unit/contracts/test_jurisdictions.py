"""Jurisdictions: the one that a city names holds, a city may add its own, and what is no deadline is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.registry import PLATFORM

CHINA = yaml.safe_load((PLATFORM / "jurisdictions" / "china.yml").read_text("utf-8"))


def write(workspace: Path, name: str = "town", **changes: object) -> None:
    folder = workspace / "contracts" / "standards" / "jurisdictions"
    folder.mkdir(exist_ok=True)
    told = {**CHINA, "jurisdiction": name, **changes}
    (folder / "town.yml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")


def name(workspace: Path, jurisdiction: str) -> None:
    city = workspace / "zhongtai.yml"
    city.write_text(f"{city.read_text('utf-8')}jurisdiction: {jurisdiction}\n", "utf-8")


def test_chinas_hold_unless_a_city_says_otherwise(workspace: Path) -> None:
    found = load_catalogue(workspace).jurisdiction
    days = {limit: one.working_days for limit, one in found.limits.items()}
    assert (found.name, days["answer_unconditional"], days["answer_conditional"], days["share"]) == ("china", 1, 10, 20)
    assert all(one.source for one in (*found.limits.values(), *found.grounds.values())) and found.questions_stop
    read_in_the_law = {limit for limit, one in found.limits.items() if not one.verify}
    assert read_in_the_law == {"answer_unconditional", "answer_conditional", "share"}


def test_a_city_may_have_numbers_of_its_own(workspace: Path) -> None:
    share = {"working_days": 7, "source": "a town's law"}
    write(workspace, deadlines={**CHINA["deadlines"], "share": share})
    assert load_catalogue(workspace).jurisdiction.name == "china"
    name(workspace, "town")
    found = load_catalogue(workspace).jurisdiction
    assert (found.name, found.limits["share"].working_days, found.limits["share"].source) == ("town", 7, "a town's law")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "china"}, "exists already"),
        ({"name": "village"}, "is not the file's name"),
        (
            {"deadlines": {**CHINA["deadlines"], "share": {"working_days": 0, "source": "a law"}}},
            "a number of 1 or more",
        ),
        ({"deadlines": {**CHINA["deadlines"], "share": {"working_days": 5}}}, "deadlines.share.source"),
        ({"deadlines": {}}, "deadlines.answer_conditional"),
        ({"grounds": {}}, "grounds"),
        ({"clock": "stops"}, "unknown key 'clock'"),
    ],
)
def test_what_is_none_is_refused(workspace: Path, changes: dict[str, object], says: str) -> None:
    write(workspace, **changes)  # type: ignore[arg-type]
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    assert says in str(refused.value)


def test_one_that_nobody_declares_is_refused_with_those_there_are(workspace: Path) -> None:
    name(workspace, "atlantis")
    with pytest.raises(DeclarationsRefused, match="no jurisdiction 'atlantis'"):
        load_catalogue(workspace)


def test_corrections_have_deadlines_and_grounds_with_sources_that_nobody_has_verified_yet() -> None:
    china = load_catalogue(Path(__file__).resolve().parents[3]).jurisdiction
    limits = [china.limits[f"correction_{name}"] for name in ("send", "answer", "mend", "dispute")]
    assert all(one.source and one.verify for one in limits)
    assert china.correction_grounds["data_is_right"].source and not set(china.correction_grounds) <= set(china.grounds)
