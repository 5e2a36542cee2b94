"""What may flow into a sign: by the lineage of the very SQL that runs. And the command that shows what came of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from contracts.model import Level
from contracts.windows import Sign
from lake.attach import first_keys
from lake.windows.engine import SignUnclear, sign_engine
from lake.windows.levels import SignLineage, SignsRefused, expect_signs
from lake.windows.step import NoWindows, window_set
from tests.command import call
from tests.unit.lake.windows.fed import GATES, LOTS, SINCE, Fed, both, settings_at, write_city

PLATE = """\
      - {name: plate, logicalType: string, businessName: 号牌,
         customProperties: [{property: element, value: plate_number}]}
"""


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Fed:
    """The city, whose gates read plates (L3)."""
    folder = write_city(tmp_path_factory.mktemp("fed"))
    gates = folder / "contracts" / "departments" / "transport" / "gates.yml"
    text = gates.read_text("utf-8")
    gates.write_text(text.replace("team:", f"{PLATE}team:", 1), encoding="utf-8")
    # A dataset of a run, of which there was none yet.
    plain = text.replace("gates", "places").replace("value: stream}", "value: snapshot}")
    plain = plain.replace("value: 2, unit: min", "value: 1, unit: d")
    stream = plain.index("  - property: stream\n")
    plain = plain[:stream] + plain[plain.index("  - {property: may_be_empty") :]
    gates.with_name("places.yml").write_text(plain, encoding="utf-8")
    return Fed(folder)


@pytest.mark.parametrize(
    ("sql", "level", "wanted"),
    [
        ("select count(distinct plate) as value from lake.raw.transport__gates", "L1", "L3 .*plate"),
        ("select count(distinct plate) as value from lake.raw.transport__gates", "L3", ""),
        ("select count(*) as value from lake.raw.transport__gates where plate like 'A%'", "L2", "L3 .*plate"),
        ("select zt.declassify_vehicles(count(distinct plate)) as value from lake.raw.transport__gates", "L1", ""),
        # A declassifier is believed for what it is given: neither rows nor another column are vehicles.
        ("select zt.declassify_vehicles(count(plate)) as value from lake.raw.transport__gates", "L1", "L3"),
        ("select zt.declassify_vehicles(max(length(plate))) as value from lake.raw.transport__gates", "L1", "L3"),
        ("select count(*) as value from lake.raw.transport__gates, lake.staging.stg_unknown", "L1", "not known"),
        ("select max(sender) as value from lake.staging.stg_transport__places", "L1", "run `zhongtai run`, then this"),
    ],
)
def test_nothing_is_declared_below_what_flows_in(fed: Fed, sql: str, level: str, wanted: str) -> None:
    sign = replace(fed.windows.signs[1], sql=sql, level=Level(level))
    windows = replace(fed.windows, signs=(sign,))
    lineage = SignLineage(fed.settings, fed.catalogue, windows)
    if not wanted:
        expect_signs(lineage, windows)
        return
    with pytest.raises(SignsRefused, match=wanted) as refused:
        expect_signs(lineage, windows)
    assert list(refused.value.faults) == ["free"]


def test_who_was_not_heard_is_named_by_level(fed: Fed) -> None:
    lineage = SignLineage(fed.settings, fed.catalogue, fed.windows)
    gates, lots = fed.windows.feeds
    assert lineage.may_name(gates) and not lineage.may_name(replace(gates, sender="plate"))
    assert not lineage.may_name(replace(lots, sender=None))


def test_a_sign_tells_one_value_of_a_place(fed: Fed) -> None:
    first_keys(fed.settings)
    rows = pa.table({"number": [1, 2], "_start": [0, 0]})
    with sign_engine(fed.settings, {}) as engine:
        engine.place("transport__lots", rows, ("number",))
        one = Sign("x", "x", "x", "1", "L1", "select sum(number) as value from lake.raw.transport__lots")
        assert [one.value for one in engine.measured(one).values] == [3.0]
        with pytest.raises(SignUnclear, match="two values of the whole city"):
            engine.measured(replace(one, sql="select number as value from lake.raw.transport__lots"))
        engine.turn_to(120)
        assert [one.value for one in engine.measured(one).values] == [None]
        with pytest.raises(Exception, match="disabled"):
            engine.connection.execute("select * from read_csv('/etc/passwd')")


def test_the_command(tmp_path: Path) -> None:
    fed = Fed(write_city(tmp_path))
    with pytest.raises(NoWindows, match="declares traffic"):
        window_set(fed.catalogue, "other")
    fed.send(GATES, "1", [*both(10, 3)[0], {"sender": "a", "at": "soon", "number": 1}])
    fed.send(LOTS, "1", both(10, 3)[1])
    fed.send(LOTS, "2", [])
    now = SINCE.replace(minute=9)
    environment = {"ZHONGTAI_NOW": now.isoformat()}
    said = call("windows", "--workspace", str(tmp_path), "--json", environment=environment)
    told = json.loads(said.out)
    assert (said.status, told["set"], told["day"]) == (0, "traffic", "2026-11-21")
    assert {name: count for name, count in told["counts"].items() if count} == {
        "complete": 1,
        "incomplete": 2,
        "open": 447,
        "before": 270,
    }
    assert told["missing"] == {GATES: 2, LOTS: 2}
    assert [(one["sign"], one["value"], one["late"]) for one in told["signs"]] == [
        ("passings", 3.0, True),
        ("free", 3.0, True),
    ]
    assert sorted((one["accepted"], one["quarantined"]) for one in told["taken"]) == [(0, 0), (1, 0), (1, 1)]
    again = call("windows", "--workspace", str(tmp_path), environment=environment)
    assert "720 windows: 1 complete, 2 incomplete, 447 open, 270 before" in again.out
    assert f"missing: {LOTS} in 2 windows" in again.out and "过车" in again.out
    wrong = call("windows", "--workspace", str(tmp_path), "--day", "soon", environment=environment)
    assert (wrong.status, "is no day" in wrong.err) == (2, True)
    assert settings_at(tmp_path, now).state.name == "state"
