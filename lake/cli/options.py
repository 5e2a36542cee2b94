"""The options that every command has, and those of commands by which a person acts, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lake.login import login_name

__all__ = ["Json", "Key", "Passphrase", "Workspace", "login_name"]

Workspace = Annotated[
    Path | None, typer.Option("--workspace", help="City to work on: a folder with contracts/ and dbt_project/.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Key = Annotated[
    Path | None, typer.Option("--key", help="The person's private key (PEM, mode 0600). Left out in a demonstration.")
]
Passphrase = Annotated[Path | None, typer.Option("--passphrase", help="The file of that key's passphrase, mode 0600.")]
