"""The registry under random merges and splits by decisions, undone in any order, while records come, leave and return.

What is undone must leave nothing behind, byte for byte; every change of an id must be told by an event, as a reader of
the events alone sees it; and while all founders are there the ids are those of a few plain rules. Clusters are made
here, by a matcher of a few lines that knows its constraints.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from lake.identity.advancing import Advanced, Made, advance
from lake.identity.files import Registry
from lake.identity.folding import events_in, export, load
from sharing.identity.standing import Pair, Standing
from sharing.ledger import Ledger
from tests.attack.score import Score

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)


@dataclass
class World:
    """Records by their hash, which of them are identified and there, what the model links, and what stands decided."""

    registry: Registry
    connection: duckdb.DuckDBPyConnection
    identified: set[str] = field(default_factory=set)
    there: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    pairs: dict[int, Pair] = field(default_factory=dict)
    day: int = 0
    turned: random.Random = field(default_factory=lambda: random.Random(0))

    def run(self) -> Advanced:
        """Match what is there, under what stands, and take it into the registry; rows come in any order."""
        self.day += 1
        names = self.clusters()
        sizes = {root: list(names.values()).count(root) for root in set(names.values())} if len(names) < 500 else {}
        rows = list(names)
        self.turned.shuffle(rows)
        self.give("records", {"_record": rows, "_identified": [one in self.identified for one in rows]})
        sure = [1.0 if sizes.get(names[one]) == 1 else 0.995 for one in rows]
        self.turned.shuffle(rows) if not sizes else None
        self.give("clusters", {"_record": rows, "_cluster": [names[one] for one in rows], "probability": sure})
        decided = Standing(tuple(self.pairs[number] for number in sorted(self.pairs)))
        made = Made(b"{}", AT + timedelta(days=self.day), decided)
        return advance(self.registry, self.connection, made)

    def give(self, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        self.connection.register("given", pa.table(dict(columns)))
        self.connection.execute(f"create or replace table {name} as select * from given")
        self.connection.unregister("given")

    def clusters(self) -> dict[str, str]:
        """Record -> cluster: what stands together first, then what the model links where nothing stands against it."""
        group = {one: {one} for one in self.there}
        apart = [(one.left, one.right) for one in self.pairs.values() if not one.same and one.ended is None]
        same = [(one.left, one.right) for one in self.pairs.values() if one.same and one.ended is None]
        for number, (left, right) in enumerate([*same, *self.links]):
            if left not in group or right not in group or group[left] is group[right]:
                continue
            joined = group[left] | group[right]
            free = len(joined & self.identified) < 2 and not any(a in joined and b in joined for a, b in apart)
            if number < len(same) or free:
                for one in joined:
                    group[one] = joined
        return {one: min(joined) for one, joined in group.items()}

    def may(self, left: str, right: str, same: bool) -> bool:
        """Whether a decision contradicts nothing that stands."""
        names = _joined([(one.left, one.right) for one in self.pairs.values() if one.same and one.ended is None])
        root = {one: names.get(one, one) for one in (left, right)}
        if not same:
            return root[left] != root[right]
        apart = [one for one in self.pairs.values() if not one.same and one.ended is None]
        sides = ({names.get(one.left, one.left), names.get(one.right, one.right)} for one in apart)
        return set(root.values()) not in sides

    def members(self) -> bytes:
        return export(self.registry, self.connection)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    group: dict[str, set[str]] = {}
    for left, right in pairs:
        joined = group.get(left, {left}) | group.get(right, {right})
        for one in joined:
            group[one] = joined
    return {one: min(joined) for one, joined in group.items()}


def new_world(folder: Path, drawn: random.Random, size: int) -> World:
    """A world of so many records, a third of them identified, in chains that the model links."""
    ledger = Ledger.open(folder / "ledger.sqlite")
    world = World(Registry(folder, ledger, "person"), duckdb.connect(config={"threads": 2}), turned=drawn)
    names = [f"{drawn.getrandbits(80):020x}" for _ in range(size)]
    world.identified = {one for one in names if drawn.random() < 0.33}
    world.there = set(names)
    world.links = [(one, drawn.choice(names)) for one in names if drawn.random() < 0.6]
    world.links = [(left, right) for left, right in world.links if left != right]
    return world


def attack(seed: int, histories: int = 40, size: int = 60, decisions: int = 45, large: int = 1000) -> Score:
    """`histories` worlds of `size` records, with so many decisions each, and one of four thousand with `large` of them
    (0: none), all undone again; score by worlds.
    """
    worlds = [(size, decisions)] * histories + ([(4 * large, large)] if large else [])
    fell = list[str]()
    for number, (records, many) in enumerate(worlds):
        with tempfile.TemporaryDirectory() as folder:
            fell += [f"history {number}: {one}" for one in history(Path(folder), f"{seed} {number}", records, many)]
    held = len(worlds) - len({one.split(":")[0] for one in fell})
    return Score("registry: merges and splits undone", len(worlds), held, fell)


def history(folder: Path, seed: str, size: int, decisions: int) -> list[str]:
    """What does not hold in one world."""
    drawn = random.Random(seed)
    world = new_world(folder, drawn, size)
    world.run()
    _come_and_go(world, drawn)
    before, fell = world.members(), list[str]()
    _decide(world, drawn, decisions)
    if world.members() == before:
        fell.append("decisions changed nothing")
    standing = [number for number, one in world.pairs.items() if one.ended is None]
    drawn.shuffle(standing)
    step = max(1, len(standing) // 6)
    for begin in range(0, len(standing), step):
        for number in standing[begin : begin + step]:
            found = world.pairs[number]
            world.pairs[number] = Pair(found.left, found.right, number, found.same, 10_000 + number, 2)
        world.run()
    if world.members() != before:
        fell.append("what is undone left something behind")
    if world.run().step is not None:
        fell.append("the same again was written again")
    return fell + _told(world)


def _come_and_go(world: World, drawn: random.Random) -> None:
    """Records leave, founders among them, and some return: then all is as it may be on any day."""
    everybody = sorted(world.there)
    gone = {one for one in everybody if drawn.random() < 0.2}
    world.there -= gone
    world.run()
    world.there |= {one for one in sorted(gone) if drawn.random() < 0.5}
    world.run()


def _decide(world: World, drawn: random.Random, decisions: int) -> None:
    names, step = sorted(world.there), max(1, decisions // 5)
    for number in range(1, decisions + 1):
        left, right = drawn.sample(names, 2)
        same = drawn.random() < 0.5
        linked = [pair for pair in world.links if set(pair) <= world.there]
        if not same and linked:
            left, right = drawn.choice(linked)
        if world.may(left, right, same):
            world.pairs[number] = Pair(left, right, number, same, None, 2)
        if number % step == 0 or number == decisions:
            world.run()


def _told(world: World) -> list[str]:
    """Whether the events alone, one step after another, lead to what the registry says."""
    registry, fell = world.registry, list[str]()
    held: dict[str, str] = {}
    steps = registry.steps()
    load(world.connection, registry.proved(steps))
    asked = "select step, record, before, after from registry_log where kind not in ('heir', 'weighed') order by step"
    for step, record, before, after in world.connection.execute(asked).fetchall():
        if held.get(record) != before:
            fell.append(f"step {step}: an id moved before, and no event said so")
        held[record] = after
    named = world.connection.execute(
        f"select records, before, after, kind from ({events_in('registry_log')})"
    ).fetchall()
    if any(kind == "merged" and (len(before) < 1 or len(after) != 1) for _, before, after, kind in named):
        fell.append("a merge has other than one id after it")
    wanted = {line.split()[0]: line.split()[1] for line in world.members().decode().splitlines()}
    if {record: entity for record, entity in held.items() if entity} != wanted:
        fell.append("the events lead elsewhere than the registry")
    for record, entity in wanted.items():
        if entity in world.there and wanted[entity] != entity:
            fell.append(f"an id is not with its own record {record}")
    return fell
