"""The models of an entity whose rows are matched where no identifier tells them apart. Text only.

Beside the models of every entity (`entities.py`) it has three more: `<entity>__loose` (each delivered row without a
valid identifier, under a key of its own), `<entity>__records` (what is compared: the loose rows, and of each identifier
one face per way in which departments know it) and `<entity>__matched` (one row per thing that loose rows or merged
identifiers belong to, by the registry, which is a source). Must not live here: comparing and deciding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.matching import REGISTRY
from contracts.model import Attribute, Catalogue, Dataset, Entity, Provision
from contracts.provision import Survivor
from contracts.sql_text import column as sql_name
from contracts.sql_text import literal
from orchestration.twins.providing import (
    Providers,
    attribute_order,
    attributes_of,
    columns_of,
    dated,
    first_of,
    header,
    identified,
    judged_here,
    trust,
)
from orchestration.twins.staging import model_name
from orchestration.twins.surviving import needs_days, survivor
from quality.casts import sql_type


def loose_providers(catalogue: Catalogue, entity: Entity) -> Providers:
    """Who gives rows that are matched, in dataset order."""
    return tuple(one for one in catalogue.providers(entity.name) if one[1].matched)


def compared(entity: Entity) -> tuple[Attribute, ...]:
    """The attributes that are compared, but for the identifier, in the entity's order."""
    matching = entity.matching
    names = {name for one in matching.comparisons for name in one.attributes} if matching else set()
    return tuple(one for one in attributes_of(entity) if one.name in names)


def loose_sql(catalogue: Catalogue, entity: Entity) -> str:
    """Every row without a valid identifier, one branch a dataset."""
    branches = [
        _loose(entity, place, dataset, provision)
        for place, (dataset, provision) in enumerate(loose_providers(catalogue, entity), start=1)
    ]
    return header(entity, " or a contract that provides it") + "\n" + "\nunion all\n".join(branches) + "\n"


def _loose(entity: Entity, place: int, dataset: Dataset, provision: Provision) -> str:
    columns = columns_of(provision)
    written = columns.get(entity.identifier)
    attributes = [
        f"  cast({columns.get(one.name, 'null')} as {sql_type(one.element).lower()}) as {sql_name(one.name)}"
        for one in attributes_of(entity)
    ]
    technical = [
        f"  {place} as _provider",
        f"  {literal(dataset.department)} as _department",
        f"  {literal(dataset.id)} as _dataset",
        f"  {'true' if provision.once else 'false'} as _once",
        f"  {_key(dataset)} as _key",
        f"  cast({written or 'null'} as varchar) as {sql_name(entity.identifier)}",
    ]
    body = ",\n".join([*technical, *attributes, *dated(entity, provision), "  _batch", "  _delivery"])
    conditions = [*_unidentified(dataset, provision, entity), *([f"({provision.where})"] if provision.where else [])]
    where = f"\nwhere {' and '.join(conditions)}" if conditions else ""
    chosen = "select" if dataset.key else "select distinct"
    return f"{chosen}\n{body}\nfrom {{{{ ref('{model_name(dataset)}') }}}}{where}"


def _key(dataset: Dataset) -> str:
    """What a row is known by. One of a dataset without a key is what it says: said otherwise, it is another."""
    columns = [sql_name(one.name) for one in dataset.key or dataset.columns]
    return f"{{{{ zhongtai.row_key('{dataset.begun_as}', {columns}) }}}}"


def _unidentified(dataset: Dataset, provision: Provision, entity: Entity) -> Iterator[str]:
    name = provision.attributes.get(entity.identifier)
    if name is None:
        return
    column, judge = sql_name(name), judged_here(dataset.column(name))
    if judge is None:
        yield f"{column} is null"
    else:
        yield f"({column} is null or not coalesce({{{{ zhongtai.identifies_{judge}('{column}') }}}}, false))"


def records_sql(catalogue: Catalogue, entity: Entity) -> str:
    """What is compared, a row each: every identifier as the most trusted departments know it, once more as each other
    department does that knows it otherwise, and the loose rows."""
    key, providers = sql_name(entity.identifier), identified(catalogue, entity)
    loose = _face("loose._key", "loose._key", ["false", "loose._dataset", "loose._once"], entity, "loose")
    loose += f"\nfrom {{{{ ref('{entity.name}__loose') }}}} as loose\n"
    if not providers:  # nobody has an identifier: every thing is known by loose rows alone
        return f"{header(entity)}\n{loose}"
    names = [sql_name(one.name) for one in compared(entity)]
    picks = [_pick(attribute, providers) for attribute in compared(entity)]
    aliases = [f"p{place}" for place in range(1, len(providers) + 1)]
    joins = "\n".join(
        f"  left join {{{{ ref('{entity.name}__provided') }}}} as {alias}\n"
        f"    on {alias}._provider = {place} and {alias}.{key} = known.{key}"
        for place, alias in enumerate(aliases, start=1)
    )
    differs = " or ".join(f"other.{name} <> held.{name}" for name in names) or "false"
    held = ",\n".join([f"    known.{key}", *(f"    {one}" for one in [*picks, first_of("_batch", aliases)])])
    return f"""{header(entity)}
with known as (
  select distinct {key} from {{{{ ref('{entity.name}__provided') }}}}
), held as (
  select
{held}
  from known
{joins}
)

{_face(f"cast(held.{key} as varchar)", f"cast(held.{key} as varchar)", ["true", "''", "false"], entity, "held")}
from held
union all
{
        _face(
            f"cast(held.{key} as varchar)",
            f"cast(held.{key} as varchar) || ' ' || cast(other._provider as varchar)",
            ["true", "''", "false"],
            entity,
            "other",
        )
    }
from held
inner join {{{{ ref('{entity.name}__provided') }}}} as other on other.{key} = held.{key}
where {differs}
union all
{loose}"""


def _pick(attribute: Attribute, providers: Providers) -> str:
    order = attribute_order(attribute, providers)
    name, kind = sql_name(attribute.name), sql_type(attribute.element).lower()
    return first_of(name, [f"p{place}" for place in order]) if order else f"cast(null as {kind}) as {name}"


def _face(key: str, face: str, flags: Sequence[str], entity: Entity, table: str) -> str:
    """One way in which a thing is known; what another department does not say is as the first one has it."""
    named = zip((key, face, *flags), ("_key", "_face", "_identified", "_source", "_once"), strict=True)
    columns = [value if value.endswith(f".{name}") else f"{value} as {name}" for value, name in named]
    own = "held" if table == "other" else table
    columns.append(f"cast({own}.{sql_name(entity.identifier)} as varchar) as {sql_name(entity.identifier)}")
    for attribute in compared(entity):
        name = sql_name(attribute.name)
        columns.append(f"coalesce(other.{name}, held.{name}) as {name}" if table == "other" else f"{table}.{name}")
    columns.append(f"{table}._batch")
    return "select\n" + ",\n".join(f"  {one}" for one in columns)


def matched_sql(catalogue: Catalogue, entity: Entity) -> str:
    """One row per thing that loose rows belong to, or identifiers that somebody decided to be another's: each attribute
    from the most trusted department, of its rows the newest."""
    key, attributes = sql_name(entity.identifier), attributes_of(entity)
    names, days = [sql_name(one.name) for one in attributes], ["_dated"] if needs_days(entity) else []
    ranks = [_rank(catalogue, entity, attribute, place) for place, attribute in enumerate(attributes, start=1)]
    chosen = [line for place, one in enumerate(attributes, start=1) for line in _survivor(one, place)]
    votes = [
        f"count(*) over (partition by _entity, {sql_name(one.name)}) as _votes{place}"
        for place, one in enumerate(attributes, start=1)
        if one.survivor is Survivor.AGREEMENT
    ]
    voted = "voted as (\n  select\n    *,\n" + _lines("    ", votes) + "\n  from gathered\n), " if votes else ""
    return f"""{header(entity)}
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
{_lines("    ", [f"loose.{name}" for name in (*names, *days)])},
    loose._batch,
    loose._delivery
  from {{{{ ref('{entity.name}__loose') }}}} as loose
  inner join {{{{ source('{REGISTRY}', '{entity.name}') }}}} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
{_lines("    ", [f"provided.{name}" for name in (*names, *days)])},
    provided._batch,
    0 as _delivery
  from {{{{ ref('{entity.name}__provided') }}}} as provided
  inner join {{{{ source('{REGISTRY}', '{entity.name}') }}}} as links on links._key = cast(provided.{key} as varchar)
), {voted}ranked as (
  select
    *,
{_lines("    ", ranks)},
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from {"voted" if votes else "gathered"}
)

select
  _entity,
{_lines("  ", chosen)},
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
"""


def _lines(indent: str, parts: Sequence[str]) -> str:
    return ",\n".join(f"{indent}{part}" for part in parts)


def _rank(catalogue: Catalogue, entity: Entity, attribute: Attribute, place: int) -> str:
    """The order in which rows are believed about one attribute: who has it, trust, the newest delivery, the key."""
    departments = sorted({dataset.department for dataset, _ in catalogue.providers(entity.name)})
    ranked = sorted(departments, key=lambda one: trust(attribute, one))
    cases = " ".join(f"when {literal(one)} then {number}" for number, one in enumerate(ranked))
    name = sql_name(attribute.name)
    given, trusted = f"case when {name} is null then 1 else 0 end asc", f"case _department {cases} end asc"
    order = [given, trusted, "_delivery desc", "_key asc"]
    if attribute.survivor is Survivor.RECENCY:
        order.insert(1, "coalesce(_dated, cast('0001-01-01' as date)) desc")
    elif attribute.survivor is Survivor.AGREEMENT:
        order.insert(1, f"_votes{place} desc")
    return f"row_number() over (partition by _entity order by {', '.join(order)}) as _rank{place}"


def _survivor(attribute: Attribute, place: int) -> Iterator[str]:
    name = sql_name(attribute.name)
    yield f"max(case when _rank{place} = 1 then {name} end) as {name}"
    yield f"max(case when _rank{place} = 1 and {name} is not null then _department end) as {attribute.name}_source"
    if attribute.survivor is Survivor.RECENCY:
        yield f"max(case when _rank{place} = 1 and {name} is not null then _dated end) as {attribute.name}_dated"


def registered_sql(entity: Entity) -> str:
    """The city id of each identifier, and of each thing without one; merged ones have that of what they belong to."""
    key = f"cast({sql_name(entity.identifier)} as varchar)"
    return f"""{header(entity)}
with identified as (
  select distinct {key} as identifier
  from {{{{ ref('{entity.name}__provided') }}}}
)

select
  identified.identifier,
  identified.identifier as known,
  coalesce(
    ids.city_id, {literal(entity.id_prefix + "-")} || {{{{ zhongtai.city_id('identified.identifier') }}}}
  ) as city_id,
  coalesce(ids.method, 'identifier') as method,
  coalesce(ids.probability, 1.0) as probability,
  coalesce(ids.merged, false) as merged
from identified
left join {{{{ source('{REGISTRY}', '{entity.name}__ids') }}}} as ids
  on not ids.loose and ids.entity_key = identified.identifier
union all
select
  ids.entity_key as identifier,
  cast(null as varchar) as known,
  ids.city_id,
  ids.method,
  ids.probability,
  false as merged
from {{{{ source('{REGISTRY}', '{entity.name}__ids') }}}} as ids
where ids.loose
"""


def entity_sql(catalogue: Catalogue, entity: Entity) -> str:
    """One row per thing: what departments say under its identifier, and where they say nothing, its matched rows."""
    providers = identified(catalogue, entity)
    key = sql_name(entity.identifier)
    kind = sql_type(catalogue.elements[entity.identifier]).lower()
    aliases = [f"p{place}" for place in range(1, len(providers) + 1)]
    columns = [
        "registry.city_id",
        f"registry.known as {key}" if kind == "varchar" else f"cast(registry.known as {kind}) as {key}",
        *(pick for attribute in attributes_of(entity) for pick in _picks(attribute, providers)),
        f"cast(\n    {_departments(providers)}\n    as integer\n  ) as provider_count",
        "coalesce(matched._rows, 0) as matched_rows",
        "registry.probability as match_probability",
        f"cast(\n    {_conflicts(entity, providers)}\n    as integer\n  ) as conflict_count",
        first_of("_batch", [*aliases, "matched"]),
    ]
    listed = ",\n".join(f"  {column}" for column in columns)
    joins = "\n".join(
        f"left join {{{{ ref('{entity.name}__provided') }}}} as {alias}\n"
        f"  on {alias}._provider = {place} and cast({alias}.{key} as varchar) = registry.identifier"
        for place, alias in enumerate(aliases, start=1)
    )
    return f"""{header(entity)}
select
{listed}
from {{{{ ref('{entity.name}__registered') }}}} as registry
{joins}
left join {{{{ ref('{entity.name}__matched') }}}} as matched
  on matched._entity = registry.identifier
where not registry.merged
"""


def _picks(attribute: Attribute, providers: Providers) -> list[str]:
    aliases = [f"p{place}" for place in attribute_order(attribute, providers)]
    departments = [*(f"{alias}._department" for alias in aliases), f"matched.{attribute.name}_source"]
    return survivor(attribute, [*aliases, "matched"], departments)


def _conflicts(entity: Entity, providers: Providers) -> str:
    """SQL for the number of attributes that matter, and of which some department says another thing than is shown."""
    wanted = entity.matching.conflicts if entity.matching else ()
    told = []
    for attribute in attributes_of(entity):
        if attribute.name in wanted:
            name = sql_name(attribute.name)
            aliases = [*(f"p{place}" for place in attribute_order(attribute, providers)), "matched"]
            values = [f"{alias}.{name}" for alias in aliases]
            shown = values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
            differs = " or ".join(f"{value} <> {shown}" for value in values)
            told.append(f"case when {differs} then 1 else 0 end")
    return "\n    + ".join(told) or "0"


def _departments(providers: Providers) -> str:
    places: dict[str, list[int]] = {}
    for place, (dataset, _) in enumerate(providers, start=1):
        places.setdefault(dataset.department, []).append(place)
    known = (" or ".join(f"p{place}._provider is not null" for place in own) for own in places.values())
    # Of a thing without an identifier no row is provided, so that the others add nothing.
    loose = "case when registry.known is null then coalesce(matched._departments, 0) else 0 end"
    return "\n    + ".join([loose, *(f"case when {condition} then 1 else 0 end" for condition in known)])
