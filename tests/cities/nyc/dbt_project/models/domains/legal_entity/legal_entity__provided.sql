-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'dohmh' as _department,
  establishment_id,
  cast(null as varchar) as legal_name,
  cast(name as varchar) as trade_name,
  cast(street as varchar) as street,
  cast(zip as varchar) as zip,
  cast(phone as varchar) as phone,
  cast(null as double) as latitude,
  cast(null as double) as longitude,
  _batch
from {{ ref('stg_dohmh__restaurant_inspections') }}
where establishment_id is not null
union all
select
  2 as _provider,
  'sla' as _department,
  establishment_id,
  cast(legal_name as varchar) as legal_name,
  cast(trade_name as varchar) as trade_name,
  cast(address as varchar) as street,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_sla__bar_licences') }}
where establishment_id is not null
union all
select
  3 as _provider,
  'sla' as _department,
  establishment_id,
  cast(legal_name as varchar) as legal_name,
  cast(trade_name as varchar) as trade_name,
  cast(address as varchar) as street,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_sla__club_licences') }}
where establishment_id is not null
union all
select
  4 as _provider,
  'sla' as _department,
  establishment_id,
  cast(legal_name as varchar) as legal_name,
  cast(trade_name as varchar) as trade_name,
  cast(address as varchar) as street,
  cast(zip as varchar) as zip,
  cast(null as varchar) as phone,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_sla__wine_licences') }}
where establishment_id is not null
