"""Beginning a city: its workspace, filled in from the template, with its twins, put in place whole."""

from __future__ import annotations

from pathlib import Path

from contracts.load import load_catalogue
from orchestration.twins.sync import write_twins
from orchestration.workspace.newcity import NewCity
from orchestration.workspace.place import place
from orchestration.workspace.render import files


def begin(target: Path, city: NewCity) -> list[str]:
    """Write the workspace of a city, and return its files in path order. Raises `CityRefused`."""
    place(target, lambda folder: _write(folder, city))
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())


def _write(folder: Path, city: NewCity) -> None:
    for name, content in files(city).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    write_twins(load_catalogue(folder), folder / "dbt_project")
