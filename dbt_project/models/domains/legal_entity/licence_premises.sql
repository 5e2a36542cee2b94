-- Which enterprise was licensed for what, where, and when. A licence is for the enterprise's registered address; that is
-- a building's where the buildings' register spells it alike. A renewal is a row of its own and ends the one before.
with versions as (
  select
    licence_number,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    licence_type,
    issued_on,
    valid_until,
    _batch,
    _delivery,
    _row
  from {{ source('raw', 'market_regulation__licences') }}
), compared as (
  select
    *,
    lag(_delivery) over (partition by licence_number order by _delivery, _row) as earlier,
    lag(credit_code) over (partition by licence_number order by _delivery, _row) as earlier_code,
    lag(issued_on) over (partition by licence_number order by _delivery, _row) as earlier_issued_on,
    lag(valid_until) over (partition by licence_number order by _delivery, _row) as earlier_until
  from versions
), issued as (
  select * from compared
  where
    earlier is null
    or credit_code is distinct from earlier_code
    or issued_on is distinct from earlier_issued_on
    or valid_until is distinct from earlier_until
), ranked as (
  select
    *,
    lead(_delivery) over (partition by licence_number order by _delivery, _row) as next_delivery,
    lead(issued_on) over (partition by licence_number order by _delivery, _row) as next_issued_on
  from issued
), premises as (
  select credit_code, max(address) as address
  from {{ ref('stg_market_regulation__enterprises') }}
  group by credit_code
), buildings as (
  select address, max(building_id) as building_id
  from {{ ref('stg_housing__buildings') }}
  group by address
)

select
  ranked.licence_number,
  ranked.licence_type,
  {{ zhongtai.city_id_of('legal_entity', 'ranked.credit_code') }} as legal_entity_city_id,
  premises.address,
  {{ zhongtai.city_id_of('building', 'buildings.building_id') }} as building_city_id,
  ranked.issued_on as valid_from,
  -- The day after the last valid one, like every `valid_to`; the renewal's first, if that is sooner.
  least(ranked.valid_until + 1, ranked.next_issued_on) as valid_to,
  ranked._delivery as known_from_delivery,
  ranked.next_delivery as known_to_delivery,
  ranked._batch
from ranked
left join premises on premises.credit_code = ranked.credit_code
left join buildings on buildings.address = premises.address
