-- Written by `zhongtai sync`: change contracts/departments/government_services/service_items.yml, not this file.
with standardised as (
  select
    item_code,
    name,
    agency,
    service_theme,
    legal_days,
    promised_days,
    visits_needed,
    online,
    material_count,
    guide_url,
    _batch, _delivery, _row
  from {{ source('raw', 'government_services__service_items') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'government_services__service_items') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by item_code order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  item_code,
  name,
  agency,
  service_theme,
  legal_days,
  promised_days,
  visits_needed,
  online,
  material_count,
  guide_url,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
