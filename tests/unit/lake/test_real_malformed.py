"""Malformed files of others' making: each goes in with every record counted, or is refused in so many words."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Dataset
from lake.ingest import Batch
from lake.settings import REPOSITORY
from tests.harness.__main__ import holds, run
from tests.harness.suites import all_cases
from tests.harness.verdicts import Verdict
from tests.unit.lake.desk import Desk, column, dataset

FILES = REPOSITORY.parent / "shared" / "data" / "malformed_csv"
POLLOCK = FILES / "pollock" / "polluted_files" / "csv"

BAD = {Verdict.WRONG, Verdict.CRASH}

pytestmark = [pytest.mark.real, pytest.mark.skipif(not FILES.is_dir(), reason="no malformed files beside the project")]


def named(folder: Path, pattern: str = "*.csv") -> list[Path]:
    """The files there are, in name order."""
    return sorted(folder.glob(pattern))


def contract(headers: list[str], **source: Any) -> Dataset:
    """A dataset of optional text columns, one for each header that has a name."""
    columns = [column(f"c{place}", headers=(header,)) for place, header in enumerate(headers) if header]
    return dataset(*columns, **source)


def conserved(batch: Batch) -> bool:
    """Accepted with nothing lost, or refused with a message that has its next step."""
    if batch.state == "failed":
        return batch.rows_read == 0 and batch.dataset in batch.message and batch.message.endswith(".")
    return 0 < batch.rows_read == batch.accepted + batch.quarantined


@pytest.mark.parametrize("file", named(FILES / "csv-spectrum" / "csvs"), ids=lambda file: file.stem)
def test_every_awkward_but_sound_csv_reads_as_its_json_says(desk: Desk, file: Path) -> None:
    told = (FILES / "csv-spectrum" / "json" / f"{file.stem}.json").read_bytes().decode("utf-8", "replace")
    expected = json.loads(told if told.lstrip().startswith("[") else f"[{told}]")
    one = contract(list(expected[0]))
    batch = desk.take(one, file.read_bytes())
    assert conserved(batch)
    if file.stem == "location_coordinates":
        # Its JSON tells another telephone number than the file does.
        expected[0]["Contact Phone Number"] = "2095257564"
    wanted = [tuple(value.strip().replace("\r\n", "\n") or None for value in row.values()) for row in expected]
    found = [tuple(cell and cell.replace("\r\n", "\n") for cell in row) for row in desk.accepted(one)]
    assert found == wanted


@pytest.mark.parametrize("file", named(FILES / "gbk"), ids=lambda file: "gbk")
def test_a_gbk_file_with_empty_trailing_columns_reads_whole(desk: Desk, file: Path) -> None:
    records = list(csv.reader(file.read_text("gb18030").splitlines()))
    one = contract(records[0], encoding="gb18030", ignored_headers=("",))
    batch = desk.take(one, file.read_bytes())
    assert (batch.state, batch.rows_read, batch.quarantined) == ("accepted", len(records) - 1, 0)
    width = len(one.columns)
    assert [list(row) for row in desk.accepted(one)] == [
        [cell.strip() or None for cell in record[:width]] for record in records[1:]
    ]
    in_utf8 = contract(records[0], ignored_headers=("",))
    assert "the bytes are not utf-8" in desk.take(in_utf8, file.read_bytes()).message


def sample() -> list[Path]:
    """Every whole-file pollution, and every fifth of those of one record."""
    return named(POLLOCK, "[!r]*.csv") + named(POLLOCK, "row_*.csv")[::5]


def test_polluted_files_go_in_conserved_or_are_refused(desk: Desk) -> None:
    files = sample()
    if not files:
        pytest.skip("no polluted files beside the project")
    with (POLLOCK / "source.csv").open(newline="", encoding="utf-8") as text:
        one = contract(next(csv.reader(text)), delivery_date="arrival")
    for file in files:
        desk.deliver(one, file.read_bytes(), file.stem)
    # In name order; two of the files may be the same bytes, and then the later one is known.
    batches = dict(zip(sorted(file.stem for file in files), desk.ingest(one), strict=True))
    assert [name for name, batch in batches.items() if not conserved(batch)] == []
    miscounted = {
        name: (batches[name].rows_read, records(POLLOCK / f"{name}.csv"))
        for name in batches
        if name.startswith(("row_less", "row_more", "source", "file_one_data_row", "file_double_trailing"))
        and batches[name].rows_read != records(POLLOCK / f"{name}.csv")
    }
    assert miscounted == {}
    assert all(batches[name].reasons for name in batches if name.startswith(("row_less", "row_more")))
    assert batches["source"].quarantined == 0


def records(file: Path) -> int:
    """The records of a file as Python's own parser counts them, without header and blank lines."""
    with file.open(newline="", encoding="utf-8") as text:
        return sum(1 for record in csv.reader(text) if record) - 1


@pytest.mark.attack
def test_nothing_is_silently_wrong_and_nine_in_ten_come_out_right(desk: Desk) -> None:
    # All of them: `make attack`.
    cases = list(all_cases())[::3]
    if not cases:
        pytest.skip("no malformed files beside the project")
    found = run(cases, desk)
    assert [(one.name, seen) for suite in found.values() for one, verdict, seen in suite if verdict in BAD] == []
    assert holds(found)
