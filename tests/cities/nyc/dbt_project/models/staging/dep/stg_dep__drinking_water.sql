-- Written by `zhongtai sync`: change contracts/departments/dep/drinking_water.yml, not this file.
with standardised as (
  select
    sample_number,
    site,
    sampled_on,
    sampled_at,
    case sample_class
      when 'Compliance' then 'compliance'
      when 'Operational' then 'operational'
      when 'Resample_Compliance' then 'resample'
      when 'Resample_Operational' then 'resample'
      else sample_class
    end as sample_class,
    location,
    chlorine_mg_l,
    turbidity_ntu,
    fluoride_mg_l,
    coliform,
    e_coli,
    _batch, _delivery, _row
  from {{ source('raw', 'dep__drinking_water') }}
), versions as (
  select
    *,
    row_number() over (
      partition by site, sampled_on, sampled_at order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  sample_number,
  site,
  sampled_on,
  sampled_at,
  sample_class,
  location,
  chlorine_mg_l,
  turbidity_ntu,
  fluoride_mg_l,
  coliform,
  e_coli,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
