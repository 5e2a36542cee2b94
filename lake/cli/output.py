"""Printing: one JSON object for programs, tables for people. What is printed is decided by the commands."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.signs import shown

# Into a file or a pipe, rich would fold tables at 80 columns.
_PIPED = 200

WRONG = 2
"""Exit status: what was asked cannot be done as it was asked."""

# What a terminal cannot show is shown by its number; without an output there is nobody to show it to.
if sys.stdout is None:
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
elif hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(errors="backslashreplace")

console = Console(
    stderr=False, highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPED
)


def emit(data: dict[str, Any]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers are right-aligned by the caller's formatting."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for header in headers:
        made.add_column(header, overflow="fold")
    for row in rows:
        made.add_row(*(f"{cell:,}" if isinstance(cell, int) else _cell(str(cell)) for cell in row))
    console.print(made)


def _cell(text: str) -> str:
    """Text as it is: brackets are no markup, but for the marks of good and bad, and nothing in it is a control."""
    told = shown(text, lines=True)
    return told if told.startswith(("[green]✓", "[red]✗")) else escape(told)


def say(text: str) -> None:
    """Print a line for people. What others wrote in it moves no cursor."""
    console.print(shown(text, lines=True))


def note(text: str) -> None:
    """Print a line for people on standard error, beside what a program reads."""
    sys.stderr.write(f"zhongtai: {text}\n")


def fail(message: str, code: int) -> NoReturn:
    """Print a message on standard error and exit; a program that asked for JSON gets it as that, too."""
    sys.stderr.write(f"zhongtai: {message}\n")
    if "--json" in sys.argv:
        emit({"error": message, "status": code})
    raise SystemExit(code)
