"""A city that stops being a demonstration: what left on played approvals is withdrawn, real ones release it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sharing.keys import create_key
from tests.recalled.city import PRODUCTS, agreement, found_city

PERSONS = """persons:
  data-office@bureau.example:
    title: {{zh: 数据局, en: Data office}}
    roles: [{{role: owner, from: 2026-01-01, until: 2027-12-31}}]
    keys: [{{key: {key}, from: 2026-01-01, until: 2027-12-31}}]
"""


@pytest.mark.attack
def test_played_approvals_end_with_the_demonstration(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    for dataset in ("visits", "lots", "people"):
        city.deliver(dataset, {"a": 1, "b": 2}, "2026-11-20")
    assert city.run().released == set(PRODUCTS)
    played = {row["release_id"] for row in city.releases().values()}

    config = city.place / "zhongtai.yml"
    config.write_text(config.read_text("utf-8").replace("demonstration: true", "demonstration: false"), "utf-8")
    after = city.run()
    assert after.released == set() and city.releases() == {}
    assert {row["release_id"] for row in city.releases("withdrawn").values()} == played
    assert "played by the platform" in after.why("visits")

    pem = create_key(tmp_path / "owner.pem").public.pem.decode()
    text = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    city.write(PERSONS.format(key=text), "contracts", "persons.yml")
    for name in PRODUCTS:
        office = ("--as", "data-office@bureau.example", "--key", str(tmp_path / "owner.pem"))
        assert city.tell("approve", agreement(name), *office)["played"] is False
    assert city.run().released == set(PRODUCTS)
    for row in city.releases().values():
        told = json.loads(city.say("verify", row["path"], "--json").out)
        assert (told["valid"], told["demonstration"]) == (True, False)
    assert city.audited() == []
