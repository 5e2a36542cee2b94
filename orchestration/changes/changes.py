"""What of a city stands as it is, since nothing that it depends on has changed, and of the rest why it does not.

Every thing has one digest of all that it depends on (docs/decisions/only-what-changed.md). It stands where the record
of the last runs has that digest, and the thing is in the state in which it was recorded. Whatever cannot be told does
not stand. What agreements hang on is `verdicts`', the record of a run is `recording`'s, what is done is the steps'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from contracts.model import Dataset, Rule
from lake import facts
from lake.city import City
from lake.freshness import FRESHNESS, Newest, freshness, newest_deliveries
from lake.listing import listing
from lake.made import Batches, Made
from lake.order import Delivery, StoredBatch
from lake.platform import platform_digest
from lake.store import RawView, stored_batches, stored_deliveries
from lake.table_states import BROKEN, table_states
from orchestration.changes.declared import Declared
from orchestration.changes.matched import matched_texts
from orchestration.changes.texts import Text
from quality.rules import compared_tables, declared_rules
from sharing.canonical import digest
from sharing.recall import recalled_batches

_RAW = "raw."


@dataclass
class Changes:
    """The changes of a city since it was last recorded. `full` says that nothing is to stand.

    `texts` are those of the models as they are now; where the project is the one that was recorded, None will do.
    `project` is its digest, `files` are the declarations' (`declared_files`), from before they were read. Answers are
    of the moment at which they are first asked for.
    """

    city: City
    before: Made
    project: str
    files: Mapping[str, str]
    texts: Mapping[str, Text] | None = None
    full: bool = False
    arrived: dict[str, str] = field(default_factory=dict)
    """Dataset -> what lay there when it was looked at, which is before any of it was read."""

    # Everything

    @cached_property
    def platform(self) -> str:
        """A digest of what does the work: programs, libraries, and the keys that pseudonyms are made with."""
        keys = {name: entry.body.get("digest") for name, entry in sorted(self.city.ledger.current("key").items())}
        return digest([platform_digest(), keys])

    @cached_property
    def nothing_stands(self) -> str:
        """Why everything is done again; empty where that is not so."""
        if self.full:
            return "everything was asked for"
        if not self.before.platform:
            return "nothing is on record of a run before"
        return "" if self.before.platform == self.platform else "the platform or a library of its is another"

    @property
    def is_same_project(self) -> bool:
        """Whether the dbt project is the one that was recorded."""
        return self.before.project == self.project

    @cached_property
    def declared(self) -> Declared:
        """The declarations, by file."""
        return Declared(self.files, self.city.catalogue)

    # Datasets

    def look(self, dataset: Dataset) -> str:
        """What lies there for a dataset, as it was when that was first asked."""
        if dataset.id not in self.arrived:
            self.arrived[dataset.id] = listing(dataset, self.city.catalogue.deliveries)
        return self.arrived[dataset.id]

    def why_carry(self, dataset: Dataset) -> str:
        """Why a dataset's deliveries are looked at; empty where they, and what the lake has of them, stand."""
        if self.nothing_stands:
            return self.nothing_stands
        known = self.before.datasets.get(dataset.id)
        if known is None:
            return "a delivery of it could not be taken, or it is new"
        if not self.look(dataset):
            return "what there is of it is told by going there alone"
        if self.look(dataset) != known.listing:
            return "what is delivered has changed"
        if known.contract != self.declared.of_dataset(dataset):
            return "its contract, or a standard that it follows, has changed"
        if known.state == BROKEN or known.state != self.states.get(f"store.{dataset.table}"):
            return "its rows in the lake are others than were recorded, or a file of them is"
        if known.version != self.digest_of(f"raw.{dataset.table}") or self._turned(dataset):
            return "a batch of it counts no longer, or counts again"
        if self._aged(dataset):
            return "its newest delivery has become too old, or is no longer"
        return ""

    def counting(self, dataset: Dataset) -> Batches:
        """The batches of a dataset that count now."""
        return self._view(dataset).counting

    def stored_batches(self, dataset: Dataset) -> Sequence[StoredBatch]:
        """All batches of a dataset that are whole in the lake, counted or not."""
        return self._batches.get(dataset.id, [])

    def _turned(self, dataset: Dataset) -> bool:
        return bool(self._view(dataset).statements(self._shown.get(dataset.id)))

    def _view(self, dataset: Dataset) -> RawView:
        return RawView(dataset, self._deliveries.get(dataset.id, []), self.stored_batches(dataset))

    def _aged(self, dataset: Dataset) -> bool:
        timed = [rule for rule in self._rules.get(f"raw.{dataset.table}", ()) if rule.kind == FRESHNESS]
        return any(self.passed.get((f"raw.{dataset.table}", rule.name)) != self._fresh(dataset, rule) for rule in timed)

    def _fresh(self, dataset: Dataset, rule: Rule) -> bool:
        return freshness(self.city, rule, dataset, self.newest, data_version=None).passed

    @cached_property
    def newest(self) -> Newest:
        """Dataset -> the day of its newest delivery, and its accepted rows."""
        return newest_deliveries(self.city)

    @cached_property
    def passed(self) -> Mapping[tuple[str, str], bool]:
        """Table and rule -> whether the rule was kept, as last recorded."""
        return {(row["table"], row["rule"]): row["passed"] for row in self.checks}

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        """The newest results of checks, as recorded."""
        return facts.checks(self.city.ledger)

    # Tables

    def why_make(self, table: str) -> str:
        """Why a model is built again; empty where its table stands, and what its checks said."""
        if self.nothing_stands:
            return self.nothing_stands
        text, known = self._text(table), self.before.tables.get(table)
        if text is None or known is None:
            return "it was not built well by the run before, or is new"
        if text.own != known.own:
            return "its SQL or its settings have changed"
        now = self.digest_of(table)
        if now is None:
            return "its rows hang on the moment at which they are made"
        if now != known.digest:
            changed = [one for one in text.above if self._is_other(one)]
            by_batch = ", which it follows by batch" if changed == [known.follows] else ""
            return f"what it is made of has changed: {', '.join(changed) or 'more than was recorded'}{by_batch}"
        if known.state == BROKEN or known.state != self.states.get(table):
            return "its table is another than was recorded, or a file of it is"
        return (
            "" if known.checked == self.checked_of(table) else "its checks have changed, or what they compare it with"
        )

    def to_make(self) -> frozenset[str]:
        """All tables that are built: those that do not stand, and whatever is made of one of them."""
        touched = set[str]()
        for table in self.in_order:
            if not touched.isdisjoint(self.above(table)) or (table in self.stored and self.why_make(table)):
                touched.add(table)
        return self.stored & touched

    def stands(self, tables: Iterable[str]) -> list[str]:
        """Those of some tables, in their order, that are not built."""
        made = self.to_make()
        return [table for table in tables if table in self.stored and table not in made]

    def _is_other(self, table: str) -> bool:
        known = self.before.tables.get(table)
        return known is None or known.digest != self.digest_of(table)

    def digest_of(self, table: str) -> str | None:
        """The digest of all that a table's rows depend on; None where that is not known."""
        if table not in self._digests:
            self._digests[table] = None  # whatever is made of itself
            self._digests[table] = self._digest(table)
        return self._digests[table]

    def _digest(self, table: str) -> str | None:
        if table.startswith(_RAW):
            return self.city.versions().of([table]).get(table)
        text = self._text(table)
        above = [self.digest_of(one) for one in text.above] if text else [None]
        if text is None or not text.steady or None in above:
            return None
        return digest([self.platform, text.own, above])

    def checked_of(self, table: str) -> str:
        """The digest of what a table's checks depend on."""
        rules = self._rules.get(table, ())
        others = [(name, self.digest_of(name)) for name in sorted(self.compared_with(table))]
        return digest([self.digest_of(table), repr(rules), self.declared.of_rules if rules else "", others])

    def compared_with(self, table: str) -> frozenset[str]:
        """The other tables that a table's checks look at."""
        return frozenset(one for rule in self._rules.get(table, ()) for one in compared_tables(rule))

    def _text(self, table: str) -> Text | None:
        if table in self.matched:
            return self.matched[table]
        if self.texts is not None:
            return self.texts.get(table)
        known = self.before.tables.get(table) if self.is_same_project else None
        return Text(known.own, known.above, stored=bool(known.state)) if known else None

    @cached_property
    def in_order(self) -> list[str]:
        """All that models and seeds make, each after what it is made of: a project is on record only where every one of
        its tables is."""
        models = self.texts if self.texts is not None else self.before.tables
        known = {**dict.fromkeys(models), **dict.fromkeys(self.matched)}
        return [
            name
            for name in TopologicalSorter({name: self.above(name) for name in sorted(known)}).static_order()
            if name in known
        ]

    @cached_property
    def stored(self) -> frozenset[str]:
        """Those of them that are there in the lake, tables and views."""
        return frozenset(name for name in self.in_order if (text := self._text(name)) is None or text.stored)

    def above(self, table: str) -> tuple[str, ...]:
        """What a table is directly made of."""
        text = self._text(table)
        return text.above if text else ()

    @cached_property
    def states(self) -> Mapping[str, str]:
        """Table -> its state in the lake."""
        return table_states(self.city.connection, self.city.settings.lake_data)

    @cached_property
    def matched(self) -> Mapping[str, Text]:
        """The tables of the registry: what each is made of, and what stewards decided."""
        return matched_texts(self.city)

    @cached_property
    def _rules(self) -> Mapping[str, tuple[Rule, ...]]:
        return declared_rules(self.city.catalogue)

    @cached_property
    def _digests(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _batches(self) -> Mapping[str, Sequence[StoredBatch]]:
        return stored_batches(self.city.connection)

    @cached_property
    def _deliveries(self) -> Mapping[str, Sequence[Delivery]]:
        return stored_deliveries(self.city.connection)

    @cached_property
    def _shown(self) -> Mapping[str, str]:
        return dict(self.city.connection.execute("select dataset, content from lake.meta.raw_views").fetchall())

    @cached_property
    def rows_of(self) -> Mapping[str, list[dict[str, Any]]]:
        """Dataset -> what is told of its deliveries."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in facts.datasets(self.city.ledger):
            found.setdefault(str(row["dataset"]), []).append(row)
        return found

    @cached_property
    def recalled(self) -> list[str]:
        """All recalled batches."""
        return sorted(recalled_batches(self.city.ledger))
