"""Conservation: every row that was read was accepted or rejected, counted from what is stored, against the ledger.

Also landing: each batch that the ledger has must lie there as it was delivered; and recalls: each that the lake has
carried out the ledger must have. What the files hold is `proof`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from contracts.sql_text import identifier
from lake import facts
from lake.batch import UNTAKEN
from lake.city import City
from lake.landed import SEALED
from lake.leaving import gone_landed
from lake.store import stored_tables
from lake.ways_back import LANDING, REBUILD
from sharing.faults import Fault
from sharing.recall import recalled_batches

_ASK = f"{REBUILD}; find out who wrote to its files"


def conservation(city: City) -> tuple[list[Fault], dict[str, int]]:
    """What of lake and landing is not as the ledger has it; beside it how many batches and rows were looked at."""
    known = {row["batch"]: row for row in facts.datasets(city.ledger) if row["state"] not in UNTAKEN}
    stored, faults = _stored(city)
    for batch, row in known.items():
        faults += _batch(batch, row, stored)
    for batch in sorted(stored.keys() - known.keys()):
        faults.append(Fault("recorded", batch, "the lake has a batch that the ledger does not know", _ASK))
    faults += _landing(city, known)
    faults += _recalls(city)
    return faults, {"batches": len(known), "rows": sum(row["read"] for row in known.values())}


def _batch(batch: str, row: dict[str, Any], stored: dict[str, tuple[int, int, int]]) -> Iterator[Fault]:
    subject = f"{row['dataset']} {batch}"
    # A legal delivery without a record has no row to be counted.
    have = stored.get(batch, (0, 0, 0) if row["read"] == 0 else None)
    wanted = (row["read"], row["accepted"], row["quarantined"])
    if row["state"] == "recalled" and have is None:
        return  # where a type changed, its table was made anew without it
    if have != wanted:
        message = f"the ledger has read, accepted, quarantined {wanted}; the lake has {have}"
        yield Fault("conservation", subject, message, _ASK)
    if row["merged"] > row["accepted"] or row["merged"] < 0:
        message = f"{row['merged']} merged of {row['accepted']} accepted"
        yield Fault("conservation", subject, message, _ASK)


def _recalls(city: City) -> Iterator[Fault]:
    """Recalls that the lake has carried out, and that the ledger does not have: it was put back to before them."""
    carried_out = city.connection.execute("select distinct batch from lake.meta.recalled order by 1").fetchall()
    known = recalled_batches(city.ledger)
    for (batch,) in carried_out:
        if batch not in known:
            fix = "restore the newest ledger; where it is lost for good, recall the batch again"
            yield Fault(
                "recall_lacking", str(batch), "it was recalled, as the lake knows, and the ledger does not", fix
            )


def _landing(city: City, known: dict[str, Any]) -> Iterator[Fault]:
    """Batches of the ledger that lie in landing no more, but by retention, and what lies there unknown to it."""
    told = {str(entry.body.get("batch")) for entry in city.ledger.entries("batch")}
    gone = gone_landed(city.ledger)
    for dataset in city.catalogue.delivered.values():
        folder = city.settings.landing / dataset.table
        lying = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
        there = {path.name.removesuffix(SEALED) for path in lying}
        whole = {path.name.removesuffix(SEALED) for path in lying if any(path.iterdir())}
        wanted = {batch for batch, row in known.items() if row["dataset"] == dataset.id} - gone
        for batch in sorted(wanted - whole):
            yield Fault("landed", f"{dataset.id} {batch}", "its landed copy is gone", LANDING)
        for batch in sorted(there - told):
            message = "it lies in landing, and the ledger knows no such batch"
            yield Fault("landed_unknown", f"{dataset.id} {batch}", message, "run again, and audit again")


def _stored(city: City) -> tuple[dict[str, tuple[int, int, int]], list[Fault]]:
    """Batch -> (rows, accepted, quarantined), counted from the stored rows and not from anybody's record of them.

    Beside it the tables that cannot be read, as faults.
    """
    ids = {dataset.table: dataset.id for dataset in city.catalogue.delivered.values()}
    made, faults, counted = stored_tables(city.connection), list[Fault](), list[tuple[Any, ...]]()
    # All of them: what a city declares no more is kept, and has to be what was said of it.
    for table in sorted(made):
        try:
            counted += city.connection.execute(
                "select _batch, count(*), count(*) - count(_faults), count(_faults) "
                f"from lake.store.{identifier(table)} group by _batch"
            ).fetchall()
        except duckdb.Error as error:
            message = f"its stored rows cannot be read ({type(error).__name__})"
            faults.append(Fault("readable", ids.get(table, table), message, _ASK))
    return {batch: (total, accepted, rejected) for batch, total, accepted, rejected in counted}, faults
