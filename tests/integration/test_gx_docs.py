"""The example of docs/great-expectations.md runs, prints what it says it prints, and is ten lines."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

PAGE = Path(__file__).parents[2] / "docs" / "great-expectations.md"


def test_the_example_runs_and_prints_what_it_says(capsys):
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL).group(1)
    exec(compile(code, str(PAGE), "exec"), {})
    printed = capsys.readouterr().out.strip()
    assert printed == code.rstrip().rpartition("  # ")[2]
    assert len([line for line in code.splitlines() if line]) <= 11


def test_the_page_names_every_refused_expectation():
    from quality.engine.registration import REFUSED

    page = PAGE.read_text(encoding="utf-8")
    for name in REFUSED:
        words = [part for part in re.split(r"expect_|column_values_to_be_|column_values_to_|column_", name) if part]
        assert any(word.removesuffix("_to_be_less_than") in page for word in words), name
