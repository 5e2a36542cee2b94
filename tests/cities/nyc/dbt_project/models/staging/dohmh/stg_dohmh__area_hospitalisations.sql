-- Written by `zhongtai sync`: change contracts/departments/dohmh/area_hospitalisations.yml, not this file.
with standardised as (
  select
    modzcta,
    neighborhood,
    zip_codes,
    latitude,
    longitude,
    hospitalisations,
    hospitalisation_rate,
    deaths,
    death_rate,
    period,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__area_hospitalisations') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dohmh__area_hospitalisations') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by modzcta order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  modzcta,
  neighborhood,
  zip_codes,
  latitude,
  longitude,
  hospitalisations,
  hospitalisation_rate,
  deaths,
  death_rate,
  period,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
