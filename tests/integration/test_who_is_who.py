"""Who is who, end to end: rows without an identifier come to the theme domain under ids that move by events alone.

One small city, from what is delivered over what a steward decides to what leaves; what is slow is `attack`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake.settings import load_settings
from sharing.ledger import Ledger
from tests.matched.city import Matched, matched_city

SIGNS = """W1,示例晨光造纸,15400000001
W2,巷口小吃,
W3,无名小店,15400000077
W4,無名小店,15400000178
"""
STEWARD = ("--as", "steward@city.example")


def _pair(city: Matched, one: str, other: str) -> str:
    """The pair of two signs, as the queue calls it."""
    keys = sorted(key for key, _ in city.ask("select _key, _record from lake.registry.legal_entity"))
    records = dict(city.ask("select _key, _record from lake.registry.legal_entity"))
    wanted = [records[key] for key in keys if key.endswith((f":{one}", f":{other}"))]
    return "-".join(sorted(wanted))


def _entity(city: Matched, city_id: str) -> dict[str, Any]:
    columns = "credit_code, name, phone, phone_source, provider_count, matched_rows, conflict_count"
    (row,) = city.ask(f"select {columns} from lake.theme.legal_entity where city_id = '{city_id}'")
    return dict(zip(columns.split(", "), row, strict=True))


def test_a_decision_moves_what_is_one_and_its_undoing_moves_it_back(tmp_path: Path) -> None:
    city = matched_city(tmp_path)
    city.signs(SIGNS)
    first = city.tell("run")
    assert {one["verdict"] for one in first["releases"]} == {"released"}
    before = city.things()
    # By its sign and telephone, the one is an enterprise; the others are shops of their own, which nobody registered.
    code, paper = before["W1"]
    assert code is not None and [one for one, (known, _) in before.items() if known is None] == ["W2", "W3", "W4"]
    assert len({city_id for _, city_id in before.values()}) == 4
    # What departments say under the identifier goes before what a sign says.
    assert _entity(city, paper) == {
        "credit_code": code, "name": "示例晨光造纸有限公司", "phone": "15400000101", "phone_source": "taxation",
        "provider_count": 2, "matched_rows": 1, "conflict_count": 1,
    }  # fmt: skip
    assert _entity(city, before["W3"][1])["name"] == "无名小店"
    _shows_what_is_known_and_by_whom(city, before["W3"][1], paper)
    failed = {one["rule"] for one in first["checks"] if one["table"] == "theme.legal_entity" and not one["passed"]}
    assert failed == {"departments_agree"}

    pair = _pair(city, "W3", "W4")
    told = city.tell("match", "legal_entity", "--same", pair, "--why", "one shop, two spellings", *STEWARD)
    assert told["state"] == "stands"
    refused = city.say("match", "legal_entity", "--different", pair, "--why", "two shops", *STEWARD)
    assert refused.status == 2 and str(told["decision"]) in refused.err
    city.tell("run")
    after = city.things()
    assert after["W3"] == after["W4"] and after["W4"][1] in (before["W3"][1], before["W4"][1])
    assert {name: after[name] for name in ("W1", "W2")} == {name: before[name] for name in ("W1", "W2")}
    assert _entity(city, after["W3"][1])["matched_rows"] == 2
    (former,) = {before["W3"][1], before["W4"][1]} - {after["W3"][1]}
    who = city.tell("who", former, "--values", *STEWARD)
    assert (who["stands"], who["now"], who["of"]) == (False, [after["W3"][1]], after["W3"][1])
    assert who["values"]["name"]["source"] == "urban"

    city.tell("match", "legal_entity", "--undo", str(told["decision"]), "--why", "they are two after all", *STEWARD)
    city.tell("run")
    assert city.things() == before
    kinds = [one["kind"] for one in city.tell("who", former)["events"]]
    assert kinds == ["found", "merged", "split"]
    assert "nothing has changed" in json.dumps(city.tell("run")["notes"])


def _shows_what_is_known_and_by_whom(city: Matched, shop: str, paper: str) -> None:
    """Of each thing its values, by source and as a steward sees them: names, and of telephones the ends."""
    told = city.tell("who", shop, "--values", *STEWARD)["values"]
    assert told["credit_code"] == {"value": None, "source": None, "level": "L1", "batch": None, "delivered_on": None}
    batch, day = told["name"]["batch"], "2026-11-22"
    assert told["name"] == {"value": "无名小店", "source": "urban", "level": "L1", "batch": batch, "delivered_on": day}
    assert told["phone"] == {
        "value": "154****0077",
        "source": "urban",
        "level": "L3",
        "batch": batch,
        "delivered_on": day,
    }
    assert (batch,) in city.ask("select batch from lake.meta.deliveries where dataset = 'urban.signs'")
    hidden = city.tell("who", paper, "--values", "--as", "officer@city.example")["values"]
    assert {one["value"] for one in hidden.values()} == {"****"}
    assert city.tell("who", shop, "--values", "--known", "2026-11-22", *STEWARD)["values"] == {}
    with Ledger.read(load_settings(city.place).ledger) as ledger:
        looks = [entry.body for entry in ledger.entries("access") if entry.body["what"] == "values"]
    assert [(one["by"], one["role"], one["level"], one["thing"]) for one in looks] == [
        ("steward@city.example", "steward", "L2", shop), ("officer@city.example", "none", "none", paper),
    ]  # fmt: skip


@pytest.mark.attack
def test_what_cannot_be_matched_withholds_and_the_last_good_registry_stays(tmp_path: Path) -> None:
    city = matched_city(tmp_path)
    city.signs(SIGNS)
    city.tell("run")
    before, steps = city.things(), sorted((city.place / ".zhongtai" / "registry" / "legal_entity").iterdir())
    city.match(most_pairs=1)
    city.signs(SIGNS + "W5,无名小店,15400000077\n")
    told = city.tell("run")
    (release,) = told["releases"]
    assert release["verdict"] == "withheld"
    why = " ".join(one["message"] for one in release["violations"])
    assert "could not be matched" in why and "pairs" in why and "15400000077" not in why
    assert city.things() == before
    assert sorted((city.place / ".zhongtai" / "registry" / "legal_entity").iterdir()) == steps
    # Mended, it goes on where it was.
    city.match()
    assert {one["verdict"] for one in city.tell("run")["releases"]} == {"released"}
    after = city.things()
    assert {name: after[name] for name in before} == before and len(after) == 5
    # Made again from landing, the same rows score the same, though others were there when the scorer learned.
    pairs = city.ask("select * from lake.registry.legal_entity__pairs order by all")
    rebuilt = city.tell("rebuild")
    assert rebuilt["different"] == {} and rebuilt["same"]
    assert city.ask("select * from lake.registry.legal_entity__pairs order by all") == pairs and city.things() == after


@pytest.mark.attack
def test_a_row_that_is_taken_back_is_gone_by_an_event_and_what_was_released_is_made_again(tmp_path: Path) -> None:
    city = matched_city(tmp_path)
    city.signs(SIGNS)
    city.tell("run")
    before = city.things()
    (release,) = city.tell("releases")["releases"]
    batch = next(one["batch"] for one in city.tell("status")["datasets"] if one["dataset"] == "urban.signs")
    assert city.tell("recall", batch, "--why", "signs of another city")["batch"] == batch
    city.tell("run")
    assert city.things() == {}
    who = city.tell("who", before["W3"][1])
    assert [one["kind"] for one in who["events"]] == ["found", "gone"] and not who["stands"]
    assert _entity(city, before["W1"][1])["matched_rows"] == 0
    # What left is made again with the registry as it was known then.
    assert city.tell("reproduce", release["path"])["reproduced"]
    assert city.tell("audit")["valid"]
