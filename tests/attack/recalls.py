"""A thousand random recalls and redeliveries on a small city, against which batch's rows are in which product.

The truth is plain Python over the files that were delivered: it shares nothing with the platform but those files. After
each recall the releases that were named are held against it (none missing, none too many), and after each run what is
served, row by row.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from tests.attack.score import Score
from tests.recalled.city import MODES, PRODUCTS, Outcome, Recalled, found_city, prefixes

DAYS = [f"2026-11-{day:02d}" for day in (2, 3, 4, 5, 6, 9, 10, 11)]
Rows = Mapping[str, int]


@dataclass(frozen=True)
class Given:
    """One delivery as it was looked at: its day (and so its path), its place among all, its batch and rows."""

    day: str
    arrived: int
    batch: str
    rows: Rows


@dataclass
class Truth:
    """One dataset as it must be: what was delivered in which order, and what of it counts."""

    name: str
    mode: str
    given: list[Given] = field(default_factory=list)
    recalled: set[str] = field(default_factory=set)
    lying: dict[str, tuple[str, Rows]] = field(default_factory=dict)
    """Day -> what lies at its path, by batch."""

    def look(self) -> None:
        """A run: each path is looked at, oldest day first."""
        for day, (batch, rows) in sorted(self.lying.items()):
            at_path = [one for one in self.given if one.day == day]
            if batch not in self.recalled and (not at_path or at_path[-1].batch != batch):
                self.given.append(Given(day, len(self.given), batch, rows))

    def current(self) -> dict[str, tuple[int, str]]:
        """Id -> its amount, and the batch that it is of."""
        live = sorted((one for one in self.given if one.batch not in self.recalled), key=lambda g: (g.day, g.arrived))
        if self.mode == "append":
            live = [one for one in live if not any(o.day == one.day and o.arrived > one.arrived for o in live)]
        if self.mode == "snapshot":
            live = live[-1:]
        return {key: (amount, one.batch) for one in live for key, amount in one.rows.items()}


@dataclass
class Story:
    """A city and what is true of it, told step by step; `fell` is what did not hold, `tried` how much was asked."""

    city: Recalled
    chance: random.Random
    copies: int
    datasets: dict[str, Truth] = field(default_factory=dict)
    made_of: dict[str, frozenset[str]] = field(default_factory=dict)
    """Release id -> the batches whose rows are in it."""
    exact: set[str] = field(default_factory=set)
    """The releases whose certificates say that they name just those."""
    fell: list[str] = field(default_factory=list)
    tried: int = 0
    recalls: int = 0
    serial: int = 0

    def begin(self) -> None:
        """Two deliveries of everything, and a run."""
        for prefix in prefixes(self.copies):
            for name, mode in MODES.items():
                self.datasets[f"{prefix}{name}"] = Truth(f"{prefix}{name}", mode)
        for truth in self.datasets.values():
            for day in DAYS[:2]:
                self.deliver(truth, day, self._fresh())
        self.run()

    def step(self) -> None:
        """Something is recalled of every dataset, something else delivered, and a run."""
        for truth in self.datasets.values():
            for _ in range(self.chance.choice([1, 1, 2, 3])):
                self._recall(truth)
        if self.chance.random() < 0.3:
            self.run()
        for truth in self.datasets.values():
            self.deliver(truth, self.chance.choice(DAYS), self._some(truth))
        self.run()
        # The next good delivery releases again, whatever was recalled.
        bare = [truth for truth in self.datasets.values() if not truth.current()]
        for truth in bare:
            self.deliver(truth, self.chance.choice(DAYS), self._fresh())
        if bare:
            self.run()

    def _fresh(self) -> Rows:
        self.serial += 1
        return dict.fromkeys(sorted(self.chance.sample("abcdef", self.chance.randint(1, 4))), self.serial)

    def _some(self, truth: Truth) -> Rows:
        """New rows, or those of a delivery of before: good ones, superseded ones, recalled ones."""
        return self.chance.choice(truth.given).rows if self.chance.random() < 0.4 else self._fresh()

    def deliver(self, truth: Truth, day: str, rows: Rows) -> None:
        """A file at the path of a day; what lay there is overwritten."""
        file = self.city.deliver(truth.name, rows, day)
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        batch = hashlib.sha256(f"bureau.{truth.name}\n{content}".encode()).hexdigest()[:32]
        truth.lying[day] = (batch, rows)

    def _recall(self, truth: Truth) -> None:
        batches = sorted({one.batch for one in truth.given})
        batch = self.chance.choice(batches)
        found = self.city.recall(batch)
        truth.recalled.add(batch)
        self.recalls += 1
        named = {row["release_id"] for row in found["releases"]}
        wanted = {identity for identity, batches_of in self.made_of.items() if batch in batches_of}
        self.hold(not wanted - named, f"recall of {truth.name} {batch}: not named {sorted(wanted - named)}")
        # A certificate that says that it names all that might be in it (not exact) may name too many.
        more = (named - wanted) & self.exact
        self.hold(not more, f"recall of {truth.name} {batch}: named too {sorted(more)}")
        served = {row["release_id"] for row in self.city.releases().values()}
        self.hold(not served & wanted, f"recall of {truth.name} {batch}: still served {sorted(served & wanted)}")

    def run(self) -> None:
        """A run, and what is served then."""
        for truth in self.datasets.values():
            truth.look()
        outcome, served = self.city.run(), self.city.releases()
        for name, current in self._products():
            if current is None:
                self.hold(name not in outcome.released, f"{name}: released without a row that counts")
            elif name not in served or name not in outcome.released:
                self.hold(False, f"{name}: not released: {outcome.why(name)}")
            else:
                self._hold_served(outcome, name, current, served[name])

    def _hold_served(
        self,
        outcome: Outcome,
        name: str,
        current: Mapping[str, tuple[int, frozenset[str]]],
        release: Mapping[str, object],
    ) -> None:
        files = sorted(Path(str(release["path"])).glob("*.parquet"))
        rows = {row["id"]: row["amount"] for file in files for row in pq.read_table(file).to_pylist()}
        wanted = {key: amount for key, (amount, _) in current.items()}
        self.hold(rows == wanted, f"{name}: serves {rows} for {wanted}")
        identity = str(release["release_id"])
        self.made_of[identity] = frozenset(one for _, of in current.values() for one in of)
        envelope = json.loads(Path(str(release["path"]), "certificate.json").read_bytes())
        if json.loads(base64.b64decode(envelope["payload"]))["predicate"]["exact"]:
            self.exact.add(identity)

    def _products(self) -> Iterator[tuple[str, dict[str, tuple[int, frozenset[str]]] | None]]:
        """Product -> its rows, amount and batches by id; None where it has none, or a dataset nothing that counts."""
        for prefix in prefixes(self.copies):
            found = {name: self.datasets[f"{prefix}{name}"].current() for name in MODES}
            plain = {
                name: {key: (amount, frozenset([batch])) for key, (amount, batch) in found[of].items()}
                for name, of in {**{one: one for one in MODES}, "kept": "visits"}.items()
            }
            plain["joined"] = {
                key: (found["people"][key][0], frozenset([batch, found["people"][key][1]]))
                for key, (_, batch) in found["visits"].items()
                if key in found["people"]
            }
            for name in PRODUCTS:
                above = ("visits", "people") if name == "joined" else ("visits" if name == "kept" else name,)
                yield f"{prefix}{name}", (plain[name] or None) if all(found[one] for one in above) else None

    def hold(self, holds: bool, what: str) -> None:
        """One more thing was asked; `what` says what did not hold."""
        self.tried += 1
        if not holds:
            self.fell.append(what)
            print(what, flush=True)


def attack(seed: int, recalls: int = 1000, copies: int = 6) -> Score:
    """So many random recalls, of several datasets of each kind; the past is whole in the end."""
    with TemporaryDirectory() as folder:
        city = found_city(Path(folder) / "city", fresh=250, copies=copies)
        story = Story(city, random.Random(seed), copies)
        story.begin()
        begun = time.monotonic()
        while story.recalls < recalls:
            story.step()
            print(f"{story.recalls} recalls, {len(story.fell)} fell, {time.monotonic() - begun:.0f} s", flush=True)
        for fault in city.audited():
            story.hold(False, json.dumps(fault))
        print(f"{len(story.exact)} of {len(story.made_of)} releases say that their batches are exact", flush=True)
        held = story.tried - len(story.fell)
        return Score("recalls: who is named, and what is served", story.tried, held, story.fell)
