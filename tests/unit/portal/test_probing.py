"""The probe: what is released is read as its recipient reads it, and what cannot be read is told as that."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lake.quality_past.store import QualityPast
from portal.files.proof import Proofs
from portal.probing.daily import kept_up
from portal.probing.probe import Probed, probe_all
from portal.released import Released
from tests.unit.portal.conftest import AGREEMENTS, NAME, Portal

(AGREEMENT,) = AGREEMENTS


def probed(portal: Portal, *, due: bool = False) -> list[Probed]:
    return probe_all(portal.city, Released(portal.city), Proofs(), due=due)


def test_every_row_of_what_is_released_is_read_and_it_is_recorded(portal: Portal) -> None:
    release = portal.publish()
    (found,) = probed(portal)
    assert (found.passed, found.why, found.rows, found.failing_rows) == (True, "", 20, 0)
    assert found.tried == ("listed", "proved", "described", "read") and found.sources
    entry = portal.city.ledger.latest("probe", AGREEMENT)
    assert entry is not None and entry.body["release_id"] == release.release_id
    assert entry.body["table"] == f"product.{NAME}"
    assert portal.reads() == [], "nothing of it counts as the recipient's reading"


def test_nothing_released_is_nothing_to_read(portal: Portal) -> None:
    assert probed(portal) == []


@pytest.mark.parametrize("harm", [lambda file: file.write_bytes(b"PAR1"), Path.unlink])
def test_a_file_that_is_not_as_it_was_is_told(
    portal: Portal, unlocked: Callable[[Path], None], harm: Callable[[Path], None]
) -> None:
    release = portal.publish()
    unlocked(release.path)
    for file in release.path.glob("*.parquet"):
        harm(file)
    (found,) = probed(portal)
    assert not found.passed and found.why and found.failing_rows == found.rows == 20
    assert found.tried[-1] in {"listed", "proved"}
    assert found.as_dict()["observed"].endswith(found.why)


def test_due_once_a_day_and_after_each_release(portal: Portal) -> None:
    portal.publish()
    assert len(probed(portal, due=True)) == 1
    assert probed(portal, due=True) == []
    portal.publish(range(81, 99))
    assert [one.rows for one in probed(portal, due=True)] == [18]
    portal.clock.pass_by(days=1)
    assert len(probed(portal, due=True)) == 1


def test_a_portal_that_serves_probes_by_itself(portal: Portal) -> None:
    portal.publish()
    past = QualityPast(portal.city.settings, portal.city.ledger, portal.city.catalogue)
    with kept_up(portal.city, past):
        for _ in range(200):
            if past.path.exists() and portal.city.ledger.latest("probe", AGREEMENT):
                break
            time.sleep(0.02)
    assert portal.city.ledger.latest("probe", AGREEMENT) is not None
    assert past.path.exists()
