"""One case through a real city: rejected by a run, opened, exported, corrected in the workbook, redelivered, closed."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.recalled.city import SECOND, THIRD, Recalled, run_once

STEWARD = ("--as", "steward@city.example")


@pytest.mark.attack
def test_a_case_closes_itself_as_a_run_takes_the_drafted_redelivery(tmp_path: Path) -> None:
    city: Recalled = run_once(tmp_path / "city")
    city.write("编号,数量\nx,many\ny,few\nz,3\n", "deliveries", SECOND, "bureau", "visits2.csv")
    taken = next(one for one in city.tell("run")["datasets"] if one["path"].endswith("visits2.csv"))
    assert taken["reasons"] == {"type:amount": 2}
    rows = "bureau.visits", "--batch", taken["batch"]
    case = city.tell("corrections", "open", *rows, "--reason", "type:amount", *STEWARD, "--words", "no numbers")
    assert (case["state"], case["rows"], len(case["about"]["keys"])) == ("sent", 2, 64)
    out, draft = tmp_path / "out.xlsx", city.place / "deliveries" / THIRD / "bureau" / "visits.csv"
    assert city.tell("quarantine", *rows, "--xlsx", str(out), *STEWARD)["rows"] == 2
    book = openpyxl.load_workbook(out)
    sheet = book["type-amount"]
    for row, amount in ((2, 10), (3, 20)):
        sheet.cell(row, sheet.max_column).value = amount
    book.save(out)
    draft.parent.mkdir(parents=True, exist_ok=True)
    given = city.tell("quarantine", "bureau.visits", "--returned", str(out), "--draft", str(draft))
    assert (len(given["corrected"]), given["untouched"], given["untold"]) == (2, [], [])
    assert city.tell("corrections", case["case"])["state"] == "sent", "a workbook corrects nothing"
    city.run()
    closed = city.tell("corrections", case["case"])
    assert (closed["state"], closed["outcome"], closed["mended"]) == ("closed", "corrected", 2)
    assert [city.rows("visits")[key] for key in ("x", "y", "z")] == [10, 20, 3]
    assert city.tell("audit")["valid"]
