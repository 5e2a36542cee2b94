-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
    loose.name,
    loose.legal_representative,
    loose.industry,
    loose.registered_capital,
    loose.established_on,
    loose.status,
    loose.credit_rating,
    loose.address,
    loose.district,
    loose.phone,
    loose._batch,
    loose._delivery
  from {{ ref('legal_entity__loose') }} as loose
  inner join {{ source('registry', 'legal_entity') }} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
    provided.name,
    provided.legal_representative,
    provided.industry,
    provided.registered_capital,
    provided.established_on,
    provided.status,
    provided.credit_rating,
    provided.address,
    provided.district,
    provided.phone,
    provided._batch,
    0 as _delivery
  from {{ ref('legal_entity__provided') }} as provided
  inner join {{ source('registry', 'legal_entity') }} as links on links._key = cast(provided.credit_code as varchar)
), ranked as (
  select
    *,
    row_number() over (partition by _entity order by case when name is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'taxation' then 1 when 'government_services' then 2 when 'health' then 3 end asc, _delivery desc, _key asc) as _rank1,
    row_number() over (partition by _entity order by case when legal_representative is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank2,
    row_number() over (partition by _entity order by case when industry is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank3,
    row_number() over (partition by _entity order by case when registered_capital is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank4,
    row_number() over (partition by _entity order by case when established_on is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank5,
    row_number() over (partition by _entity order by case when status is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank6,
    row_number() over (partition by _entity order by case when credit_rating is null then 1 else 0 end asc, case _department when 'taxation' then 0 when 'government_services' then 1 when 'health' then 2 when 'market_regulation' then 3 end asc, _delivery desc, _key asc) as _rank7,
    row_number() over (partition by _entity order by case when address is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank8,
    row_number() over (partition by _entity order by case when district is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'government_services' then 1 when 'health' then 2 when 'taxation' then 3 end asc, _delivery desc, _key asc) as _rank9,
    row_number() over (partition by _entity order by case when phone is null then 1 else 0 end asc, case _department when 'market_regulation' then 0 when 'taxation' then 1 when 'government_services' then 2 when 'health' then 3 end asc, _delivery desc, _key asc) as _rank10,
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from gathered
)

select
  _entity,
  max(case when _rank1 = 1 then name end) as name,
  max(case when _rank1 = 1 and name is not null then _department end) as name_source,
  max(case when _rank2 = 1 then legal_representative end) as legal_representative,
  max(case when _rank2 = 1 and legal_representative is not null then _department end) as legal_representative_source,
  max(case when _rank3 = 1 then industry end) as industry,
  max(case when _rank3 = 1 and industry is not null then _department end) as industry_source,
  max(case when _rank4 = 1 then registered_capital end) as registered_capital,
  max(case when _rank4 = 1 and registered_capital is not null then _department end) as registered_capital_source,
  max(case when _rank5 = 1 then established_on end) as established_on,
  max(case when _rank5 = 1 and established_on is not null then _department end) as established_on_source,
  max(case when _rank6 = 1 then status end) as status,
  max(case when _rank6 = 1 and status is not null then _department end) as status_source,
  max(case when _rank7 = 1 then credit_rating end) as credit_rating,
  max(case when _rank7 = 1 and credit_rating is not null then _department end) as credit_rating_source,
  max(case when _rank8 = 1 then address end) as address,
  max(case when _rank8 = 1 and address is not null then _department end) as address_source,
  max(case when _rank9 = 1 then district end) as district,
  max(case when _rank9 = 1 and district is not null then _department end) as district_source,
  max(case when _rank10 = 1 then phone end) as phone,
  max(case when _rank10 = 1 and phone is not null then _department end) as phone_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
