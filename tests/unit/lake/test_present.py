"""What people see of a run: two screens at most, worst first, and of everything folded the command that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lake.cli.present import show_summary
from lake.settings import load_settings

TWO_SCREENS = 100


def _violation(number: int) -> dict[str, Any]:
    return {
        "gate": f"gate{number % 9}",
        "rule": "r",
        "subject": f"product.p.c{number}",
        "message": "because " + " -> ".join(["lake.theme.t.c"] * 40),
        "fix": "mend it",
    }


def summary(many: int) -> dict[str, Any]:
    """A run of a large city in which everything is wrong."""
    return {
        "datasets": [
            {
                "dataset": f"bureau.d{place}",
                "batch": f"b{place}",
                "read": 10,
                "accepted": 10 - place % 7,
                "quarantined": place % 7,
                "merged": 0,
                "state": "failed" if place % 3 == 0 else "accepted",
                "message": f"bureau.d{place}: [red]x[/red] of [1, 2] is no file",
            }
            for place in range(many)
        ],
        "checks": [
            {
                "table": f"raw.d{place}",
                "rule": "[bold]r",
                "dimension": "accuracy",
                "severity": "error" if place % 2 else "warning",
                "passed": False,
                "failing_rows": 1,
                "rows": 2,
                "error": None,
                "observed": None,
            }
            for place in range(many)
        ],
        "releases": [
            {
                "agreement": f"a{place}",
                "product": f"p{place}",
                "verdict": "released" if place % 2 else "withheld",
                "rows": None,
                "violations": [] if place % 2 else [_violation(number) for number in range(50)],
            }
            for place in range(many)
        ],
    }


def _shown(many: int, capsys: pytest.CaptureFixture[str], *, whole: bool = False) -> str:
    show_summary(summary(many), load_settings(Path("/nowhere"), {}), whole=whole)
    return capsys.readouterr().out


def test_a_large_city_fits_two_screens_and_says_where_the_rest_is(capsys: pytest.CaptureFixture[str]) -> None:
    said = _shown(300, capsys)
    assert len(said.splitlines()) <= TWO_SCREENS
    assert max(map(len, said.splitlines())) <= 260
    for rest in ("290 more datasets", "90 more failed deliveries", "140 more withheld", "140 more released"):
        assert f"… {rest}: `zhongtai status`" in said, said
    assert "… 292 more failed checks: `zhongtai check`" in said
    assert "… 49 more: `zhongtai explain a0`" in said


def test_the_whole_folds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said = _shown(60, capsys, whole=True)
    assert "more" not in said
    assert said.count("→ mend it") == 30 * 50


def test_the_worst_stay_and_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    said = _shown(40, capsys)
    assert "bureau.d6 " in said  # failed, and six of its rows in quarantine
    assert "bureau.d7 " not in said  # well, and none
    assert "[red]x[/red] of [1, 2] is no file" in said
    assert "[bold]r" in said
