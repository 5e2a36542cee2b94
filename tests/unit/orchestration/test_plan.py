"""What a run would do: what is made of what is looked at, and what is compared with it, wherever in the order it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from orchestration.changes.plan import _tables

ABOVE = {"staging.a": ["raw.a"], "theme.t": ["staging.a"], "staging.b": ["raw.b"], "product.p": ["theme.t"]}
COMPARED = {"staging.a": {"staging.b"}, "product.p": {"theme.elsewhere"}}


def changes(**whys: str) -> Any:
    return SimpleNamespace(
        in_order=["staging.a", "theme.t", "staging.b", "product.p"],
        stored=frozenset(ABOVE),
        above=lambda table: tuple(ABOVE[table]),
        compared_with=lambda table: frozenset(COMPARED.get(table, ())),
        why_make=lambda table: whys.get(table.partition(".")[2], ""),
        before=SimpleNamespace(tables={}),
    )


def test_what_is_compared_with_what_may_change_is_made_too_and_what_is_made_of_it() -> None:
    found = _tables(changes(), {"raw.b"})
    assert set(found) == {"staging.b", "staging.a", "theme.t", "product.p"}
    assert "which its checks look at" in found["staging.a"] and "raw.b" in found["staging.b"]


def test_nothing_is_made_of_what_nothing_hangs_on() -> None:
    assert _tables(changes(), set()) == {}
    assert set(_tables(changes(), {"raw.a"})) == {"staging.a", "theme.t", "product.p"}
    assert _tables(changes(p="its SQL has changed"), set()) == {"product.p": "its SQL has changed"}
