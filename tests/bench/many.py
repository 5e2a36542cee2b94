"""A city of many datasets: what its declarations, its first run of small deliveries, and a run with nothing new cost.

    python -m tests.bench.many [--datasets 2167] [--first 200] [--keep DIR]

Each dataset has twenty columns and a delivery of five rows; forty departments, four products. Baselines are the same of
a city of `--first` datasets, by dataset: a ratio of 1 is a cost that grows as the number of datasets does. Each step is
a process of its own, with all that it starts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from lake.settings import REPOSITORY
from tests.bench.measure import Took, heading, line

_DEPARTMENTS, _COLUMNS, _ROWS, _PRODUCTS = 40, 20, 5, 4
_NOW, _DAY = "2026-11-21T10:00:00+08:00", "2026-11-20"
_AIMS = {"declarations and definitions": "10 s", "first run": "480 s", "nothing new": "30 s"}
_KINDS = ("own_number", "own_title", "own_count", "own_day")
_LOADS = (
    "import os; from pathlib import Path; from lake.settings import load_settings; "
    "from orchestration.definitions import build_definitions; "
    "build_definitions(load_settings(Path.cwd(), os.environ)).resolve_asset_graph()"
)
_SAYS = "import sys; from lake.cli import main; sys.argv[0] = 'zhongtai'; main()"


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", type=int, default=2167)
    parser.add_argument("--first", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="a folder in which the cities stay")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="many-") as scratch:
        place = asked.keep or Path(scratch)
        base = lived(place / f"city{asked.first}", asked.first)
        heading(f"A city of {asked.datasets:,} datasets, by dataset against one of {asked.first:,}")
        share = asked.datasets / asked.first
        ours = base if asked.datasets == asked.first else lived(place / f"city{asked.datasets}", asked.datasets)
        for name, took in ours.items():
            line(name, took, Took(base[name].wall * share, base[name].processor * share), _AIMS.get(name, ""))


def lived(place: Path, datasets: int) -> dict[str, Took]:
    """A city is founded, and runs; what each step took."""
    found_city(place, datasets)
    return {
        "twins (sync)": ran(place, _SAYS, "sync"),
        "declarations and definitions": ran(place, _LOADS),
        "first run": ran(place, _SAYS, "run", "--json"),
        "nothing new": ran(place, _SAYS, "run", "--json"),
    }


def ran(place: Path, program: str, *arguments: str) -> Took:
    """One program in a process of its own: seconds on the clock, and of processor with all of its children."""
    environment = {**os.environ, "ZHONGTAI_NOW": _NOW, "PYTHONPATH": str(REPOSITORY)}
    wall, before = time.perf_counter(), os.times()
    with (place / "said.txt").open("ab") as said:
        done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=place, env=environment, stdout=said)
    # A run in which something was withheld ends with 1.
    assert done.returncode in {0, 1}, done.returncode
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(time.perf_counter() - wall, processor)


def found_city(place: Path, datasets: int) -> None:
    """Declarations, models and deliveries of a city in an empty folder; its twins are not written."""
    _write(place / "zhongtai.yml", _CITY)
    _write(place / "contracts/departments/departments.yml", "departments:\n" + "".join(_departments()))
    _write(place / "contracts/domains/records.yml", _DOMAIN)
    _write(place / "contracts/standards/elements/own.yml", _ELEMENTS)
    project = REPOSITORY / "tests/cities/beijing/dbt_project"
    _write(place / "dbt_project/dbt_project.yml", (project / "dbt_project.yml").read_text("utf-8"))
    for macro in sorted((project / "macros").rglob("*.sql")):
        _write(place / "dbt_project/macros" / macro.relative_to(project / "macros"), macro.read_text("utf-8"))
    for number in range(datasets):
        _dataset(place, number)
    for number in range(min(_PRODUCTS, datasets)):
        _product(place, number)


def _dataset(place: Path, number: int) -> None:
    department, name = f"bureau{number % _DEPARTMENTS:02d}", f"set{number:04d}"
    columns = "".join(
        _CONTRACT_COLUMN.format(n=n, element=_KINDS[n % len(_KINDS)], key=str(n == 0).lower()) for n in range(_COLUMNS)
    )
    text = _CONTRACT.format(department=department, name=name, columns=columns)
    _write(place / f"contracts/departments/{department}/{name}.yml", text)
    rows = [",".join(f"列{n}" for n in range(_COLUMNS))]
    rows += [",".join(_value(number, row, n) for n in range(_COLUMNS)) for row in range(_ROWS)]
    _write(place / f"deliveries/{_DAY}/{department}/{name}.csv", "\n".join(rows) + "\n")


def _value(number: int, row: int, column: int) -> str:
    kind = _KINDS[column % len(_KINDS)]
    known = {"own_number": f"n{row}", "own_title": f"标题{number}-{row}", "own_count": str(number + row)}
    return known.get(kind, f"2026-01-{row + 1:02d}")


def _product(place: Path, number: int) -> None:
    source, name = f"bureau{number % _DEPARTMENTS:02d}__set{number:04d}", f"product{number}"
    _write(place / f"contracts/agreements/archive__{name}.yml", _AGREEMENT.format(name=name))
    model = place / f"dbt_project/models/products/archive__{name}/{name}"
    _write(model.with_suffix(".sql"), f"select c0, c2 from {{{{ ref('stg_{source}') }}}}\n")
    _write(model.with_suffix(".yml"), _MODEL.format(name=name))


def _departments() -> list[str]:
    names = [*(f"bureau{number:02d}" for number in range(_DEPARTMENTS)), "archive"]
    return [_DEPARTMENT.format(name=name, code=number + 1) for number, name in enumerate(names)]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


_CITY = "city: many\ntitle: {zh: 多表市, en: City of Many}\ndeliveries: deliveries\ndemonstration: true\n"
_DEPARTMENT = '  {name}: {{title: {{zh: "{name}局", en: {name}}}, code: "{code}", owner: data@{name}.example}}\n'
_DOMAIN = """
domain: records
title: {zh: 记录, en: Records}
description: What the bureaus keep.
owner: data@archive.example
entities: []
"""
_ELEMENTS = """
elements:
  own_number: {title: {zh: 编号, en: Number}, source: this city, type: string, level: L1, mask: none}
  own_title: {title: {zh: 名称, en: Name}, source: this city, type: string, level: L1, mask: none}
  own_count: {title: {zh: 数量, en: Count}, source: this city, type: integer, level: L1, mask: none}
  own_day: {title: {zh: 日期, en: Day}, source: this city, type: date, formats: ["%Y-%m-%d"], level: L1, mask: none}
"""
_CONTRACT_COLUMN = """
      - {{name: c{n}, physicalName: 列{n}, businessName: 列{n}, required: {key}, primaryKey: {key},
         customProperties: [{{property: element, value: {element}}}]}}"""
_CONTRACT = """
kind: DataContract
apiVersion: v3.1.0
id: {department}.{name}
name: 数据集{name}
version: 1.0.0
status: active
domain: records
servers:
  - {{server: delivery, type: local, path: "*/{department}/{name}*.csv", format: csv}}
schema:
  - name: {name}
    logicalType: object
    properties:{columns}
slaProperties:
  - {{property: frequency, value: 1, unit: d}}
  - {{property: freshness_working_days, value: 30}}
customProperties:
  - {{property: delivery_mode, value: snapshot}}
  - {{property: sharing_attribute, value: unconditional}}
"""
_AGREEMENT = """
agreement: archive__{name}
agency: archive
title: {{zh: 归档{name}, en: Archive of {name}}}
product: {name}
purpose: {{code: archive, text: Kept for later, legal_basis: this city's rules}}
scope: {{text: all rows}}
level_ceiling: L1
sharing_attribute: unconditional
valid: {{from: 2026-01-01, until: 2027-12-31}}
approvals: [data@archive.example]
columns:
  - {{name: c0, type: string, title: {{zh: 编号, en: Number}}, purpose: find it again, required: true}}
  - {{name: c2, type: integer, title: {{zh: 数量, en: Count}}, purpose: keep it}}
"""
_MODEL = """
version: 2
models:
  - name: {name}
    description: {name}
    columns:
      - {{name: c0, data_type: varchar}}
      - {{name: c2, data_type: bigint}}
"""


if __name__ == "__main__":
    main()
