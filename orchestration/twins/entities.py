"""The models of identified theme entities: who provides what, who wins, and the registry of stable city ids. Text only.

One entity is three models: `<entity>__provided` (every department's rows side by side, one per identifier and
provider), `<entity>__registered` (the city id of each identifier; a decision in the seed `identity_decisions` overrides
the computed id, which is where probabilistic matches will enter) and `<entity>` (one row per identifier; each attribute
from the most trusted department that has it, and which that is). `identity_registry` shows all registered ids together.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.model import Attribute, Catalogue, Dataset, Entity, Provision
from contracts.sql_text import column as sql_name
from contracts.sql_text import literal
from orchestration.twins.providing import (
    aliased,
    attribute_order,
    attributes_of,
    columns_of,
    dated,
    first_of,
    header,
    identified,
    judged_here,
)
from orchestration.twins.staging import model_name
from orchestration.twins.surviving import needs_days, survivor
from orchestration.twins.text import banner
from quality.casts import sql_type


def provided_sql(catalogue: Catalogue, entity: Entity) -> str:
    """The union of all providers, one branch a dataset, in dataset order."""
    branches = [
        _branch(entity, place, dataset, provision)
        for place, (dataset, provision) in enumerate(identified(catalogue, entity), start=1)
    ]
    above = header(entity, " or a contract that provides it")
    return above + "\n" + "\nunion all\n".join(branches or [_nobody(catalogue, entity)]) + "\n"


def _nobody(catalogue: Catalogue, entity: Entity) -> str:
    """No row: of an entity of which every row is matched."""
    columns = {entity.identifier: catalogue.elements[entity.identifier]}
    columns |= {attribute.name: attribute.element for attribute in attributes_of(entity)}
    nulls = [f"  cast(null as {sql_type(one).lower()}) as {sql_name(name)}" for name, one in columns.items()]
    technical = ["  0 as _provider", "  cast(null as varchar) as _department"]
    nulls += ["  cast(null as date) as _dated"] if needs_days(entity) else []
    return "select\n" + ",\n".join([*technical, *nulls, "  cast(null as varchar) as _batch"]) + "\nwhere false"


def _branch(entity: Entity, place: int, dataset: Dataset, provision: Provision) -> str:
    columns = columns_of(provision)
    identifier = columns[entity.identifier]
    attributes = [
        f"  cast({columns.get(a.name, 'null')} as {sql_type(a.element).lower()}) as {sql_name(a.name)}"
        for a in attributes_of(entity)
    ]
    technical = [f"  {place} as _provider", f"  {literal(dataset.department)} as _department"]
    own = [*technical, f"  {aliased(identifier, sql_name(entity.identifier))}", *attributes, *dated(entity, provision)]
    body = ",\n".join([*own, "  _batch"])
    condition = f"{identifier} is not null" + (f" and ({provision.where})" if provision.where else "")
    if judge := judged_here(dataset.column(provision.attributes[entity.identifier])):
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


def entity_sql(catalogue: Catalogue, entity: Entity) -> str:
    """One row per identifier: registry id, identifier, then each attribute beside the department it came from.

    A provider gives at most one row for an identifier, so all are joined to the registry, one by one. Grouping the
    union of them instead would hold every name and address in the states of its aggregates, which the engine never
    writes to disk; joins that do not fit go there in parts.
    """
    providers = identified(catalogue, entity)
    key = sql_name(entity.identifier)
    aliases = [f"p{place}" for place in range(1, len(providers) + 1)]
    columns = [
        "registry.city_id",
        f"{_identified(catalogue, entity)} as {key}",
        *(pick for attribute in attributes_of(entity) for pick in _picks(attribute, providers)),
        f"cast(\n    {_departments(providers)}\n    as integer\n  ) as provider_count",
        first_of("_batch", aliases),
    ]
    return f"""{header(entity)}
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


def _departments(providers: Sequence[tuple[Dataset, Provision]]) -> str:
    """SQL that counts the departments that know an identifier; one may provide it by several datasets."""
    places: dict[str, list[int]] = {}
    for place, (dataset, _) in enumerate(providers, start=1):
        places.setdefault(dataset.department, []).append(place)
    known = (" or ".join(f"p{place}._provider is not null" for place in own) for own in places.values())
    return "\n    + ".join(f"case when {condition} then 1 else 0 end" for condition in known)


def _picks(attribute: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> list[str]:
    name, order = sql_name(attribute.name), attribute_order(attribute, providers)
    aliases = [f"p{place}" for place in order]
    if not aliases:
        kind = sql_type(attribute.element).lower()
        return [f"cast(null as {kind}) as {name}", f"cast(null as varchar) as {attribute.name}_source"]
    return survivor(attribute, aliases, [f"{alias}._department" for alias in aliases])


def registered_sql(entity: Entity) -> str:
    """The city id of each identifier of one entity. Each entity has its own, so that one's faults stay its own."""
    key = f"cast({sql_name(entity.identifier)} as varchar)"
    return f"""{header(entity)}
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
