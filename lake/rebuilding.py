"""The lake's store made again from landing, beside the old one, and put in its place when it is whole.

The old lake is put by and never changed. Theme, products and evidence are made of the new store by a run, which is
`orchestration`'s; what is done again in which order, `replaying`'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import duckdb

from contracts.model import Catalogue
from lake.attach import LakeUnreadable, open_lake, seal_lake
from lake.batch import UNTAKEN, Ingestion
from lake.guarding import expect_past
from lake.landed import LandingPlace, seal_landing
from lake.made import forget_made
from lake.matched.tables import carry_learned
from lake.one_writer import one_writer
from lake.renaming import now_called
from lake.replaying import Event, Replay, history, lacking
from lake.settings import Settings
from lake.statistics import StatisticsSealed
from lake.store import ensure_tables
from lake.versions import content_version
from sharing.ledger import Ledger

PUT_BY = "lake.before-rebuild-"
_BESIDE = ".rebuilding"
_SCHEMAS = "'store', 'raw', 'registry', 'staging', 'theme', 'indicator', 'product'"


@dataclass(frozen=True)
class Remade:
    """A store made again: how many batches, what could not be carried, where the old lake lies, and what it held.

    `before` is table -> version, of the old lake where it can be read, else as the ledger has it.
    """

    batches: int
    lacking: tuple[str, ...]
    put_by: Path | None
    before: Mapping[str, str]


class RebuildLacks(RuntimeError):
    """A lake made again now would lack what the old one has; nothing was changed."""

    def __init__(self, lacking: tuple[str, ...]) -> None:
        self.lacking = lacking
        more = f"; and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        super().__init__(
            f"{len(lacking)} batches cannot be carried again: {'; '.join(lacking[:3])}{more}. Restore them, or say "
            "--partly to have the lake made without them; the lake that is there was left as it is"
        )


def remake_store(settings: Settings, catalogue: Catalogue, *, partly: bool = False) -> Remade:
    """Make the store again and put it in place. Raises `RebuildLacks` where it would not be whole, but for `partly`;
    PastLacking, `LakeBusy`.
    """
    expect_past(settings)
    with one_writer(settings.state), Ledger.read(settings.ledger) as ledger:
        place, events = LandingPlace.of(settings), history(ledger, now_called(catalogue.delivered))
        missing = lacking(ledger, catalogue.delivered, events, place)
        if missing and not partly:
            raise RebuildLacks(tuple(missing.values()))
        before = versions(settings) or _recorded(ledger)
        with _beside(settings) as clean:
            carried, failed = _replayed(settings, clean, catalogue, (events, frozenset(missing), place))
            if failed and not partly:
                raise RebuildLacks(failed)
            _carry_learned(settings, clean)
            seal_lake(clean)
            put_by = _exchanged(settings, clean)
        if catalogue.encrypt_landing:
            seal_landing(place)
        return Remade(carried, (*missing.values(), *failed), put_by, before)


def versions(settings: Settings) -> dict[str, str]:
    """Table -> content version, of all that the lake holds; what cannot be read is left out."""
    found = dict[str, str]()
    if not settings.catalog.exists():
        return found
    with suppress(LakeUnreadable, StatisticsSealed), open_lake(settings, read_only=True) as connection:
        for (name,) in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake' and "
            f"schema_name in ({_SCHEMAS}) union all select schema_name || '.' || view_name from duckdb_views() "
            f"where database_name = 'lake' and schema_name in ({_SCHEMAS}) order by 1"
        ).fetchall():
            with suppress(duckdb.Error):
                found[name] = content_version(connection, name)
    return found


def _recorded(ledger: Ledger) -> dict[str, str]:
    """Table -> the version that the ledger has of it, of tables that models made."""
    found = {name: str(entry.body["version"]) for name, entry in ledger.current("executed").items()}
    return {name: version for name, version in found.items() if not version.startswith("view-")}


@contextmanager
def _beside(settings: Settings) -> Iterator[Settings]:
    """A state of its own within the state, with the city's pseudonym key; what a crash left of one goes."""
    clean = replace(settings, state=settings.state / _BESIDE, signing_key=None, anchors=())
    shutil.rmtree(clean.state, ignore_errors=True)
    clean.keys.mkdir(parents=True, mode=0o700)
    shutil.copy2(settings.key_place.pseudonym, clean.key_place.pseudonym)
    try:
        yield clean
    finally:
        shutil.rmtree(clean.state, ignore_errors=True)


def _replayed(
    settings: Settings, clean: Settings, catalogue: Catalogue, what: tuple[list[Event], frozenset[str], LandingPlace]
) -> tuple[int, tuple[str, ...]]:
    """How many batches were carried, and what was said of those that could not be."""
    events, without, place = what
    with open_lake(clean) as connection:
        unusable = ensure_tables(connection, catalogue.delivered.values())
        # Files land where they lie, and are read in the scratch of the city itself.
        context = Ingestion(connection, catalogue, settings, {}, {}, unusable)
        done = list(Replay(context, place, without).play(events))
        failed = tuple(dict.fromkeys(one.message for one in done if one.state in UNTAKEN))
        return sum(len(batches) for batches in context.batches.values()), failed


def _carry_learned(settings: Settings, clean: Settings) -> None:
    """What scorers counted as they learned, where the old lake can be read: else they count the rows of now."""
    if not settings.catalog.exists():
        return
    unread = suppress(LakeUnreadable, StatisticsSealed, duckdb.Error)
    with unread, open_lake(settings, read_only=True) as old, open_lake(clean) as new:
        carry_learned(old, new)


def _exchanged(settings: Settings, clean: Settings) -> Path | None:
    """Put the new lake in place of the old one; where that lies now."""
    old = settings.catalog.parent
    put_by = None
    forget_made(settings)
    if old.exists():
        named = (settings.state / f"{PUT_BY}{number}" for number in count(1))
        put_by = next(one for one in named if not one.exists())
        old.replace(put_by)
    clean.catalog.parent.replace(old)
    return put_by
