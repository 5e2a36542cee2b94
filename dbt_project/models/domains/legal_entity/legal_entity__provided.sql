-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'government_services' as _department,
  applicant_code as credit_code,
  cast(applicant_name as varchar) as name,
  cast(null as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  cast(null as varchar) as phone,
  _batch
from (
  select
    *,
    row_number() over (
      partition by applicant_code order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_government_services__cases') }}
  where applicant_code is not null and (applicant_kind = '2' and applicant_code is not null)
) as ranked
where _rank = 1
union all
select
  2 as _provider,
  'health' as _department,
  credit_code,
  cast(name as varchar) as name,
  cast(null as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  cast(phone as varchar) as phone,
  _batch
from (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_health__facilities') }}
  where credit_code is not null
) as ranked
where _rank = 1
union all
select
  3 as _provider,
  'market_regulation' as _department,
  credit_code,
  cast(name as varchar) as name,
  cast(legal_representative as varchar) as legal_representative,
  cast(industry as varchar) as industry,
  cast(registered_capital as decimal(18,2)) as registered_capital,
  cast(established_on as date) as established_on,
  cast(enterprise_status as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  cast(phone as varchar) as phone,
  _batch
from {{ ref('stg_market_regulation__enterprises') }}
where credit_code is not null
union all
select
  4 as _provider,
  'market_regulation' as _department,
  credit_code,
  cast(signboard as varchar) as name,
  cast(operator as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(address as varchar) as address,
  cast(null as varchar) as district,
  cast(phone as varchar) as phone,
  _batch
from (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_market_regulation__food_premises') }}
  where credit_code is not null and {{ zhongtai.identifies_credit_code('credit_code') }}
) as ranked
where _rank = 1
union all
select
  5 as _provider,
  'market_regulation' as _department,
  credit_code,
  cast(name as varchar) as name,
  cast(null as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  cast(null as varchar) as phone,
  _batch
from (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_market_regulation__licences') }}
  where credit_code is not null
) as ranked
where _rank = 1
union all
select
  6 as _provider,
  'taxation' as _department,
  credit_code,
  cast(name as varchar) as name,
  cast(null as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(credit_rating as varchar) as credit_rating,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  cast(phone as varchar) as phone,
  _batch
from {{ ref('stg_taxation__credit_ratings') }}
where credit_code is not null
