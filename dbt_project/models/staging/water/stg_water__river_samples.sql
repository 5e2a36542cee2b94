-- Written by `zhongtai sync`: change contracts/departments/water/river_samples.yml, not this file.
with standardised as (
  select
    section_id,
    sampled_on,
    district,
    case water_quality
      when 'Ⅰ' then '1'
      when 'Ⅱ' then '2'
      when 'Ⅲ' then '3'
      when 'Ⅳ' then '4'
      when 'Ⅴ' then '5'
      when '劣Ⅴ' then '6'
      else water_quality
    end as water_quality,
    dissolved_oxygen,
    ammonia_nitrogen,
    permanganate_index,
    total_phosphorus,
    _batch, _delivery, _row
  from {{ source('raw', 'water__river_samples') }}
), versions as (
  select
    *,
    row_number() over (
      partition by section_id, sampled_on order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  section_id,
  sampled_on,
  district,
  water_quality,
  dissolved_oxygen,
  ammonia_nitrogen,
  permanganate_index,
  total_phosphorus,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
