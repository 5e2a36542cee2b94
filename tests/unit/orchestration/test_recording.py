"""What a run writes down vouches for no table that was left behind, nor for one that was made of such a table."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from types import SimpleNamespace
from typing import Any

import pytest

from lake.made import Made, Stood
from orchestration.changes import recording
from orchestration.changes.recording import Done, _project, _tables
from orchestration.changes.texts import Text

OLD = {"a": Text("old", ("raw.r",)), "b": Text("b", ("a",))}
NEW = {**OLD, "a": Text("new", ("raw.r",))}


def _changes(texts: Mapping[str, Text] | None, project: str = "p") -> Any:
    known = texts or {}

    def told(name: str) -> str:
        return name if name.startswith("raw.") else f"{known[name].own}({', '.join(map(told, known[name].above))})"

    order = TopologicalSorter({name: set(one.above) for name, one in known.items()}).static_order()
    return SimpleNamespace(
        texts=texts,
        project=project,
        city=None,
        digest_of=told,
        checked_of=told,
        in_order=[n for n in order if n in known],
    )


def _recorded(texts: Mapping[str, Text], before: Made, *made: str) -> tuple[dict[str, Stood], str]:
    changes = _changes(texts)
    tables = _tables(changes, Done(made=dict.fromkeys(made, True)), before, {})
    return tables, _project(changes, before, tables)


@pytest.fixture(autouse=True)
def no_sick_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_unjudged", lambda _: set())


def test_what_was_made_is_recorded_and_the_project_with_it() -> None:
    tables, project = _recorded(OLD, Made(), "a", "b")
    assert ({name: one.digest for name, one in tables.items()}, project) == (
        {"a": "old(raw.r)", "b": "b(old(raw.r))"},
        "p",
    )


def test_a_table_that_was_left_behind_keeps_its_old_digest_and_the_project_is_not_recorded() -> None:
    first = Made(tables=_recorded(OLD, Made(), "a", "b")[0], project="p0")
    assert _recorded(NEW, first) == (first.tables, "")


def test_a_table_that_was_made_of_one_left_behind_is_made_again() -> None:
    first = Made(tables=_recorded(OLD, Made(), "a", "b")[0])
    tables, project = _recorded(NEW, first, "b")
    assert (tables, project) == ({"a": first.tables["a"]}, "")


def test_without_the_texts_the_project_stays_what_it_was_and_becomes_nothing_else() -> None:
    changes = _changes(None)
    assert _project(changes, Made(project="p"), {}) == "p"
    assert _project(changes, Made(), {}) == _project(changes, Made(project="q"), {}) == ""
