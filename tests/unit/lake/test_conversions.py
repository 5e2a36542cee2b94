"""Codes of their time, units and coordinates: declared, judged as rows land, converted in staging, and named."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.conversions import conversions
from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import Catalogue, Dataset
from contracts.one_select import author_vocabulary, judge_select
from contracts.units import UNITS, factor
from lake.ingest import ingest
from lake.store import ensure_tables
from orchestration.twins.staging import staging_sql
from quality.declared import DuckDBEngine
from quality.suites import Subject, check_table
from tests.unit.lake.desk import Desk

GOOD = Path(__file__).parents[1] / "contracts" / "good"
_serial = count(1)
_MACRO = re.compile(r"\{\{ zhongtai\.cgcs2000_(\w+)\('(.*?)', '(.*?)', '(.*?)'\) \}\}")


def column(name: str, element: str, **extra: Any) -> dict[str, Any]:
    properties = [{"property": key, "value": value} for key, value in {"element": element, **extra}.items()]
    return {"name": name, "customProperties": properties}


def declared(root: Path, *columns: dict[str, Any], elements: str = "", **top: Any) -> tuple[Catalogue, Dataset]:
    """A workspace with one more dataset of these columns."""
    name = f"things{next(_serial)}"
    space = Path(shutil.copytree(GOOD, root / name))
    if elements:
        (space / "contracts" / "standards" / "elements" / "more.yml").write_text(elements, encoding="utf-8")
    visits = space / "contracts" / "departments" / "health" / "visits.yml"
    told = yaml.safe_load(visits.read_text(encoding="utf-8"))
    extra = {"delivery_mode": "append", "sharing_attribute": "conditional", **top}
    told |= {"id": f"health.{name}", "customProperties": [{"property": k, "value": v} for k, v in extra.items()]}
    told["servers"] = [{"server": "delivery", "type": "local", "path": f"*/{name}.csv", "format": "csv"}]
    told["schema"] = [{"name": name, "logicalType": "object", "properties": list(columns)}]
    visits.with_name(f"{name}.yml").write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    known = load_catalogue(space, engine=DuckDBEngine())
    return known, known.datasets[f"health.{name}"]


def refused(root: Path, *columns: dict[str, Any], **top: Any) -> str:
    with pytest.raises(DeclarationsRefused) as found:
        declared(root, *columns, **top)
    return str(found.value)


def landed(desk: Desk, known: Catalogue, dataset: Dataset, text: str) -> Any:
    desk.deliver(dataset, text)
    unusable = ensure_tables(desk.connection, [dataset])
    (batch,) = ingest(
        replace(desk.context(), catalogue=replace(known, deliveries=desk.root), unusable=unusable), dataset
    )
    assert batch.state == "accepted", batch.message
    return batch


def staged(desk: Desk, known: Catalogue, dataset: Dataset) -> list[tuple[Any, ...]]:
    sql = _MACRO.sub(r"zt.\4_\1(\2, \3)", staging_sql(dataset, known.code_sets))
    sql = re.sub(r"\{\{ source\('raw', '(\w+)'\) \}\}", r'lake.raw."\1"', sql)
    here = ("lake", "raw", dataset.table)
    judge_select(desk.connection, sql, {here}, author_vocabulary(desk.connection))  # what a run would refuse
    names = ", ".join(one.name for one in dataset.columns)
    return desk.connection.execute(f"select {names} from ({sql}) order by _row").fetchall()


BORN = (column("born", "birth_date"), column("division", "county_division", codes_as_of="born"))


def test_a_division_is_right_for_the_time_in_which_it_was_one(desk: Desk, tmp_path: Path) -> None:
    known, dataset = declared(tmp_path, *BORN)
    county = ("1990-05-01,310230", "2016-07-21,310230", "2016-07-22,310230", ",310230")
    rows = (*county, "2016-07-21,310151", "2016-07-22,310151", "2020-01-01,310101", "2020-01-01,999999")
    batch = landed(desk, known, dataset, "\n".join(("born,division", *rows, "")))
    assert batch.reasons == {"in_time:division": 2, "code_set:division": 1}
    assert [row for row, _, _ in desk.rejected(dataset)] == [3, 5, 8]
    subject = Subject(f"raw.{dataset.table}", dataset.rules, "v", known.code_sets, dataset)
    results = {one.rule: one for one in check_table(desk.connection, subject)}
    assert results["in_time:division"].passed and results["in_time:division"].error is None


def test_what_is_delivered_in_a_larger_unit_is_exact_in_the_elements(desk: Desk, tmp_path: Path) -> None:
    columns = (column("capital", "registered_capital", unit="万元"), column("plain", "money", unit="元"))
    known, dataset = declared(tmp_path, *columns)
    largest = "99999999999999.99"
    rows = ("0.01,1.23", "1234567890.12,0", f"{largest},1", "100000000000000,1", "99999999999999.99,-1")
    batch = landed(desk, known, dataset, "capital,plain\n" + "\n".join(rows) + "\n")
    assert batch.reasons == {"unit:capital": 3}  # what would not fit in yuan is no null
    exact = [(Decimal("100.00"), Decimal("1.23")), (Decimal("12345678901200.00"), Decimal("0.00"))]
    assert staged(desk, known, dataset) == exact
    assert [one.name for one in conversions(dataset, dataset.columns[0], {})] == ["unit:万元→元"]
    assert conversions(dataset, dataset.columns[1], {}) == ()


def test_a_larger_unit_has_the_places_that_it_needs(desk: Desk, tmp_path: Path) -> None:
    columns = (column("capital", "registered_capital", unit="万元"), column("area", "floor_area", unit="公顷"))
    known, dataset = declared(tmp_path, *columns)
    rows = ("1.2345,0.123456", "0.000001,1", "0.0000001,1", "1,-0.00001")
    batch = landed(desk, known, dataset, "capital,area\n" + "\n".join(rows) + "\n")
    # A tenth of a fen is no amount; areas begin at nought, in whatever unit.
    assert batch.reasons == {"type:capital": 1, "range:area": 1}
    exact = [Decimal("12345.00"), Decimal("0.01")]
    assert [capital for capital, _ in staged(desk, known, dataset)] == exact
    assert staged(desk, known, dataset)[0][1] == Decimal("1234.56")
    rules = [rule for each in dataset.columns for rule in each.rules]
    subject = Subject(f"raw.{dataset.table}", rules, "v", known.code_sets, dataset)
    results = {one.rule: one for one in check_table(desk.connection, subject)}
    assert results["type:capital"].passed and results["range:area"].passed


def test_an_elements_range_is_in_the_unit_that_is_delivered(desk: Desk, tmp_path: Path) -> None:
    told = "title: {zh: 费用, en: Fee}, source: x, type: decimal, level: L1, mask: none, unit: 元"
    elements = f"elements:\n  fee: {{{told}, minimum: 0.1, maximum: 5000}}\n"
    known, dataset = declared(tmp_path, column("fee", "fee", unit="万元"), elements=elements)
    rows = ("0.00001", "0.000009", "0.5", "0.500001", "5000")
    batch = landed(desk, known, dataset, "fee\n" + "\n".join(rows) + "\n")
    assert batch.reasons == {"range:fee": 3}
    assert staged(desk, known, dataset) == [(Decimal("0.10"),), (Decimal("5000.00"),)]


PLACES = (column("x", "longitude"), column("y", "latitude"))
KNOWN = (
    # (GCJ-02, WGS-84): the test vectors of the open libraries that have the formula.
    ((121.531541859215, 31.17530398364597), (121.5272106, 31.1774276)),
    ((113.9171764808363, 22.540796131694766), (113.912316, 22.543847)),
    ((116.38404722455657, 39.91334545536069), (116.377817, 39.911954)),
)


def test_places_of_the_map_services_become_those_of_the_national_system(desk: Desk, tmp_path: Path) -> None:
    known, dataset = declared(tmp_path, *PLACES, coordinates=[{"longitude": "x", "latitude": "y", "system": "gcj02"}])
    rows = [*(gcj for gcj, _ in KNOWN), (2.35, 48.85)]  # Paris is moved by nobody
    landed(desk, known, dataset, "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows) + "1,\n")
    *inside, outside, partly = staged(desk, known, dataset)
    for found, (_, wanted) in zip(inside, KNOWN, strict=True):
        assert found == pytest.approx(wanted, abs=1e-8)
    assert outside == (2.35, 48.85) and partly == (1.0, None)
    made = {one.name for each in dataset.columns for one in conversions(dataset, each, {})}
    assert made == {"coordinates:GCJ-02→CGCS2000"}


def test_baidus_places_come_back_to_within_a_metre(desk: Desk, tmp_path: Path) -> None:
    from math import atan2, cos, hypot, pi, sin

    def moved_again(lon: float, lat: float) -> tuple[float, float]:
        turn = pi * 3000 / 180
        radius = hypot(lon, lat) + 0.00002 * sin(lat * turn)
        angle = atan2(lat, lon) + 0.000003 * cos(lon * turn)
        return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006

    known, dataset = declared(tmp_path, *PLACES, coordinates=[{"longitude": "x", "latitude": "y", "system": "bd09"}])
    rows = [moved_again(*gcj) for gcj, _ in KNOWN]
    landed(desk, known, dataset, "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows))
    for found, (_, wanted) in zip(staged(desk, known, dataset), KNOWN, strict=True):
        assert found == pytest.approx(wanted, abs=1e-5)


def test_the_same_ellipsoid_is_left_as_it_is(tmp_path: Path) -> None:
    known, dataset = declared(tmp_path, *PLACES, coordinates=[{"longitude": "x", "latitude": "y", "system": "wgs84"}])
    assert "cgcs2000_" not in staging_sql(dataset, known.code_sets)
    assert conversions(dataset, dataset.columns[0], {})[0].name == "coordinates:WGS-84→CGCS2000"


@pytest.mark.parametrize(
    ("columns", "top", "said"),
    [
        ((column("a", "money", unit="里"),), {}, "no unit that is known"),
        ((column("a", "money", unit="公顷"),), {}, "no whole number of 元"),
        ((column("a", "registered_capital"), column("b", "floor_area", unit="万元")), {}, "no whole number of 平方米"),
        ((column("a", "text", unit="元"),), {}, "has no unit"),
        ((column("a", "county_division", codes_as_of="b"),), {}, "no column that has a day"),
        ((column("a", "county_division", codes_as_of="b"), column("b", "text")), {}, "no column that has a day"),
        ((column("a", "text", codes_as_of="b"), column("b", "birth_date")), {}, "has no code set"),
        (PLACES, {"coordinates": [{"longitude": "x", "latitude": "z", "system": "gcj02"}]}, "no column 'z'"),
        (PLACES, {"coordinates": [{"longitude": "x", "latitude": "x", "system": "gcj02"}]}, "in two places"),
        (PLACES, {"coordinates": [{"longitude": "x", "latitude": "y", "system": "mars"}]}, "mars"),
        (
            (column("x", "text"), PLACES[1]),
            {"coordinates": [{"longitude": "x", "latitude": "y", "system": "gcj02"}]},
            "no number",
        ),
    ],
)
def test_what_cannot_be_converted_is_refused_as_it_is_declared(
    tmp_path: Path, columns: Any, top: Any, said: str
) -> None:
    assert said in refused(tmp_path, *columns, **top)


def test_a_unit_is_a_whole_number_of_another_or_none() -> None:
    for delivered in UNITS:
        for wanted in UNITS:
            many = factor(delivered, wanted)
            same = UNITS[delivered][0] == UNITS[wanted][0]
            assert many is None or (same and many * UNITS[wanted][1] == UNITS[delivered][1])


def test_the_standards_are_as_many_as_a_citys_libraries_need() -> None:
    known = load_catalogue(Path(__file__).parents[3], engine=DuckDBEngine())
    own = [one for one in known.elements.values() if not one.source.startswith("city")]
    assert len(own) >= 120 and len(known.code_sets) >= 40
    assert all(one.source for one in (*known.elements.values(), *known.code_sets.values()))
    for one in known.code_sets.values():
        assert all(period.became is None or period.became in one.codes for period in one.periods.values())


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ('"1": {zh: 甲, en: A, from: 2020-01-02, until: 2020-01-01}', "ended"),
        ('"1": {zh: 甲, en: A, became: "2"}', "when it ended"),
        ('"1": {zh: 甲, en: A, until: 2020-01-01, became: "9"}', "no other code"),
        ('"1": {zh: 甲, en: A, until: 2020-01-01, became: "1"}', "no other code"),
        ('"1": {zh: 甲, en: A, until: 2020-02-30}', "is no day"),
    ],
)
def test_a_time_that_is_none_is_refused(tmp_path: Path, codes: str, said: str) -> None:
    space = Path(shutil.copytree(GOOD, tmp_path / "w"))
    folder = space / "contracts" / "standards" / "codes"
    (folder / "odd.yml").write_text(f"code_set: odd\ntitle: {{zh: 怪, en: Odd}}\nsource: test\ncodes:\n  {codes}\n")
    with pytest.raises(DeclarationsRefused) as found:
        load_catalogue(space, engine=DuckDBEngine())
    assert said in str(found.value)
