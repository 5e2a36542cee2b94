"""What dbt would take, or stumble over without a name, and a city cannot use: found before and after it parses.

Each raises `TransformFailed` with the files it is about, so that they are set aside and the rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from orchestration.transform.failed import TransformFailed

_READ = {".sql", ".yml", ".yaml", ".csv", ".py", ".md"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NODES = {"model", "seed", "snapshot"}


def refuse_unreadable(project: Path) -> None:
    """Files that cannot be read as UTF-8 text: dbt does not say which."""
    found = {}
    for path in sorted(project.rglob("*")):
        if path.suffix in _READ and "dbt_packages" not in path.parts and not path.is_dir():
            why = _unreadable(path)
            if why:
                found[path.relative_to(project).as_posix()] = why
    if found:
        told = "; ".join(f"{file}: {why}" for file, why in found.items())
        raise TransformFailed("parse", told, list(found))


def refuse_strays(project: Path, home: Path) -> None:
    """Links to what lies elsewhere: a seed that is one would bring any file of the machine into the lake.

    `home` is the project's own folder, of which `project` may be a folder of links.
    """
    inside = home.resolve()
    found = [
        path.relative_to(project).as_posix()
        for path in sorted(project.rglob("*"))
        if path.is_symlink() and "dbt_packages" not in path.parts and not path.resolve().is_relative_to(inside)
    ]
    if found:
        raise TransformFailed("parse", f"{', '.join(found)}: a link to a file outside the project", found)


def _unreadable(path: Path) -> str:
    if path.exists() and not path.is_file():
        return "it is no file"
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 at byte {error.start}"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return ""


def refuse_names(manifest: Mapping[str, Any]) -> None:
    """Models of names that the lake's tables and Dagster's assets do not have."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in _NODES]
    wrong = [node for node in nodes if not _NAME.fullmatch(_named(node))]
    _refuse_twins(nodes)
    if wrong:
        told = ", ".join(sorted(node["name"] for node in wrong))
        what = f"a model's name is made of letters, digits and underscores, not {told}"
        raise TransformFailed("parse", what, [node["original_file_path"] for node in wrong])


def _refuse_twins(nodes: Iterable[Mapping[str, Any]]) -> None:
    """Two models whose tables the lake would take for one: it does not tell capitals from small letters."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for node in nodes:
        found.setdefault((str(node.get("schema")).casefold(), _named(node).casefold()), []).append(node)
    for same in found.values():
        if len(same) > 1:
            files = [node["original_file_path"] for node in same]
            raise TransformFailed("parse", f"{' and '.join(files)} make one and the same table", files)


def _named(node: Mapping[str, Any]) -> str:
    return str(node.get("alias") or node["name"])


def refuse_cycles(manifest: Mapping[str, Any]) -> None:
    """Models that feed one another: dbt finds that out only when it builds."""
    nodes = manifest["nodes"]
    try:
        TopologicalSorter({name: node["depends_on"].get("nodes", ()) for name, node in nodes.items()}).prepare()
    except CycleError as error:
        names = list(dict.fromkeys(error.args[1]))
        files = [nodes[name]["original_file_path"] for name in names]
        told = " and ".join(nodes[name]["name"] for name in names)
        raise TransformFailed("parse", f"the models {told} feed one another", files) from None
