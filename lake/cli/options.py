"""The options that every command has, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lake.login import login_name

__all__ = ["Json", "Workspace", "login_name"]

Workspace = Annotated[
    Path | None, typer.Option("--workspace", help="City to work on: a folder with contracts/ and dbt_project/.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
