select
  air.measurement_id,
  air.indicator,
  air.measure,
  air.area_kind,
  coalesce(uhf.uhf_name, air.area_name) as area_name,
  air.period,
  air.value,
  air._batch
from {{ ref('stg_dohmh__air_quality') }} as air
left join {{ ref('stg_dohmh__uhf_areas') }} as uhf
  on
    air.area_kind = 'uhf42'
    and uhf.uhf_area = cast(air.area_id as varchar)
