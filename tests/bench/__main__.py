"""Every benchmark in turn, each in a process of its own so that no one's memory or warm caches help the next.

    python -m tests.bench [--rows 10000000] [--people 200000]

`--rows` sizes conform and Great Expectations on DuckDB, `--people` the sample city. Exit 1 if a benchmark failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys


def commands(rows: int, people: int) -> dict[str, list[str]]:
    """Benchmark -> its arguments."""
    return {
        "conform": ["--rows", str(rows)],
        "city": ["--people", str(people)],
        "again": ["--people", str(people)],
        "evidence": ["--people", str(people)],
        "gx_on_duckdb": [
            *("--rows", str(rows), "--pandas-rows", str(min(rows, 1_000_000))),
            *("--memory", f"{min(rows, 1_000_000)},{rows * 5}"),
        ],
        "lineage_scale": [],
        "ledger": [],
        "days": ["--days", "100"],
        "portal": [],
        "catalogue": [],
        "portal_clients": [],
        "report": [],
        "quarantine": [],
        "profiles": [],
        "anomalies": [],
        "quality": [],
        "desk": [],
        "linking": ["--people", str(people)],
        "identity": [],
        "indicators": [],
        "wall": [],
        "windows": [],
    }


def main() -> int:
    """Run all; what each prints is its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--people", type=int, default=200_000)
    asked = parser.parse_args()
    failed = []
    for name, arguments in commands(asked.rows, asked.people).items():
        print(f"\n== {name} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}", *arguments], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
