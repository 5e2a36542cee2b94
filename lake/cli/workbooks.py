"""`zhongtai quarantine --xlsx` and `--returned`: rejected rows out to their department, and what came back.

Who may see which cell is asked of the person's roles: a workbook for nobody by name shows what everybody may see.
"""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from lake.cli.output import WRONG, emit, fail, say
from lake.settings import Settings


def write_out(settings: Settings, name: str, what: tuple[str, Path], by: str | None, *, as_json: bool) -> None:
    """Write the open rows of a dataset (`what`: of a batch, or "", and into which file) for a person."""
    from contracts.clock import day_of
    from contracts.model import Level
    from lake.acts import Persons
    from lake.cases.reading import roles_of
    from lake.city import declarations, open_books_beside
    from lake.login import login_name
    from lake.quarantine.exporting import export, whole_export
    from lake.quarantine.sight import RowSight, row_sight

    catalogue = declarations(settings)
    dataset = catalogue.datasets.get(name)
    if dataset is None:
        fail(f"there is no dataset {name!r}", WRONG)
    sight = RowSight(login_name(), Level.L1, "command line")
    if by is not None:
        roles = roles_of(Persons.of(settings, catalogue), by, day_of(settings.clock.now()))
        sight = row_sight(by, roles, dataset.department)
        if sight.level is None:
            fail(f"{by} is no owner or steward of {dataset.department}, and sees no row of it", WRONG)
    batch, file = what
    file.touch(mode=0o600)
    file.chmod(0o600)
    with open_books_beside(settings) as (ledger, _):
        made = export(settings, ledger, whole_export(dataset, batch), sight, file)
    if as_json:
        emit({"dataset": name, "file": str(file), "level": str(sight.level), **made.as_dict()})
        return
    say(f"{file}: {made.rows:,} of {made.total:,} open rows, values up to {sight.level}, one sheet a reason")
    if made.total > made.rows:
        say(f"  {made.total - made.rows:,} rows were left out: export again once these are corrected")


def give_back(settings: Settings, name: str, file: Path, draft: Path | None, *, as_json: bool) -> None:
    """What a workbook that came back corrects; with `draft` also the corrected rows as a delivery."""
    from contracts.model import Level
    from lake.city import declarations, open_books_beside
    from lake.login import login_name
    from lake.quarantine.exporting import check_returned, draft_delivery
    from lake.quarantine.rows import Wanted
    from lake.quarantine.sight import RowSight

    dataset = declarations(settings).datasets.get(name)
    if dataset is None:
        fail(f"there is no dataset {name!r}", WRONG)
    if not file.is_file():
        fail(f"{file}: there is no such file", WRONG)
    data, by = file.read_bytes(), login_name()
    with open_books_beside(settings) as (ledger, _):
        if draft is not None:
            found = draft_delivery(settings, ledger, dataset, data, by, draft)
        else:
            sight = RowSight(by, Level.L1, "command line")
            found = check_returned(settings, ledger, Wanted(dataset), data, sight)
    told = found.as_dict()
    if as_json:
        emit({"dataset": name, "draft": str(draft) if draft else None, **told})
        return
    say(f"rows: {found.counted[1]}")
    for sheet, row, why in found.untold:
        say(escape(f"  sheet {sheet!r} row {row}: {why}"))
    for note in found.notes:
        say(escape(f"  {note}"))
    if draft is not None:
        say(f"{draft}: deliver it as {dataset.source.path}; only the delivery corrects anything")
