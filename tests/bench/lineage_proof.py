"""Proves every model of a built city against data: what changes must have an edge.

    python -m tests.bench.lineage_proof [--workspace DIR] [--rows 300] [--variants 3] [--models name …]

Needs a workspace that has been run (`zhongtai run`). Each model is built on samples of its inputs, in memory; the
lake is read only."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from lake.attach import open_lake
from lake.city import declarations
from lake.column_lineage import policy_of
from lake.engine_macros import install_macros
from lake.settings import Settings, load_settings
from lineage.from_contracts import raw_schema
from lineage.from_dbt import graph_from_manifest
from lineage.proof import VARIANTS, prove_manifest
from orchestration.transform.project import load_manifest
from orchestration.transform.run import compile_models
from sharing.keyring import open_pseudonym


def main() -> int:
    """Print one line a model; 1 if a change is unexplained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--variants", type=int, default=3)
    parser.add_argument("--models", nargs="*", default=[])
    asked = parser.parse_args()
    settings = load_settings(asked.workspace)
    manifest = _compiled(settings)
    graph = graph_from_manifest(
        manifest,
        sources_schema=raw_schema(declarations(settings)),
        declassifiers=policy_of(settings).registry.lowerings(),
    )
    if asked.models:
        nodes = manifest["nodes"].items()
        manifest["nodes"] = {key: node for key, node in nodes if node["name"] in asked.models}
    totals = dict.fromkeys(("builds", "changes", "unexplained", "not built"), 0)
    print(f"{'model':44} {'builds':>7} {'changes':>8} {'witnessed':>9} {'unexplained':>11}  notes")
    with open_lake(settings, read_only=True) as connection:
        connection.execute("SET threads = 1")
        start = time.perf_counter()
        for proof in prove_manifest(
            manifest, graph, connection, rows=asked.rows, variants=VARIANTS[: asked.variants],
            prepare=lambda made: install_macros(made, open_pseudonym(settings.key_place)),
        ):  # fmt: skip
            notes = [proof.not_built] + [
                f"{f.source} -> {f.target.column} ({f.variant})" for f in proof.unexplained[:3]
            ]
            notes += [f"unstable: {', '.join(sorted(proof.unstable))}"] if proof.unstable else []
            counts = f"{proof.builds:7} {proof.changes:8} {len(proof.witnessed):9} {len(proof.unexplained):11}"
            print(f"{proof.model:44} {counts}  {'; '.join(n for n in notes if n)}", flush=True)
            totals["builds"] += proof.builds
            totals["changes"] += proof.changes
            totals["unexplained"] += len(proof.unexplained)
            totals["not built"] += bool(proof.not_built)
    if not totals["builds"]:
        print("no model with compiled SQL was found: run the city first (`zhongtai run`)")
        return 2
    print(", ".join(f"{name} {number}" for name, number in totals.items()), f"in {time.perf_counter() - start:.0f} s")
    return 1 if totals["unexplained"] else 0


def _compiled(settings: Settings) -> dict[str, Any]:
    """The manifest of the project as it is now, with SQL: parsing anew, after a declaration changed, leaves none."""
    manifest = load_manifest(settings)
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    if all(node.get("compiled_code") for node in models):
        return manifest
    compile_models(settings)
    return load_manifest(settings)


if __name__ == "__main__":
    sys.exit(main())
