"""Commands on rules: one rule across departments with what breaks it; looking at keys is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.settings import load_settings


def rule(
    name: Annotated[str, typer.Argument(help="The name of a file in contracts/rules.")],
    rows: Annotated[bool, typer.Option("--rows", help="Show the keys of what breaks it; recorded.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many keys.")] = 20,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """A rule across departments: its query, what it last came to, and on request the keys of what breaks it."""
    from lake.broken_rules import broken_keys, rule_told

    settings = load_settings(workspace)
    found = broken_keys(settings, name, limit) if rows else rule_told(settings, name)
    if as_json:
        emit(found)
        return
    for one in found["tables"]:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    say(f"[bold]{escape(one['title'])}[/bold] ({one['kind']}, {one['severity']})")
    say(f"{one['table']} against {one['compared_with']}: {_outcome(one['result'])}")
    say(f"{one['owner']}: {escape(one['fix'])}")
    say(escape(one["query"]))
    for row in one.get("rows", ()):
        say("  " + escape(", ".join(f"{key}={value}" for key, value in row.items())))


def _outcome(result: dict[str, Any] | None) -> str:
    if result is None:
        return "not checked yet: run `zhongtai run`"
    if result["error"]:
        return escape(f"could not be judged: {result['error']}")
    return f"{'✓ holds' if result['passed'] else '✗ fails'}, {result['failing_rows']} of {result['rows']}"


COMMANDS: dict[str, Callable[..., None]] = {"rule": rule}
