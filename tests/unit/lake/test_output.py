"""What is printed for people: marks of ours, and texts of others as they are, with nothing that moves a cursor."""

from __future__ import annotations

from lake.cli.output import console, say, table


def test_what_is_printed_moves_no_cursor_and_is_no_markup() -> None:
    hostile = "x\x1b[2J\u202e[red]y[/red]\x9b\u2028z"
    with console.capture() as captured:
        table("t", ("one",), [(hostile,), ("two\nlines",)])
        say("[bold]a[/bold]\x1b]0;b\r\n")
    told = captured.get()
    assert "x\\u001b[2J\\u202e[red]y[/red]\\u009b\\u2028z" in told and "a\\u001b]0;b\\u000d" in told
    assert not set(told) & set("\x1b\x9b\u202e\u2028\r") and "\nlines" in told
