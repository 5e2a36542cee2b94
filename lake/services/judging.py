"""What follows for each service item from what is served: whether it needs no material, and no visit, and why not.

One query over the staged lists and the few rows of `serving`; nothing is kept. What is printed is `told`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from contracts.model import Catalogue
from contracts.services import Services
from contracts.sql_text import identifier
from lake.services.serving import Served

_VALUES = """
create or replace temp table service_kinds (name varchar, kind varchar, remote boolean, fields integer);
create or replace temp table service_agencies (agency varchar, department varchar);
create or replace temp table service_fields (
    department varchar, kind varchar, element varchar, source varchar, dataset varchar, holder varchar,
    served_by varchar, reason varchar);
"""

_JUDGED = """
create or replace temp table service_asked as
select items.{code} as item, items.{name} as name, items.{agency} as agency, agencies.department,
    items.{visits} as visits, coalesce(items.{online}, false) as online, items.{materials} as wanted
from lake.staging.stg_{items} as items left join service_agencies as agencies on agencies.agency = items.{agency};

create or replace temp table service_materials as
with fields as (
    select department, kind, count(*) filter (served_by is null) as lacking,
        list({{'element': element, 'source': source, 'by': served_by, 'reason': reason}} order by element, source)
            as fields
    from service_fields group by department, kind
)
select asked.item, materials.{material} as material, kinds.kind, coalesce(kinds.remote, false) as remote,
    coalesce(fields.fields, []) as fields,
    coalesce(kinds.fields > 0 and fields.lacking = 0, false) as served,
    case
        when asked.department is null then 'nobody declared which department its agency is'
        when kinds.kind is null then 'nobody declared what it proves'
        when kinds.fields = 0 then 'it is the applicant''s own word'
        when fields.lacking is null then 'nothing is known of its fields'
        when fields.lacking > 0 then list_aggregate(list_transform(
            list_filter(fields.fields, lambda one: one.by is null),
            lambda one: one.element || ' of ' || one.source || ': ' || one.reason), 'string_agg', '; ')
        else 'every field is served'
    end as reason
from service_asked as asked
join lake.staging.stg_{list} as materials on materials.{item} = asked.item
left join service_kinds as kinds on kinds.name = materials.{material}
left join fields on fields.department = asked.department and fields.kind = kinds.kind;

create or replace temp table service_judged as
with counted as (
    select item, count(*) as known, count(*) filter (not served) as needed,
        count(*) filter (not served and not remote) as brought,
        list({{'material': material, 'kind': kind, 'needed': not served, 'remote': remote, 'reason': reason,
            'fields': fields}} order by material) as materials,
        list(material || ': ' || reason order by material) filter (not served) as needs,
        list(material || ' must be shown' order by material) filter (not served and not remote) as shows
    from service_materials group by item
), reasons as (
    select asked.*, coalesce(counted.known, 0) as known, coalesce(counted.materials, []) as materials,
        coalesce(counted.needs, []) as needs, coalesce(counted.shows, []) as shows,
        case
            when coalesce(counted.known, 0) = 0 then ['no material of it is known']
            when asked.wanted is distinct from counted.known then
                [format('{{}} of its {{}} materials are known', counted.known, coalesce(asked.wanted::varchar, '?'))]
            else []
        end as unknown,
        case when asked.online then [] else ['it is not wholly online'] end
            || case when asked.visits = 0 then [] else [coalesce(asked.visits::varchar, '?') || ' visits are asked for']
            end as presence
    from service_asked as asked left join counted on counted.item = asked.item
)
select item, name, agency, department, materials,
    len(unknown) + len(needs) = 0 and department is not null as exempt, unknown || needs as exempt_reasons,
    len(unknown) + len(presence) + len(shows) = 0 as without_visit, unknown || presence || shows as visit_reasons
from reasons;
"""

_ITEMS = "select * from service_judged order by item"

_AGENCIES = """
select agency, department, count(*) as items, count(*) filter (exempt) as exempt,
    count(*) filter (without_visit) as without_visit,
    round(count(*) filter (exempt) / count(*), 4) as exempt_rate,
    round(count(*) filter (without_visit) / count(*), 4) as without_visit_rate
from service_judged group by agency, department order by agency, department
"""

# Items of which nothing stands in the way but fields that one department holds and has not shared with the agency.
_SHARES = """
with lacking as (
    select distinct judged.item, judged.agency, fields.department, fields.dataset, fields.holder, fields.source
    from service_judged as judged
    join service_materials as materials on materials.item = judged.item and not materials.served
    join service_fields as fields
        on fields.department = judged.department and fields.kind = materials.kind and fields.served_by is null
    where not judged.exempt
), held_up as (
    select judged.item from service_judged as judged
    where not judged.exempt and (judged.department is null or len(judged.exempt_reasons) > (
        select count(*) from service_materials as materials
        where materials.item = judged.item and not materials.served and len(materials.fields) > 0))
), alone as (
    select item from lacking where item not in (select item from held_up)
    group by item having count(distinct dataset) = 1 and bool_and(holder <> department)
)
select department, dataset, list(distinct source order by source) as columns, count(distinct item) as items
from lacking where item in (select item from alone)
group by department, dataset order by items desc, department, dataset
"""


def judged(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, services: Services, served: Sequence[Served]
) -> dict[str, Any]:
    """`items`, `agencies` and `shares` of one list, as JSON-ready data. The connection has the lake; only its own
    temporary tables are written."""
    connection.execute(_VALUES)
    _fill(connection, "service_kinds", ((n, k.name, k.remote, len(k.proves)) for k in services.kinds for n in k.names))
    _fill(connection, "service_agencies", services.agencies.items())
    _fill(connection, "service_fields", (_field(catalogue, one) for one in served))
    connection.execute(_JUDGED.format(**_names(catalogue, services)))
    return {
        "items": _rows(connection, _ITEMS),
        "agencies": _rows(connection, _AGENCIES),
        "shares": _rows(connection, _SHARES),
    }


def _field(catalogue: Catalogue, one: Served) -> tuple[object, ...]:
    proof = one.proof
    source, holder = f"{proof.dataset}.{proof.column}", catalogue.datasets[proof.dataset].department
    return (one.department, one.kind, proof.element, source, proof.dataset, holder, one.by, one.reason)


def _names(catalogue: Catalogue, services: Services) -> dict[str, str]:
    items, materials = services.items, services.materials
    return {
        "items": catalogue.datasets[items.of].table,
        "list": catalogue.datasets[materials.of].table,
        "code": identifier(items.code),
        "name": identifier(items.name),
        "agency": identifier(items.agency),
        "visits": identifier(items.visits),
        "online": identifier(items.online),
        "materials": identifier(items.materials),
        "item": identifier(materials.item),
        "material": identifier(materials.name),
    }


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """A few facts that no table has, in one statement: column by column."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        connection.execute(f"insert into {table} select {', '.join('unnest(?)' for _ in columns)}", columns)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [str(one[0]) for one in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
