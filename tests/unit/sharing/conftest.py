"""A city that publishes one product: its key, its releases folder, and exports of the product's table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.evidence import GATE_NAMES, Evidence
from contracts.model import Agreement
from contracts.violation import Outcome, Verdict
from sharing.candidate import read_candidate
from sharing.certificate import CertificateInputs
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.release import Release, publish
from tests.keys import signer_in
from tests.unit.gates import cases


@dataclass
class City:
    """`publish(ages=…)` exports a table of such ages and publishes it."""

    root: Path
    signer: Signer

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    def export(self, ages: range) -> Path:
        folder = self.root / "export"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        half = len(ages) // 2
        for number, part in enumerate((ages[:half], ages[half:])):
            persons = pa.array([f"NP-{age}" for age in part], pa.string())
            table = pa.table({"person_id": persons, "age": pa.array(list(part), pa.int64())})
            pq.write_table(table, folder / f"part-{number}.parquet")
        return folder

    def inputs(self, folder: Path, agreement: Agreement, **changes: Any) -> CertificateInputs:
        found = read_candidate(agreement.product, folder, "v1")
        facts: Evidence = replace(cases.evidence(candidate=found), **changes)
        return CertificateInputs(facts, Verdict(agreement.name, agreement.product, Outcome.RELEASED), GATE_NAMES)

    def publish(self, ages: range = range(80, 100), agreement: Agreement | None = None, **changes: Any) -> Release:
        terms = agreement or cases.agreement()
        folder = self.export(ages)
        return publish(self.releases, terms, folder, self.inputs(folder, terms, **changes), self.signer, cases.NOW)


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was forced to the disk, as descriptors; the waiting itself is left out, since no test pulls the plug."""
    found: list[int] = []
    monkeypatch.setattr("os.fsync", found.append)
    return found


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path, signer_in(tmp_path / "keys"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def unlocked() -> Callable[[Path, Path], Path]:
    """Copy a release folder and make the copy writable, as somebody would who wants to change it."""

    def unlock(folder: Path, target: Path) -> Path:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
        target.chmod(0o755)
        for path in target.iterdir():
            path.chmod(0o644)
        return target

    return unlock
