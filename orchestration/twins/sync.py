"""Writing the twins, and holding twins and declarations together: `zhongtai sync` and `zhongtai sync --check`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contracts.model import Catalogue, Dataset
from lineage.from_dbt import relation_of
from orchestration.twins import entities, indicators, matched, matched_properties, properties, staging
from orchestration.twins.processes import process_files, process_yaml
from orchestration.twins.text import banner

# The C emitter writes the same text in a third of the time, of which a city of thousands of twins has little.
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
GENERATED = "Written by `zhongtai sync`"


@dataclass(frozen=True)
class Drift:
    """One twin that differs from its declaration: `kind` is missing, differs or orphan; `diff` is unified text."""

    path: str
    kind: str
    diff: str = ""


def twins(catalogue: Catalogue) -> dict[str, str]:
    """Every generated file of a catalogue: path below the dbt project -> content."""
    files: dict[str, str] = {}
    for dataset in catalogue.datasets.values():
        place = _place(dataset)
        files[f"{place}.sql"] = staging.staging_sql(dataset, catalogue.code_sets)
        files[f"{place}.yml"] = _yaml(staging.staging_yaml(dataset))
    files["models/staging/sources.yml"] = _yaml(staging.sources_yaml(catalogue.datasets))
    files |= _entity_files(catalogue)
    files |= indicators.files(catalogue.indicators)
    if catalogue.indicators.every:
        files[f"{indicators.FOLDER}/indicators.yml"] = _yaml(indicators.properties(catalogue.indicators))
    if processes := process_files(catalogue):
        files |= {**processes, "models/staging/processes.yml": _yaml(process_yaml())}
    return files


def _place(dataset: Dataset) -> str:
    return f"models/staging/{dataset.department}/{staging.model_name(dataset)}"


def twin_relations(catalogue: Catalogue, manifest: Mapping[str, Any]) -> frozenset[str]:
    """The relations of the models whose SQL in a dbt manifest is, to the letter, what the declarations give.

    A model of a twin's name with another text is its author's, and is trusted no more than any other."""
    datasets = catalogue.datasets.values()
    written = {f"{_place(one)}.sql": staging.staging_sql(one, catalogue.code_sets) for one in datasets}
    written |= {path: content for path, content in _entity_files(catalogue).items() if path.endswith(".sql")}
    written |= process_files(catalogue)
    written = {path: content.strip() for path, content in written.items()}
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return frozenset(
        relation_of(node)
        for node in models
        if written.get(node["original_file_path"]) == (node.get("raw_code") or "").strip()
        and node["fqn"][-1] == Path(node["original_file_path"]).stem == (node.get("alias") or node["name"])
    )


def _entity_files(catalogue: Catalogue) -> dict[str, str]:
    provided = [entity for entity in catalogue.entities.values() if catalogue.providers(entity.name)]
    files: dict[str, str] = {}
    for entity in provided:
        place = f"models/domains/{entity.domain}/{entity.name}"
        files[f"{place}__provided.sql"] = entities.provided_sql(catalogue, entity)
        if catalogue.matches(entity):
            files[f"{place}__loose.sql"] = matched.loose_sql(catalogue, entity)
            files[f"{place}__records.sql"] = matched.records_sql(catalogue, entity)
            files[f"{place}__matched.sql"] = matched.matched_sql(catalogue, entity)
            files[f"{place}__registered.sql"] = matched.registered_sql(entity)
            files[f"{place}.sql"] = matched.entity_sql(catalogue, entity)
            files[f"{place}.yml"] = _yaml(matched_properties.entity_yaml(catalogue, entity))
        else:
            files[f"{place}__registered.sql"] = entities.registered_sql(entity)
            files[f"{place}.sql"] = entities.entity_sql(catalogue, entity)
            files[f"{place}.yml"] = _yaml(properties.entity_yaml(catalogue, entity))
    if provided:
        files["models/domains/identity_registry.sql"] = entities.registry_sql(provided)
        files["models/domains/identity_registry.yml"] = _yaml(properties.registry_yaml())
    if linked := [one for one in provided if catalogue.matches(one)]:
        files["models/domains/registry.yml"] = _yaml(matched_properties.registry_source(linked))
    return files


def _yaml(content: Mapping[str, Any]) -> str:
    body = yaml.dump(dict(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return f"# {banner('change the declaration, not this file.')}\n{body}"


def write_twins(catalogue: Catalogue, project: Path) -> list[str]:
    """Write what differs, remove orphans, and return the paths touched."""
    wanted = twins(catalogue)
    touched = []
    for relative, content in wanted.items():
        path = project / relative
        if not path.exists() or path.read_bytes() != content.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            touched.append(relative)
    for orphan in _orphans(project, wanted):
        (project / orphan).unlink()
        touched.append(orphan)
    decisions = project / "seeds" / "identity_decisions.csv"
    if not decisions.exists() and "models/domains/identity_registry.sql" in wanted:
        decisions.parent.mkdir(parents=True, exist_ok=True)
        decisions.write_text(properties.DECISIONS_HEADER, encoding="utf-8")
        touched.append("seeds/identity_decisions.csv")
    return touched


def drift(catalogue: Catalogue, project: Path) -> list[Drift]:
    """Every difference between declarations and twins, both ways; nothing is written."""
    wanted = twins(catalogue)
    found = []
    for relative, content in wanted.items():
        path = project / relative
        have = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if have is None:
            found.append(Drift(relative, "missing"))
        elif have != content:
            lines = difflib.unified_diff(
                have.splitlines(), content.splitlines(), "twin", "declaration", lineterm="", n=1
            )
            found.append(Drift(relative, "differs", "\n".join(lines)))
    return found + [Drift(orphan, "orphan") for orphan in _orphans(project, wanted)]


def _orphans(project: Path, wanted: Mapping[str, str]) -> list[str]:
    models = project / "models"
    generated = (
        path.relative_to(project).as_posix()
        for pattern in ("*.sql", "*.yml")
        for path in sorted(models.rglob(pattern))
        if path.is_file() and GENERATED.encode() in path.read_bytes()[:200]
    )
    return [relative for relative in generated if relative not in wanted]
