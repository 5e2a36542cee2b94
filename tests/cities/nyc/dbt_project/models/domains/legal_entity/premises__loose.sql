-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select distinct
  1 as _provider,
  'agriculture_markets' as _department,
  'agriculture_markets.food_stores' as _dataset,
  false as _once,
  {{ zhongtai.row_key('agriculture_markets.food_stores', ['name', 'address', 'latitude', 'longitude', 'zip', 'kind']) }} as _key,
  cast(null as varchar) as establishment_id,
  cast(name as varchar) as trade_name,
  cast(null as varchar) as legal_name,
  cast(address as varchar) as address,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch,
  _delivery
from {{ ref('stg_agriculture_markets__food_stores') }}
union all
select
  2 as _provider,
  'dohmh' as _department,
  'dohmh.restaurants_geocoded' as _dataset,
  true as _once,
  {{ zhongtai.row_key('dohmh.restaurants_geocoded', ['row_number']) }} as _key,
  cast(null as varchar) as establishment_id,
  cast(name as varchar) as trade_name,
  cast(null as varchar) as legal_name,
  cast(nullif(trim(coalesce(building, '') || ' ' || coalesce(street, '')), '') as varchar) as address,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch,
  _delivery
from {{ ref('stg_dohmh__restaurants_geocoded') }}
union all
select
  3 as _provider,
  'sla' as _department,
  'sla.bar_licences' as _dataset,
  false as _once,
  {{ zhongtai.row_key('sla.bar_licences', ['establishment_id']) }} as _key,
  cast(null as varchar) as establishment_id,
  cast(trade_name as varchar) as trade_name,
  cast(legal_name as varchar) as legal_name,
  cast(address as varchar) as address,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch,
  _delivery
from {{ ref('stg_sla__bar_licences') }}
union all
select
  4 as _provider,
  'sla' as _department,
  'sla.club_licences' as _dataset,
  false as _once,
  {{ zhongtai.row_key('sla.club_licences', ['establishment_id']) }} as _key,
  cast(null as varchar) as establishment_id,
  cast(trade_name as varchar) as trade_name,
  cast(legal_name as varchar) as legal_name,
  cast(address as varchar) as address,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch,
  _delivery
from {{ ref('stg_sla__club_licences') }}
union all
select
  5 as _provider,
  'sla' as _department,
  'sla.wine_licences' as _dataset,
  false as _once,
  {{ zhongtai.row_key('sla.wine_licences', ['establishment_id']) }} as _key,
  cast(null as varchar) as establishment_id,
  cast(trade_name as varchar) as trade_name,
  cast(legal_name as varchar) as legal_name,
  cast(address as varchar) as address,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch,
  _delivery
from {{ ref('stg_sla__wine_licences') }}
