"""Models that dbt cannot take, set aside, so that all others are built.

dbt parses and compiles a project whole or not at all: one misspelt file would stop a city. So what a failure names, and
what depends on it, is left out of a folder of links, which dbt is given in place of the project. Why is kept, since the
gates must withhold for it. The project's own folder is not touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from lake.settings import Settings
from orchestration.transform.failed import TransformFailed
from orchestration.transform.sandbox.vocabulary import NAMED
from orchestration.twins.indicators import FOLDER, SCHEMA

_MODELS = "models"
# What macros make, and where, is everybody's: they are left out only where a failure names them.
_SEVERABLE = (_MODELS, "tests", "seeds", "snapshots", "analyses", "macros")
_NOT_LINKED = {"target", "logs"}
_REF = re.compile(r"\bref\(\s*(?:['\"][\w.-]+['\"]\s*,\s*)?['\"]([\w.-]+)['\"]\s*\)")


def project_dir(settings: Settings) -> Path:
    """The folder that dbt is to take for the project."""
    return _links(settings) if _record(settings).exists() else settings.dbt_project


def seed_folders(settings: Settings) -> tuple[Path, Path]:
    """Where dbt finds the project's seeds: in the project itself, or among the links."""
    return settings.dbt_project / "seeds", _links(settings) / "seeds"


def left_out(settings: Settings) -> dict[str, str]:
    """Table -> why the model that makes it was set aside."""
    layout = _layout(settings.dbt_project)
    models = {path: why for path, why in _files(settings).items() if path.startswith(f"{_MODELS}/")}
    return {_table(path, layout): why for path, why in models.items() if path.endswith((".sql", ".py"))}


def forget(settings: Settings) -> None:
    """Nothing is set aside: the project has changed, and is to be tried whole."""
    if _record(settings).exists():
        _record(settings).unlink()
        shutil.rmtree(_links(settings), ignore_errors=True)
        _unparse(settings)


def set_aside(settings: Settings, failure: TransformFailed) -> bool:
    """Leave out what a failure names and what depends on it; False where it names nothing that is still there."""
    before = _files(settings)
    project = settings.dbt_project
    found = {file: _found(project, file) for file in failure.files}
    named = {path for file, path in found.items() if path and path not in before and _may_go(path, failure)}
    if not named:
        return False
    reasons: dict[str, str] = {}
    for file in named:
        # Each for its own reason, where a failure has several.
        why = failure.why(file)
        gone = _with_models_of(project, {file})
        reasons |= dict.fromkeys(gone, why)
        for path in _dependents(project, gone) - gone - named:
            reasons.setdefault(path, f"it reads a model that was set aside: {why}")
    reasons |= {file: failure.why(file) for file in named}
    _record(settings).write_text(json.dumps({**reasons, **before}, ensure_ascii=False, sort_keys=True), "utf-8")
    _link(settings, {**reasons, **before})
    _unparse(settings)
    return True


def seek(settings: Settings, failure: TransformFailed, parse: Callable[[], str]) -> TransformFailed | None:
    """The failure with the file that it is about, where dbt names none: by halves, each left out and the rest parsed.

    `parse` gives the reason why the project as it then is cannot be parsed, or nothing. None where no one file is it.
    """
    before = _files(settings)
    files = [path for path in _severable(settings.dbt_project) if path not in before]
    while len(files) > 1:
        half = files[: len(files) // 2]
        files = half if _without(settings, half, parse) != failure.reason else files[len(half) :]
    found = bool(files) and _without(settings, files, parse) != failure.reason
    _link(settings, before)
    if not before:
        forget(settings)
    return TransformFailed(failure.command, f"{failure.reason} ({files[0]})", files) if found else None


def _severable(project: Path) -> list[str]:
    folders = (folder for folder in _SEVERABLE if folder != "macros")
    files = (path for folder in folders for path in sorted((project / folder).rglob("*")))
    return [path.relative_to(project).as_posix() for path in files if path.is_file()]


def _without(settings: Settings, files: Collection[str], parse: Callable[[], str]) -> str:
    """Why the project cannot be parsed when these are left out with what hangs on them; empty where it can."""
    gone = _with_models_of(settings.dbt_project, files)
    gone |= _dependents(settings.dbt_project, gone)
    left = {**_files(settings), **dict.fromkeys(gone, "")}
    if not _record(settings).exists():
        _record(settings).write_text("{}", "utf-8")
    _link(settings, left)
    _unparse(settings)
    return parse()


def _record(settings: Settings) -> Path:
    return settings.dbt_target / "aside.json"


def _links(settings: Settings) -> Path:
    return settings.dbt_target / "project"


def _files(settings: Settings) -> dict[str, str]:
    record = _record(settings)
    return dict(json.loads(record.read_text("utf-8"))) if record.exists() else {}


def _unparse(settings: Settings) -> None:
    # What dbt kept of another folder's files is not of this one's.
    (settings.manifest.parent / "partial_parse.msgpack").unlink(missing_ok=True)


def _found(project: Path, file: str) -> str | None:
    """The file of the project that a message means; dbt names some from the project down and some from the models."""
    return next((path for path in (file, f"{_MODELS}/{file}") if _is_severable(project, path)), None)


def _may_go(path: str, failure: TransformFailed) -> bool:
    """Whether a file may be left out: a macro's where it is the fault, and never one that says how tables are made."""
    return not path.startswith("macros/") or (path in failure.reasons and Path(path).name not in NAMED)


def _is_severable(project: Path, path: str) -> bool:
    return path.split("/")[0] in _SEVERABLE and os.path.lexists(project / path)


def _with_models_of(project: Path, files: Collection[str]) -> set[str]:
    """The files and, of properties that cannot be read, the models that they name: these would lose their contracts."""
    texts = [_text(project / file) for file in files if file.endswith((".yml", ".yaml"))]
    words = {word for text in texts for word in re.findall(r"[\w-]+", text)}
    return set(files) | {path for path, name in _models(project).items() if name in words}


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace") if file.is_file() else ""
    except OSError:
        return ""


def _models(project: Path) -> dict[str, str]:
    """Path below the project -> name of every model."""
    return {path.relative_to(project).as_posix(): path.stem for path in sorted((project / _MODELS).rglob("*.sql"))}


def _dependents(project: Path, files: Collection[str]) -> set[str]:
    """Every model that reads one of these, directly or through others."""
    models = _models(project)
    reads = {path: set(_REF.findall(_text(project / path))) for path in models}
    gone = {Path(path).stem for path in files if not path.endswith((".yml", ".yaml"))}
    found: set[str] = set()
    while fresh := {path for path, names in reads.items() if path not in found and names & gone}:
        found |= fresh
        gone |= {models[path] for path in fresh}
    return found


def _link(settings: Settings, without: Mapping[str, str]) -> None:
    """The folder of links: all of the project but what is set aside."""
    project, links = settings.dbt_project, _links(settings)
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    for entry in project.iterdir():
        if entry.name not in {*_NOT_LINKED, *_SEVERABLE}:
            (links / entry.name).symlink_to(entry)
    for path in sorted(path for folder in _SEVERABLE for path in (project / folder).rglob("*")):
        relative = path.relative_to(project).as_posix()
        if path.is_file() and relative not in without:
            (links / relative).parent.mkdir(parents=True, exist_ok=True)
            (links / relative).symlink_to(path)


def _layout(project: Path) -> Mapping[str, Any]:
    """What dbt_project.yml says of the folders of models."""
    declared = yaml.safe_load((project / "dbt_project.yml").read_text("utf-8")) or {}
    return dict((declared.get("models") or {}).get(declared.get("name"), {}))


def _table(path: str, layout: Mapping[str, Any]) -> str:
    """The lake table of a model, by its place: the schema that the innermost folder says, else the profile's; the views
    of indicators say it beside themselves."""
    if path.startswith(f"{FOLDER}/"):
        return f"{SCHEMA}.{Path(path).stem}"
    schema, inside = "theme", layout
    for folder in Path(path).parts[1:-1]:
        inside = inside.get(folder) or {}
        schema = inside.get("+schema", schema)
    return f"{schema}.{Path(path).stem}"
