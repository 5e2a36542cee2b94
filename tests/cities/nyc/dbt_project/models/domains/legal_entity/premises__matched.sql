-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
    loose.trade_name,
    loose.legal_name,
    loose.address,
    loose.zip,
    loose.phone,
    loose.latitude,
    loose.longitude,
    loose._batch,
    loose._delivery
  from {{ ref('premises__loose') }} as loose
  inner join {{ source('registry', 'premises') }} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
    provided.trade_name,
    provided.legal_name,
    provided.address,
    provided.zip,
    provided.phone,
    provided.latitude,
    provided.longitude,
    provided._batch,
    0 as _delivery
  from {{ ref('premises__provided') }} as provided
  inner join {{ source('registry', 'premises') }} as links on links._key = cast(provided.establishment_id as varchar)
), ranked as (
  select
    *,
    row_number() over (partition by _entity order by case when trade_name is null then 1 else 0 end asc, case _department when 'dohmh' then 0 when 'sla' then 1 when 'agriculture_markets' then 2 end asc, _delivery desc, _key asc) as _rank1,
    row_number() over (partition by _entity order by case when legal_name is null then 1 else 0 end asc, case _department when 'sla' then 0 when 'agriculture_markets' then 1 when 'dohmh' then 2 end asc, _delivery desc, _key asc) as _rank2,
    row_number() over (partition by _entity order by case when address is null then 1 else 0 end asc, case _department when 'dohmh' then 0 when 'sla' then 1 when 'agriculture_markets' then 2 end asc, _delivery desc, _key asc) as _rank3,
    row_number() over (partition by _entity order by case when zip is null then 1 else 0 end asc, case _department when 'dohmh' then 0 when 'sla' then 1 when 'agriculture_markets' then 2 end asc, _delivery desc, _key asc) as _rank4,
    row_number() over (partition by _entity order by case when phone is null then 1 else 0 end asc, case _department when 'agriculture_markets' then 0 when 'dohmh' then 1 when 'sla' then 2 end asc, _delivery desc, _key asc) as _rank5,
    row_number() over (partition by _entity order by case when latitude is null then 1 else 0 end asc, case _department when 'sla' then 0 when 'dohmh' then 1 when 'agriculture_markets' then 2 end asc, _delivery desc, _key asc) as _rank6,
    row_number() over (partition by _entity order by case when longitude is null then 1 else 0 end asc, case _department when 'sla' then 0 when 'dohmh' then 1 when 'agriculture_markets' then 2 end asc, _delivery desc, _key asc) as _rank7,
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from gathered
)

select
  _entity,
  max(case when _rank1 = 1 then trade_name end) as trade_name,
  max(case when _rank1 = 1 and trade_name is not null then _department end) as trade_name_source,
  max(case when _rank2 = 1 then legal_name end) as legal_name,
  max(case when _rank2 = 1 and legal_name is not null then _department end) as legal_name_source,
  max(case when _rank3 = 1 then address end) as address,
  max(case when _rank3 = 1 and address is not null then _department end) as address_source,
  max(case when _rank4 = 1 then zip end) as zip,
  max(case when _rank4 = 1 and zip is not null then _department end) as zip_source,
  max(case when _rank5 = 1 then phone end) as phone,
  max(case when _rank5 = 1 and phone is not null then _department end) as phone_source,
  max(case when _rank6 = 1 then latitude end) as latitude,
  max(case when _rank6 = 1 and latitude is not null then _department end) as latitude_source,
  max(case when _rank7 = 1 then longitude end) as longitude,
  max(case when _rank7 = 1 and longitude is not null then _department end) as longitude_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
