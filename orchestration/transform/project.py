"""Preparing the workspace's dbt project to run: profile, the platform's macro package, and the manifest.

The manifest is parsed again only when a file of the project changed. No model is run here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts import one_select
from lake.attach import CATALOG, EXACT, attach_options
from lake.settings import REPOSITORY, Settings
from orchestration.transform import sandbox
from orchestration.transform.aside import forget, project_dir, seed_folders, seek, set_aside
from orchestration.transform.failed import TransformFailed
from orchestration.transform.refused import refuse_cycles, refuse_names, refuse_strays, refuse_unreadable
from orchestration.transform.run import begin, compile_models, is_begun, parse

_PARSED = {".sql", ".yml", ".yaml", ".csv"}


def prepare(settings: Settings) -> None:
    """Write the profile and make the platform's macros available as the dbt package `zhongtai`."""
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    profile = yaml.safe_dump(_profile(settings), sort_keys=False)
    path = settings.dbt_target / "profiles.yml"
    if not path.exists() or path.read_bytes() != profile.encode():
        path.write_text(profile, encoding="utf-8")
    _link_macros(settings.dbt_project / "dbt_packages" / "zhongtai")


def _link_macros(link: Path) -> None:
    package = REPOSITORY / "dbt_project" / "packages" / "zhongtai"
    if link.is_symlink() and link.resolve() == package:
        return
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(package, target_is_directory=True)


def _profile(settings: Settings) -> dict[str, Any]:
    output = {
        "type": "duckdb",
        "path": ":memory:",
        "database": CATALOG,
        "schema": "theme",
        # One writer at a time is what a SQLite catalog allows; DuckDB runs each model on all cores.
        "threads": 1,
        "config_options": {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "extension_directory": str(settings.extensions),
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(settings.scratch / "spill"),
            **EXACT,
        },
        "plugins": [
            {
                "module": "orchestration.transform.plugin",
                "alias": "zt",
                "config": {
                    "keys": str(settings.keys),
                    "passphrase": str(settings.key_passphrase) if settings.key_passphrase else None,
                    "data": str(settings.lake_data),
                    "threads": settings.threads,
                    "catalog": str(settings.catalog),
                    "folders": [str(settings.scratch / "spill"), *map(str, seed_folders(settings))],
                },
            }
        ],
        "attach": [
            {
                "path": f"ducklake:sqlite:{settings.catalog}",
                "alias": CATALOG,
                "is_ducklake": True,
                "options": attach_options(settings),
            }
        ],
    }
    return {"zhongtai": {"target": "lake", "outputs": {"lake": output}}}


def fingerprint(settings: Settings) -> str:
    """A digest of every file that dbt parses, and of the profile."""
    digest = hashlib.sha256()
    # What judges a project is of it: texts are judged anew by a platform that judges otherwise.
    folders = [settings.dbt_project, REPOSITORY / "dbt_project" / "packages", Path(sandbox.__file__).parent]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (_PARSED | {".py"}) and "dbt_packages" not in path.parts and "target" not in path.parts:
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + _content(path))
    digest.update(Path(one_select.__file__).read_bytes())
    digest.update((settings.dbt_target / "profiles.yml").read_bytes())
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    try:
        # Of a pipe nobody may ever write the end.
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        return str(error.errno).encode()


def load_manifest(settings: Settings) -> dict[str, Any]:
    """The manifest of the project as it is now, parsed anew only if a file changed. Raises `TransformFailed`."""
    prepare(settings)
    now = fingerprint(settings)
    if not _is_parsed(settings, now):
        forget(settings)
        return _parsed(settings, now)
    try:
        return _read(settings)
    except ValueError:
        # What dbt wrote is no evidence: damaged, it is made again.
        forget(settings)
        return _parsed(settings, now)


def _parsed(settings: Settings, now: str) -> dict[str, Any]:
    """The manifest, parsed now, of as much of the project as can be."""
    while True:
        try:
            refuse_unreadable(project_dir(settings))
            refuse_strays(project_dir(settings), settings.dbt_project)
            parse(settings)
            manifest = _read(settings)
            refuse_names(manifest)
            refuse_cycles(manifest)
        except TransformFailed as failure:
            named = failure if failure.files else seek(settings, failure, lambda: _why_not(settings))
            if named is None or not set_aside(settings, named):
                raise
        else:
            _mark(settings).write_text(now)
            return manifest


def _why_not(settings: Settings) -> str:
    """Why the project as it is cannot be parsed; empty where it can."""
    try:
        parse(settings)
    except TransformFailed as failure:
        return failure.reason
    return ""


def _read(settings: Settings) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(settings.manifest.read_text(encoding="utf-8"))
    return manifest


def compiled_manifest(settings: Settings) -> dict[str, Any]:
    """The manifest with every model's SQL, compiled where dbt has not yet. Raises `TransformFailed`."""
    if not is_begun(settings, "compile") and is_compiled(manifest := load_manifest(settings)):
        return manifest
    while True:
        try:
            compile_models(settings)
            return load_manifest(settings)
        except TransformFailed as failure:
            if not set_aside(settings, failure):
                raise
            _parsed(settings, fingerprint(settings))


def is_compiled(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest has the SQL of every model."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return all(node.get("compiled_code") for node in models)


def expect_compiled(settings: Settings) -> None:
    """Have dbt compile the models, where it has not, while the caller does something else."""
    if not is_compiled(load_manifest(settings)):
        begin(settings, "compile")


def expect_manifest(settings: Settings) -> None:
    """Have dbt get ready, and parse where that is needed, while the caller does something else."""
    prepare(settings)
    known = _is_parsed(settings, fingerprint(settings))
    if not known:
        forget(settings)
    begin(settings, None if known else "parse")


def parsed_digest(settings: Settings) -> str:
    """The digest of the project that dbt's manifest is of, from before it was parsed; empty where there is none."""
    try:
        return _mark(settings).read_text("utf-8")
    except OSError:
        return ""


def _mark(settings: Settings) -> Path:
    return settings.dbt_target / "parsed.sha256"


def _is_parsed(settings: Settings, now: str) -> bool:
    return settings.manifest.exists() and _mark(settings).exists() and _mark(settings).read_bytes() == now.encode()
