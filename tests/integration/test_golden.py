"""What the city knew of an enterprise and when: through the command line, before and after it changed its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.matched.city import matched_city

BEFORE, BETWEEN, AFTER = "2026-11-22", "2026-11-23", "2026-11-24"
_OLD, _NEW = "示例晨光造纸有限公司", "示例晨光纸业有限公司"


@pytest.mark.attack
def test_what_was_known_then_and_what_was_true_then(tmp_path: Path) -> None:
    city = matched_city(tmp_path)
    city.signs("W1,示例晨光造纸,15400000001\n")
    city.tell("run")
    _, paper = city.things()["W1"]

    def values(*asked: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = city.tell("who", paper, "--values", *asked, "--as", "steward@city.example")[
            "values"
        ]
        return found

    first = values()
    assert (first["name"]["value"], first["name"]["source"]) == (_OLD, "market_regulation")
    assert first["name"]["delivered_on"] == BEFORE
    older = city.place / "deliveries" / BEFORE / "market_regulation" / "enterprises.csv"
    newer = city.place / "deliveries" / AFTER / "market_regulation" / "enterprises.csv"
    newer.parent.mkdir(parents=True)
    newer.write_text(older.read_text("utf-8").replace(_OLD, _NEW), encoding="utf-8")
    city = replace(city, now="2026-11-25T10:00:00+08:00")
    city.tell("run")
    now = values()
    assert (now["name"]["value"], now["name"]["delivered_on"]) == (_NEW, AFTER)
    assert now["name"]["batch"] != first["name"]["batch"] and now["phone"] == first["phone"]
    assert values("--known", BETWEEN) == values("--valid", BETWEEN) == first
    assert values("--known", BEFORE) == values("--valid", "2026-11-21") == {}
    # What is taken back was known until then.
    city = replace(city, now="2026-11-27T10:00:00+08:00")
    taken = ("market_regulation.enterprises", f"{AFTER}/market_regulation/enterprises.csv", "--why", "of another city")
    assert city.say("withdraw-delivery", *taken).status == 0
    city.tell("run")
    assert values() == first and values("--known", "2026-11-25") == now
