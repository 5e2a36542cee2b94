-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with resolved as (
  select
    credit_code,
    min_by(name, case _provider when 3 then 1 when 4 then 2 when 5 then 3 when 1 then 4 when 2 then 5 end) filter (where name is not null) as name,
    min_by(_department, case _provider when 3 then 1 when 4 then 2 when 5 then 3 when 1 then 4 when 2 then 5 end) filter (where name is not null) as name_source,
    min_by(legal_representative, _provider) filter (where legal_representative is not null) as legal_representative,
    min_by(_department, _provider) filter (where legal_representative is not null) as legal_representative_source,
    min_by(industry, _provider) filter (where industry is not null) as industry,
    min_by(_department, _provider) filter (where industry is not null) as industry_source,
    min_by(registered_capital, _provider) filter (where registered_capital is not null) as registered_capital,
    min_by(_department, _provider) filter (where registered_capital is not null) as registered_capital_source,
    min_by(established_on, _provider) filter (where established_on is not null) as established_on,
    min_by(_department, _provider) filter (where established_on is not null) as established_on_source,
    min_by(status, _provider) filter (where status is not null) as status,
    min_by(_department, _provider) filter (where status is not null) as status_source,
    min_by(credit_rating, _provider) filter (where credit_rating is not null) as credit_rating,
    min_by(_department, _provider) filter (where credit_rating is not null) as credit_rating_source,
    min_by(address, case _provider when 3 then 1 when 2 then 2 end) filter (where address is not null) as address,
    min_by(_department, case _provider when 3 then 1 when 2 then 2 end) filter (where address is not null) as address_source,
    min_by(district, case _provider when 3 then 1 when 2 then 2 end) filter (where district is not null) as district,
    min_by(_department, case _provider when 3 then 1 when 2 then 2 end) filter (where district is not null) as district_source,
    min_by(phone, case _provider when 3 then 1 when 5 then 2 when 2 then 3 end) filter (where phone is not null) as phone,
    min_by(_department, case _provider when 3 then 1 when 5 then 2 when 2 then 3 end) filter (where phone is not null) as phone_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('legal_entity__provided') }}
  group by credit_code
)

select
  registry.city_id,
  resolved.credit_code,
  resolved.name,
  resolved.name_source,
  resolved.legal_representative,
  resolved.legal_representative_source,
  resolved.industry,
  resolved.industry_source,
  resolved.registered_capital,
  resolved.registered_capital_source,
  resolved.established_on,
  resolved.established_on_source,
  resolved.status,
  resolved.status_source,
  resolved.credit_rating,
  resolved.credit_rating_source,
  resolved.address,
  resolved.address_source,
  resolved.district,
  resolved.district_source,
  resolved.phone,
  resolved.phone_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('legal_entity__registered') }} as registry
  on registry.identifier = cast(resolved.credit_code as varchar)
