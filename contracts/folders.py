"""Where declaration files lie in a workspace, and what lies among them without being read.

Names and places only; no file is opened here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from contracts.faults import Fault

CITY_FILE = "zhongtai.yml"
_ALIKE = ("domains", "agreements", "rules", "indicators", "windows", "services", "routing")
"""Folders of which each file is one declaration."""
_FOLDERS = ("departments", "standards", "suites", *_ALIKE)
_SHAPES = (
    r"persons\.yml",
    r"departments/departments\.yml",
    r"departments/[^/]+/[^/]+\.yml",
    rf"({'|'.join(_ALIKE)})/[^/]+\.yml",
    r"suites/[^/]+\.json",
    r"standards/(codes|elements|jurisdictions)/[^/]+\.yml",
    r"standards/lineage_policy\.yml",
)
_KNOWN = re.compile("|".join(_SHAPES))
# What editors and systems leave, and notes for people: never a declaration.
_PASSED_OVER = (".*", "*~", "#*#", "*.bak", "*.orig", "*.md", "__pycache__")
_READ = (
    f"persons.yml, departments/<department>/<dataset>.yml, {', '.join(f'{name}/*.yml' for name in _ALIKE)}, "
    "suites/*.json or standards/{codes,elements,jurisdictions}/*.yml"
)


def yaml_files(folder: Path) -> list[Path]:
    """The declaration files of one folder, in name order; none where the folder cannot be read (see `strays`)."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in paths if path.suffix == ".yml" and not _passed_over(path.name)]


def json_files(folder: Path) -> list[Path]:
    """The suites of one folder, in name order; none where there are none."""
    return sorted(path for path in folder.glob("*.json") if not _passed_over(path.name))


def strays(root: Path) -> Iterator[Fault]:
    """A fault for every file that looks like a declaration, or lies among them, and would be passed over silently."""
    for name in sorted(path.name for path in root.glob("*")):
        if name != CITY_FILE and re.fullmatch(r"zhongtai\.ya?ml", name, re.IGNORECASE):
            yield Fault(name, "", "the city's file has another name", CITY_FILE)
    contracts = root / "contracts"
    failed: list[OSError] = []
    for place, folders, files in os.walk(contracts, onerror=failed.append) if contracts.exists() else ():
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        for name in sorted(files):
            path = (Path(place) / name).relative_to(contracts)
            if not _passed_over(name) and not _KNOWN.fullmatch(path.as_posix()) and _looks_declared(path):
                yield _stray(path)
    for error in failed:
        path = Path(str(error.filename))
        yield Fault(_below(path, root), "", f"the folder cannot be read ({error.strerror})", "a readable folder")


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _passed_over(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _PASSED_OVER)


def _looks_declared(path: Path) -> bool:
    yaml_like = {".yml", ".yaml"} & {suffix.lower() for suffix in path.suffixes}
    return bool(yaml_like) or (len(path.parts) > 1 and path.parts[0].lower() in _FOLDERS)


def _stray(path: Path) -> Fault:
    file = f"contracts/{path.as_posix()}"
    if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yml":
        return Fault(file, "", "declarations end in .yml", path.stem + ".yml")
    if path.parts[0] == "departments" and len(path.parts) == 2 and path.suffix == ".yml":
        return Fault(file, "", "a contract lies outside its department's folder", "<department>/<dataset>.yml")
    return Fault(file, "", "no declaration is read from here", f"{_READ}; or a place outside contracts/")
