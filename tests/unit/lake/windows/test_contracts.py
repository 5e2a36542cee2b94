"""A feed's contract that changes, and what is told of files that count for nothing: no next step that is none."""

from __future__ import annotations

from pathlib import Path

from lake.city import open_city
from lake.quarantine.book import QuarantineBook
from lake.windows.step import waits
from sharing.recall import recall
from sharing.tombstones import Reason
from tests.command import Said, call
from tests.unit.lake.windows.fed import GATES, LOTS, SINCE, Fed, both, record, write_city

CONTRACT = "departments/transport/gates.yml"
LANE = """\
      - {name: lane, logicalType: string, businessName: 车道,
         customProperties: [{property: element, value: title}]}
"""


def test_what_failed_by_an_older_contract_is_looked_at_again(tmp_path: Path) -> None:
    fed = Fed(write_city(tmp_path))
    fed.send(GATES, "1", [{**record("a", 10, 3), "lane": "x"}])
    fed.send(LOTS, "1", both(10, 3)[1])
    failed = fed.step(300).batches[0]
    # No run carries a stream, so no drafted contract would ever be applied to one.
    assert failed.state == "failed" and "contract apply" not in failed.message
    assert not waits(fed.settings, fed.catalogue)
    fed.declare(CONTRACT, "team:", f"{LANE}team:")
    assert waits(fed.settings, fed.catalogue)
    assert [(one.state, one.accepted) for one in fed.step(301).batches if one.dataset == GATES] == [("accepted", 1)]
    assert fed.shape() == [("amended", 2, 2)]
    assert not waits(fed.settings, fed.catalogue)


def test_what_cannot_be_judged_again_keeps_its_quarantine(tmp_path: Path) -> None:
    """Neither reasons nor rows are lost, whatever the contract is meanwhile."""
    fed = Fed(write_city(tmp_path))
    fed.send(GATES, "1", [record("a", 10, 3), {**record("b", 10, 3), "at": "soon"}])
    fed.step(60)
    before = _quarantined(fed)
    assert before == [(1, {"type:at": 1})]
    fed.declare(CONTRACT, "    format: ndjson\n", "    format: ndjson\n    encoding: utf-16\n")
    fed.step(61)
    assert _quarantined(fed) == before
    fed.declare(CONTRACT, "    encoding: utf-16\n", "")
    fed.step(62)
    assert _quarantined(fed) == before


def test_a_recalled_file_that_comes_again_is_told(tmp_path: Path) -> None:
    fed = Fed(write_city(tmp_path))
    fed.send(GATES, "1", both(10, 3)[0])
    (batch,) = fed.step(60).batches
    with open_city(fed.settings, catalogue=fed.catalogue) as city:
        recall(city.ledger, fed.settings.releases, batch.batch, Reason("wrong", "anna"), fed.now, city.signer)
    _call(fed, "windows")
    fed.send(GATES, "2", both(10, 3)[0])
    assert "recalled  feeds/gates/2.ndjson: these very bytes were recalled" in _call(fed, "windows").out


def _quarantined(fed: Fed) -> list[tuple[int, dict[str, int]]]:
    with open_city(fed.settings, catalogue=fed.catalogue) as city:
        found = QuarantineBook(city.ledger).rejected(fed.catalogue.streams[GATES])
        return [(one.open, dict(one.reasons)) for one in found]


def _call(fed: Fed, *arguments: str) -> Said:
    told = {"ZHONGTAI_NOW": SINCE.replace(minute=2).isoformat(), "ZHONGTAI_STATE": str(fed.settings.state)}
    return call(*arguments, "--workspace", str(fed.folder), environment=told)
