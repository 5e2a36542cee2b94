with materials as (
  select
    item_code,
    count(*) as materials,
    sum(case when required then 1 else 0 end) as required_materials
  from {{ ref('stg_government_services__service_materials') }}
  group by item_code
)

select
  items.item_code,
  items.name,
  items.agency,
  items.service_theme,
  items.legal_days,
  items.promised_days,
  items.visits_needed,
  items.online,
  items.guide_url,
  cast(coalesce(materials.materials, 0) as bigint) as materials,
  cast(coalesce(materials.required_materials, 0) as bigint) as required_materials,
  items._batch
from {{ ref('stg_government_services__service_items') }} as items
left join materials
  on materials.item_code = items.item_code
