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
    """One row per identifier: registry id, identifier, then each attribute beside the department it came from."""
    providers = catalogue.providers(entity.name)
    picks = [pick for attribute in _others(entity) for pick in _picks(attribute, providers)]
    names = [name for one in _others(entity) for name in (sql_name(one.name), f"{one.name}_source")]
    key = sql_name(entity.identifier)
    return f"""{_header(entity)}
with resolved as (
  select
    {key},
{chr(10).join(picks)}
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{{{ ref('{entity.name}__provided') }}}}
  group by {key}
)

select
  registry.city_id,
  resolved.{key},
{chr(10).join(f"  resolved.{name}," for name in names)}
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{{{ ref('{entity.name}__registered') }}}} as registry
  on registry.identifier = cast(resolved.{key} as varchar)
"""


def _header(entity: Entity, also: str = "") -> str:
    return f"-- {banner(f'change contracts/domains/{entity.domain}.yml{also}, not this file.')}"


def _aliased(column: str, name: str) -> str:
    return column if column == name else f"{column} as {name}"


def _picks(attribute: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> list[str]:
    order = _order(attribute, providers)
    name = sql_name(attribute.name)
    return [
        f"    min_by({name}, {order}) filter (where {name} is not null) as {name},",
        f"    min_by(_department, {order}) filter (where {name} is not null) as {attribute.name}_source,",
    ]


def _order(attribute: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> str:
    """SQL that ranks a provider for one attribute: departments named in `precedence` first, then by name."""
    places = [
        place for place, (_, provision) in enumerate(providers, start=1) if attribute.name in provision.attributes
    ]
    ranked = sorted(
        places,
        key=lambda place: (_trust(attribute, providers[place - 1][0].department), providers[place - 1][0].id),
    )
    if ranked == places:
        return "_provider"
    cases = " ".join(f"when {place} then {rank}" for rank, place in enumerate(ranked, start=1))
    return f"case _provider {cases} end"


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
