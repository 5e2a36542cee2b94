"""The desk on disk: a report of a city of many datasets, and again where nothing, or one thing, is new.

    python -m tests.bench.report [--datasets 500] [--runs 3]

The city is that of the catalogue's benchmark, with the graph of its contracts as lineage. The baseline is reading the
same pages once through the application, without writing them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from contracts.load import load_catalogue
from lake.column_lineage import graph_file
from lineage.from_contracts import contract_graph
from lineage.store import save_graph
from portal.app import application
from portal.people.people import People
from portal.report.asking import ask
from portal.report.writing import reader_of, write_report
from tests.bench.catalogue import city_of, told
from tests.unit.gates import cases

_PERSON = "steward@x.example"


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="report-") as folder, city_of(Path(folder), given.datasets, given.runs) as city:
        graph_file(city.settings).parent.mkdir(parents=True, exist_ok=True)
        save_graph(contract_graph(city.catalogue), graph_file(city.settings))
        city.settings.manifest.parent.mkdir(parents=True, exist_ok=True)
        city.settings.manifest.write_text(json.dumps({"nodes": {}}))
        role = {"role": "steward", "from": "2026-01-01", "until": "2028-12-31"}
        persons = {"persons": {_PERSON: {"title": {"zh": "管家", "en": "Steward"}, "roles": [role]}}}
        (Path(folder) / "contracts" / "persons.yml").write_text(yaml.safe_dump(persons, allow_unicode=True))
        city.catalogue = load_catalogue(Path(folder))
        people = People(city, "http://portal")
        app = application(city, people)
        out = Path(folder) / "report"

        def written() -> tuple[float, Any]:
            began = time.perf_counter()
            found = asyncio.run(write_report(app, people, reader_of(people, _PERSON), out))
            return time.perf_counter() - began, found

        wall, first = written()
        print(f"{first.pages:,} pages of {given.datasets} datasets      {wall:8.2f} s   aim 60 s", flush=True)
        base = asyncio.run(_read(app, people, out))
        print(f"    reading them alone               {base:8.2f} s   ratio {wall / base:.2f}", flush=True)
        wall, again = written()
        print(f"again, nothing new                   {wall:8.2f} s   {again.changed} files", flush=True)
        one = next(entry for entry in told(city.catalogue, 9) if entry[0] == "check")
        city.ledger.append("check", {**one[1], "passed": False, "failing_rows": 2}, cases.NOW)
        wall, other = written()
        print(
            f"again, one rule fails                {wall:8.2f} s   {other.changed} files of {first.pages:,}", flush=True
        )
        people.store.close()
    return 0


async def _read(app: Any, people: People, out: Path) -> float:
    names = [name for name in json.loads((out / "report.json").read_text())["files"] if name.endswith(".html")]
    reader = reader_of(people, _PERSON)
    began = time.perf_counter()
    for name in names:
        if ".page-" not in name:
            await ask(app, "/" + name.removesuffix(".html").removesuffix("index"), reader)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
