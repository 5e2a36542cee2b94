"""A portal whose city looks at four indicators of different levels, the last of which could not be made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from contracts.indicators import (
    CITY,
    Aggregate,
    Group,
    Indicator,
    Indicators,
    Measure,
    SignDimension,
    Thresholds,
    Window,
)
from lake.indicators.schema import open_store
from lake.indicators.taking import store_path
from tests.unit.portal.catalogued import Catalogued, sample
from tests.unit.portal.conftest import Portal

SOURCE = "transport.road_segments"
DISTRICTS = ("999001", "999002")


def indicator(name: str, **facts: Any) -> Indicator:
    measure = Measure("road_segment", Aggregate.SUM, "length_m", place="district")
    told = {"window": Window.DELIVERY, "measure": measure, "thresholds": Thresholds(bad_above=50)}
    own = (f"指标{name}", f"Indicator {name}", SignDimension.TRAFFIC, "roads", "km")
    return Indicator(name, *own, owner="office@city.example", level="L3", **{**told, **facts})


EVERY = (indicator("open_one"), indicator("inner_one"), indicator("secret_one"), indicator("gone_one"))
LEVELS = {"open_one": "L1", "inner_one": "L2", "secret_one": "L3", "gone_one": "L1"}


@pytest.fixture
def desk(portal: Portal) -> Catalogued:
    """A city that looks at four things, the last of which could not be made."""
    group = Group("roads", "路网", "Roads", SignDimension.TRAFFIC, tuple(one.id for one in EVERY))
    every = Indicators({"roads": group}, {one.id: one for one in EVERY}, {SignDimension.TRAFFIC: ("交通", "Traffic")})
    portal.city.catalogue = replace(sample(), indicators=every, windows={})
    path = store_path(portal.city.settings.state)
    open_store(path)
    with closing(sqlite3.connect(path)) as store:
        store.execute("insert into making values (1, '2026-05-05T10:00:00+08:00', 'r', 1, 0, 0, 'd')")
        for name, level in LEVELS.items():
            state = ("failed", "its table was not built") if name == "gone_one" else ("taken", "")
            store.execute("insert into status values (?, ?, ?, ?, 1)", (name, *state, level))
            store.execute("insert into source values (?, ?)", (name, SOURCE))
            for number, place in enumerate((CITY, *DISTRICTS)):
                value = 61.25 + number if name != "inner_one" else 40.5
                row = (name, place, "2026-05-04", 1, value, "", "value", 1)
                store.execute("insert into value values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        store.commit()
    found = Catalogued(portal)
    found.delivered(SOURCE, "2026-05-04")
    return found
