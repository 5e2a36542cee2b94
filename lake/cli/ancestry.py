"""A column's lineage for people: what flows where, by which declassifiers, and where the two readers of SQL differ.

Asking the graph is the business of `lake.queries`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.category import Category
from lake.cli.explained import show_drift
from lake.cli.output import say, table


def show_lineage(found: Mapping[str, Any]) -> None:
    """One column: its classes, the edges above or below it, and what is not sure."""
    category = Category(found["category"])
    marks = f", {', '.join(found['marks'])}" if found["marks"] else ""
    declared = f", declared {found['declared']}" if found["declared"] else ""
    say(
        f"[bold]{found['column']}[/bold]  分级 level {found['level']}{declared}  "
        f"分类 category {category.title_zh} {category}{marks}"
    )
    edges = [(e["from"], e["to"], e["kind"], e["transform"], e.get("declassifier", "")) for e in found["edges"]]
    table("", ("from", "to", "kind", "transform", "declassifier"), edges)
    if found["conformance"]:
        say(f"and {len(found['conformance'])} indirect edges of conforming: which rows were kept (--json lists them)")
    made = [(one["column"], one["name"], f"{one['title_zh']} {one['title_en']}") for one in found["conversions"]]
    if made:
        table("\n转换 Conversions", ("column", "conversion", ""), made)
    calls = [(one["column"], one["declassifier"], ", ".join(one["given"])) for one in found["calls"]]
    if calls:
        table("\n脱敏函数调用 Calls of declassifiers", ("column", "function", "was given"), calls)
    for one in found["differences"]:
        say(
            f"{one['table']}: {one['only_plan']} edges are seen by the engine's plan alone, "
            f"{one['only_second']} by the second reader alone; all of them count"
        )
    show_drift(found["drift"])
    for unknown in found["unknown"]:
        say(f"[red]unknown[/red] {unknown}")


def show_declared(found: Sequence[Mapping[str, Any]]) -> None:
    """Columns whose declared level is not the inferred one; too low first."""
    if not found:
        say("every declared level is what flows in")
        return
    lines = [(one["column"], one["declared"], one["inferred"], one["verdict"], one["because"]) for one in found]
    table("声明与推断的分级 Declared and inferred levels", ("column", "declared", "inferred", "", "because"), lines)
