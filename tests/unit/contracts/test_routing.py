"""Declared routes: exactly one owner for each category in each district, or the file is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.documents import Document
from contracts.known import Known
from contracts.model import CodeSet, Department
from contracts.reading_routing import read_routing
from contracts.routing import Routing

CATEGORIES, DISTRICTS, OWNERS = ("01", "02", "03"), ("999001", "999002"), ("roads", "police")


def _known() -> Known:
    def codes(name: str, listed: tuple[str, ...]) -> CodeSet:
        return CodeSet(name, "", "", "", {code: (code, code) for code in listed})

    return Known(
        code_sets={
            "kinds": codes("kinds", CATEGORIES),
            "administrative_division": codes("administrative_division", DISTRICTS),
        },
        departments={name: Department(name, name, name, name, "a@b.example") for name in OWNERS},
        tables=frozenset({"theme.events"}),
    )


def _file(routes: list[dict[str, object]], **changes: object) -> dict[str, object]:
    return {
        "routing": "events",
        "title": {"zh": "派遣", "en": "Routes"},
        "code_set": "kinds",
        "districts": list(DISTRICTS),
        "office": {"from": 9, "until": 17},
        "repeat_days": 7,
        "routes": routes,
        **changes,
    }


def _read(declared: dict[str, object]) -> tuple[dict[str, Routing], Document]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.yml"
        path.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
        document = Document(path, Path(folder))
        found = read_routing([document], _known())
        for fault in document.faults:
            assert fault.line and fault.write_instead
        return found, document


_ROUTE = st.fixed_dictionaries(
    {
        "categories": st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3, unique=True),
        "owner": st.sampled_from(OWNERS),
        "assign_hours": st.integers(1, 8),
        "close_days": st.integers(0, 9),
    },
    optional={"districts": st.lists(st.sampled_from(DISTRICTS), min_size=1, max_size=2, unique=True)},
)


@settings(max_examples=150)
@given(routes=st.lists(_ROUTE, min_size=1, max_size=4))
def test_sound_exactly_where_each_has_one_owner(routes: list[dict[str, object]]) -> None:
    named = [{"name": f"r{number}", **one} for number, one in enumerate(routes)]
    found, document = _read(_file(named))
    owners: Counter[tuple[str, str]] = Counter()
    for one in routes:
        owners.update((c, d) for c in one["categories"] for d in one.get("districts", DISTRICTS))  # type: ignore[attr-defined]
    wanted = all(owners[category, district] == 1 for category in CATEGORIES for district in DISTRICTS)
    assert bool(found) == wanted and bool(document.faults) == (not wanted)
    if wanted:
        places = [(category, district) for category, district, _ in found["events"].places()]
        assert sorted(places) == sorted(owners)


_ALL = {"name": "all", "categories": list(CATEGORIES), "owner": "roads", "assign_hours": 1, "close_days": 1}
_BAD: dict[str, tuple[dict[str, object], str, str]] = {
    "no_owner": (_file([{**_ALL, "categories": ["01", "02"]}]), "routes", "03 in 999001"),
    "two_owners": (_file([_ALL, {**_ALL, "name": "too", "categories": ["02"]}]), "routes[1]", "all owns them"),
    "no_such_category": (_file([{**_ALL, "categories": [*CATEGORIES, "04"]}]), "routes[0].categories[3]", "'04'"),
    "district_elsewhere": (_file([{**_ALL, "districts": ["999009"]}]), "routes[0].districts[0]", "'999009'"),
    "no_such_owner": (_file([{**_ALL, "owner": "road"}]), "routes[0].owner", "no department"),
    "closes_before_it_opens": (_file([_ALL], office={"from": 17, "until": 9}), "office", "closes at 9"),
    "no_such_table": (_file([_ALL], routing="event"), "routing", "no table"),
}


@pytest.mark.parametrize("case", _BAD.values(), ids=_BAD)
def test_refused_at_its_place(case: tuple[dict[str, object], str, str]) -> None:
    declared, where, what = case
    found, document = _read(declared)
    assert not found and any(one.where == where and what in one.what for one in document.faults), document.faults
