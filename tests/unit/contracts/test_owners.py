"""An owner that the loader takes is one that Dagster takes, and the other way round."""

from __future__ import annotations

import pytest
from dagster import AssetKey
from dagster._core.definitions.utils import validate_asset_owner
from dagster._core.errors import DagsterInvalidDefinitionError
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.owners import is_owner

PARTS = st.text("abzAZ019._%+-|@ é数\n", max_size=8)
ADDRESSES = st.builds("{}@{}.{}".format, PARTS, PARTS, PARTS)


def dagster_takes(text: str) -> bool:
    try:
        validate_asset_owner(text, AssetKey("x"))
    except DagsterInvalidDefinitionError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("data@city.example", True),
        ("team:数据组", True),
        ("team:data office", True),
        ("jdoe", False),
        ("data@city_management.example", False),
        ("data@city.academy", True),
        ("data@city.abcdefgh", False),
        ("data@city", False),
        ("数据@city.example", False),
        ("a b@city.example", False),
        ("data@city.example, b@city.example", False),
        ("team:", False),
        ("Team:x", False),
        ("", False),
    ],
)
def test_an_owner(text: str, taken: bool) -> None:
    assert is_owner(text) is taken is dagster_takes(text)


@given(st.one_of(ADDRESSES, PARTS, st.builds("team:{}".format, PARTS)))
@example("team: ")
@example("team:a\nb")
@example("a@b.c|d")
def test_what_is_taken_here_dagster_takes(text: str) -> None:
    assert not is_owner(text) or dagster_takes(text)


@given(st.one_of(ADDRESSES, PARTS))
def test_what_dagster_takes_for_an_address_is_taken_here(text: str) -> None:
    assert is_owner(text) or not dagster_takes(text) or text.startswith("team:") or "|" in text
