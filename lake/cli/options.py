"""The options that every command has, declared once."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

Workspace = Annotated[
    Path | None, typer.Option("--workspace", help="City to work on: a folder with contracts/ and dbt_project/.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def login_name() -> str:
    """The name of the account that runs this, from the system and not from the environment, which anybody sets."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
