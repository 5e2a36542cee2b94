"""What dbt says without naming a file is laid to the file that it had at hand, and stops no other."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.transform.worker import _failure

FILE = "models/products/x/p.sql"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("select 1 as x", "utf-8")
    (tmp_path / "dbt_project.yml").write_text("name: city\n", "utf-8")
    return tmp_path


def _raised(said: str, at_hand: str) -> ValueError:
    """As dbt raises while it parses a node: some frames above, in a variable."""

    def update(config: object) -> None:
        raise ValueError(said)

    def parse_node() -> None:
        node = SimpleNamespace(original_file_path=at_hand)
        update(node.original_file_path)

    with pytest.raises(ValueError) as raised:
        parse_node()
    return raised.value


@pytest.mark.parametrize(
    "said, at_hand, files",
    [
        ("Invalid value for on_schema_change: ignore", FILE, [FILE]),
        ("Invalid value for on_schema_change: ignore", "models/not_there.sql", []),
        ("Parsing Error in model q (models/q.sql)", FILE, ["models/q.sql"]),
    ],
    ids=["the file at hand", "none of the project", "the one that is named"],
)
def test_whose_a_failure_is(project: Path, said: str, at_hand: str, files: list[str]) -> None:
    found = _failure(_raised(said, at_hand), ["parse", "--project-dir", str(project)])
    assert found["files"] == files
