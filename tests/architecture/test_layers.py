"""What holds for every file of the project: layers, imports without effects, size, docstrings, nothing of one machine.

What the layers are is declared in `pyproject.toml`; here it is only asked whether they hold.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "quality", "lineage", "sharing", "lake", "orchestration", "portal")
# Libraries that take seconds to import or start something: each may come in below these packages only.
HEAVY = {
    "contracts": {"great_expectations", "dagster", "dbt", "sqlglot", "duckdb"},
    "quality": {"dagster", "dbt", "sqlglot"},
    "lineage": {"great_expectations", "dagster", "dbt"},
    "sharing": {"great_expectations", "dagster", "dbt", "sqlglot"},
    "lake": {"great_expectations", "dagster", "dbt", "sqlglot"},
    "lake.cli": {"great_expectations", "dagster", "dbt", "sqlglot"},
    "portal": {"great_expectations", "dagster", "dbt", "sqlglot"},
    "orchestration": {"great_expectations", "dagster", "dbt", "sqlglot"},
    "orchestration.cli": {"great_expectations", "dagster", "dbt", "sqlglot"},
}
# A test of one long story (a city, end to end) may be longer than a module.
MOST_LINES, MOST_TEST_LINES = 450, 550
# Written apart, so that this file does not hold what it forbids.
MACHINE = re.compile(
    r"(?<![\w.}/])/(?:work|root)(?:/|\b(?!\s*=))"
    r"|//[\w.-]*\b(?:pypi|registry|mirrors?|nexus|artifactory)\b"
    r"|/simple/?(?:[\"'\s]|$)|--(?:extra-)?index-url\b|\b(?:extra-)?index-url\s*="
)

_IMPORT = """
import json, sys
opened, tried = [], []
def listen(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        mode, flags = arguments[1], arguments[2]
        writes = set(mode or "") & set("wax+") if mode else flags & 3
        if writes and arguments[0] != "/dev/null":
            opened.append(arguments[0])
    elif event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "sqlite3.connect",
                   "os.mkdir", "os.remove", "os.rename"):
        tried.append([event, str(arguments[-1])])
sys.dont_write_bytecode = True
sys.addaudithook(listen)
import importlib
importlib.import_module(sys.argv[1])
print(json.dumps({"opened": opened, "tried": tried, "modules": sorted({m.split(".")[0] for m in sys.modules})}))
"""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control; the test that needs them skips where there is no repository."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git repository here")
    return tuple(path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file())


def python_files() -> list[Path]:
    return [path for package in (*PACKAGES, "tests") for path in sorted((ROOT / package).rglob("*.py"))]


def test_layers_point_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("package", HEAVY)
def test_importing_a_package_does_nothing_but_define(package: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, package],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout)
    assert (seen["opened"], seen["tried"]) == ([], [])
    assert HEAVY[package].isdisjoint(seen["modules"])
    assert list(tmp_path.iterdir()) == []


def test_no_tracked_file_names_a_machine_or_where_packages_come_from() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(text.splitlines(), 1)
            if MACHINE.search(line) and path != Path(__file__)
        ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("path = '/wo" + "rk/main'", True),
        ("/ro" + "ot/.cache", True),
        ("pip install -i https://py" + "pi.example.org/simple", True),
        ("--index" + "-url=https://packages.example/py", True),
        ("https://packages.example/simp" + "le/", True),
        ("--no-emit-index-url", False),
        ("docs/work/plan.md", False),
        ("the registry. It holds every identifier", False),
    ],
)
def test_what_names_a_machine_is_recognized(line: str, named: bool) -> None:
    assert bool(MACHINE.search(line)) is named


def test_no_module_is_too_long_to_read() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {
        name: lines
        for name, lines in sizes.items()
        if lines > (MOST_TEST_LINES if name.startswith("tests") else MOST_LINES)
    } == {}


def test_no_connection_draws_a_progress_bar_where_a_command_prints() -> None:
    opens = re.compile(r"= duckdb\.connect\(|return duckdb\.connect\(")
    drawing = []
    for path in (path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES):
        text = path.read_text(encoding="utf-8")
        if len(opens.findall(text)) > text.count("set enable_progress_bar = false"):
            drawing.append(str(path.relative_to(ROOT)))
    assert drawing == []


def test_every_module_says_what_it_is_for() -> None:
    silent = []
    for path in python_files():
        text = path.read_text(encoding="utf-8")
        # An empty __init__ only makes its folder a package.
        if text.strip() and not (ast.get_docstring(ast.parse(text)) or "").strip():
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_every_package_says_what_it_is_for() -> None:
    bare = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
        if not path.read_text(encoding="utf-8").strip()
    ]
    assert bare == []
