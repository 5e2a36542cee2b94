"""`zhongtai sample-city`: the command that writes the sample city's deliveries and their truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tests.sample_city.city import LEAST_PEOPLE


def sample_city(
    people: Annotated[int, typer.Option("--people", min=LEAST_PEOPLE, help="How many people live there.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the deliveries and truth/.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another city.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Write the deliveries that the repository's contracts declare, and what was planted in them."""
    from tests.sample_city.generate import generate

    summary = generate(people=people, out=out, seed=seed)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, default=str))
    else:
        typer.echo(
            f"{summary['people']:,} people: {summary['rows']:,} rows in {summary['files']} files of "
            f"{summary['datasets']} datasets below {out}"
        )
