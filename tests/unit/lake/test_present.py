"""What people see of a run: two screens at most, worst first, and of everything folded the command that shows it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lake.cli.present import show_releases, show_summary
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
    assert said.count("→ mend it") == 30 * 9
    assert Counter(re.findall(r"\bc\d+\b", said)) == {f"c{number}": 30 for number in range(50)}


def test_the_worst_stay_and_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    said = _shown(40, capsys)
    assert "bureau.d6 " in said  # failed, and six of its rows in quarantine
    assert "bureau.d7 " not in said  # well, and none
    assert "[red]x[/red] of [1, 2] is no file" in said
    assert "[bold]r" in said


def _refused(subject: str, message: str = "it is so", rule: str = "r") -> dict[str, Any]:
    return {"gate": "g", "rule": rule, "subject": subject, "message": message, "fix": f"mend {subject}"}


@pytest.mark.parametrize(
    "violations, lines",
    [
        ([_refused(f"product.p.{name}") for name in "abca"], ["product.p, 3 columns: a, b, c: it is so"]),
        (
            [_refused("product.p.a"), _refused("product.p.b", "otherwise"), _refused("product.p.c")],
            ["product.p, 2 columns: a, c: it is so", "product.p.b: otherwise"],
        ),
        ([_refused("t.a"), _refused("t.b", rule="s")], ["t.a: it is so", "t.b: it is so"]),
        ([_refused("t.a"), _refused("u.a")], ["t.a, u.a: it is so"]),
        ([_refused("batch 1"), _refused("batch 2")], ["batch 1, batch 2: it is so"]),
        ([_refused("t.a"), _refused("t.a")], ["t.a: it is so"]),
    ],
)
def test_one_cause_is_told_once_with_its_columns(
    violations: list[dict[str, Any]], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    show_releases([{"agreement": "a", "product": "p", "verdict": "withheld", "violations": violations}])
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.removeprefix("g ") for line in told if line.startswith("g ")] == lines
    assert sum(line.startswith("→") for line in told) == len(lines)
