"""A city that seals what landed: it runs, judges again and proves as any other, and nothing delivered lies open."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.recalled.city import PRODUCTS, found_city

SECRET = "310101197001011234"  # what a delivery might hold
DATASETS = ("visits", "lots", "people")


def _lies_open(state: Path) -> list[str]:
    found = [path for path in sorted(state.rglob("*")) if path.is_file() and SECRET.encode() in path.read_bytes()]
    # What was released left on purpose.
    return [str(path.relative_to(state)) for path in found if "releases" not in path.parts]


@pytest.mark.attack
def test_a_city_that_seals_its_landing_runs_as_any_other(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    state, config = city.place / ".zhongtai", city.place / "zhongtai.yml"
    for dataset in DATASETS:
        first = city.deliver(dataset, {SECRET: 1, "b": 2}, "2026-11-19")
    assert city.run().released == set(PRODUCTS)
    # In the clear, as nothing was declared; for its owner's eyes only.
    assert any(name.startswith("landing") for name in _lies_open(state))
    assert stat.S_IMODE((state / "landing").stat().st_mode) == 0o700

    config.write_text(config.read_text("utf-8") + "encrypt_landing: true\n", "utf-8")
    assert city.run().released == set(PRODUCTS)
    assert _lies_open(state) == []
    assert not list((state / "scratch").iterdir())

    # A contract that changes is judged again from what lies sealed.
    contract = city.place / "contracts" / "departments" / "bureau" / "people.yml"
    contract.write_text(contract.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    city.deliver("people", {"c": 3}, "2026-11-20")
    first.unlink()
    outcome = city.run()
    rows = {row["path"]: row["accepted"] for row in outcome.summary["datasets"] if row["dataset"] == "bureau.people"}
    assert sum(rows.values()) == 3
    proved = json.loads(city.say("audit", "--deep", "--json").out)
    assert (proved["valid"], proved["faults"]) == (True, [])
    assert proved["proved"]["landed files recounted"] >= len(DATASETS)
    assert _lies_open(state) == []

    # Without its key nothing lands, in the clear or otherwise, and no other key is made.
    key = state / "keys" / "landing.key"
    kept = key.read_bytes()
    key.unlink()
    city.deliver("visits", {SECRET: 4}, "2026-11-20")
    refused = city.say("run")
    assert refused.status != 0 and "landing.key" in refused.out + refused.err
    assert not key.exists() and _lies_open(state) == []
    key.touch(mode=0o600)
    key.write_bytes(kept)
    assert "visits" in city.run().released
