"""What a run writes down at its end, so that the next one need not do the same again.

Kept is what stands and what this run made well; of all else nothing is kept, and so it is done again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from contracts.model import Dataset
from lake import facts
from lake.city import City
from lake.made import Made, Stood, Taken
from lake.table_states import table_states
from orchestration.changes.changes import Changes

# What the same bytes come to again. A delivery that could not be taken may be taken next time: its place was not there.
_SETTLED = frozenset({"accepted", "known", "rejudged", "withdrawn", "recalled", "held"})


@dataclass
class Done:
    """What one run did: the datasets that it carried, the tables that it made (well: True), and by which digest it
    judged each agreement (none: by nothing that stands)."""

    carried: dict[str, bool] = field(default_factory=dict)
    made: dict[str, bool] = field(default_factory=dict)
    judged: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    """Agreements whose verdicts were seen to stand."""
    stood: set[str] = field(default_factory=set)
    """Tables that were seen to stand."""
    how: dict[str, str] = field(default_factory=dict)
    """Tables that were made -> whole or extended, and why."""
    follows: dict[str, str] = field(default_factory=dict)
    """Tables -> what they follow row by row, where they may be extended by batches of that."""

    def make(self, made: Mapping[str, bool]) -> None:
        """Tables were built, each well or not."""
        self.made.update(made)

    def follow(self, follows: Mapping[str, str], how: Mapping[str, str]) -> None:
        """Tables are made: what each follows by batch, and how it is made, where there is anything to say of that."""
        self.follows.update({table: source for table, source in follows.items() if source})
        self.how.update({table: told for table, told in how.items() if told})

    def carry(self, dataset: str, states: Collection[str]) -> None:
        """A dataset was looked at, and its deliveries came to these states."""
        self.carried[dataset] = bool(states) and _SETTLED.issuperset(states)


def record(changes: Changes, done: Done) -> None:
    """Write the record as it is now; `changes` are those that the run began with, its models known where any ran."""
    before = changes.before if changes.before.platform == changes.platform else Made()
    states = table_states(changes.city.connection, changes.city.settings.lake_data)
    found = Made(
        changes.platform,
        "",
        _datasets(changes, done, before, states),
        _tables(changes, done, before, states),
        {**before.agreements, **done.judged},
    )
    found.agreements = {
        name: told for name, told in found.agreements.items() if told and name in changes.city.catalogue.agreements
    }
    found.project = _project(changes, before, found.tables)
    if found != changes.before:
        found.save(changes.city.settings)


def _project(changes: Changes, before: Made, tables: Mapping[str, Stood]) -> str:
    """The project's digest, where each of its tables is on record with the text that it has now: then the next run need
    not read the project to know what its tables are."""
    if changes.texts is None:
        return before.project if before.project == changes.project else ""
    whole = all(name in tables and tables[name].own == text.own for name, text in changes.texts.items())
    return changes.project if whole else ""


def _datasets(changes: Changes, done: Done, before: Made, states: Mapping[str, str]) -> dict[str, Taken]:
    found = {name: one for name, one in before.datasets.items() if name not in done.carried}
    for name, well in done.carried.items():
        dataset = changes.city.catalogue.datasets[name]
        if well:
            found[name] = _taken(changes, dataset, states)
    return {name: one for name, one in found.items() if name in changes.city.catalogue.datasets}


def _taken(changes: Changes, dataset: Dataset, states: Mapping[str, str]) -> Taken:
    contract = changes.declared.of_dataset(dataset)
    version = changes.digest_of(f"raw.{dataset.table}") or ""
    state = states.get(f"store.{dataset.table}", "")
    return Taken(changes.look(dataset), contract, version, state, changes.counting(dataset))


def _tables(changes: Changes, done: Done, before: Made, states: Mapping[str, str]) -> dict[str, Stood]:
    texts, sick = changes.texts, _unjudged(changes.city)
    if texts is None:
        return dict(before.tables)
    found, current = dict[str, Stood](), set[str]()
    for name in changes.in_order:
        text, told = texts.get(name) or changes.matched[name], changes.digest_of(name)
        # Made of a table that was left behind, it is not what its digest says.
        on_current = all(one.startswith("raw.") or one in current for one in text.above)
        if told is None or name in sick:
            continue
        if name in before.tables and name not in done.made and text.stored:
            found[name] = before.tables[name]
        elif on_current and done.made.get(name, not text.stored):
            checked, state = (changes.checked_of(name), states.get(name, "")) if text.stored else ("", "")
            follows, how = done.follows.get(name, ""), done.how.get(name, "")
            found[name] = Stood(told, checked, text.own, text.above, state, follows, how)
        if on_current and name in found and found[name].digest == told:
            current.add(name)
    return found


def _unjudged(city: City) -> set[str]:
    """Tables of which a check could not be made: it is tried again."""
    return {row["table"] for row in facts.checks(city.ledger) if row["error"]}
