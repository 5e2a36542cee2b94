"""The models of identified theme entities: who provides what, who wins, and the registry of stable city ids. Text only.

One entity is three models: `<entity>__provided` (every department's rows side by side, one per identifier and
provider), `<entity>__registered` (the city id of each identifier; a decision in the seed `identity_decisions` overrides
the computed id, which is where probabilistic matches will enter) and `<entity>` (one row per identifier; each attribute
from the most trusted department that has it, and which that is). `identity_registry` shows all registered ids together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.model import Attribute, Catalogue, Column, Dataset, Entity, Provision
from contracts.sql_text import column as sql_name
from contracts.sql_text import literal
from contracts.violation import Severity
from orchestration.twins.staging import model_name
from orchestration.twins.text import banner, column_yaml
from quality.casts import sql_type


def provided_sql(catalogue: Catalogue, entity: Entity) -> str:
    """The union of all providers, one branch a dataset, in dataset order."""
    branches = [
        _branch(entity, place, dataset, provision)
        for place, (dataset, provision) in enumerate(catalogue.providers(entity.name), start=1)
    ]
    header = _header(entity, " or a contract that provides it")
    return header + "\n" + "\nunion all\n".join(branches) + "\n"


def _branch(entity: Entity, place: int, dataset: Dataset, provision: Provision) -> str:
    columns = {name: sql_name(column) for name, column in provision.attributes.items()}
    identifier = columns[entity.identifier]
    attributes = [
        f"  cast({columns.get(a.name, 'null')} as {sql_type(a.element).lower()}) as {sql_name(a.name)}"
        for a in _others(entity)
    ]
    technical = [f"  {place} as _provider", f"  {literal(dataset.department)} as _department"]
    body = ",\n".join([*technical, f"  {_aliased(identifier, sql_name(entity.identifier))}", *attributes, "  _batch"])
    condition = f"{identifier} is not null" + (f" and ({provision.where})" if provision.where else "")
    if judge := _judged_here(dataset.column(provision.attributes[entity.identifier])):
        condition += f" and {{{{ zhongtai.identifies_{judge}('{identifier}') }}}}"
    source = f"{{{{ ref('{model_name(dataset)}') }}}}"
    if [sql_name(column.name) for column in dataset.key] == [identifier]:
        return f"select\n{body}\nfrom {source}\nwhere {condition}"
    ranked = (
        "(\n  select\n    *,\n    row_number() over (\n"
        f"      partition by {identifier} order by _delivery desc, _row desc\n    ) as _rank\n"
        f"  from {source}\n  where {condition}\n) as ranked"
    )
    return f"select\n{body}\nfrom {ranked}\nwhere _rank = 1"


def _judged_here(column: Column) -> str | None:
    """The macro by which an identifier is judged before it identifies anybody.

    None where no row with a bad one is stored: where the contract makes it a fault, and the element says what is bad.
    """
    element = column.element
    kind, judge = ("check_digit", element.check) if element.check else ("placeholder", "number")
    if not (element.check or element.identifies):
        return None
    faults = {rule.kind for rule in column.rules if rule.severity is Severity.ERROR}
    return None if kind in faults else judge


def entity_sql(catalogue: Catalogue, entity: Entity) -> str:
    """One row per identifier: registry id, identifier, then each attribute beside the department it came from.

    A provider gives at most one row for an identifier, so all are joined to the registry, one by one. Grouping the
    union of them instead would hold every name and address in the states of its aggregates, which the engine never
    writes to disk; joins that do not fit go there in parts.
    """
    providers = catalogue.providers(entity.name)
    key = sql_name(entity.identifier)
    aliases = [f"p{place}" for place in range(1, len(providers) + 1)]
    columns = [
        "registry.city_id",
        f"{_identified(catalogue, entity)} as {key}",
        *(pick for attribute in _others(entity) for pick in _picks(attribute, providers)),
        f"cast(\n    {_departments(providers)}\n    as integer\n  ) as provider_count",
        _first("_batch", aliases),
    ]
    return f"""{_header(entity)}
select
{_listed(columns)}
from {{{{ ref('{entity.name}__registered') }}}} as registry
{chr(10).join(_joined(entity, place) for place in range(1, len(providers) + 1))}
"""


def _identified(catalogue: Catalogue, entity: Entity) -> str:
    """The identifier as the registry has it: a provider's would be carried along by every join, beside the key."""
    kind = sql_type(catalogue.elements[entity.identifier]).lower()
    return "registry.identifier" if kind == "varchar" else f"cast(registry.identifier as {kind})"


def _joined(entity: Entity, place: int) -> str:
    key = sql_name(entity.identifier)
    return (
        f"left join {{{{ ref('{entity.name}__provided') }}}} as p{place}\n"
        f"  on p{place}._provider = {place} and cast(p{place}.{key} as varchar) = registry.identifier"
    )


def _listed(columns: Sequence[str]) -> str:
    return ",\n".join(f"  {column}" for column in columns)


def _first(name: str, aliases: Sequence[str]) -> str:
    """The column of that name: the value of the first of some providers that has one."""
    values = [f"{alias}.{name}" for alias in aliases]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)}) as {name}"


def _departments(providers: Sequence[tuple[Dataset, Provision]]) -> str:
    """SQL that counts the departments that know an identifier; one may provide it by several datasets."""
    places: dict[str, list[int]] = {}
    for place, (dataset, _) in enumerate(providers, start=1):
        places.setdefault(dataset.department, []).append(place)
    known = (" or ".join(f"p{place}._provider is not null" for place in own) for own in places.values())
    return "\n    + ".join(f"case when {condition} then 1 else 0 end" for condition in known)


def _header(entity: Entity, also: str = "") -> str:
    return f"-- {banner(f'change contracts/domains/{entity.domain}.yml{also}, not this file.')}"


def _aliased(column: str, name: str) -> str:
    return column if column == name else f"{column} as {name}"


def _picks(attribute: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> list[str]:
    name, order = sql_name(attribute.name), _order(attribute, providers)
    aliases = [f"p{place}" for place in order]
    if not aliases:
        kind = sql_type(attribute.element).lower()
        return [f"cast(null as {kind}) as {name}", f"cast(null as varchar) as {attribute.name}_source"]
    cases = "\n".join(f"    when {alias}.{name} is not null then {alias}._department" for alias in aliases)
    return [_first(name, aliases), f"case\n{cases}\n  end as {attribute.name}_source"]


def _order(attribute: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> list[int]:
    """The places of those that provide one attribute: departments named in `precedence` first, then by name."""
    places = [
        place for place, (_, provision) in enumerate(providers, start=1) if attribute.name in provision.attributes
    ]
    return sorted(
        places,
        key=lambda place: (_trust(attribute, providers[place - 1][0].department), providers[place - 1][0].id),
    )


def _trust(attribute: Attribute, department: str) -> tuple[int, str]:
    if department in attribute.precedence:
        return (attribute.precedence.index(department), "")
    return (len(attribute.precedence), department)


def registered_sql(entity: Entity) -> str:
    """The city id of each identifier of one entity. Each entity has its own, so that one's faults stay its own."""
    key = f"cast({sql_name(entity.identifier)} as varchar)"
    return f"""{_header(entity)}
with identified as (
  select distinct {key} as identifier
  from {{{{ ref('{entity.name}__provided') }}}}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, {literal(entity.id_prefix + "-")} || {{{{ zhongtai.city_id('identified.identifier') }}}}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{{{ ref('identity_decisions') }}}} as decisions
  on decisions.entity = {literal(entity.name)} and decisions.identifier = identified.identifier
"""


def registry_sql(entities: Sequence[Entity]) -> str:
    """The registry of stable city ids: one row per entity and identifier."""
    branches = "\nunion all\n".join(
        f"select\n  {literal(entity.name)} as entity,\n  identifier,\n  city_id,\n  method\n"
        f"from {{{{ ref('{entity.name}__registered') }}}}"
        for entity in entities
    )
    return f"-- {banner('change contracts/domains/, not this file.')}\n{branches}\n"


def entity_yaml(catalogue: Catalogue, entity: Entity) -> dict[str, Any]:
    """Properties of both models of an entity: enforced contract on the entity, grain, tests, levels."""
    providers = ", ".join(dataset.id for dataset, _ in catalogue.providers(entity.name))
    return {
        "version": 2,
        "models": [
            {
                "name": f"{entity.name}__provided",
                "description": f"{entity.title_zh}: one row per identifier and provider ({providers}).",
                "config": {"materialized": "view", "schema": "staging", "contract": {"enforced": False}},
            },
            {
                "name": f"{entity.name}__registered",
                "description": f"{entity.title_zh}城市统一编号 / City ids: one row per identifier of {entity.name}.",
                "config": {"contract": {"enforced": True}},
                "columns": _required_texts("identifier", "city_id", "method"),
            },
            {
                "name": entity.name,
                "description": (
                    f"{entity.title_zh} / {entity.title_en}: {entity.grain}. "
                    f"Rebuilt from all current batches of {providers}."
                ),
                "config": {"contract": {"enforced": True}, "meta": {"entity": entity.name}},
                "columns": _entity_columns(catalogue, entity),
            },
        ],
    }


def _entity_columns(catalogue: Catalogue, entity: Entity) -> list[dict[str, Any]]:
    identifying = catalogue.elements[entity.identifier]
    columns = [
        _column("city_id", "城市统一编号", "Stable city id", "identifier", "L2", "varchar", key=True),
        _column(
            entity.identifier,
            identifying.title_zh,
            identifying.title_en,
            identifying.name,
            str(identifying.level),
            sql_type(identifying).lower(),
            key=True,
        ),
    ]
    for attribute in _others(entity):
        kind = sql_type(attribute.element).lower()
        columns.append(
            _column(
                attribute.name,
                attribute.title_zh,
                attribute.title_en,
                attribute.element.name,
                str(attribute.level),
                kind,
            )
        )
        source = _column(
            f"{attribute.name}_source",
            f"{attribute.title_zh}来源",
            f"Source of {attribute.title_en}",
            "code",
            "L1",
            "varchar",
        )
        columns.append(source)
    columns.append(_column("provider_count", "提供部门数", "Departments that know it", "count", "L1", "integer"))
    columns.append(_column("_batch", "归集批次", "Batch of the first provider", "identifier", "L1", "varchar"))
    return columns


def _column(name: str, zh: str, en: str, element: str, level: str, kind: str, *, key: bool = False) -> dict[str, Any]:
    column = column_yaml(name, zh, en, element, level) | {"data_type": kind}
    if key:
        column |= {"constraints": [{"type": "not_null"}], "data_tests": ["unique", "not_null"]}
    return column


def registry_yaml() -> dict[str, Any]:
    """Properties of the registry and its seed of decisions."""
    return {
        "version": 2,
        "models": [
            {
                "name": "identity_registry",
                "description": "城市统一编号登记 / Registry of stable city ids: one row per entity and identifier.",
                "config": {"materialized": "view"},
                "columns": [{"name": name} for name in ("entity", "identifier", "city_id", "method")],
            }
        ],
        "seeds": [
            {
                "name": "identity_decisions",
                "description": "身份判定 / Decisions that give an identifier another record's city id; empty at first.",
                "config": {
                    "schema": "staging",
                    "column_types": dict.fromkeys(DECISIONS_HEADER.strip().split(","), "varchar"),
                },
            }
        ],
    }


def _required_texts(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "data_type": "varchar", "constraints": [{"type": "not_null"}]} for name in names]


DECISIONS_HEADER = "entity,identifier,city_id,decided_by,reason\n"


def _others(entity: Entity) -> list[Attribute]:
    return [attribute for attribute in entity.attributes if attribute.name != entity.identifier]
