"""A pseudonym key that is lost for good: nothing goes on without a named person, and then every row is there again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake.attach import open_lake
from lake.settings import load_settings
from tests.recalled.city import PRODUCTS, found_city


@pytest.mark.attack
def test_a_city_goes_on_under_another_pseudonym_key_once_the_loss_is_accepted(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    for dataset in ("visits", "lots", "people"):
        city.deliver(dataset, {"a": 1, "b": 2, "c": 9}, "2026-11-19")
    assert city.run().released == set(PRODUCTS)
    key = city.place / ".zhongtai" / "keys" / "pseudonym.key"
    key.unlink()
    refused = city.say("run")
    assert refused.status == 2 and "zhongtai resolve" in refused.err and not key.exists()
    found = json.loads(city.say("audit", "--json").out)["faults"]
    (finding,) = {one["finding"] for one in found if "finding" in one}

    # Who may not resolve makes no key either; the city's demonstration is taken away for that.
    config = city.place / "zhongtai.yml"
    declared = config.read_text("utf-8")
    config.write_text(declared.replace("demonstration: true", "demonstration: false"), "utf-8")
    assert city.say("resolve", finding, "--why", "gone").status == 2
    assert not key.exists()
    config.write_text(declared, "utf-8")

    city.tell("resolve", finding, "--why", "the disk and its backup are gone")
    city.deliver("visits", {"d": 0}, "2026-11-20")
    assert city.run().released == set(PRODUCTS)
    assert city.rows("visits") == city.rows("kept") == {"a": 1, "b": 2, "c": 9, "d": 0}
    assert city.audited() == []
    # What was written before and after is found by what the lake knows of its files.
    settings = load_settings(city.place, {})
    with open_lake(settings, read_only=True) as connection:
        for table in ("store.bureau__visits", "product.p_visits"):
            bounds = connection.execute(f"select min(amount), max(amount) from lake.{table}").fetchone()
            one = connection.execute(f"select count(*) from lake.{table} where amount = 9").fetchone()
            assert (bounds, one) == ((0, 9), (1,)), table


@pytest.mark.attack
def test_a_key_that_cannot_be_used_as_things_are_is_no_finding(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    city.deliver("visits", {"a": 1}, "2026-11-20")
    city.run()
    for name in ("signing.pem", "pseudonym.key"):
        key = city.place / ".zhongtai" / "keys" / name
        key.chmod(0o640)
        refused = city.say("run")
        assert refused.status == 2 and "chmod 600" in refused.err
        (fault, *more) = city.audited()
        assert ("finding" in fault, fault["rule"], more) == (False, "key_mode", [])
        key.chmod(0o600)
        assert city.audited() == []
    assert "visits" in city.run().released


@pytest.mark.attack
def test_a_tombstone_that_was_rewritten_recalls_nothing_and_stays_found(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    city.deliver("visits", {"a": 1}, "2026-11-19")
    city.deliver("visits", {"b": 2}, "2026-11-20")
    first = city.run()
    bad, good = first.batch("visits", "2026-11-19"), first.batch("visits", "2026-11-20")
    city.recall(bad)
    assert "visits" in city.run().released
    (stone,) = city.place.glob(".zhongtai/releases/archive__visits/*.withdrawn.json")
    whole = stone.read_text("utf-8")
    stone.chmod(0o600)
    stone.write_text(whole.replace(bad, good), "utf-8")
    (fault, *_) = city.audited()
    assert fault["rule"] == "tombstone_changed" and "finding" in fault
    after = city.run()
    assert after.state("visits", good)[0] != "recalled"
    assert [one["finding"] for one in city.audited()][:1] == [fault["finding"]]
    assert city.rows("visits") == {"b": 2}


def test_a_first_run_that_cannot_open_its_keys_says_so(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    city.tell("keys", "init")
    (city.place / ".zhongtai" / "keys" / "signing.pem").write_bytes(b"")
    for _ in range(2):
        said = city.say("run")
        assert said.status == 3 and "the signing key cannot be read" in said.err


@pytest.mark.attack
def test_a_city_of_sm2_replaces_its_key_and_goes_on(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    city.deliver("visits", {"a": 1}, "2026-11-20")
    assert city.tell("keys", "init", "--sm2")["algorithm"] == "sm2"
    assert "visits" in city.run().released
    city.tell("keys", "rotate", "--why", "its time has come")
    assert city.audited() == []
    assert "visits" in city.run().released
    assert city.audited() == []
