"""Days of the sample city, one after another: what is judged again because of one delivery hangs on that alone."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.command import call
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
