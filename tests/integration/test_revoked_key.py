"""A signing key that was lost is replaced and revoked; what it signed is refused, and released again under the next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.recalled.city import PRODUCTS, Recalled, found_city


def _key(city: Recalled) -> str:
    return str(city.tell("keys", "show")["signing key"])


def _verified(city: Recalled, folder: str, trusted: Path) -> tuple[bool, list[str]]:
    found = json.loads(city.say("verify", folder, "--key", str(trusted), "--json").out)
    return found["valid"], [fault["rule"] for fault in found["faults"]]


@pytest.mark.attack
def test_what_a_revoked_key_signed_is_released_again_under_the_next(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    for dataset in ("visits", "lots", "people"):
        city.deliver(dataset, {"a": 1, "b": 2}, "2026-11-20")
    assert city.run().released == set(PRODUCTS)
    before, old = city.releases(), _key(city)
    # The recipient has the first key by another way, and keeps a copy of what it was given.
    trusted = tmp_path / "trusted.pem"
    shutil.copyfile(city.place / ".zhongtai" / "releases" / "keys" / f"{old}.pem", trusted)

    early = city.say("keys", "revoke", old, "--why", "lost")
    assert early.status == 2 and "keys rotate" in early.err
    new = city.tell("keys", "rotate", "--why", "lost with a laptop")["new key"]
    assert new == _key(city) != old
    # What the old key signed stays good, and nothing is released twice for it.
    assert city.run().released == set(PRODUCTS)
    assert city.releases() == before
    assert _verified(city, before["visits"]["path"], trusted) == (True, [])

    city.tell("keys", "revoke", old, "--why", "lost with a laptop")
    assert _verified(city, before["visits"]["path"], trusted) == (False, ["key_revoked"])
    assert city.run().released == set(PRODUCTS)
    after = city.releases()
    assert {after[name]["release_id"] for name in PRODUCTS}.isdisjoint(row["release_id"] for row in before.values())
    for name in PRODUCTS:
        # The trusted key's word leads to the next one.
        assert _verified(city, after[name]["path"], trusted) == (True, [])
    withdrawn = city.releases("withdrawn")
    assert {row["release_id"] for row in withdrawn.values()} == {row["release_id"] for row in before.values()}
    again = city.run()
    assert again.released == set(PRODUCTS) and city.releases() == after
    assert city.audited() == []
