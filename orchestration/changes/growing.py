"""Which tables are extended by the batches that came, and lose those that are gone, instead of being made whole.

A table may be where each of its rows comes of one row of one dataset's newest versions and has that row's `_batch`, and
nothing else that it is made of has changed (docs/decisions/only-what-changed.md). Then what its SQL gives of any other
batch is what it gave. Whatever is not known to be so is made whole, and says why. Nothing is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from contracts.model import Dataset, DeliveryMode
from contracts.sql_text import column as sql_name
from contracts.sql_text import identifier, literal
from lake.made import Batches, Stood
from lake.table_states import BROKEN
from lineage.graph import ROWS, ColumnRef, Graph
from orchestration.changes.changes import Changes
from orchestration.twins.staging import model_name
from sharing.canonical import digest

_KEYED = "), versions as ("
_STANDARDISED = "with standardised as ("


@dataclass(frozen=True)
class Growth:
    """What of a table is made anew: the rows of the batches `touched`. Of these `came` are new and `left` are gone, the
    others have rows of a key that one of them has, too."""

    touched: frozenset[str]
    came: int
    left: int

    @property
    def told(self) -> str:
        """How the table is made, in words."""
        beside = len(self.touched) - self.came - self.left
        return f"extended by {self.came} batches, {self.left} left" + (f", {beside} beside them" if beside else "")


class _Whole(Exception):
    """A table is made whole; its text says why."""


@dataclass
class Growing:
    """The tables of one build. `graph` is the lineage of the texts that will run, `nodes` are the models by table."""

    changes: Changes
    graph: Graph
    nodes: Mapping[str, Mapping[str, Any]]
    vouched: Callable[[str], bool]
    """Whether it is known of a table that the text it has now, and no other, made all its rows."""
    grown: dict[str, Growth] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)

    def decide(self, tables: Sequence[str]) -> dict[str, Growth]:
        """Those of the tables that are to be made, in their order, that grow; of the others `whole` says why not."""
        for table in tables:
            if self.nodes.get(table, {}).get("config", {}).get("materialized") == "table":
                try:
                    self.grown[table] = self._growth(table)
                except _Whole as why:
                    self.whole[table] = str(why)
        return self.grown

    def _growth(self, table: str) -> Growth:
        known = self._known(table)
        moved = [one for one in known.above if one in self._made or self._is_other(one)]
        if len(moved) != 1:
            raise _Whole(f"{len(moved)} of what it is made of have changed")
        if why := strays(self.graph, table, moved[0]):
            raise _Whole(why)
        found = self.grown.get(moved[0]) or self._of_twin(moved[0], placed=self._is_placed(table, moved[0]))
        if not self.vouched(table):
            raise _Whole("what made its rows is not known")
        return found

    def _known(self, table: str) -> Stood:
        """What is on record of a table that is as it was recorded, and is made as it was."""
        changes = self.changes
        if changes.nothing_stands:
            raise _Whole(changes.nothing_stands)
        known, text = changes.before.tables.get(table), (changes.texts or {}).get(table)
        if known is None or text is None:
            raise _Whole("it was not built well by the run before, or is new")
        if known.own != text.own or known.above != text.above or not text.steady:
            raise _Whole("its SQL or its settings have changed, or its rows hang on the moment")
        if known.state == BROKEN or known.state != changes.states.get(table):
            raise _Whole("its table is another than was recorded, or a file of it is")
        below = [self._recorded(one) for one in known.above]
        if known.digest != digest([changes.before.platform, known.own, below]):
            raise _Whole("it was made of something else than was recorded last")
        return known

    def _recorded(self, table: str) -> str | None:
        if table.startswith("raw."):
            dataset = self._datasets.get(table.removeprefix("raw."))
            taken = self.changes.before.datasets.get(dataset.id) if dataset else None
            return taken.version if taken else None
        known = self.changes.before.tables.get(table)
        return known.digest if known else None

    def _is_other(self, table: str) -> bool:
        return self._recorded(table) is None or self._recorded(table) != self.changes.digest_of(table)

    def _is_placed(self, table: str, source: str) -> bool:
        """Whether anything of a table hangs on the places that deliveries have among each other."""
        place = ColumnRef(f"lake.{source}", "_delivery")
        names = (*self.graph.columns.get(f"lake.{table}", ()), ROWS)
        return any(
            edge.source == place for name in names for edge in self.graph.edges_into(ColumnRef(f"lake.{table}", name))
        )

    def _of_twin(self, view: str, *, placed: bool) -> Growth:
        """The batches of one dataset whose newest versions are not what they were."""
        dataset = self._twins.get(view)
        if view in self.whole:
            raise _Whole(f"{view} is made whole")
        if dataset is None or f"lake.{view}" not in self.graph.twins or not _is_added_to(dataset):
            raise _Whole(f"{view} is not what the platform makes of a dataset that is added to, or is by key")
        known = self._known(view)
        taken = self.changes.before.datasets.get(dataset.id)
        if taken is None or taken.batches is None or list(known.above) != [f"raw.{dataset.table}"]:
            raise _Whole(f"of which batches of {dataset.id} it was made is not on record")
        before, now = taken.batches, self.changes.counting(dataset)
        came, left = now.keys() - before.keys(), before.keys() - now.keys()
        judged = {one.batch: one.judged for one in self.changes.stored_batches(dataset)}
        if any(judged.get(one) != how for one, (_, how) in before.items()):
            raise _Whole(f"a batch of {dataset.id} was judged again, or is no longer there")
        _refuse_others(dataset, before, now, placed)
        touched = frozenset(came | left)
        if touched and dataset.key:
            touched |= self._sharing(dataset, view, touched)
        self._refuse_most(dataset, touched, now)
        return Growth(touched, len(came), len(left))

    def _sharing(self, dataset: Dataset, view: str, changed: frozenset[str]) -> frozenset[str]:
        """The batches with a row of a key that a changed batch has, too: one may stand in place of the other."""
        text = str(self.nodes[view].get("compiled_code") or "").strip()
        source = f'"lake"."raw"."{dataset.table}"'
        head, keyed, _ = text.partition(_KEYED)
        if not keyed or head.count(source) != 1 or head.count(_STANDARDISED) != 1:
            raise _Whole(f"{view} is not written as the platform writes it")
        stored = f"(select * from lake.store.{identifier(dataset.table)} where _faults is null)"
        spelled = head.replace(source, stored).replace(_STANDARDISED, "with standardised as not materialized (")
        keys = [sql_name(one.name) for one in dataset.key]
        same = " and ".join(f"whole.{key} is not distinct from part.{key}" for key in keys)
        rows = self.changes.city.connection.execute(
            f"{spelled}) select distinct whole._batch from standardised as whole semi join "
            f"(select distinct {', '.join(keys)} from standardised where _batch in ({_listed(changed)})) as part "
            f"on {same}"
        ).fetchall()
        return frozenset(batch for (batch,) in rows)

    def _refuse_most(self, dataset: Dataset, touched: frozenset[str], now: Batches) -> None:
        stored = {one.batch: one.accepted for one in self.changes.stored_batches(dataset)}
        if 2 * sum(stored[one] for one in touched) > sum(stored[one] for one in now):
            raise _Whole(f"most rows of {dataset.id} are of batches that have changed")

    def follows(self, table: str) -> str:
        """What a table follows row by row, where it may be extended by batches of that; else nothing."""
        above = (self.changes.texts or {})[table].above
        return next((one for one in above if not strays(self.graph, table, one)), "")

    def how(self, table: str, made: Collection[str]) -> str:
        """How a table is made, in words; `made` are those that were extended. Of a view there is nothing to say."""
        if table in made:
            return self.grown[table].told
        why = "it could not be extended" if table in self.grown else self.whole.get(table, "")
        return f"whole, because {why}" if why else ""

    @cached_property
    def _made(self) -> frozenset[str]:
        return self.changes.to_make()

    @cached_property
    def _datasets(self) -> Mapping[str, Dataset]:
        return {one.table: one for one in self.changes.city.catalogue.datasets.values()}

    @cached_property
    def _twins(self) -> Mapping[str, Dataset]:
        return {f"staging.{model_name(one)}": one for one in self.changes.city.catalogue.datasets.values()}


def strays(graph: Graph, table: str, source: str) -> str:
    """Why the rows of a table are not, each by itself, of rows of `source` with their batch; empty where they are."""
    own, above = f"lake.{table}", f"lake.{source}"
    if above not in graph.follows.get(own, ()):
        return f"it does not follow {source} row by row"
    batch = ColumnRef(own, "_batch")
    if graph.copies.get(batch) != frozenset((ColumnRef(above, "_batch"),)) or batch in graph.conditional:
        return f"its rows do not have the _batch of {source}"
    if any(ref in graph.unknown for ref in (batch, ColumnRef(own, ROWS))):
        return "not all that may change its rows is known"
    return ""


def _is_added_to(dataset: Dataset) -> bool:
    """Whether a delivery leaves the others' rows as they were; files that are one delivery are judged together."""
    return dataset.mode is not DeliveryMode.SNAPSHOT and not dataset.parts


def _refuse_others(dataset: Dataset, before: Batches, now: Batches, placed: bool) -> None:
    """What touches more than the rows of the batches that came or left."""
    both = before.keys() & now.keys()
    if _ranked(before, both) != _ranked(now, both):
        raise _Whole(f"batches of {dataset.id} have another order than before")
    if placed and any(before[one][0] != now[one][0] for one in both):
        raise _Whole(f"the places of deliveries of {dataset.id} have moved, and it shows them")


def _ranked(batches: Batches, wanted: Collection[str]) -> list[list[str]]:
    """Batches in their order; those of one place together."""
    placed = sorted((batches[one][0], one) for one in wanted)
    return [[one for _, one in same] for _, same in groupby(placed, key=lambda pair: pair[0])]


def _listed(batches: Collection[str]) -> str:
    return ", ".join(literal(one) for one in sorted(batches))
