"""A thing as the city knew it at an instant: today's models asked over the deliveries and the registry of then.

Nothing of the past is kept for it: what was delivered is in the store with its instant in the ledger, and so is every
step of the registry. What was recalled or let go since is not there any more, and the models are today's. Must not live
here: what of a thing is shown to whom (`golden.py`), and the registry's own history (`lake/identity`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import duckdb

from contracts.matching import REGISTRY
from contracts.model import Catalogue, Entity
from lake.attach import CATALOG
from lake.batch import UNTAKEN
from lake.executed import latest_texts
from lake.identity.files import Registry
from lake.matched.tables import place_members
from lake.renaming import now_called
from lake.settings import Settings
from lake.store import RawView, stored_batches, stored_deliveries
from lineage.facts import join_parts
from lineage.shadow.elsewhere import template
from sharing.ledger import Ledger

_DAYS = ("path", "batch", "delivered_on")


@dataclass(frozen=True)
class About:
    """What FROM may name for an entity: its table, the rows with an identifier and, where there may be any, those
    without one, and which thing these are of."""

    table: str
    provided: str
    loose: str | None
    links: str


@dataclass
class AsKnown:
    """The models of a city over what was known at an instant, in a connection that reads the lake."""

    connection: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    ledger: Ledger
    known: datetime
    valid: date | None = None
    """The last day of which deliveries are taken: what was true then, as far as departments said by `known`."""
    days: dict[str, date] = field(default_factory=dict)
    """Batch -> the first day that it was delivered for, of all that counts."""
    _raw: dict[str, str] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read which deliveries counted then, and what today's models are."""
        counted = _deliveries(self.ledger, self.known, now_called(self.catalogue.datasets))
        deliveries, batches = stored_deliveries(self.connection), stored_batches(self.connection)
        for name, dataset in self.catalogue.datasets.items():
            then = counted.get(name, set())
            # What was withdrawn later counted then, and its rows are still in the store.
            kept = [
                replace(one, withdrawn=False)
                for one in deliveries.get(name, ())
                if (one.path, one.batch, str(one.delivered_on)) in then
                and (self.valid is None or one.delivered_on <= self.valid)
            ]
            for one in kept:
                self.days[one.batch] = min(one.delivered_on, self.days.get(one.batch, one.delivered_on))
            # All of its batches: a view leaves out by number those of which no delivery counts.
            view = RawView(dataset, kept, batches.get(name, ()))
            self._raw[_relation("raw", dataset.table)] = f"({view.content})"
        self._texts = _texts(self.connection, self.ledger)

    def about(self, settings: Settings, entity: Entity) -> About:
        """An entity's table, and the rows that it is made of, as they would have been.

        SharingRefused for files of the registry that are lost or changed.
        """
        self._place_registry(settings, entity)
        made, name = dict[str, str](), entity.name
        loose = _relation("staging", f"{name}__loose")
        return About(
            table=self._source(_relation("theme", name), made),
            provided=self._source(_relation("staging", f"{name}__provided"), made),
            loose=self._source(loose, made) if loose in self._texts else None,
            links=self._raw[_relation(REGISTRY, name)],
        )

    def _place_registry(self, settings: Settings, entity: Entity) -> None:
        """The registry's tables of then, as temporary ones."""
        own = self.connection
        source = self._source(_relation("staging", f"{entity.name}__records"), {})
        own.execute(
            "create or replace temp table faces as select zt.declassify_city_key(_face) as _record, "
            f"zt.declassify_city_key(_key) as _own, _key, _identified, _source, _batch from {source} as records"
        )
        place_members(own, entity, Registry.of(settings, self.ledger, entity.name), self.known)
        self._raw[_relation(REGISTRY, entity.name)] = "temp.main.links"
        self._raw[_relation(REGISTRY, f"{entity.name}__ids")] = "temp.main.ids"

    def _source(self, relation: str, made: dict[str, str]) -> str:
        """What FROM may name for a relation: a query over what was known."""
        if relation in self._raw:
            return self._raw[relation]
        if relation not in made:
            text = self._texts.get(relation)
            if text is None:
                return relation  # a seed: nobody delivers it
            told = template(text)
            made[relation] = f"({told.at({one: self._source(one, made) for one in told.reads})})"
        return made[relation]


def _deliveries(ledger: Ledger, known: datetime, called: Mapping[str, str]) -> Mapping[str, set[tuple[str, str, str]]]:
    """Dataset -> path, batch and day of the deliveries that the ledger had at an instant, but for withdrawn ones.

    Under the names of today: `called` is what renamed datasets are called now.
    """
    found: dict[str, set[tuple[str, str, str]]] = {}
    for entry in ledger.entries("batch"):
        if entry.at > known:
            break
        body = entry.body
        dataset = called.get(str(body["dataset"]), str(body["dataset"]))
        delivery = tuple(str(body[name]) for name in _DAYS)
        if body["state"] == "withdrawn":
            found.get(dataset, set()).discard(delivery)  # type: ignore[arg-type]
        elif body["state"] not in UNTAKEN:
            found.setdefault(dataset, set()).add(delivery)  # type: ignore[arg-type]
    return found


def _texts(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> dict[str, str]:
    """Relation -> the SQL of its model: of a view its definition, of a table what made its rows last."""
    views = connection.execute(
        f"select schema_name, view_name, sql from duckdb_views() where database_name = '{CATALOG}' "
        "and schema_name in ('staging', 'theme')"
    ).fetchall()
    bodies = {_relation(*name): str(sql).partition(" AS ")[2].rstrip().removesuffix(";") for *name, sql in views}
    return {**{f"{CATALOG}.{table}": text for table, text in latest_texts(ledger).items()}, **bodies}


def _relation(schema: str, name: str) -> str:
    return join_parts((CATALOG, schema, name))
