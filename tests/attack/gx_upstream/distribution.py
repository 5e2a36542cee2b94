"""The tests of the installed release of Great Expectations, unpacked from its source distribution into scratch."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRATCH = ROOT / ".zhongtai" / "attack"


def unpacked_tests() -> Path:
    """A folder that holds Great Expectations' package ``tests`` and nothing else of it."""
    release = version("great-expectations")
    folder = SCRATCH / f"great_expectations-{release}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        with tarfile.open(_archive(release)) as archive:
            members = [one for one in archive.getmembers() if one.name.split("/")[1:2] == ["tests"]]
            archive.extractall(folder, members=members, filter="data")
        (folder / "done").touch()
    return next(path for path in folder.iterdir() if path.is_dir())


def _archive(release: str) -> Path:
    """The source distribution, downloaded by pip where it is not there."""
    name = f"great_expectations-{release}.tar.gz"
    if not (SCRATCH / name).exists():
        SCRATCH.mkdir(parents=True, exist_ok=True)
        wanted = ["--no-deps", "--no-binary", "great-expectations", f"great_expectations=={release}"]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(SCRATCH), *wanted], check=True
        )
    return SCRATCH / name
