"""What is printed for people: marks of ours, and texts of others as they are, with nothing that moves a cursor."""

from __future__ import annotations

import typer
from rich.text import Text
from typer.core import TyperGroup

from lake.cli.app import build_app
from lake.cli.output import console, say, table
from tests.command import call


def test_what_is_printed_moves_no_cursor_and_is_no_markup() -> None:
    hostile = "x\x1b[2J\u202e[red]y[/red]\x9b\u2028z"
    with console.capture() as captured:
        table("t", ("one",), [(hostile,), ("two\nlines",)])
        say("[bold]a[/bold]\x1b]0;b\r\n")
    told = captured.get()
    assert "x\\u001b[2J\\u202e[red]y[/red]\\u009b\\u2028z" in told and "a\\u001b]0;b\\u000d" in told
    assert not set(told) & set("\x1b\x9b\u202e\u2028\r") and "\nlines" in told


def test_every_help_can_be_read() -> None:
    """Help is markup: a bracket that is meant as one is escaped, or it vanishes or the help crashes."""
    told = typer.main.get_command(build_app())
    assert isinstance(told, TyperGroup)
    helps = {
        f"{name} {one.name}": str(getattr(one, "help", None) or "")
        for name, command in told.commands.items()
        for one in (command, *command.params)
    }
    assert len(helps) > len(told.commands) > 50
    assert [where for where, text in helps.items() if Text.from_markup(text).spans] == []
    said = call("listen", "--help", environment={"COLUMNS": "200"})
    assert (said.status, "mqtt://HOST[:PORT][/PREFIX], mqtts://…" in said.out) == (0, True)
