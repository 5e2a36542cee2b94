"""What of a parsed project may not be: Jinja outside the vocabulary, macros that stand in for others, hooks, settings.

Reads the manifest and the platform's own files; runs nothing. What models' compiled SQL may be is `selects`'.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lake.settings import REPOSITORY
from orchestration.transform.sandbox.jinja_text import JinjaRefused, Macros, judge_jinja, without_prefix
from orchestration.transform.sandbox.settings import setting_fault
from orchestration.transform.sandbox.vocabulary import KINDS, NAMED, PLACED, PLATFORM_PACKAGE, TRUSTED_PACKAGES

_PACKAGES = REPOSITORY / "dbt_project" / "packages"
_TEMPLATE = REPOSITORY / "orchestration" / "workspace" / "template" / "dbt_project" / "macros"

Manifest = Mapping[str, Any]
Faults = dict[str, str]
"""File below the project -> why it may not be."""


def project_faults(manifest: Manifest, project: Path) -> Faults:
    """Every file of a project that may not be, with the reason; models that use a macro that may not be among them."""
    found = _whole(manifest)
    own = {name: macro for name, macro in manifest["macros"].items() if _is_city(macro)}
    known = _callable(manifest)
    refused = {name: why for name, macro in own.items() if (why := _macro_fault(macro, manifest, known, project))}
    mine = str(manifest["metadata"].get("project_name"))
    for name, why in refused.items():
        if own[name]["package_name"] == mine:
            found.setdefault(own[name]["original_file_path"], why)
    # Another package's files are not the city's to leave out: only who uses such a macro goes.
    left = {name for name, macro in own.items() if macro["package_name"] == mine and _file(macro) in found}
    bad = left | refused.keys()
    for node in manifest["nodes"].values():
        why = _node_fault(node, known) or _user_fault(node, manifest, bad)
        if why:
            found.setdefault(node["original_file_path"], why)
    return found


def _whole(manifest: Manifest) -> Faults:
    """What is wrong with the project as a whole: no model of it can be told from another's."""
    name = str(manifest["metadata"].get("project_name"))
    if name in TRUSTED_PACKAGES | {PLATFORM_PACKAGE}:
        return {"dbt_project.yml": f"a project may not be called {name}, as a package of the platform's is"}
    operations = [node for node in manifest["nodes"].values() if node["resource_type"] == "operation"]
    if operations:
        told = ", ".join(sorted({str(node["name"]) for node in operations}))
        return {"dbt_project.yml": f"hooks of the project ({told}) are not run here: take on-run-start and -end out"}
    for macro in manifest["macros"].values():
        if macro["package_name"] == PLATFORM_PACKAGE and not _is_ours(macro):
            return {"dbt_project.yml": f"its package zhongtai is not the platform's: {macro['name']} differs"}
    return {}


def _is_ours(macro: Mapping[str, Any]) -> bool:
    file = _PACKAGES / PLATFORM_PACKAGE / str(macro["original_file_path"])
    return file.is_file() and str(macro["macro_sql"]).strip() in file.read_text(encoding="utf-8")


def _is_city(macro: Mapping[str, Any]) -> bool:
    return macro["package_name"] not in TRUSTED_PACKAGES | {PLATFORM_PACKAGE}


def _file(macro: Mapping[str, Any]) -> str:
    return str(macro["original_file_path"])


def _callable(manifest: Manifest) -> Macros:
    """What texts may call: the city's macros, each judged itself, and of the platform's those that keep to it too."""
    of_package: dict[str, set[str]] = defaultdict(set)
    for macro in manifest["macros"].values():
        of_package[str(macro["package_name"])].add(str(macro["name"]))
    city = {package: names for package, names in of_package.items() if package not in TRUSTED_PACKAGES}
    ours = [macro for macro in manifest["macros"].values() if macro["package_name"] == PLATFORM_PACKAGE]
    city[PLATFORM_PACKAGE] = {str(macro["name"]) for macro in ours}
    # What one of them may call is what is left: so as long as one falls out, others may.
    while True:
        known = _known(city)
        clean = {
            str(macro["name"])
            for macro in ours
            if macro["name"] in city[PLATFORM_PACKAGE]
            and (macro["name"] in PLACED or not _jinja_fault(macro["macro_sql"], known))
        }
        if clean == city[PLATFORM_PACKAGE]:
            return known
        city[PLATFORM_PACKAGE] = clean


def _known(city: Mapping[str, set[str]]) -> Macros:
    bare = frozenset().union(*(names for package, names in city.items() if package != PLATFORM_PACKAGE))
    return Macros(bare, {package: frozenset(names) for package, names in city.items()})


def _macro_fault(macro: Mapping[str, Any], manifest: Manifest, known: Macros, project: Path) -> str:
    name, file = str(macro["name"]), str(macro["original_file_path"])
    if Path(file).name in NAMED and Path(file).parent.as_posix() == "macros":
        return (
            ""
            if _is_as_written(project / file)
            else (
                f"{file} is not as the platform writes it, and decides how tables are made: "
                "copy it from a folder that `zhongtai init` makes"
            )
        )
    if name.startswith("materialization_"):
        return f"{name}: models are made as the platform makes them, and not by a materialization of a city's"
    if shadowed := _shadowed(name, manifest):
        return f"the macro {name} would stand in for {shadowed}: give it another name"
    fault = _jinja_fault(macro["macro_sql"], known)
    return f"the macro {name}: {fault}" if fault else ""


def _is_as_written(file: Path) -> bool:
    wanted = _TEMPLATE / file.name
    return wanted.is_file() and file.is_file() and _digest(file) == _digest(wanted)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _shadowed(name: str, manifest: Manifest) -> str:
    """The macro of dbt, its adapter or the platform that dbt might take this one for; empty where there is none."""
    taken = {
        without_prefix(one): str(macro["package_name"])
        for macro in manifest["macros"].values()
        if not _is_city(macro)
        for one in (str(macro["name"]), without_prefix(str(macro["name"])))
    } | {str(macro["name"]): str(macro["package_name"]) for macro in manifest["macros"].values() if not _is_city(macro)}
    found = next((one for one in (name, without_prefix(name)) if one in taken), "")
    return f"{taken[found]}.{found}" if found else ""


def _jinja_fault(text: str, known: Macros) -> str:
    try:
        judge_jinja(text, known)
    except JinjaRefused as refused:
        return str(refused)
    return ""


def _node_fault(node: Mapping[str, Any], known: Macros) -> str:
    kind, name = str(node["resource_type"]), str(node["name"])
    if kind not in KINDS:
        return f"{name} is a {kind}, and none of {', '.join(sorted(KINDS))}"
    if kind not in ("model", "seed"):
        return ""
    if node.get("language", "sql") != "sql" and kind == "model":
        return f"{name} is written in {node['language']}: a model is one select"
    if fault := setting_fault(node):
        return f"{name}: {fault}"
    fault = _jinja_fault(node.get("raw_code") or "", known) if kind == "model" else ""
    return f"{name}: {fault}" if fault else ""


def _user_fault(node: Mapping[str, Any], manifest: Manifest, bad: set[str]) -> str:
    used = sorted(set(_used(node, manifest)) & bad)
    return f"{node['name']} uses {used[0]}, a macro that may not be used" if used else ""


def _used(node: Mapping[str, Any], manifest: Manifest) -> Iterator[str]:
    """Every macro that a node uses, through others, too."""
    stack, seen = list(node["depends_on"].get("macros", ())), set()
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        stack += (manifest["macros"].get(name) or {"depends_on": {}})["depends_on"].get("macros", ())
