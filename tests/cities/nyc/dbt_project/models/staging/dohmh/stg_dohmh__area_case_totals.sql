-- Written by `zhongtai sync`: change contracts/departments/dohmh/area_case_totals.yml, not this file.
with standardised as (
  select
    modzcta,
    neighborhood,
    case borough
      when 'Manhattan' then '1'
      when 'MANHATTAN' then '1'
      when 'Bronx' then '2'
      when 'BRONX' then '2'
      when 'Brooklyn' then '3'
      when 'BROOKLYN' then '3'
      when 'Queens' then '4'
      when 'QUEENS' then '4'
      when 'Staten Island' then '5'
      when 'STATEN ISLAND' then '5'
      when 'MN' then '1'
      when 'BX' then '2'
      when 'BK' then '3'
      when 'QN' then '4'
      when 'SI' then '5'
      else borough
    end as borough,
    zip_codes,
    latitude,
    longitude,
    confirmed_cases,
    probable_cases,
    cases,
    confirmed_rate,
    case_rate,
    population,
    deaths,
    death_rate,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__area_case_totals') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dohmh__area_case_totals') }}
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
  borough,
  zip_codes,
  latitude,
  longitude,
  confirmed_cases,
  probable_cases,
  cases,
  confirmed_rate,
  case_rate,
  population,
  deaths,
  death_rate,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
