"""Every test that the threat model names is there, and every way that is closed names one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", TEXT)))
WITH_TESTS = "| way | what closes it | test | not defended |"


def faults(named: str) -> list[str]:
    """What is wrong with one `path` or `path::test` that the page names."""
    path, _, test = named.partition("::")
    file = ROOT / path
    if not file.is_file():
        return [f"{path} does not exist"]
    defined = f"def {test}(" in file.read_text(encoding="utf-8")
    return [] if not test or defined else [f"{path} has no {test}"]


def ways() -> list[list[str]]:
    """The cells of every row below a heading that promises tests."""
    found: list[list[str]] = []
    inside = False
    for line in TEXT.splitlines():
        inside = line == WITH_TESTS or (inside and line.startswith("|"))
        if inside and line != WITH_TESTS and not line.startswith("|---"):
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_exists(named: str) -> None:
    assert faults(named) == []


def test_a_name_that_is_wrong_is_noticed() -> None:
    assert faults("tests/unit/no_such_file.py") == ["tests/unit/no_such_file.py does not exist"]
    assert faults("tests/architecture/test_threat_model.py::test_none") != []


def test_every_way_says_what_closes_it_and_names_a_test() -> None:
    rows = ways()
    assert len(rows) > 40
    for cells in rows:
        assert len(cells) == 4, cells
        assert cells[1], cells[0]
        assert "`tests/" in cells[2], cells[0]
    assert not re.search(r"`(?!tests/)[\w/]*\.py[`:]", "\n".join(cells[2] for cells in rows))


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([\w./-]+?\.md)", TEXT):
        assert (ROOT / "docs" / target).is_file(), target
