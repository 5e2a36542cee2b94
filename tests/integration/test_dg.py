"""Dagster's own command line finds the project: `dg list defs`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.load import load_catalogue

ROOT = Path(__file__).resolve().parents[2]
DG = Path(sys.executable).with_name("dg")


def _dg(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "ZHONGTAI_STATE": str(state),
        "DAGSTER_DISABLE_TELEMETRY": "true",
        # Its folder of settings and caches is the user's: not in a test.
        "HOME": str(state),
        "PATH": f"{DG.parent}:{os.environ['PATH']}",
        "VIRTUAL_ENV": str(DG.parents[1]),
    }
    return subprocess.run([str(DG), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.attack
def test_dg_lists_the_definitions(tmp_path: Path) -> None:
    # What cannot be listed does not load: `dg check defs` says no more of a project that can.
    listed = _dg(tmp_path, "list", "defs", "--json")
    assert listed.returncode == 0, listed.stderr[-2000:]
    assets = {one["asset_key"] for one in json.loads(listed.stdout)["assets"]}
    catalogue = load_catalogue(ROOT)
    assert {f"raw/{dataset.table}" for dataset in catalogue.datasets.values()} <= assets
    assert {f"release/{name}" for name in catalogue.agreements} <= assets
