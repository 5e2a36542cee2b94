"""`zhongtai report`: the desk as a static site that opens from disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, fail, say
from lake.settings import load_settings

WRONG, FAILED = 2, 3


def report(
    out: Annotated[Path, typer.Option("--out", help="An empty folder, or that of an earlier report.")],
    person: Annotated[str, typer.Option("--as", help="Whose pages: as contracts/persons.yml names them.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """The pages of a person as a static site that opens from disk; of an earlier one only what changed is written."""
    from portal.app import application
    from portal.people.people import People
    from portal.report.writing import ReportRefused, reader_of, write_report
    from portal.serving import Place, opened

    with opened(load_settings(workspace)) as city:
        people = People(city, Place().base)
        try:
            reader = reader_of(people, person)
            found = asyncio.run(write_report(application(city, people), people, reader, out))
        except ReportRefused as refused:
            fail(str(refused), WRONG)
        finally:
            people.store.close()
    if as_json:
        emit({"out": str(out), **vars(found)})
    else:
        say(f"{found.pages:,} pages for {person} in {out}: {found.changed:,} files written, {found.removed:,} removed")
    if found.failed:
        fail(f"{len(found.failed)} pages could not be shown: {', '.join(found.failed[:5])}", FAILED)


COMMANDS: dict[str, Callable[..., None]] = {"report": report}
