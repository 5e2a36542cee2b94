"""Days of the sample city, one after another: what is judged again because of one delivery hangs on that alone."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lake.attach import open_lake
from lake.settings import load_settings
from tests.command import call
from tests.recalled.city import found_city, run_once
from tests.sample_city.generate import generate
from tests.sample_city.story import LAST, deliver


@pytest.mark.attack
def test_a_delivery_outdates_no_check_of_what_it_does_not_reach(tmp_path: Path) -> None:
    out = tmp_path / "deliveries"
    generate(people=300, out=out)
    around = {"ZHONGTAI_STATE": str(tmp_path), "ZHONGTAI_DELIVERIES": str(out)}
    for number in range(3):
        if number:
            deliver(out, number)
        now = f"{LAST + timedelta(days=number)}T18:00:00+08:00"
        assert call("run", environment={**around, "ZHONGTAI_NOW": now}).status == 0
    ledger = sqlite3.connect(tmp_path / "ledger.sqlite")
    told = [json.loads(body) for (body,) in ledger.execute("select body from entries where kind = 'verdict'")]
    assert len(told) > 17  # some were judged again
    assert not [one["agreement"] for one in told for why in one["violations"] if why["rule"] == "check_current"]


@pytest.mark.attack
def test_a_rule_across_departments_is_of_this_run_and_not_of_the_one_before(tmp_path: Path) -> None:
    city = found_city(tmp_path)
    lots = city.place.joinpath("contracts", "departments", "bureau", "lots.yml").read_text("utf-8")
    other = lots.replace("bureau.lots", "archive.kept_lots").replace("bureau/lots", "archive/kept_lots")
    city.write(other.replace("name: lots", "name: kept_lots"), "contracts", "departments", "archive", "kept_lots.yml")
    city.write(_RULE, "contracts", "rules", "lots_are_kept.yml")
    assert city.say("sync").status == 0
    city.deliver("lots", dict.fromkeys("abcd", 1), "2026-11-17")
    seen = []
    for day, kept in (("2026-11-17", "abcd"), ("2026-11-18", "ab"), ("2026-11-19", "a"), ("2026-11-20", "abc")):
        rows = "".join(f"{one},1\n" for one in kept)
        city.write(f"编号,数量\n{rows}", "deliveries", day, "archive", "kept_lots.csv")
        told = replace(city, now=f"{day}T10:00:00+08:00").tell("run")["checks"]
        seen += [one["failing_rows"] for one in told if one["rule"] == "lots_are_kept"]
    assert seen == [0, 2, 3, 1]


_RULE = """
rule: lots_are_kept
kind: referential
title: {zh: 地块已归档, en: Lots are kept}
severity: warning
owner: bureau
fix: ask the archive
here: {of: bureau.lots, column: id}
there: {of: archive.kept_lots, column: id}
"""


@pytest.mark.attack
def test_places_and_amounts_become_the_standards_in_a_run_of_the_whole_city(tmp_path: Path) -> None:
    city = found_city(tmp_path)
    lots = city.place.joinpath("contracts", "departments", "bureau", "lots.yml")
    more = "".join(
        f"      - {{name: {name}, customProperties: [{{property: element, value: {element}}}{unit}]}}\n"
        for name, element, unit in (
            ("lon", "longitude", ""),
            ("lat", "latitude", ""),
            ("worth", "money", ", {property: unit, value: 万元}"),
        )
    )
    text = lots.read_text("utf-8").replace("slaProperties:", f"{more}slaProperties:")
    places = "[{longitude: lon, latitude: lat, system: gcj02}]"
    lots.write_text(f"{text}  - {{property: coordinates, value: {places}}}\n", "utf-8")
    said = city.say("sync")
    assert said.status == 0, said.out + said.err
    row = "a,1,121.531541859215,31.17530398364597,1.2345"
    city.write(f"编号,数量,lon,lat,worth\n{row}\n", "deliveries", "2026-11-20", "bureau", "lots.csv")
    assert city.run().state("lots", city.run().batch("lots", "2026-11-20"))[0] == "accepted"
    with open_lake(load_settings(city.place, {}), read_only=True) as lake:
        found = lake.execute("select lon, lat, worth from lake.staging.stg_bureau__lots").fetchone()
    assert found == (pytest.approx(121.5272106, abs=1e-8), pytest.approx(31.1774276, abs=1e-8), Decimal("12345.00"))


@pytest.mark.attack
def test_what_a_city_declares_no_more_is_still_what_was_said_of_it(tmp_path: Path) -> None:
    city = run_once(tmp_path)
    assert "lots" in city.run().released
    removed = (*tmp_path.glob("contracts/*/bureau/lots.yml"), *tmp_path.glob("contracts/agreements/archive__lots.yml"))
    models = [path for path in (tmp_path / "dbt_project").rglob("*lots*") if path.is_file()]
    for path in {*removed, *models}:
        path.unlink()
    assert len(removed) == 2 and city.say("sync").status == 0
    assert city.audited() == []
    assert "lots" not in city.run().released and city.audited() == []
    with open_lake(load_settings(city.place, {})) as lake:
        lake.execute("delete from lake.store.bureau__lots where id = 'd'")
    assert [one["rule"] for one in city.audited() if "bureau.lots" in str(one)] == ["conservation"]
