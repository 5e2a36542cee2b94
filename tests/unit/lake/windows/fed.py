"""A city of two feeds: gates that see vehicles, and parking lots that tell how many spaces are free. No run is needed.

`Fed` is the whole of it: files go into the deliveries folder, and a step takes them in by a clock that the test sets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from contracts.clock import FixedClock
from contracts.load import load_catalogue
from contracts.model import Catalogue
from contracts.windows import WindowSet
from lake.settings import Settings
from lake.windows import reading
from lake.windows.records import Window
from lake.windows.step import Lineages, Taken, judged_signs, take_in

SINCE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
LENGTH = timedelta(seconds=120)
GATES, LOTS = "transport.gates", "transport.lots"

_CITY = """
city: fed
title: {zh: 测试市, en: Fed}
demonstration: true
deliveries: deliveries
"""
_DEPARTMENTS = """
departments:
  transport: {title: {zh: 交通局, en: Transport}, code: "1", owner: a@city.example}
"""
_DOMAIN = """
domain: traffic
title: {zh: 交通, en: Traffic}
description: Traffic
owner: a@city.example
"""
_CONTRACT = """
kind: DataContract
apiVersion: v3.1.0
id: transport.{name}
name: {name}
version: 1.0.0
status: active
domain: traffic
servers:
  - server: delivery
    type: local
    path: "feeds/{name}/*.ndjson"
    format: ndjson
    customProperties:
      - {{property: delivery_date, value: arrival}}
schema:
  - name: {name}
    properties:
      - {{name: sender, logicalType: string, businessName: 来源, primaryKey: true, required: true,
         customProperties: [{{property: element, value: title}}]}}
      - {{name: at, logicalType: timestamp, businessName: 时间, primaryKey: true, required: true,
         customProperties: [{{property: element, value: timestamp}}]}}
      - {{name: number, logicalType: integer, businessName: 数, required: true,
         customProperties: [{{property: element, value: count}}]}}
team: {{name: transport, members: [{{username: a@city.example, role: owner}}]}}
slaProperties:
  - {{property: frequency, value: 2, unit: min}}
  - {{property: freshness_working_days, value: 1}}
customProperties:
  - {{property: delivery_mode, value: stream}}
  - property: stream
    value: {{event_time: at, lateness_seconds: 60, ahead_seconds: 30, amend_hours: 24}}
  - {{property: may_be_empty, value: true}}
  - {{property: sharing_attribute, value: unconditional}}
"""
WINDOWS = """
windows: traffic
title: {zh: 交通, en: Traffic}
owner: a@city.example
length_seconds: 120
since: "2026-11-21T09:00:00+08:00"
grace_seconds: 180
feeds:
  - {dataset: transport.gates, sender: sender}
  - {dataset: transport.lots, sender: sender}
signs:
  - name: passings
    title: {zh: 过车, en: Passings}
    unit: "1"
    level: L1
    district: true
    sql: |
      select sender as district, sum(number) as value
      from lake.raw.transport__gates
      group by grouping sets ((), (sender))
  - name: free
    title: {zh: 空位, en: Free}
    unit: "1"
    level: L1
    sql: select coalesce(avg(cast(number as decimal(9, 2))), 0) as value from lake.raw.transport__lots
"""


def write_city(folder: Path) -> Path:
    """The declarations of the city in a folder."""
    texts = {
        "zhongtai.yml": _CITY,
        "contracts/departments/departments.yml": _DEPARTMENTS,
        "contracts/domains/traffic.yml": _DOMAIN,
        "contracts/departments/transport/gates.yml": _CONTRACT.format(name="gates"),
        "contracts/departments/transport/lots.yml": _CONTRACT.format(name="lots"),
        "contracts/windows/traffic.yml": WINDOWS,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip(), encoding="utf-8")
    (folder / "deliveries").mkdir(exist_ok=True)
    return folder


def settings_at(folder: Path, now: datetime) -> Settings:
    """The settings of the city as of a moment."""
    return Settings(folder, folder / "state", None, 2, "1GB", FixedClock(now))


def record(sender: str, second: float, number: int) -> dict[str, Any]:
    """What a sender tells so many seconds after the first window began; times are written as in the city."""
    at = SINCE + timedelta(hours=8, seconds=second)
    return {"sender": sender, "at": f"{at:%Y-%m-%d %H:%M:%S}", "number": number}


@cache
def _catalogue(folder: Path) -> Catalogue:
    return load_catalogue(folder)


@dataclass
class Fed:
    """The city at work."""

    folder: Path
    now: datetime = SINCE
    lineages: Lineages | None = None
    taken: list[Taken] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return settings_at(self.folder, self.now)

    @property
    def catalogue(self) -> Catalogue:
        return _catalogue(self.folder)

    @property
    def windows(self) -> WindowSet:
        return self.catalogue.windows["traffic"]

    def declare(self, file: str, before: str, after: str) -> None:
        """Declare something anew: in a file below `contracts/`, in place of what stands there."""
        path = self.folder / "contracts" / file
        text = path.read_text("utf-8")
        assert text.count(before) == 1, before
        path.write_text(text.replace(before, after), encoding="utf-8")
        _catalogue.cache_clear()
        self.lineages = None

    def send(self, dataset: str, name: str, records: Iterable[dict[str, Any]]) -> Path:
        """A micro-batch in a feed's folder."""
        path = self.folder / "deliveries" / "feeds" / dataset.partition(".")[2] / f"{name}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
        return path

    def step(self, second: float | None = None) -> Taken:
        """Take in what waits, so many seconds after the first window began."""
        if second is not None:
            self.now = SINCE + timedelta(seconds=second)
        if self.lineages is None:
            self.lineages = judged_signs(self.settings, self.catalogue)
        taken = take_in(self.settings, self.catalogue, f"run-{len(self.taken)}", self.lineages)
        self.taken.append(taken)
        return taken

    def day(self) -> list[Window]:
        """The windows that are closed, in their order."""
        found = reading.day(self.settings, self.windows, SINCE.date())
        return [one for one in found.windows if one.seq]

    def shape(self) -> list[tuple[str, int, int]]:
        """State, revision and rows of each closed window."""
        return [(str(one.state), one.revision, one.rows) for one in self.day()]

    def values(self, number: int) -> dict[tuple[str, str], float | None]:
        """The newest values of a window, by sign and district."""
        revisions = reading.history(self.settings, self.windows, SINCE + number * LENGTH)
        return {(one.sign, one.district): one.value for one in revisions[-1].values}


def both(second: float, number: int = 1) -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]:
    """A record of each feed at a moment."""
    return [record("a", second, number)], [record("p", second, number)]
