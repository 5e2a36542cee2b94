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
)

select
  _entity,
  min_by(name, case _department when 'market_regulation' then '000' when 'taxation' then '001' when 'government_services' then '002' when 'health' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where name is not null) as name,
  min_by(_department, case _department when 'market_regulation' then '000' when 'taxation' then '001' when 'government_services' then '002' when 'health' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where name is not null) as name_source,
  min_by(legal_representative, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where legal_representative is not null) as legal_representative,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where legal_representative is not null) as legal_representative_source,
  min_by(industry, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where industry is not null) as industry,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where industry is not null) as industry_source,
  min_by(registered_capital, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where registered_capital is not null) as registered_capital,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where registered_capital is not null) as registered_capital_source,
  min_by(established_on, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where established_on is not null) as established_on,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where established_on is not null) as established_on_source,
  min_by(status, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where status is not null) as status,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where status is not null) as status_source,
  min_by(credit_rating, case _department when 'taxation' then '000' when 'government_services' then '001' when 'health' then '002' when 'market_regulation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where credit_rating is not null) as credit_rating,
  min_by(_department, case _department when 'taxation' then '000' when 'government_services' then '001' when 'health' then '002' when 'market_regulation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where credit_rating is not null) as credit_rating_source,
  min_by(address, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where address is not null) as address,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where address is not null) as address_source,
  min_by(district, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where district is not null) as district,
  min_by(_department, case _department when 'market_regulation' then '000' when 'government_services' then '001' when 'health' then '002' when 'taxation' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where district is not null) as district_source,
  min_by(phone, case _department when 'market_regulation' then '000' when 'taxation' then '001' when 'government_services' then '002' when 'health' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where phone is not null) as phone,
  min_by(_department, case _department when 'market_regulation' then '000' when 'taxation' then '001' when 'government_services' then '002' when 'health' then '003' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where phone is not null) as phone_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  min_by(_batch, '0' || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) as _batch
from gathered
group by _entity
